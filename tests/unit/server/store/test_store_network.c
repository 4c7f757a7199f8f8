/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/limits.h"
#include "server/store/members.h"
#include "server/store/profiles.h"
#include "server/store/sessions.h"
#include "server/store/snapshot.h"

#include <math.h>

static void keeps_a_tie_once_whichever_end_is_named_first(void **state)
{
    struct fixture *f = *state;
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    uint64_t count;
    struct store_tie tie = {b, a, STORE_TIE_IMPORTED, 2.5, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));
    tie = (struct store_tie){a, b, STORE_TIE_IMPORTED, 3.0, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));
    tie.kind = STORE_TIE_ACCEPTED;
    ASSERT_OK(store_ties_set(f->db, &tie));
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_IMPORTED, &count));
    assert_int_equal(count, 1);
    ASSERT_OK(store_ties_clear(f->db, STORE_TIE_IMPORTED));
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_IMPORTED, &count));
    assert_int_equal(count, 0);
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_ACCEPTED, &count));
    assert_int_equal(count, 1);
}

static void refuses_ties_that_mean_nothing(void **state)
{
    struct fixture *f = *state;
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    struct store_tie tie = {a, a, STORE_TIE_IMPORTED, 1.0, NOW};
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.b = b;
    tie.weight = 0;
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.weight = (double)NAN;
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.weight = (double)INFINITY;
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_USAGE);
    tie.weight = 1;
    tie.b = id_number(99);
    ASSERT_STATUS(store_ties_set(f->db, &tie), STATUS_CONFLICT);
}

struct seen {
    struct store_node nodes[10];
    size_t nodes_count;
    struct store_tie ties[10];
    size_t ties_count;
    struct store_participation parts[10];
    size_t parts_count;
    size_t topics;
    size_t offers;
};

static enum status see_node(void *context, const struct store_node *node)
{
    struct seen *seen = context;
    seen->nodes[seen->nodes_count++] = *node;
    return STATUS_OK;
}

static enum status see_tie(void *context, const struct store_tie *tie)
{
    struct seen *seen = context;
    seen->ties[seen->ties_count++] = *tie;
    return STATUS_OK;
}

static enum status see_part(void *context, const struct store_participation *part)
{
    struct seen *seen = context;
    seen->parts[seen->parts_count++] = *part;
    return STATUS_OK;
}

static enum status see_interest(void *context, const struct store_interest *interest)
{
    struct seen *seen = context;
    if (interest->can_help_with)
        seen->offers++;
    else
        seen->topics++;
    return STATUS_OK;
}

static void walks_nodes_and_ties_but_nobody_erased(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct id group = id_number(9);
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    struct id c = make_person(f->db, 3);
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("ICU"), &group, &group));
    ASSERT_OK(store_people_rename(f->db, &a, SPAN_LITERAL("A"), &group));
    struct store_tie tie = {a, b, STORE_TIE_IMPORTED, 2.5, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));
    tie.b = c;
    ASSERT_OK(store_ties_set(f->db, &tie));
    ASSERT_OK(store_people_erase(f->db, &c, NOW));
    ASSERT_OK(store_snapshot_nodes(f->db, NOW, see_node, &seen));
    assert_int_equal(seen.nodes_count, 2);
    assert_true(id_equal(&seen.nodes[0].group, &group));
    assert_true(id_is_none(&seen.nodes[1].group));
    assert_int_equal(seen.nodes[0].state, STORE_PERSON_JOINED);
    ASSERT_OK(store_snapshot_ties(f->db, see_tie, &seen));
    assert_int_equal(seen.ties_count, 1);
    assert_true(seen.ties[0].weight > 2.4 && seen.ties[0].weight < 2.6);
}

/* A session of the channel that began. */
static void begin_session(struct fixture *f, const struct id *channel)
{
    struct store_session session = {
        .session = *channel,
        .channel = *channel,
        .format = SPAN_LITERAL("format"),
        .created_by = id_number(1),
        .created_at_ms = NOW,
        .started_at_ms = NOW,
        .state = STORE_SESSION_RUNNING,
    };
    bool again;
    ASSERT_OK(store_sessions_add(f->db, &session, &again));
}

static void opt_in(struct fixture *f, const struct id *person, bool opted_in)
{
    const struct store_profile profile = {.opted_in = opted_in, .contacts_per_week_max = 2};
    ASSERT_OK(store_profiles_set(f->db, person, &profile));
}

static void say(struct fixture *f, const struct id *channel, uint32_t device, uint64_t epoch)
{
    struct store_appended appended;
    struct id id = id_number(device);
    struct store_message message = message_of(channel, &id, 1000 + device, epoch);
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
}

