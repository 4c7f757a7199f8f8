/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Several devices of one person: the pairing that brings one, and where it is wanted. */
#include "tests/unit/server/store/fixture.h"

#include "server/store/devices.h"
#include "server/store/key_packages.h"
#include "server/store/members.h"
#include "server/store/pairings.h"
#include "server/store/removals.h"
#include "server/store/wants.h"

#define MINUTE (INT64_C(60) * 1000)

/* ---- pairings ---- */

static struct store_pairing
pairing_of(uint32_t number, const struct id *device, const struct id *person)
{
    return (struct store_pairing){.pairing = id_number(number),
                                  .device = *device,
                                  .person = *person,
                                  .expires_at_ms = NOW + 10 * MINUTE};
}

static void a_pairing_keeps_what_each_step_brought(void **state)
{
    struct fixture *f = *state;
    struct id ann = make_person(f->db, 1);
    struct id lost = make_person(f->db, 2);
    struct id device = make_device(f->db, 3, &ann);
    struct store_pairing pairing = pairing_of(100, &device, &lost);
    struct store_pairing found;
    ASSERT_OK(store_pairings_open(f->db, &pairing, NOW));
    ASSERT_OK(store_pairings_get(f->db, &pairing.pairing, NOW, &f->arena, &found));
    assert_int_equal(found.state, STORE_PAIRING_OPEN);
    assert_true(id_equal(&found.device, &device));
    assert_true(id_equal(&found.person, &lost));
    assert_int_equal(found.expires_at_ms, NOW + 10 * MINUTE);
    assert_int_equal(found.approver.len + found.entry.len, 0);
    found.state = STORE_PAIRING_COMMITTED;
    found.commitment = hash_number(7);
    ASSERT_OK(store_pairings_advance(f->db, &found, STORE_PAIRING_OPEN));
    found.state = STORE_PAIRING_ANSWERED;
    found.approver = SPAN_LITERAL("who approves");
    ASSERT_OK(store_pairings_advance(f->db, &found, STORE_PAIRING_COMMITTED));
    found.state = STORE_PAIRING_REVEALED;
    found.nonce = hash_number(8);
    found.entry = SPAN_LITERAL("an entry");
    ASSERT_OK(store_pairings_advance(f->db, &found, STORE_PAIRING_ANSWERED));
    ASSERT_OK(store_pairings_get(f->db, &pairing.pairing, NOW, &f->arena, &found));
    assert_int_equal(found.state, STORE_PAIRING_REVEALED);
    assert_memory_equal(&found.commitment, &(struct store_hash[]){hash_number(7)}[0],
                        sizeof found.commitment);
    assert_memory_equal(&found.nonce, &(struct store_hash[]){hash_number(8)}[0],
                        sizeof found.nonce);
    assert_true(span_equal(found.approver, SPAN_LITERAL("who approves")));
    assert_true(span_equal(found.entry, SPAN_LITERAL("an entry")));
}

/* Two requests that both saw the same state: one of them takes the step. */
static void each_step_is_taken_once_and_in_order(void **state)
{
    struct fixture *f = *state;
    struct id ann = make_person(f->db, 1);
    struct id device = make_device(f->db, 2, &ann);
    struct store_pairing first = pairing_of(100, &device, &ann);
    struct store_pairing found;
    ASSERT_OK(store_pairings_open(f->db, &first, NOW));
    struct store_pairing second = first;
    first.state = second.state = STORE_PAIRING_COMMITTED;
    first.commitment = hash_number(1);
    second.commitment = hash_number(2);
    ASSERT_STATUS(store_pairings_advance(f->db, &first, STORE_PAIRING_ANSWERED), STATUS_CONFLICT);
    ASSERT_OK(store_pairings_advance(f->db, &first, STORE_PAIRING_OPEN));
    ASSERT_STATUS(store_pairings_advance(f->db, &second, STORE_PAIRING_OPEN), STATUS_CONFLICT);
    ASSERT_OK(store_pairings_get(f->db, &first.pairing, NOW, &f->arena, &found));
    assert_memory_equal(&found.commitment, &first.commitment, sizeof found.commitment);
    first.pairing = id_number(101);
    ASSERT_STATUS(store_pairings_advance(f->db, &first, STORE_PAIRING_COMMITTED), STATUS_CONFLICT);
}

