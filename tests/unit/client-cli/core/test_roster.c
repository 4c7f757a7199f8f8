/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Ann with two devices, and Bea. */
static struct roster_member members[] = {
    {{{1}}, {{11}}},
    {{{2}}, {{21}}},
    {{{1}}, {{12}}},
};
static const struct roster roster = {members, 3};

static struct wire_member listed(uint8_t person, uint8_t device)
{
    return (struct wire_member){.person = {{person}}, .device = {{device}}};
}

static void people_are_counted_once(void **state)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(4096);
    struct roster_people people = {NULL, 0};
    (void)state;
    assert_int_equal(roster_people(&roster, &arena, &people), STATUS_OK);
    assert_int_equal(people.count, 2);
}

static void the_same_list_in_another_order_does_not_differ(void **state)
{
    const struct wire_member list[] = {listed(1, 12), listed(1, 11), listed(2, 21)};
    (void)state;
    struct roster_difference difference = roster_compare(&roster, list, 3);
    assert_int_equal(difference.hidden, 0);
    assert_int_equal(difference.invented, 0);
}

static void who_is_left_out_and_who_is_made_up_are_counted(void **state)
{
    const struct wire_member list[] = {listed(1, 11), listed(2, 11), listed(9, 91)};
    (void)state;
    struct roster_difference difference = roster_compare(&roster, list, 3);
    assert_int_equal(difference.hidden, 2);
    assert_int_equal(difference.invented, 2);
    difference = roster_compare(&roster, NULL, 0);
    assert_int_equal(difference.hidden, 3);
    assert_int_equal(difference.invented, 0);
}

static void a_list_that_is_full_hides_nobody(void **state)
{
    (void)state;
    size_t count = LIMIT_LIST_ITEMS + 1;
    struct roster_member *many = calloc(count, sizeof *many);
    assert_non_null(many);
    const struct roster long_roster = {many, count};
    const struct wire_member list[] = {listed(0, 0), listed(1, 1)};
    struct roster_difference difference = roster_compare(&long_roster, list, 2);
    free(many);
    assert_int_equal(difference.hidden, 0);
    assert_int_equal(difference.invented, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_counted_once),
        cmocka_unit_test(the_same_list_in_another_order_does_not_differ),
        cmocka_unit_test(who_is_left_out_and_who_is_made_up_are_counted),
        cmocka_unit_test(a_list_that_is_full_hides_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
