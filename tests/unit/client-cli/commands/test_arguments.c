/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct flag flags[] = {
    {"topic", "WORDS", ""}, {"yes", NULL, ""}, {"last", "N", ""}, {NULL, NULL, NULL}};
static const struct flag common[] = {{"json", NULL, ""}, {NULL, NULL, NULL}};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum status parse(struct arguments *arguments, const char *const *argv, size_t count)
{
    return arguments_parse(flags, common, (int)count, argv, arguments);
}

static void flags_may_stand_anywhere_in_two_forms(void **state)
{
    (void)state;
    CLEANUP(arguments_clear) struct arguments arguments;
    const char *const argv[] = {"one", "--topic", "falls", "two", "--topic=sleep", "--json", "-"};
    assert_int_equal(parse(&arguments, argv, COUNT(argv)), STATUS_OK);
    assert_int_equal(arguments.positional_count, 3);
    assert_string_equal(arguments.positional[2], "-");
    assert_true(arguments_has(&arguments, "json"));
    assert_false(arguments_has(&arguments, "yes"));
    assert_string_equal(arguments_value(&arguments, "topic"), "sleep");
    assert_string_equal(arguments_value_at(&arguments, "topic", 0), "falls");
    assert_string_equal(arguments_value_at(&arguments, "topic", 1), "sleep");
    assert_null(arguments_value_at(&arguments, "topic", 2));
}

static void two_dashes_end_the_flags(void **state)
{
    (void)state;
    CLEANUP(arguments_clear) struct arguments arguments;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(64);
    const char *const argv[] = {"--yes", "--", "--topic", "--", "x"};
    assert_int_equal(parse(&arguments, argv, COUNT(argv)), STATUS_OK);
    assert_int_equal(arguments.positional_count, 3);
    assert_int_equal(arguments_join(&arguments, 0, &text), STATUS_OK);
    assert_true(span_equal(buffer_span(&text), SPAN_LITERAL("--topic -- x")));
}

static void refuses_what_is_unknown_incomplete_or_too_much_by_name(void **state)
{
    (void)state;
    const struct {
        const char *argument;
        const char *named;
    } wrong[] = {{"--shout", "--shout"}, {"-y", "-y"},       {"--topic", "--topic"},
                 {"--yes=1", "--yes"},   {"--top", "--top"}, {"--topics=x", "--topics"}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CLEANUP(arguments_clear) struct arguments arguments;
        const char *const argv[] = {"one", wrong[i].argument};
        assert_int_equal(parse(&arguments, argv, COUNT(argv)), STATUS_USAGE);
        assert_non_null(strstr(arguments.problem, wrong[i].named));
    }
}

static void a_number_is_whole_and_within_its_range(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "x", "1x", "0", "101", "1.5", "99999999999999999999"};
    int64_t number = -1;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CLEANUP(arguments_clear) struct arguments arguments;
        const char *const argv[] = {"--last", wrong[i]};
        assert_int_equal(parse(&arguments, argv, COUNT(argv)), STATUS_OK);
        assert_int_equal(arguments_number(&arguments, "last", 1, 100, 7, &number), STATUS_USAGE);
        assert_non_null(strstr(arguments.problem, "--last"));
    }
    CLEANUP(arguments_clear) struct arguments arguments;
    const char *const argv[] = {"--last", "100"};
    assert_int_equal(parse(&arguments, argv, COUNT(argv)), STATUS_OK);
    assert_int_equal(arguments_number(&arguments, "last", 1, 100, 7, &number), STATUS_OK);
    assert_int_equal(number, 100);
    assert_int_equal(arguments_number(&arguments, "yes", 1, 100, 7, &number), STATUS_OK);
    assert_int_equal(number, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_may_stand_anywhere_in_two_forms),
        cmocka_unit_test(two_dashes_end_the_flags),
        cmocka_unit_test(refuses_what_is_unknown_incomplete_or_too_much_by_name),
        cmocka_unit_test(a_number_is_whole_and_within_its_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
