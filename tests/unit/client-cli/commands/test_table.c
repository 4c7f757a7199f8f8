/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct command *find(const char *first, const char *second, const char *third, int *n)
{
    const char *argv[] = {first, second, third};
    int argc = second == NULL ? 1 : third == NULL ? 2 : 3;
    return table_find(argc, argv, n);
}

static void finds_a_command_by_noun_and_verb(void **state)
{
    (void)state;
    int words = 0;
    const struct command *command = find("profile", "set", "--opt-in", &words);
    assert_non_null(command);
    assert_string_equal(command->verb, "set");
    assert_int_equal(words, 2);
    assert_null(find("profile", "burn", NULL, &words));
    assert_null(find("profil", NULL, NULL, &words));
}

static void a_noun_alone_leaves_the_rest_to_the_command(void **state)
{
    (void)state;
    int words = 0;
    const struct command *command = find("people", "falls", "ward", &words);
    assert_non_null(command);
    assert_null(command->verb);
    assert_int_equal(words, 1);
}

static void every_row_can_be_called_and_is_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_table_count; i++) {
        int words = 0;
        const struct command *row = &command_table[i];
        assert_ptr_equal(find(row->noun, row->verb, NULL, &words), row);
        assert_non_null(row->run);
        assert_non_null(row->usage);
        assert_true(strlen(row->summary) > 5);
        assert_true(row->positional_min <= row->positional_max);
    }
}

static void every_alias_leads_to_a_noun(void **state)
{
    (void)state;
    for (size_t i = 0; i < command_alias_count; i++) {
        int words = 0;
        assert_non_null(table_noun(1, &command_aliases[i].of, &words));
        assert_int_equal(words, 1);
    }
}

static void other_spellings_lead_to_the_same_row(void **state)
{
    (void)state;
    int words = 0;
    int spelled = 0;
    const struct command *next = find("stage", "next", NULL, &words);
    const char *const long_form[] = {"peer", "assist", "stage", "next", "Falls"};
    assert_non_null(next);
    assert_ptr_equal(table_find(5, long_form, &spelled), next);
    assert_int_equal(spelled, 4);
    assert_ptr_equal(find("peer-assist", "note", "text", &spelled),
                     find("note", NULL, NULL, &words));
    assert_int_equal(spelled, 2);
    assert_ptr_equal(find("peer", "assist", "ask", &spelled),
                     find("peer-assist", "ask", NULL, &words));
    assert_int_equal(spelled, 3);
    assert_string_equal(table_noun(2, long_form, &words), "peer-assist");
    assert_int_equal(words, 2);
}

static void words_of_a_message_are_no_spelling(void **state)
{
    (void)state;
    int words = 0;
    const struct command *say = find("say", "peer", "assist", &words);
    assert_non_null(say);
    assert_string_equal(say->noun, "say");
    assert_int_equal(words, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_command_by_noun_and_verb),
        cmocka_unit_test(a_noun_alone_leaves_the_rest_to_the_command),
        cmocka_unit_test(every_row_can_be_called_and_is_explained),
        cmocka_unit_test(every_alias_leads_to_a_noun),
        cmocka_unit_test(other_spellings_lead_to_the_same_row),
        cmocka_unit_test(words_of_a_message_are_no_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
