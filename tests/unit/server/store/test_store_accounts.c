/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/devices.h"
#include "server/store/invites.h"
#include "server/store/key_packages.h"
#include "server/store/limits.h"

#include <stdio.h>

static void keeps_a_device_with_its_two_keys(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id device = make_device(f->db, 7, &person);
    struct store_device found;
    struct store_device_list list;
    struct store_key leaf = key_number(15);
    ASSERT_OK(store_devices_get(f->db, &device, &found));
    assert_true(id_equal(&found.person, &person));
    assert_memory_equal(found.leaf_key.bytes, leaf.bytes, sizeof leaf.bytes);
    assert_int_equal(found.state, STORE_DEVICE_ACTIVE);
    make_device(f->db, 8, &person);
    ASSERT_OK(store_devices_of_person(f->db, &person, &f->arena, &list));
    assert_int_equal(list.count, 2);
}

static void refuses_a_key_that_any_device_has_for_any_purpose(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    make_device(f->db, 7, &person); /* keys 14 and 15 */
    struct id device = id_number(8);
    struct store_key login = key_number(100);
    struct store_key known = key_number(14);
    ASSERT_STATUS(store_devices_add(f->db, &device, &person, &login, &known, NOW), STATUS_EXISTS);
    ASSERT_STATUS(store_devices_add(f->db, &device, &person, &known, &login, NOW), STATUS_EXISTS);
    ASSERT_STATUS(store_devices_add(f->db, &device, &person, &login, &login, NOW), STATUS_EXISTS);
    struct id nobody = id_number(50);
    known = key_number(101);
    ASSERT_STATUS(store_devices_add(f->db, &device, &nobody, &login, &known, NOW), STATUS_CONFLICT);
}

static void a_revoked_device_logs_in_no_more_and_has_no_key_packages(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id device = make_device(f->db, 7, &person);
    struct store_key_package package = {device, SPAN_LITERAL("ref"), SPAN_LITERAL("kp"), false,
                                        NOW + DAY};
    uint64_t before;
    ASSERT_OK(store_devices_seen(f->db, &device, 5, NOW, &before));
    assert_int_equal(before, 0);
    ASSERT_OK(store_devices_seen(f->db, &device, 4, NOW, &before));
    assert_int_equal(before, 5);
    ASSERT_OK(store_key_packages_add(f->db, &package, NOW));
    ASSERT_OK(store_devices_revoke(f->db, &device, NOW + 1));
    ASSERT_OK(store_devices_revoke(f->db, &device, NOW + 2));
    ASSERT_STATUS(store_devices_seen(f->db, &device, 6, NOW, &before), STATUS_DENIED);
    ASSERT_STATUS(store_key_packages_take(f->db, &device, &person, NOW, &f->arena, &package),
                  STATUS_NOT_FOUND);
    ASSERT_STATUS(store_key_packages_add(f->db, &package, NOW), STATUS_DENIED);
    struct id unknown = id_number(99);
    ASSERT_STATUS(store_devices_revoke(f->db, &unknown, NOW), STATUS_NOT_FOUND);
}

static void add_packages(struct fixture *f, const struct id *device, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char ref[16];
        snprintf(ref, sizeof ref, "ref %u", (unsigned)i);
        struct store_key_package package = {*device, span_from_text(ref), span_from_text(ref),
                                            false, NOW + DAY + i};
        ASSERT_OK(store_key_packages_add(f->db, &package, NOW));
        ASSERT_OK(store_key_packages_add(f->db, &package, NOW)); /* a retry */
    }
}

static void gives_each_key_package_once_and_then_the_last_resort(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id device = make_device(f->db, 7, &person);
    struct store_key_package last = {device, SPAN_LITERAL("last"), SPAN_LITERAL("last"), true,
                                     NOW + 400 * DAY};
    struct store_key_package taken;
    struct store_key_package_counts counts;
    ASSERT_OK(store_key_packages_add(f->db, &last, NOW));
    add_packages(f, &device, 2);
    ASSERT_OK(store_key_packages_count(f->db, &device, NOW, &counts));
    assert_int_equal(counts.one_time, 2);
    assert_true(counts.last_resort);
    assert_false(counts.last_resort_used);
    ASSERT_OK(store_key_packages_take(f->db, &device, &person, NOW, &f->arena, &taken));
    assert_true(span_equal(taken.ref, SPAN_LITERAL("ref 0")));
    ASSERT_OK(store_key_packages_take(f->db, &device, &person, NOW, &f->arena, &taken));
    assert_true(span_equal(taken.ref, SPAN_LITERAL("ref 1")));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(store_key_packages_take(f->db, &device, &person, NOW, &f->arena, &taken));
        assert_true(taken.last_resort);
    }
    ASSERT_OK(store_key_packages_count(f->db, &device, NOW, &counts));
    assert_int_equal(counts.one_time, 0);
    assert_true(counts.last_resort_used);
    last.ref = SPAN_LITERAL("last 2");
    ASSERT_OK(store_key_packages_add(f->db, &last, NOW));
    ASSERT_OK(store_key_packages_count(f->db, &device, NOW, &counts));
    assert_true(counts.last_resort);
    assert_false(counts.last_resort_used);
}