static void participation_is_of_sessions_by_those_who_opted_in_and_contributed(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct id open = make_channel(f->db, 1);
    struct id creator = id_number(1);
    struct id speaks = make_person(f->db, 3);
    struct id reads = make_person(f->db, 4);
    struct id opted_out = make_person(f->db, 5);
    join_channel(f->db, &open, &speaks, 101, 0);
    join_channel(f->db, &open, &creator, 102, 1); /* a second device */
    join_channel(f->db, &open, &reads, 103, 2);
    join_channel(f->db, &open, &opted_out, 104, 3);
    opt_in(f, &creator, true);
    opt_in(f, &speaks, true);
    opt_in(f, &reads, true);
    for (uint32_t device = 101; device <= 104; device++)
        if (device != 103)
            say(f, &open, device, 4);
    ASSERT_OK(store_snapshot_participation(f->db, see_part, &seen));
    assert_int_equal(seen.parts_count, 0); /* no session yet */
    begin_session(f, &open);
    ASSERT_OK(store_snapshot_participation(f->db, see_part, &seen));
    assert_int_equal(seen.parts_count, 2);
    assert_true(id_equal(&seen.parts[0].person, &creator));
    assert_true(id_equal(&seen.parts[1].person, &speaks));
    assert_int_equal(seen.parts[0].size, 3); /* whoever they are */
}

static int64_t last_part_ms(struct fixture *f)
{
    struct seen seen = {0};
    ASSERT_OK(store_snapshot_participation(f->db, see_part, &seen));
    assert_int_equal(seen.parts_count, 1);
    return seen.parts[0].last_at_ms;
}

static void say_at(struct fixture *f, const struct id *channel, uint32_t number, int64_t now_ms)
{
    struct id device = id_number(1);
    struct store_appended appended;
    struct store_message message = message_of(channel, &device, number, 0);
    message.now_ms = now_ms;
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    assert_false(appended.again);
}

static void when_somebody_last_took_part_is_kept_to_the_minute(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id creator = id_number(1);
    opt_in(f, &creator, true);
    begin_session(f, &channel);
    say_at(f, &channel, 1, NOW);
    assert_true(last_part_ms(f) == NOW);
    say_at(f, &channel, 2, NOW + STORE_TOOK_PART_MS - 1);
    assert_true(last_part_ms(f) == NOW);
    say_at(f, &channel, 3, NOW + STORE_TOOK_PART_MS);
    assert_true(last_part_ms(f) == NOW + STORE_TOOK_PART_MS);
}

static void participation_is_never_of_a_confidential_channel(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct id channel = make_channel(f->db, 1);
    struct id creator = id_number(1);
    struct id other = make_person(f->db, 3);
    struct store_own_tie_list ties;
    join_channel(f->db, &channel, &other, 101, 0);
    opt_in(f, &creator, true);
    opt_in(f, &other, true);
    say(f, &channel, 1, 1);
    say(f, &channel, 101, 1);
    begin_session(f, &channel);
    ASSERT_OK(store_snapshot_participation(f->db, see_part, &seen));
    ASSERT_OK(store_ties_of_person(f->db, &other, 10, &f->arena, &ties));
    assert_int_equal(seen.parts_count, 2);
    assert_int_equal(ties.count, 1);
    assert_int_equal(ties.items[0].kind, STORE_TIE_SESSIONS);
    ASSERT_OK(store_ties_of_person(f->db, &other, 1, &f->arena, &ties));
    assert_int_equal(ties.count, 0); /* more people than count as a session */
    /* The same people, one more of them, and what they do here is not seen. */
    struct id confidential = make_visible_channel(f->db, 2, STORE_VISIBILITY_CONFIDENTIAL);
    struct id its_creator = id_number(2);
    join_channel(f->db, &confidential, &creator, 102, 0);
    join_channel(f->db, &confidential, &other, 103, 1);
    opt_in(f, &its_creator, true);
    for (uint32_t device = 102; device <= 103; device++)
        say(f, &confidential, device, 2);
    begin_session(f, &confidential);
    seen.parts_count = 0;
    ASSERT_OK(store_snapshot_participation(f->db, see_part, &seen));
    ASSERT_OK(store_ties_of_person(f->db, &other, 10, &f->arena, &ties));
    assert_int_equal(seen.parts_count, 2);
    assert_int_equal(ties.count, 1);
}

static void interests_are_those_of_people_who_opted_in(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    struct span texts[] = {SPAN_LITERAL("falls"), SPAN_LITERAL("sepsis")};
    struct store_profile profile = {.opted_in = true,
                                    .topics = texts,
                                    .topics_count = 2,
                                    .can_help_with = texts,
                                    .can_help_with_count = 1};
    struct id a = make_person(f->db, 1);
    struct id b = make_person(f->db, 2);
    ASSERT_OK(store_profiles_set(f->db, &a, &profile));
    profile.opted_in = false;
    ASSERT_OK(store_profiles_set(f->db, &b, &profile));
    ASSERT_OK(store_snapshot_interests(f->db, see_interest, &seen));
    assert_int_equal(seen.topics, 2);
    assert_int_equal(seen.offers, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_tie_once_whichever_end_is_named_first),
        TEST(refuses_ties_that_mean_nothing),
        TEST(walks_nodes_and_ties_but_nobody_erased),
        TEST(participation_is_of_sessions_by_those_who_opted_in_and_contributed),
        TEST(when_somebody_last_took_part_is_kept_to_the_minute),
        TEST(participation_is_never_of_a_confidential_channel),
        TEST(interests_are_those_of_people_who_opted_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
