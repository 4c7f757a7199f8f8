/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/generations.h"
#include "server/store/key_packages.h"
#include "server/store/knocks.h"
#include "server/store/log.h"
#include "server/store/restores.h"

#define BASE (UINT64_C(1) << 32)

/* A channel of the first person with two more members, and a commit of the third. */
struct scene {
    struct id channel;
    struct id people[3];
    uint64_t sequence; /* of the commit */
};

static struct scene make_scene(struct fixture *f)
{
    struct scene scene = {.channel = make_channel(f->db, 1)};
    struct store_member_change changes[2];
    struct store_appended appended;
    scene.people[0] = id_number(1);
    for (uint32_t i = 0; i < 2; i++) {
        scene.people[i + 1] = make_person(f->db, i + 2);
        struct id device = make_device(f->db, i + 2, &scene.people[i + 1]);
        changes[i] = (struct store_member_change){true, scene.people[i + 1], device, i + 1};
    }
    struct store_commit add = {.message = message_of(&scene.channel, &scene.channel, 1, 0),
                               .public_state = SPAN_LITERAL("state"),
                               .group_info = SPAN_LITERAL("info"),
                               .tree = SPAN_LITERAL("tree"),
                               .changes = changes,
                               .changes_count = 2};
    ASSERT_OK(store_log_append_commit(f->db, &add, &appended));
    struct id bad = id_number(3);
    struct store_commit commit = add;
    commit.message = message_of(&scene.channel, &bad, 2, 1);
    commit.changes_count = 0;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    scene.sequence = appended.sequence;
    return scene;
}

static struct store_report report_of(const struct scene *scene, uint32_t number, bool decides)
{
    return (struct store_report){.channel = scene->channel,
                                 .generation = 1,
                                 .sequence = scene->sequence,
                                 .device = id_number(number),
                                 .person = id_number(number),
                                 .bytes = SPAN_LITERAL("signed"),
                                 .decides = decides};
}

static struct store_generation_new next_of(const struct scene *scene, uint32_t number)
{
    return (struct store_generation_new){.channel = scene->channel,
                                         .generation = 2,
                                         .base = BASE,
                                         .person = id_number(number),
                                         .device = id_number(number),
                                         .public_state = SPAN_LITERAL("state 2"),
                                         .group_info = SPAN_LITERAL("info 2"),
                                         .tree = SPAN_LITERAL("tree 2"),
                                         .people = scene->people,
                                         .people_count = 3,
                                         .now_ms = NOW};
}

static void one_member_alone_does_not_stop_a_channel_and_two_do(void **state)
{
    struct fixture *f = *state;
    struct scene scene = make_scene(f);
    struct store_report first = report_of(&scene, 1, false);
    struct store_report second = report_of(&scene, 2, false);
    struct id sender = id_number(1);
    struct store_appended appended;
    bool frozen = true;
    for (int i = 0; i < 3; i++) { /* the same person's again counts once */
        ASSERT_OK(store_generations_report(f->db, &first, &frozen));
        assert_false(frozen);
    }
    struct store_message message = message_of(&scene.channel, &sender, 7, 2);
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    ASSERT_OK(store_generations_report(f->db, &second, &frozen));
    assert_true(frozen);
    message = message_of(&scene.channel, &sender, 8, 2);
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_NOT_NOW);
    struct store_report_list reports;
    ASSERT_OK(store_generations_reports(f->db, &scene.channel, 1, &f->arena, &reports));
    assert_int_equal(reports.count, 2);
}

static void a_report_is_about_a_commit_of_the_present_generation(void **state)
{
    struct fixture *f = *state;
    struct scene scene = make_scene(f);
    bool frozen = false;
    struct store_report report = report_of(&scene, 1, true);
    report.sequence = 99;
    ASSERT_STATUS(store_generations_report(f->db, &report, &frozen), STATUS_NOT_FOUND);
    report = report_of(&scene, 1, true);
    report.generation = 2;
    ASSERT_STATUS(store_generations_report(f->db, &report, &frozen), STATUS_WRONG_EPOCH);
    struct id stranger = make_person(f->db, 9);
    (void)make_device(f->db, 9, &stranger);
    report = report_of(&scene, 9, true);
    ASSERT_STATUS(store_generations_report(f->db, &report, &frozen), STATUS_DENIED);
    report = report_of(&scene, 1, true);
    ASSERT_OK(store_generations_report(f->db, &report, &frozen));
    assert_true(frozen);
}

static void the_first_continues_a_frozen_channel_and_nobody_else(void **state)
{
    struct fixture *f = *state;
    struct scene scene = make_scene(f);
    struct store_report report = report_of(&scene, 1, true);
    struct store_generation_new mine = next_of(&scene, 1);
    struct store_generation_new theirs = next_of(&scene, 2);
    struct store_generation_new bad = next_of(&scene, 3);
    struct store_member_list members;
    struct store_knock_list let_in;
    struct store_channel row;
    bool again = true;
    bool frozen;
    ASSERT_STATUS(store_generations_begin(f->db, &mine, &again), STATUS_NOT_NOW);
    ASSERT_OK(store_generations_report(f->db, &report, &frozen));
    ASSERT_STATUS(store_generations_begin(f->db, &bad, &again), STATUS_DENIED);
    ASSERT_OK(store_generations_begin(f->db, &mine, &again));
    assert_false(again);
    ASSERT_OK(store_generations_begin(f->db, &mine, &again)); /* the answer was lost */
    assert_true(again);
    ASSERT_STATUS(store_generations_begin(f->db, &theirs, &again), STATUS_CONFLICT);
    ASSERT_OK(store_channels_get(f->db, &scene.channel, &f->arena, &row));
    assert_int_equal(row.generation, 2);
    assert_int_equal(row.epoch, 0);
    assert_true(row.last_sequence == BASE);
    assert_int_equal(row.state, STORE_CHANNEL_ACTIVE);
    ASSERT_OK(store_channels_members(f->db, &scene.channel, &f->arena, &members));
    assert_int_equal(members.count, 1);
    /* Everybody but whose commit it was. */
    ASSERT_OK(store_knocks_list(f->db, &scene.channel, STORE_KNOCK_ACCEPTED, &f->arena, &let_in));
    assert_int_equal(let_in.count, 1);
    assert_true(id_equal(&let_in.items[0].person, &scene.people[1]));
}