static void one_person_cannot_empty_a_pool(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id other = make_person(f->db, 2);
    struct id device = make_device(f->db, 7, &person);
    struct store_key_package last = {device, SPAN_LITERAL("last"), SPAN_LITERAL("last"), true,
                                     NOW + 400 * DAY};
    struct store_key_package taken;
    add_packages(f, &device, 3 * STORE_KEY_PACKAGES_PER_TAKER);
    int64_t valid = NOW - 2 * DAY; /* days before the packages end */
    for (int i = 0; i < STORE_KEY_PACKAGES_PER_TAKER; i++) {
        ASSERT_OK(store_key_packages_take(f->db, &device, &other, valid, &f->arena, &taken));
        assert_false(taken.last_resort);
    }
    ASSERT_STATUS(store_key_packages_take(f->db, &device, &other, valid, &f->arena, &taken),
                  STATUS_NOT_FOUND);
    ASSERT_OK(store_key_packages_add(f->db, &last, NOW));
    ASSERT_OK(store_key_packages_take(f->db, &device, &other, valid, &f->arena, &taken));
    assert_true(taken.last_resort);
    /* Others are not held up, and a day later it begins anew, also after the rows were tidied. */
    ASSERT_OK(store_key_packages_take(f->db, &device, &person, valid, &f->arena, &taken));
    assert_false(taken.last_resort);
    ASSERT_OK(store_key_packages_expire(f->db, valid + DAY / 2));
    ASSERT_OK(store_key_packages_take(f->db, &device, &other, valid + DAY - 1, &f->arena, &taken));
    assert_true(taken.last_resort);
    ASSERT_OK(store_key_packages_expire(f->db, valid + DAY));
    ASSERT_OK(store_key_packages_take(f->db, &device, &other, valid + DAY, &f->arena, &taken));
    assert_false(taken.last_resort);
}

static void gives_no_expired_key_package(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id device = make_device(f->db, 7, &person);
    struct store_key_package taken;
    struct store_key_package_counts counts;
    add_packages(f, &device, 3); /* the first ends at NOW + DAY */
    ASSERT_OK(store_key_packages_take(f->db, &device, &person, NOW + DAY, &f->arena, &taken));
    assert_true(span_equal(taken.ref, SPAN_LITERAL("ref 1")));
    ASSERT_OK(store_key_packages_expire(f->db, NOW + DAY + 2));
    ASSERT_OK(store_key_packages_count(f->db, &device, NOW, &counts));
    assert_int_equal(counts.one_time, 0);
}

static void bounds_the_pool_of_a_device(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id device = make_device(f->db, 7, &person);
    add_packages(f, &device, STORE_KEY_PACKAGES_MAX);
    struct store_key_package one_more = {device, SPAN_LITERAL("more"), SPAN_LITERAL("more"), false,
                                         NOW + DAY};
    ASSERT_STATUS(store_key_packages_add(f->db, &one_more, NOW), STATUS_LIMIT);
}

static struct store_invite invite_number(uint32_t number, uint32_t uses_max)
{
    return (struct store_invite){
        .invite = id_number(number),
        .secret_hash = hash_number(number),
        .role = STORE_ROLE_STAFF,
        .created_at_ms = NOW,
        .expires_at_ms = NOW + DAY,
        .uses_max = uses_max,
    };
}

