/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/saying.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct flag flags[] = {
    {"why", "TEXT", ""}, {"because", "TEXT", ""}, {"owner", "NAME", ""},
    {"due", "DAY", ""},  {"by", "DAY", ""},       {NULL, NULL, NULL},
};

/* A command line of which only the options matter here. */
static void read_line(struct invocation *invocation, int argc, const char *const *argv)
{
    memset(invocation, 0, sizeof *invocation);
    assert_int_equal(arguments_parse(flags, NULL, argc, argv, &invocation->arguments), STATUS_OK);
}

static enum status day(const char *text, int64_t *time_ms)
{
    struct invocation invocation = {0};
    return saying_day(&invocation, text, time_ms);
}

static void a_day_is_noon_of_that_day(void **state)
{
    (void)state;
    int64_t time_ms = 0;
    assert_int_equal(day("1970-01-01", &time_ms), STATUS_OK);
    assert_int_equal(time_ms, INT64_C(12) * 3600 * 1000);
    assert_int_equal(day("2028-02-29", &time_ms), STATUS_OK);
    assert_int_equal(time_ms, INT64_C(1835438400) * 1000);
}

static void refuses_what_is_no_day(void **state)
{
    (void)state;
    const char *const wrong[] = {"",           "tomorrow",    "2026-13-01", "2026-02-31",
                                 "2027-02-29", "2026-12-31 ", "31.12.2026", "2026-12"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t time_ms = 7;
        assert_int_equal(day(wrong[i], &time_ms), STATUS_USAGE);
        assert_int_equal(time_ms, 7);
    }
}

static void an_idea_has_its_reason_under_either_name(void **state)
{
    (void)state;
    const char *const lines[][2] = {{"--why", "it worked"}, {"--because", "it worked"}};
    for (size_t i = 0; i < 2; i++) {
        struct invocation invocation;
        struct saying saying;
        read_line(&invocation, 2, lines[i]);
        assert_int_equal(saying_body(&invocation, CONTENT_IDEA, SPAN_LITERAL("lights"), &saying),
                         STATUS_OK);
        assert_true(span_equal(saying.body.idea.text, SPAN_LITERAL("lights")));
        assert_true(span_equal(saying.body.idea.reason, SPAN_LITERAL("it worked")));
        arguments_clear(&invocation.arguments);
    }
}

static void an_action_has_an_owner_and_a_day(void **state)
{
    (void)state;
    const char *const line[] = {"--owner", "Ann", "--due", "1970-01-02"};
    struct invocation invocation;
    struct saying saying;
    read_line(&invocation, 4, line);
    assert_int_equal(saying_body(&invocation, CONTENT_COMMITMENT, SPAN_LITERAL("x"), &saying),
                     STATUS_OK);
    assert_true(span_equal(saying.body.action.owner, SPAN_LITERAL("Ann")));
    assert_int_equal(saying.body.action.due, INT64_C(36) * 3600 * 1000);
    arguments_clear(&invocation.arguments);
}

static void an_action_needs_neither(void **state)
{
    (void)state;
    struct invocation invocation;
    struct saying saying;
    read_line(&invocation, 0, NULL);
    assert_int_equal(saying_body(&invocation, CONTENT_ACTION, SPAN_LITERAL("x"), &saying),
                     STATUS_OK);
    assert_int_equal(saying.body.action.owner.len, 0);
    assert_int_equal(saying.body.action.due, 0);
    arguments_clear(&invocation.arguments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_noon_of_that_day),
        cmocka_unit_test(refuses_what_is_no_day),
        cmocka_unit_test(an_idea_has_its_reason_under_either_name),
        cmocka_unit_test(an_action_has_an_owner_and_a_day),
        cmocka_unit_test(an_action_needs_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