static void the_log_goes_on_after_all_that_the_generation_before_may_have_had(void **state)
{
    struct fixture *f = *state;
    struct scene scene = make_scene(f);
    struct store_report report = report_of(&scene, 1, true);
    struct store_generation_new next = next_of(&scene, 1);
    struct store_appended appended;
    struct store_log_page page;
    bool again;
    bool frozen;
    ASSERT_OK(store_generations_report(f->db, &report, &frozen));
    ASSERT_OK(store_generations_begin(f->db, &next, &again));
    struct store_message message = message_of(&scene.channel, &scene.channel, 9, 0);
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_WRONG_EPOCH);
    message.generation = 2;
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    assert_true(appended.sequence == BASE + 1);
    struct store_log_query query = {.channel = scene.channel,
                                    .generation = 1,
                                    .count_max = 10,
                                    .bytes_max = 1000,
                                    .inline_bytes_max = 1000};
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 2); /* the old entries can still be paged */
}

/* What stopped the channel in the store that was put back still leaves out whom it is about. */
static void a_generation_that_members_have_had_is_not_begun_again(void **state)
{
    struct fixture *f = *state;
    struct scene scene = make_scene(f);
    struct store_report report = report_of(&scene, 1, true);
    struct store_generation_places places;
    struct store_channel row;
    bool frozen = false;
    bool again = false;
    bool reported = false;
    ASSERT_OK(store_generations_report(f->db, &report, &frozen));
    ASSERT_OK(store_generations_list(f->db, &f->arena, &places));
    assert_int_equal(places.count, 0);
    ASSERT_OK(store_generations_raise(f->db, &(struct store_generation_place){id_number(99), 7}));
    ASSERT_OK(store_generations_raise(f->db, &(struct store_generation_place){scene.channel, 5}));
    ASSERT_OK(store_generations_raise(f->db, &(struct store_generation_place){scene.channel, 4}));
    ASSERT_OK(store_generations_list(f->db, &f->arena, &places));
    assert_int_equal(places.count, 1);
    assert_int_equal(places.items[0].generation, 5);
    ASSERT_OK(store_channels_get(f->db, &scene.channel, &f->arena, &row));
    assert_int_equal(row.last_sequence, 4 * BASE);
    struct id bad = id_number(3);
    ASSERT_OK(store_generations_is_reported(f->db, &scene.channel, 5, &bad, &reported));
    assert_true(reported);
    struct store_generation_new next = next_of(&scene, 2);
    ASSERT_STATUS(store_generations_begin(f->db, &next, &again), STATUS_CONFLICT);
    next.generation = 6;
    next.base = 5 * BASE;
    ASSERT_OK(store_generations_begin(f->db, &next, &again));
}

static void a_restore_stops_every_channel_and_forgets_what_may_be_used_up(void **state)
{
    struct fixture *f = *state;
    struct scene scene = make_scene(f);
    struct id device = id_number(2);
    struct store_key_package package = {device, SPAN_LITERAL("ref"), SPAN_LITERAL("kp"), false,
                                        NOW + DAY};
    struct store_key_package_counts counts;
    struct store_restore_list list;
    struct store_channel row;
    uint32_t number = 9;
    bool again;
    ASSERT_OK(store_key_packages_add(f->db, &package, NOW));
    ASSERT_OK(store_restores_last(f->db, &number));
    assert_int_equal(number, 0);
    ASSERT_OK(store_restores_mark(f->db, 4, SPAN_LITERAL("signed"), NOW));
    ASSERT_STATUS(store_restores_mark(f->db, 4, SPAN_LITERAL("again"), NOW), STATUS_EXISTS);
    ASSERT_OK(store_restores_last(f->db, &number));
    assert_int_equal(number, 4);
    ASSERT_OK(store_restores_list(f->db, 3, &f->arena, &list));
    assert_int_equal(list.count, 1);
    ASSERT_OK(store_restores_list(f->db, 4, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_key_packages_count(f->db, &device, NOW, &counts));
    assert_int_equal(counts.one_time, 0);
    ASSERT_OK(store_channels_get(f->db, &scene.channel, &f->arena, &row));
    assert_int_equal(row.state, STORE_CHANNEL_FROZEN);
    /* Members may have seen generations that this store has not. */
    struct store_generation_new later = next_of(&scene, 3);
    later.generation = 7;
    later.base = 6 * BASE;
    ASSERT_OK(store_generations_begin(f->db, &later, &again));
    ASSERT_OK(store_channels_get(f->db, &scene.channel, &f->arena, &row));
    assert_int_equal(row.generation, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_member_alone_does_not_stop_a_channel_and_two_do),
        TEST(a_report_is_about_a_commit_of_the_present_generation),
        TEST(the_first_continues_a_frozen_channel_and_nobody_else),
        TEST(the_log_goes_on_after_all_that_the_generation_before_may_have_had),
        TEST(a_generation_that_members_have_had_is_not_begun_again),
        TEST(a_restore_stops_every_channel_and_forgets_what_may_be_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
