/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/devices.h"
#include "server/store/knocks.h"
#include "server/store/limits.h"
#include "server/store/members.h"
#include "server/store/removals.h"

#include <string.h>

static struct store_channel_new new_channel(const struct id *person, const struct id *device)
{
    return (struct store_channel_new){
        .channel = id_number(1000),
        .visibility = STORE_VISIBILITY_PRIVATE,
        .history = 2,
        .public_state = SPAN_LITERAL("state"),
        .group_info = SPAN_LITERAL("info"),
        .tree = SPAN_LITERAL("tree"),
        .person = *person,
        .device = *device,
        .now_ms = NOW,
    };
}

static void makes_a_channel_with_its_group_and_first_member(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_channel found;
    struct store_group_state group;
    struct store_member_list members;
    ASSERT_OK(store_channels_get(f->db, &channel, &f->arena, &found));
    assert_int_equal(found.generation, 1);
    assert_int_equal(found.epoch, 0);
    assert_int_equal(found.last_sequence, 0);
    assert_int_equal(found.state, STORE_CHANNEL_ACTIVE);
    assert_true(span_equal(found.title, SPAN_LITERAL("Falls on ward 5")));
    ASSERT_OK(store_channels_group(f->db, &channel, &f->arena, &group));
    assert_true(span_equal(group.public_state, SPAN_LITERAL("state 0")));
    assert_true(span_equal(group.tree, SPAN_LITERAL("tree 0")));
    ASSERT_OK(store_channels_members(f->db, &channel, &f->arena, &members));
    assert_int_equal(members.count, 1);
    assert_int_equal(members.items[0].leaf, 0);
    assert_int_equal(members.items[0].since_ms, NOW);
}

static void answers_a_repeated_creation_and_refuses_another_s(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id device = make_device(f->db, 1, &person);
    struct id other = make_device(f->db, 2, &person);
    struct store_channel_new channel = new_channel(&person, &device);
    bool again;
    ASSERT_OK(store_channels_create(f->db, &channel, &again));
    assert_false(again);
    ASSERT_OK(store_channels_create(f->db, &channel, &again));
    assert_true(again);
    channel.device = other;
    ASSERT_STATUS(store_channels_create(f->db, &channel, &again), STATUS_EXISTS);
}

static void refuses_a_creator_who_is_not_the_device_s_person_or_is_revoked(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id other = make_person(f->db, 2);
    struct id device = make_device(f->db, 1, &person);
    struct store_channel_new channel = new_channel(&other, &device);
    bool again;
    ASSERT_STATUS(store_channels_create(f->db, &channel, &again), STATUS_DENIED);
    channel.person = person;
    char title[STORE_NAME_BYTES_MAX + 1];
    memset(title, 'x', sizeof title);
    channel.title = span_of(title, sizeof title);
    ASSERT_STATUS(store_channels_create(f->db, &channel, &again), STATUS_LIMIT);
    channel.title = SPAN_EMPTY;
    ASSERT_OK(store_devices_revoke(f->db, &device, NOW));
    ASSERT_STATUS(store_channels_create(f->db, &channel, &again), STATUS_DENIED);
}

