/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STATUS_VALUE(name, text) STATUS_##name,
static const enum status all[] = {STATUS_LIST(STATUS_VALUE)};
#define COUNT (sizeof all / sizeof *all)

static void every_status_has_a_name_and_a_text_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(strlen(status_text(all[i])) > 1);
        assert_true(strlen(status_name(all[i])) > 1);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(status_text(all[i]), status_text(all[k]));
            assert_string_not_equal(status_name(all[i]), status_name(all[k]));
        }
    }
}

static void success_is_zero(void **state)
{
    (void)state;
    assert_int_equal(STATUS_OK, 0);
    assert_string_equal(status_name(STATUS_OK), "OK");
    assert_string_equal(status_name(STATUS_WRONG_EPOCH), "WRONG_EPOCH");
}

static void a_number_that_is_no_status_still_has_a_text(void **state)
{
    (void)state;
    assert_string_equal(status_text((enum status)COUNT), "unknown status");
    assert_string_equal(status_name((enum status)COUNT), "UNKNOWN");
    assert_string_equal(status_text((enum status) - 1), "unknown status");
}

static enum status count_calls(int *calls, enum status status)
{
    ++*calls;
    return status;
}

static enum status try_both(int *calls, enum status first)
{
    TRY(count_calls(calls, first));
    TRY(count_calls(calls, STATUS_OK));
    return STATUS_OK;
}

static void try_evaluates_once_and_returns_the_first_error(void **state)
{
    (void)state;
    int calls = 0;
    assert_int_equal(try_both(&calls, STATUS_OK), STATUS_OK);
    assert_int_equal(calls, 2);
    assert_int_equal(try_both(&calls, STATUS_LIMIT), STATUS_LIMIT);
    assert_int_equal(calls, 3);
}

static void what_is_stored_is_damaged_unless_the_machine_failed(void **state)
{
    (void)state;
    assert_int_equal(status_of_stored(STATUS_OK), STATUS_OK);
    assert_int_equal(status_of_stored(STATUS_NO_MEMORY), STATUS_NO_MEMORY);
    assert_int_equal(status_of_stored(STATUS_CRYPTO), STATUS_CRYPTO);
    assert_int_equal(status_of_stored(STATUS_IO), STATUS_IO);
    assert_int_equal(status_of_stored(STATUS_TRUNCATED), STATUS_CORRUPT);
    assert_int_equal(status_of_stored(STATUS_BAD_SIGNATURE), STATUS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name_and_a_text_of_its_own),
        cmocka_unit_test(success_is_zero),
        cmocka_unit_test(a_number_that_is_no_status_still_has_a_text),
        cmocka_unit_test(try_evaluates_once_and_returns_the_first_error),
        cmocka_unit_test(what_is_stored_is_damaged_unless_the_machine_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
