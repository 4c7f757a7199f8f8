/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/exit_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void only_success_is_zero_and_every_failure_has_a_documented_code(void **state)
{
    (void)state;
#define EXIT_OF(name, text)                                                                        \
    assert_true((exit_code_of(STATUS_##name) == EXIT_CODE_OK) == (STATUS_##name == STATUS_OK));    \
    assert_in_range(exit_code_of(STATUS_##name), EXIT_CODE_OK, EXIT_CODE_NOT_NOW);
    STATUS_LIST(EXIT_OF)
#undef EXIT_OF
}

static void the_codes_that_scripts_rely_on_stay(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(STATUS_USAGE), 1);
    assert_int_equal(exit_code_of(STATUS_CORRUPT), 2);
    assert_int_equal(exit_code_of(STATUS_NETWORK), 3);
    assert_int_equal(exit_code_of(STATUS_TIMEOUT), 3);
    assert_int_equal(exit_code_of(STATUS_UNTRUSTED), 4);
    assert_int_equal(exit_code_of(STATUS_RATE_LIMITED), 5);
    assert_int_equal(exit_code_of(STATUS_UNAUTHENTICATED), 6);
    assert_int_equal(exit_code_of(STATUS_EXPIRED), 6);
    assert_int_equal(exit_code_of(STATUS_NOT_FOUND), 7);
    assert_int_equal(exit_code_of(STATUS_CONFLICT), 8);
    assert_int_equal(exit_code_of(STATUS_LOCKED), 8);
    assert_int_equal(exit_code_of(STATUS_NOT_NOW), 9);
    assert_int_equal(exit_code_of(STATUS_DENIED), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_success_is_zero_and_every_failure_has_a_documented_code),
        cmocka_unit_test(the_codes_that_scripts_rely_on_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
