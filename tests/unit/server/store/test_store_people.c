/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/devices.h"
#include "server/store/invitations.h"
#include "server/store/invites.h"
#include "server/store/limits.h"
#include "server/store/profiles.h"
#include "server/store/reads.h"
#include "server/store/ties.h"

#include <stdio.h>
#include <string.h>

static struct store_person imported(uint32_t number, const char *name, const char *external_id)
{
    return (struct store_person){
        .person = id_number(number),
        .role = STORE_ROLE_STAFF,
        .state = STORE_PERSON_IMPORTED,
        .name = span_from_text(name),
        .external_id = span_from_text(external_id),
        .created_at_ms = NOW,
    };
}

static void makes_a_group_once_by_name(void **state)
{
    struct fixture *f = *state;
    struct id fresh = id_number(1);
    struct id other = id_number(2);
    struct id group;
    struct store_group_list list;
    ASSERT_STATUS(store_groups_find(f->db, SPAN_LITERAL("Stroke"), &group), STATUS_NOT_FOUND);
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("Stroke"), &fresh, &group));
    assert_true(id_equal(&group, &fresh));
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("Stroke"), &other, &group));
    assert_true(id_equal(&group, &fresh));
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("Maternity"), &other, &group));
    ASSERT_STATUS(store_groups_ensure(f->db, SPAN_EMPTY, &other, &group), STATUS_LIMIT);
    ASSERT_OK(store_groups_list(f->db, &f->arena, &list));
    assert_int_equal(list.count, 2);
    assert_true(span_equal(list.items[0].name, SPAN_LITERAL("Maternity")));
}

static void keeps_a_person_as_given(void **state)
{
    struct fixture *f = *state;
    struct id group = id_number(9);
    struct store_person person = imported(1, "Åse O'Neil", "E-1");
    struct store_person found;
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("ICU"), &group, &group));
    person.group = group;
    person.contacts_per_week_max = 3;
    ASSERT_OK(store_people_add(f->db, &person));
    ASSERT_OK(store_people_get(f->db, &person.person, &f->arena, &found));
    assert_true(id_equal(&found.group, &group));
    assert_true(span_equal(found.name, SPAN_LITERAL("Åse O'Neil")));
    assert_true(span_equal(found.external_id, SPAN_LITERAL("E-1")));
    assert_int_equal(found.state, STORE_PERSON_IMPORTED);
    assert_int_equal(found.contacts_per_week_max, 3);
    assert_int_equal(found.created_at_ms, NOW);
    struct id unknown = id_number(2);
    ASSERT_STATUS(store_people_get(f->db, &unknown, &f->arena, &found), STATUS_NOT_FOUND);
}

static void refuses_a_second_person_with_the_same_id_or_external_id(void **state)
{
    struct fixture *f = *state;
    struct store_person person = imported(1, "A", "E-1");
    ASSERT_OK(store_people_add(f->db, &person));
    ASSERT_STATUS(store_people_add(f->db, &person), STATUS_EXISTS);
    struct store_person same_external = imported(2, "B", "E-1");
    ASSERT_STATUS(store_people_add(f->db, &same_external), STATUS_EXISTS);
}

static void refuses_texts_over_their_maximum_and_unknown_groups(void **state)
{
    struct fixture *f = *state;
    char name[STORE_NAME_BYTES_MAX + 2];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    struct store_person person = imported(1, name, "");
    ASSERT_STATUS(store_people_add(f->db, &person), STATUS_LIMIT);
    person = imported(2, "B", "");
    person.group = id_number(77);
    ASSERT_STATUS(store_people_add(f->db, &person), STATUS_CONFLICT);
}

static void joins_only_an_imported_person_and_only_once(void **state)
{
    struct fixture *f = *state;
    struct store_person person = imported(1, "As imported", "E-1");
    struct store_person found;
    ASSERT_OK(store_people_add(f->db, &person));
    ASSERT_OK(
        store_people_join(f->db, &person.person, STORE_ROLE_FACILITATOR, SPAN_EMPTY, NOW + 5));
    ASSERT_OK(store_people_get(f->db, &person.person, &f->arena, &found));
    assert_int_equal(found.state, STORE_PERSON_JOINED);
    assert_int_equal(found.role, STORE_ROLE_FACILITATOR);
    assert_int_equal(found.joined_at_ms, NOW + 5);
    assert_true(span_equal(found.name, SPAN_LITERAL("As imported")));
    ASSERT_STATUS(store_people_join(f->db, &person.person, STORE_ROLE_ADMIN, SPAN_EMPTY, NOW),
                  STATUS_CONFLICT);
    struct id unknown = id_number(2);
    ASSERT_STATUS(store_people_join(f->db, &unknown, STORE_ROLE_ADMIN, SPAN_EMPTY, NOW),
                  STATUS_NOT_FOUND);
}