static void a_pairing_ends_with_its_time_and_with_the_next_of_its_device(void **state)
{
    struct fixture *f = *state;
    struct id ann = make_person(f->db, 1);
    struct id phone = make_device(f->db, 2, &ann);
    struct id laptop = make_device(f->db, 3, &ann);
    struct store_pairing at_phone = pairing_of(100, &phone, &ann);
    struct store_pairing at_laptop = pairing_of(101, &laptop, &ann);
    struct store_pairing again = pairing_of(102, &phone, &ann);
    struct store_pairing taken = pairing_of(101, &phone, &ann);
    struct store_pairing found;
    ASSERT_OK(store_pairings_open(f->db, &at_phone, NOW));
    ASSERT_OK(store_pairings_open(f->db, &at_laptop, NOW));
    ASSERT_OK(store_pairings_open(f->db, &again, NOW));
    ASSERT_STATUS(store_pairings_get(f->db, &at_phone.pairing, NOW, &f->arena, &found),
                  STATUS_NOT_FOUND);
    ASSERT_OK(store_pairings_get(f->db, &at_laptop.pairing, NOW, &f->arena, &found));
    ASSERT_OK(store_pairings_get(f->db, &again.pairing, NOW + 10 * MINUTE - 1, &f->arena, &found));
    ASSERT_STATUS(store_pairings_get(f->db, &again.pairing, NOW + 10 * MINUTE, &f->arena, &found),
                  STATUS_NOT_FOUND);
    ASSERT_STATUS(store_pairings_open(f->db, &taken, NOW), STATUS_EXISTS);
    /* The id of one whose time is over is free, and nothing of it is left. */
    ASSERT_OK(store_pairings_open(f->db, &taken, NOW + 10 * MINUTE));
    ASSERT_OK(store_pairings_get(f->db, &taken.pairing, NOW, &f->arena, &found));
    assert_true(id_equal(&found.device, &phone));
}

/* ---- wants ---- */

static void publish(struct store_db *db, uint32_t device_number)
{
    struct id device = id_number(device_number);
    struct store_key_package package = {.device = device,
                                        .ref = id_span(&device),
                                        .bytes = SPAN_LITERAL("a KeyPackage"),
                                        .expires_at_ms = NOW + 30 * DAY};
    ASSERT_OK(store_key_packages_add(db, &package, NOW));
}

/* The number of devices that are wanted in the channel; `first` is one of them. */
static size_t wanted(struct fixture *f, const struct id *channel, struct id *first)
{
    struct store_want_list wants;
    ASSERT_OK(store_wants_list(f->db, channel, 100, &f->arena, &wants));
    if (wants.count != 0)
        *first = wants.items[0].device;
    return wants.count;
}

static void a_new_device_is_wanted_where_an_active_one_of_its_person_is(void **state)
{
    struct fixture *f = *state;
    struct id inside = make_channel(f->db, 1); /* by person 1 with device 1 */
    struct id outside = make_channel(f->db, 2);
    struct id ann = id_number(1);
    struct id first = {{0}};
    struct id phone = make_device(f->db, 10, &ann);
    ASSERT_OK(store_wants_add_everywhere(f->db, &phone));
    assert_int_equal(wanted(f, &inside, &first), 0); /* without a KeyPackage nobody can add it */
    publish(f->db, 10);
    ASSERT_OK(store_wants_add_everywhere(f->db, &phone)); /* said twice, it is there once */
    assert_int_equal(wanted(f, &inside, &first), 1);
    assert_true(id_equal(&first, &phone));
    assert_int_equal(wanted(f, &outside, &first), 0);
}

/* A reset ends all earlier devices before it adds its own. */
static void a_new_device_is_wanted_nowhere_when_all_others_are_shut_out(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id ann = id_number(1);
    struct id first = {{0}};
    uint32_t channels = 1;
    ASSERT_OK(store_removals_add_everywhere(f->db, &(struct id[]){id_number(1)}[0],
                                            STORE_REMOVAL_REVOKED, NOW));
    ASSERT_OK(store_devices_revoke_of_person(f->db, &ann, NOW));
    struct id fresh = make_device(f->db, 10, &ann);
    publish(f->db, 10);
    ASSERT_OK(store_wants_add_everywhere(f->db, &fresh));
    assert_int_equal(wanted(f, &channel, &first), 0);
    ASSERT_OK(store_wants_channels_of_person(f->db, &ann, false, &channels));
    assert_int_equal(channels, 0);
}

/* Only who is active, unseen for so long, and not said to be absent already. */
static void whoever_was_not_seen_for_long_is_found_once(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_device_list list;
    uint64_t before;
    ASSERT_OK(store_devices_unseen(f->db, NOW, 10, &f->arena, &list));
    assert_int_equal(list.count, 0); /* it came now */
    ASSERT_OK(store_devices_unseen(f->db, NOW + 1, 10, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_true(id_equal(&list.items[0].device, &device));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 1, 0, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_devices_seen(f->db, &device, 7, NOW + 5, &before));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 5, 10, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_devices_touch(f->db, &device, NOW + 9));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 9, 10, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_devices_set_absent(f->db, &device, true));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 10, 10, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_devices_set_absent(f->db, &device, false));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 10, 10, &f->arena, &list));
    assert_int_equal(list.count, 1);
    ASSERT_OK(store_people_suspend(f->db, &person, true));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 10, 10, &f->arena, &list));
    assert_int_equal(list.count, 0);
    ASSERT_OK(store_people_suspend(f->db, &person, false));
    ASSERT_OK(store_devices_revoke(f->db, &device, NOW + 10));
    ASSERT_OK(store_devices_unseen(f->db, NOW + 10, 10, &f->arena, &list));
    assert_int_equal(list.count, 0);
}

