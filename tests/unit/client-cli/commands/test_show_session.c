/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_session.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

static void assert_time(int64_t left_ms, const char *expected)
{
    char text[SHOW_SESSION_TIME_SIZE];
    show_session_time(left_ms, text);
    assert_string_equal(text, expected);
}

static void time_is_told_in_the_units_that_people_use(void **state)
{
    (void)state;
    assert_time(0, "0 s");
    assert_time(12 * SECOND_MS, "12 s");
    assert_time(7 * MINUTE_MS, "7 min");
    assert_time(2 * HOUR_MS + 5 * MINUTE_MS, "2 h 5 min");
    assert_time(DAY_MS, "1 day 0 h");
    assert_time(28 * DAY_MS + 3 * HOUR_MS, "28 days 3 h");
}

static void a_stage_that_has_just_begun_shows_its_whole_length(void **state)
{
    (void)state;
    assert_time(5 * MINUTE_MS - 200, "5 min");
    assert_time(HOUR_MS - 200, "1 h 0 min");
    assert_time(DAY_MS - 200, "1 day 0 h");
    assert_time(28 * DAY_MS - 200, "28 days 0 h");
}

static void a_stage_that_is_over_time_says_by_how_much(void **state)
{
    (void)state;
    assert_time(-90 * SECOND_MS, "over time by 2 min");
    assert_time(-20 * SECOND_MS, "over time by 20 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_told_in_the_units_that_people_use),
        cmocka_unit_test(a_stage_that_has_just_begun_shows_its_whole_length),
        cmocka_unit_test(a_stage_that_is_over_time_says_by_how_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