static void suspends_and_restores_people_who_joined(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct store_person other = imported(2, "B", "");
    struct store_person found;
    ASSERT_OK(store_people_add(f->db, &other));
    ASSERT_OK(store_people_suspend(f->db, &person, true));
    ASSERT_OK(store_people_suspend(f->db, &person, true));
    ASSERT_OK(store_people_get(f->db, &person, &f->arena, &found));
    assert_int_equal(found.state, STORE_PERSON_SUSPENDED);
    ASSERT_OK(store_people_suspend(f->db, &person, false));
    ASSERT_STATUS(store_people_suspend(f->db, &other.person, true), STATUS_CONFLICT);
    ASSERT_OK(store_people_get(f->db, &person, &f->arena, &found));
    assert_int_equal(found.state, STORE_PERSON_JOINED);
}

static void finds_a_person_by_the_first_digits(void **state)
{
    struct fixture *f = *state;
    struct id found;
    make_person(f->db, 0x12345678);
    make_person(f->db, 0x12345699);
    ASSERT_OK(store_people_by_prefix(f->db, SPAN_LITERAL("1234567"), &found));
    struct id expected = id_number(0x12345678);
    assert_true(id_equal(&found, &expected));
    ASSERT_STATUS(store_people_by_prefix(f->db, SPAN_LITERAL("123456"), &found), STATUS_CONFLICT);
    ASSERT_STATUS(store_people_by_prefix(f->db, SPAN_LITERAL("ffffff"), &found), STATUS_NOT_FOUND);
    ASSERT_STATUS(store_people_by_prefix(f->db, SPAN_LITERAL("12345"), &found), STATUS_MALFORMED);
    ASSERT_STATUS(store_people_by_prefix(f->db, SPAN_LITERAL("12345x"), &found), STATUS_MALFORMED);
}

static void lists_pages_in_order_of_id(void **state)
{
    struct fixture *f = *state;
    struct store_person_list list;
    for (uint32_t i = 1; i <= 5; i++)
        make_person(f->db, i);
    struct store_people_query query = {.count_max = 2};
    for (uint32_t first = 1; first <= 5; first += 2) {
        ASSERT_OK(store_people_list(f->db, &query, &f->arena, &list));
        assert_int_equal(list.count, first == 5 ? 1 : 2);
        assert_int_equal(list.more, first != 5);
        struct id expected = id_number(first);
        assert_true(id_equal(&list.items[0].person, &expected));
        query.after = list.items[list.count - 1].person;
    }
}