static void a_new_device_is_not_wanted_where_its_person_asks_to_leave(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id ann = id_number(1);
    struct id first = {{0}};
    struct store_removal left = {.channel = channel,
                                 .device = id_number(1),
                                 .reason = STORE_REMOVAL_LEFT,
                                 .request = SPAN_LITERAL("signed"),
                                 .asked_at_ms = NOW};
    struct id before = make_device(f->db, 10, &ann);
    publish(f->db, 10);
    ASSERT_OK(store_wants_add_everywhere(f->db, &before));
    ASSERT_OK(store_removals_add(f->db, &left));
    ASSERT_OK(store_wants_end(f->db, &channel, &ann));
    assert_int_equal(wanted(f, &channel, &first), 0);
    struct id later = make_device(f->db, 11, &ann);
    publish(f->db, 11);
    ASSERT_OK(store_wants_add_everywhere(f->db, &later));
    assert_int_equal(wanted(f, &channel, &first), 0);
}

static void who_joins_with_one_device_is_wanted_with_the_others(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id ann = make_person(f->db, 2);
    struct id first = {{0}};
    uint32_t channels = 0;
    struct id phone = make_device(f->db, 10, &ann);
    struct id gone = make_device(f->db, 11, &ann);
    publish(f->db, 10);
    ASSERT_OK(store_devices_revoke(f->db, &gone, NOW));
    join_channel(f->db, &channel, &ann, 12, 0);
    assert_int_equal(wanted(f, &channel, &first), 1);
    assert_true(id_equal(&first, &phone));
    ASSERT_OK(store_wants_channels_of_person(f->db, &ann, false, &channels));
    assert_int_equal(channels, 1);
    ASSERT_OK(store_members_add(f->db, &channel, &ann, &phone, 20, NOW));
    assert_int_equal(wanted(f, &channel, &first), 0);
    ASSERT_OK(store_wants_channels_of_person(f->db, &ann, false, &channels));
    assert_int_equal(channels, 1); /* one channel, with two devices */
}

static void nobody_is_wanted_once_the_last_active_device_has_gone(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id ann = make_person(f->db, 2);
    struct id first = {{0}};
    join_channel(f->db, &channel, &ann, 10, 0);
    join_channel(f->db, &channel, &ann, 11, 1);
    struct id waiting = make_device(f->db, 12, &ann);
    publish(f->db, 12);
    ASSERT_OK(store_wants_add_everywhere(f->db, &waiting));
    ASSERT_OK(store_members_remove(f->db, &channel, &(struct id[]){id_number(10)}[0], 10));
    assert_int_equal(wanted(f, &channel, &first), 1); /* 11 is there */
    /* A device that was shut out wants nobody in, however long its leaf stays. */
    join_channel(f->db, &channel, &ann, 13, 2);
    ASSERT_OK(store_devices_revoke(f->db, &(struct id[]){id_number(13)}[0], NOW));
    ASSERT_OK(store_members_remove(f->db, &channel, &(struct id[]){id_number(11)}[0], 11));
    assert_int_equal(wanted(f, &channel, &first), 0);
}

static void a_want_ends_with_its_device_and_waits_for_a_suspended_person(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id ann = id_number(1);
    struct id first = {{0}};
    struct id phone = make_device(f->db, 10, &ann);
    publish(f->db, 10);
    ASSERT_OK(store_wants_add_everywhere(f->db, &phone));
    ASSERT_OK(store_people_suspend(f->db, &ann, true));
    assert_int_equal(wanted(f, &channel, &first), 0);
    ASSERT_OK(store_people_suspend(f->db, &ann, false));
    assert_int_equal(wanted(f, &channel, &first), 1);
    ASSERT_OK(store_devices_revoke(f->db, &phone, NOW));
    assert_int_equal(wanted(f, &channel, &first), 0);
}

static void no_more_are_listed_than_asked_for(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id ann = id_number(1);
    struct store_want_list wants;
    for (uint32_t number = 10; number < 15; number++) {
        struct id device = make_device(f->db, number, &ann);
        publish(f->db, number);
        ASSERT_OK(store_wants_add_everywhere(f->db, &device));
    }
    ASSERT_OK(store_wants_list(f->db, &channel, 3, &f->arena, &wants));
    assert_int_equal(wants.count, 3);
    assert_true(id_equal(&wants.items[0].person, &ann));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pairing_keeps_what_each_step_brought),
        TEST(each_step_is_taken_once_and_in_order),
        TEST(a_pairing_ends_with_its_time_and_with_the_next_of_its_device),
        TEST(a_new_device_is_wanted_where_an_active_one_of_its_person_is),
        TEST(a_new_device_is_wanted_nowhere_when_all_others_are_shut_out),
        TEST(a_new_device_is_not_wanted_where_its_person_asks_to_leave),
        TEST(who_joins_with_one_device_is_wanted_with_the_others),
        TEST(nobody_is_wanted_once_the_last_active_device_has_gone),
        TEST(a_want_ends_with_its_device_and_waits_for_a_suspended_person),
        TEST(no_more_are_listed_than_asked_for),
        TEST(whoever_was_not_seen_for_long_is_found_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