static void redeems_a_single_use_invite_once(void **state)
{
    struct fixture *f = *state;
    struct store_invite invite = invite_number(1, 1);
    struct id person = id_number(10);
    struct id device = id_number(20);
    struct id other_device = id_number(21);
    struct store_redemption redemption;
    ASSERT_OK(store_invites_add(f->db, &invite));
    ASSERT_STATUS(store_invites_add(f->db, &invite), STATUS_EXISTS);
    ASSERT_OK(store_invites_redeem(f->db, &invite.secret_hash, &person, &device, NOW, &redemption));
    assert_false(redemption.again);
    assert_true(id_equal(&redemption.person, &person));
    ASSERT_STATUS(
        store_invites_redeem(f->db, &invite.secret_hash, &person, &other_device, NOW, &redemption),
        STATUS_REPLAYED);
    ASSERT_STATUS(store_invites_show(f->db, &invite.secret_hash, NOW, &invite), STATUS_REPLAYED);
}

static void answers_the_same_device_again_even_after_the_end(void **state)
{
    struct fixture *f = *state;
    struct store_invite invite = invite_number(1, 1);
    struct id first = id_number(10);
    struct id second = id_number(11);
    struct id device = id_number(20);
    struct store_redemption redemption;
    ASSERT_OK(store_invites_add(f->db, &invite));
    ASSERT_OK(store_invites_redeem(f->db, &invite.secret_hash, &first, &device, NOW, &redemption));
    ASSERT_OK(store_invites_redeem(f->db, &invite.secret_hash, &second, &device, NOW + 2 * DAY,
                                   &redemption));
    assert_true(redemption.again);
    assert_true(id_equal(&redemption.person, &first));
    assert_int_equal(redemption.invite.uses, 1);
}

static void refuses_unknown_expired_and_revoked_invites(void **state)
{
    struct fixture *f = *state;
    struct store_invite invite = invite_number(1, 5);
    struct id person = id_number(10);
    struct id device = id_number(20);
    struct store_hash unknown = hash_number(2);
    struct store_redemption redemption;
    ASSERT_OK(store_invites_add(f->db, &invite));
    ASSERT_STATUS(store_invites_redeem(f->db, &unknown, &person, &device, NOW, &redemption),
                  STATUS_NOT_FOUND);
    ASSERT_STATUS(
        store_invites_redeem(f->db, &invite.secret_hash, &person, &device, NOW + DAY, &redemption),
        STATUS_EXPIRED);
    ASSERT_OK(store_invites_revoke(f->db, &invite.invite));
    ASSERT_STATUS(
        store_invites_redeem(f->db, &invite.secret_hash, &person, &device, NOW, &redemption),
        STATUS_DENIED);
    ASSERT_STATUS(store_invites_revoke(f->db, &person), STATUS_NOT_FOUND);
}

static void binds_an_invite_to_an_imported_person(void **state)
{
    struct fixture *f = *state;
    struct store_invite invite = invite_number(1, 1);
    struct id fresh = id_number(10);
    struct id device = id_number(20);
    struct store_redemption redemption;
    invite.person = make_person(f->db, 5);
    invite.uses_max = 2;
    ASSERT_STATUS(store_invites_add(f->db, &invite), STATUS_USAGE);
    invite.uses_max = 1;
    ASSERT_OK(store_invites_add(f->db, &invite));
    ASSERT_OK(store_invites_redeem(f->db, &invite.secret_hash, &fresh, &device, NOW, &redemption));
    assert_true(id_equal(&redemption.person, &invite.person));
}

static void lists_invites_newest_first(void **state)
{
    struct fixture *f = *state;
    struct store_invite_list list;
    for (uint32_t i = 1; i <= 3; i++) {
        struct store_invite invite = invite_number(i, 1);
        invite.created_at_ms += i;
        ASSERT_OK(store_invites_add(f->db, &invite));
    }
    ASSERT_OK(store_invites_list(f->db, 2, &f->arena, &list));
    assert_int_equal(list.count, 2);
    assert_true(list.more);
    struct id newest = id_number(3);
    assert_true(id_equal(&list.items[0].invite, &newest));
    struct id found;
    ASSERT_OK(store_invites_by_prefix(f->db, SPAN_LITERAL("00000002"), &found));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_device_with_its_two_keys),
        TEST(refuses_a_key_that_any_device_has_for_any_purpose),
        TEST(a_revoked_device_logs_in_no_more_and_has_no_key_packages),
        TEST(gives_each_key_package_once_and_then_the_last_resort),
        TEST(one_person_cannot_empty_a_pool),
        TEST(gives_no_expired_key_package),
        TEST(bounds_the_pool_of_a_device),
        TEST(redeems_a_single_use_invite_once),
        TEST(answers_the_same_device_again_even_after_the_end),
        TEST(refuses_unknown_expired_and_revoked_invites),
        TEST(binds_an_invite_to_an_imported_person),
        TEST(lists_invites_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