static void shows_members_only_people_who_opted_in(void **state)
{
    struct fixture *f = *state;
    struct store_person_list list;
    struct span topics[] = {SPAN_LITERAL("Falls"), SPAN_LITERAL("Sepsis")};
    struct store_profile profile = {.opted_in = true, .topics = topics, .topics_count = 2};
    for (uint32_t i = 1; i <= 3; i++)
        make_person(f->db, i);
    struct id second = id_number(2);
    struct id third = id_number(3);
    ASSERT_OK(store_profiles_set(f->db, &second, &profile));
    ASSERT_OK(store_profiles_set(f->db, &third, &profile));
    ASSERT_OK(store_people_suspend(f->db, &third, true));
    struct store_people_query query = {.only_visible = true, .count_max = 10};
    ASSERT_OK(store_people_list(f->db, &query, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_true(id_equal(&list.items[0].person, &second));
    query.text = SPAN_LITERAL("sEPs");
    ASSERT_OK(store_people_list(f->db, &query, &f->arena, &list));
    assert_int_equal(list.count, 1);
    query.text = SPAN_LITERAL("se%s");
    ASSERT_OK(store_people_list(f->db, &query, &f->arena, &list));
    assert_int_equal(list.count, 0);
}

static void replaces_a_whole_profile(void **state)
{
    struct fixture *f = *state;
    struct id person = make_person(f->db, 1);
    struct id group = id_number(9);
    struct store_profile found;
    ASSERT_OK(store_groups_ensure(f->db, SPAN_LITERAL("ICU"), &group, &group));
    struct span topics[] = {SPAN_LITERAL("b"), SPAN_LITERAL("a")};
    struct span help[] = {SPAN_LITERAL("handover")};
    struct store_profile profile = {true, 2, &group, 1, topics, 2, help, 1};
    ASSERT_OK(store_profiles_get(f->db, &person, &f->arena, &found));
    assert_false(found.opted_in);
    assert_int_equal(found.topics_count, 0);
    ASSERT_OK(store_profiles_set(f->db, &person, &profile));
    ASSERT_OK(store_profiles_get(f->db, &person, &f->arena, &found));
    assert_true(found.opted_in);
    assert_int_equal(found.contacts_per_week_max, 2);
    assert_int_equal(found.topics_count, 2);
    assert_true(span_equal(found.topics[0], SPAN_LITERAL("b")));
    assert_true(span_equal(found.can_help_with[0], SPAN_LITERAL("handover")));
    assert_true(id_equal(&found.groups[0], &group));
    profile.topics_count = STORE_PROFILE_ITEMS_MAX + 1;
    ASSERT_STATUS(store_profiles_set(f->db, &person, &profile), STATUS_LIMIT);
    profile.topics_count = 0;
    ASSERT_OK(store_profiles_set(f->db, &person, &profile));
    ASSERT_OK(store_profiles_get(f->db, &person, &f->arena, &found));
    assert_int_equal(found.topics_count, 0);
    struct id unknown = id_number(2);
    ASSERT_STATUS(store_profiles_set(f->db, &unknown, &profile), STATUS_NOT_FOUND);
}

static void erases_all_but_the_id(void **state)
{
    struct fixture *f = *state;
    struct store_person person = imported(1, "Gone", "E-1");
    struct span topics[] = {SPAN_LITERAL("Falls")};
    struct store_profile profile = {.opted_in = true, .topics = topics, .topics_count = 1};
    struct store_person found;
    struct id other = make_person(f->db, 2);
    struct store_device device;
    uint64_t ties;
    ASSERT_OK(store_people_add(f->db, &person));
    ASSERT_OK(store_people_join(f->db, &person.person, STORE_ROLE_STAFF, SPAN_EMPTY, NOW));
    struct id device_id = make_device(f->db, 1, &person.person);
    ASSERT_OK(store_profiles_set(f->db, &person.person, &profile));
    struct store_tie tie = {other, person.person, STORE_TIE_IMPORTED, 1.0, NOW};
    ASSERT_OK(store_ties_set(f->db, &tie));

    ASSERT_OK(store_people_erase(f->db, &person.person, NOW + 1));
    ASSERT_OK(store_people_erase(f->db, &person.person, NOW + 2));
    ASSERT_OK(store_people_get(f->db, &person.person, &f->arena, &found));
    assert_int_equal(found.state, STORE_PERSON_ERASED);
    assert_int_equal(found.name.len, 0);
    assert_int_equal(found.external_id.len, 0);
    assert_false(found.opted_in);
    ASSERT_OK(store_devices_get(f->db, &device_id, &device));
    assert_int_equal(device.state, STORE_DEVICE_REVOKED);
    assert_int_equal(device.revoked_at_ms, NOW + 1);
    ASSERT_OK(store_ties_count(f->db, STORE_TIE_IMPORTED, &ties));
    assert_int_equal(ties, 0);
    ASSERT_STATUS(store_people_by_external_id(f->db, SPAN_LITERAL("E-1"), &other),
                  STATUS_NOT_FOUND);
    ASSERT_STATUS(store_profiles_set(f->db, &person.person, &profile), STATUS_DENIED);
    ASSERT_STATUS(
        store_people_rename(f->db, &person.person, SPAN_LITERAL("Back"), &(struct id){{0}}),
        STATUS_DENIED);
    struct id unknown = id_number(99);
    ASSERT_STATUS(store_people_erase(f->db, &unknown, NOW), STATUS_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(makes_a_group_once_by_name),
        TEST(keeps_a_person_as_given),
        TEST(refuses_a_second_person_with_the_same_id_or_external_id),
        TEST(refuses_texts_over_their_maximum_and_unknown_groups),
        TEST(joins_only_an_imported_person_and_only_once),
        TEST(suspends_and_restores_people_who_joined),
        TEST(finds_a_person_by_the_first_digits),
        TEST(lists_pages_in_order_of_id),
        TEST(shows_members_only_people_who_opted_in),
        TEST(replaces_a_whole_profile),
        TEST(erases_all_but_the_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
