/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/config/config.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum status
read_text(const char *text, struct config *config, struct config_problem *problem)
{
    assert_int_equal(config_init(config), STATUS_OK);
    memset(problem, 0, sizeof *problem);
    return config_read(span_from_text(text), config, problem);
}

static void an_empty_file_is_all_defaults(void **state)
{
    (void)state;
    struct config config;
    struct config_problem problem;
    assert_int_equal(read_text("", &config, &problem), STATUS_OK);
    assert_string_equal(config.address, "127.0.0.1");
    assert_int_equal(config.port, 7443);
    assert_false(config.allow_tls_1_2);
    config_clear(&config);
}

static void reads_keys_comments_and_spaces(void **state)
{
    (void)state;
    struct config config;
    struct config_problem problem;
    assert_int_equal(read_text("# a comment\n\n  port =  8000 \r\ncommunity = Ward = 7\n"
                               "origin = https://a.example\norigin = https://b.example\n",
                               &config, &problem),
                     STATUS_OK);
    assert_int_equal(config.port, 8000);
    assert_string_equal(config.community, "Ward = 7");
    assert_int_equal(config.origin_count, 2);
    assert_string_equal(config.origins[1], "https://b.example");
    config_clear(&config);
}

static void refuses(const char *text, uint32_t line, const char *word)
{
    struct config config;
    struct config_problem problem;
    assert_int_equal(read_text(text, &config, &problem), STATUS_MALFORMED);
    assert_int_equal(problem.line, line);
    assert_non_null(strstr(problem.text, word));
    config_clear(&config);
}

static void names_the_unknown_key_and_its_line(void **state)
{
    (void)state;
    refuses("port = 1\n\nprot = 2\n", 3, "`prot`");
    refuses("Port = 1", 1, "`Port`");
}

static void refuses_values_out_of_range(void **state)
{
    (void)state;
    refuses("port = 65536\n", 1, "port");
    refuses("port = -1\n", 1, "port");
    refuses("port = 12x\n", 1, "port");
    refuses("port =\n", 1, "port");
    refuses("port = 99999999999999999999\n", 1, "port");
    refuses("allow_tls_1_2 = maybe\n", 1, "allow_tls_1_2");
    refuses("address = localhost\n", 1, "address");
    refuses("log_level = loud\n", 1, "log_level");
    refuses("origin = example.org\n", 1, "origin");
    refuses("community =\n", 1, "community");
    refuses("coffee_every = 28\n", 1, "coffee_every");
    refuses("coffee_every = d\n", 1, "coffee_every");
    refuses("coffee_every = 367d\n", 1, "coffee_every");
    refuses("coffee_every = 4000000000d\n", 1, "coffee_every");
    refuses("introductions_answer_within = 0s\n", 1, "introductions_answer_within");
}

static void reads_times_in_days_hours_minutes_and_seconds(void **state)
{
    (void)state;
    struct config config;
    struct config_problem problem;
    assert_int_equal(read_text("introductions_every = 2d\nintroductions_answer_within = 3h\n"
                               "introductions_ask_after = 4m\ncoffee_every = 0s\n",
                               &config, &problem),
                     STATUS_OK);
    assert_int_equal(config.introductions_every_ms, 2 * 24 * 3600 * 1000);
    assert_int_equal(config.introductions_answer_within_ms, 3 * 3600 * 1000);
    assert_int_equal(config.introductions_ask_after_ms, 4 * 60 * 1000);
    assert_int_equal(config.coffee_every_ms, 0);
    config_clear(&config);
}

static void refuses_a_key_that_comes_twice(void **state)
{
    (void)state;
    refuses("port = 1\nport = 1\n", 2, "port");
}

static void refuses_lines_without_an_equals_sign_and_bytes_that_are_no_text(void **state)
{
    (void)state;
    refuses("port 1\n", 1, "=");
    refuses("community = \xff\n", 0, "UTF-8");
}

static void the_sample_names_every_key_and_can_be_read_again(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1u << 20);
    struct config_choice choices[] = {{"port", "9000"}, {"community", "Nine"}};
    assert_int_equal(config_sample(choices, 2, &text), STATUS_OK);
    struct config config;
    struct config_problem problem;
    assert_int_equal(config_init(&config), STATUS_OK);
    assert_int_equal(config_read(buffer_span(&text), &config, &problem), STATUS_OK);
    assert_int_equal(config.port, 9000);
    assert_string_equal(config.community, "Nine");
    config_clear(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_is_all_defaults),
        cmocka_unit_test(reads_keys_comments_and_spaces),
        cmocka_unit_test(names_the_unknown_key_and_its_line),
        cmocka_unit_test(refuses_values_out_of_range),
        cmocka_unit_test(reads_times_in_days_hours_minutes_and_seconds),
        cmocka_unit_test(refuses_a_key_that_comes_twice),
        cmocka_unit_test(refuses_lines_without_an_equals_sign_and_bytes_that_are_no_text),
        cmocka_unit_test(the_sample_names_every_key_and_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
