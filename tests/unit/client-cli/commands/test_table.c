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
    for (size_t i = 0; i < command_alias_count; i++)
        assert_non_null(table_noun(1, &command_aliases[i].of));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_command_by_noun_and_verb),
        cmocka_unit_test(a_noun_alone_leaves_the_rest_to_the_command),
        cmocka_unit_test(every_row_can_be_called_and_is_explained),
        cmocka_unit_test(every_alias_leads_to_a_noun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