static void lists_only_open_and_restricted_channels(void **state)
{
    struct fixture *f = *state;
    struct store_channel_list list;
    struct id none = {{0}};
    static const enum store_visibility visibilities[] = {
        STORE_VISIBILITY_OPEN, STORE_VISIBILITY_RESTRICTED, STORE_VISIBILITY_PRIVATE,
        STORE_VISIBILITY_CONFIDENTIAL};
    for (uint32_t i = 0; i < 4; i++)
        (void)make_visible_channel(f->db, i + 1, visibilities[i]);
    ASSERT_OK(store_channels_listed(f->db, &none, 10, &f->arena, &list));
    assert_int_equal(list.count, 2);
    ASSERT_OK(store_channels_listed(f->db, &none, 1, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_true(list.more);
    ASSERT_OK(store_channels_listed(f->db, &list.items[0].channel, 1, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_false(list.more);
    struct id unknown = id_number(77);
    ASSERT_STATUS(store_channels_set_state(f->db, &unknown, STORE_CHANNEL_FROZEN),
                  STATUS_NOT_FOUND);
}

static void finds_channels_of_people_and_devices(void **state)
{
    struct fixture *f = *state;
    struct store_channel_list list;
    struct id none = {{0}};
    struct id channel = make_channel(f->db, 1);
    struct id person = id_number(1);
    struct id device = id_number(1);
    bool is;
    ASSERT_OK(store_channels_of_person(f->db, &person, &none, 10, &f->arena, &list));
    assert_int_equal(list.count, 1);
    ASSERT_OK(store_channels_of_device(f->db, &device, &f->arena, &list));
    assert_int_equal(list.count, 1);
    ASSERT_OK(store_channels_has_person(f->db, &channel, &person, &is));
    assert_true(is);
    ASSERT_OK(store_devices_revoke(f->db, &device, NOW));
    ASSERT_OK(store_channels_has_person(f->db, &channel, &person, &is));
    assert_false(is);
    ASSERT_OK(store_channels_is_member(f->db, &channel, &device, &is));
    assert_true(is);
}

static void counts_people_and_not_their_devices(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = id_number(1);
    struct id second = make_device(f->db, 11, &person);
    struct id other = make_person(f->db, 2);
    struct id others = make_device(f->db, 2, &other);
    uint32_t count = 0;
    ASSERT_OK(store_members_add(f->db, &channel, &person, &second, 1, NOW));
    ASSERT_OK(store_channels_count_people(f->db, &channel, &count));
    assert_int_equal(count, 1);
    ASSERT_OK(store_members_add(f->db, &channel, &other, &others, 2, NOW));
    ASSERT_OK(store_channels_count_people(f->db, &channel, &count));
    assert_int_equal(count, 2);
}

static void a_knock_waits_until_it_is_answered(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id host = id_number(1);
    struct id person = make_person(f->db, 2);
    struct store_knock knock;
    struct store_knock_list list;
    ASSERT_OK(store_knocks_add(f->db, &channel, &person, NOW, &knock));
    ASSERT_OK(store_knocks_add(f->db, &channel, &person, NOW + 9, &knock));
    assert_int_equal(knock.state, STORE_KNOCK_WAITING);
    assert_int_equal(knock.knocked_at_ms, NOW);
    ASSERT_OK(store_knocks_list(f->db, &channel, STORE_KNOCK_WAITING, &f->arena, &list));
    assert_int_equal(list.count, 1);
    ASSERT_OK(store_knocks_answer(f->db, &channel, &person, false, &host, NOW + 10));
    ASSERT_OK(store_knocks_answer(f->db, &channel, &person, false, &host, NOW + 11));
    ASSERT_STATUS(store_knocks_answer(f->db, &channel, &person, true, &host, NOW + 12),
                  STATUS_CONFLICT);
    ASSERT_OK(store_knocks_add(f->db, &channel, &person, NOW + 20, &knock));
    assert_int_equal(knock.state, STORE_KNOCK_WAITING);
    assert_int_equal(knock.knocked_at_ms, NOW + 20);
    assert_true(id_is_none(&knock.answered_by));
    ASSERT_OK(store_knocks_answer(f->db, &channel, &person, true, &host, NOW + 30));
    ASSERT_OK(store_knocks_list(f->db, &channel, STORE_KNOCK_ACCEPTED, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_true(id_equal(&list.items[0].answered_by, &host));
    struct id stranger = make_person(f->db, 3);
    ASSERT_STATUS(store_knocks_answer(f->db, &channel, &stranger, true, &host, NOW),
                  STATUS_NOT_FOUND);
    struct id nowhere = id_number(99);
    ASSERT_STATUS(store_knocks_add(f->db, &nowhere, &person, NOW, &knock), STATUS_CONFLICT);
}

static void a_knock_lets_in_once(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id host = id_number(1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_knock knock;
    struct store_knock_list list;
    ASSERT_OK(store_knocks_add(f->db, &channel, &person, NOW, &knock));
    ASSERT_OK(store_knocks_answer(f->db, &channel, &person, true, &host, NOW));
    ASSERT_OK(store_members_add(f->db, &channel, &person, &device, 1, NOW));
    ASSERT_OK(store_knocks_list(f->db, &channel, STORE_KNOCK_ACCEPTED, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_members_remove(f->db, &channel, &device, 1));
    ASSERT_OK(store_knocks_list(f->db, &channel, STORE_KNOCK_ACCEPTED, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_knocks_add(f->db, &channel, &person, NOW + 1, &knock));
    assert_int_equal(knock.state, STORE_KNOCK_WAITING);
}

static void a_removal_waits_for_a_member(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id device = id_number(1);
    struct id other = id_number(2);
    struct id none = {{0}};
    struct store_removal removal = {channel, device, STORE_REMOVAL_LEFT, SPAN_LITERAL("signed"),
                                    NOW};
    struct store_removal_list list;
    const struct id *channels;
    size_t count;
    uint32_t still;
    ASSERT_OK(store_removals_add(f->db, &removal));
    removal.request = SPAN_LITERAL("signed anew");
    ASSERT_OK(store_removals_add(f->db, &removal));
    ASSERT_OK(store_removals_list(f->db, &channel, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].reason, STORE_REMOVAL_LEFT);
    assert_true(span_equal(list.items[0].request, SPAN_LITERAL("signed anew")));
    ASSERT_OK(store_removals_channels(f->db, &none, 10, &f->arena, &channels, &count));
    assert_int_equal(count, 1);
    ASSERT_OK(store_removals_count_of_device(f->db, &device, false, &still));
    assert_int_equal(still, 1);
    removal.device = other;
    ASSERT_STATUS(store_removals_add(f->db, &removal), STATUS_NOT_FOUND);
}

/* A request that its device signed before it was lost does not stand in the way of its end. */
static void revoked_takes_the_place_of_left_and_not_the_other_way_round(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id device = id_number(1);
    struct store_removal removal = {channel, device, STORE_REMOVAL_LEFT, SPAN_LITERAL("signed"),
                                    NOW};
    struct store_removal_list list;
    ASSERT_OK(store_removals_add(f->db, &removal));
    ASSERT_OK(store_removals_add_everywhere(f->db, &device, STORE_REMOVAL_REVOKED, NOW + 1));
    ASSERT_OK(store_removals_add(f->db, &removal));
    ASSERT_OK(store_removals_add_everywhere(f->db, &device, STORE_REMOVAL_SUSPENDED, NOW + 2));
    ASSERT_OK(store_removals_list(f->db, &channel, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].reason, STORE_REMOVAL_REVOKED);
    assert_int_equal(list.items[0].request.len, 0);
}

static void a_removal_is_withdrawn_with_its_reason(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id left = make_channel(f->db, 2);
    struct id device = id_number(1);
    struct id other = id_number(2);
    struct store_removal leaving = {left, other, STORE_REMOVAL_LEFT, SPAN_LITERAL("signed"), NOW};
    struct store_removal_list list;
    ASSERT_OK(store_removals_add(f->db, &leaving));
    ASSERT_OK(store_removals_add_everywhere(f->db, &device, STORE_REMOVAL_SUSPENDED, NOW));
    ASSERT_OK(store_removals_add_everywhere(f->db, &other, STORE_REMOVAL_SUSPENDED, NOW));
    ASSERT_OK(store_removals_withdraw(f->db, &device, STORE_REMOVAL_SUSPENDED));
    ASSERT_OK(store_removals_withdraw(f->db, &other, STORE_REMOVAL_SUSPENDED));
    ASSERT_OK(store_removals_list(f->db, &channel, &f->arena, &list));
    assert_int_equal(list.count, 0);
    /* Whoever asked to leave before still leaves. */
    ASSERT_OK(store_removals_list(f->db, &left, &f->arena, &list));
    assert_int_equal(list.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_a_channel_with_its_group_and_first_member),
        TEST(answers_a_repeated_creation_and_refuses_another_s),
        TEST(refuses_a_creator_who_is_not_the_device_s_person_or_is_revoked),
        TEST(lists_only_open_and_restricted_channels),
        TEST(finds_channels_of_people_and_devices),
        TEST(counts_people_and_not_their_devices),
        TEST(a_knock_waits_until_it_is_answered),
        TEST(a_knock_lets_in_once),
        TEST(a_removal_waits_for_a_member),
        TEST(revoked_takes_the_place_of_left_and_not_the_other_way_round),
        TEST(a_removal_is_withdrawn_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
