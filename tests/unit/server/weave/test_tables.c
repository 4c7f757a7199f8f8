/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tables_errors errors;

static struct tables_people *people_from(const char *text)
{
    struct tables_people *people = NULL;
    assert_int_equal(tables_people_read(span_from_text(text), &errors, &people), STATUS_OK);
    assert_int_equal(errors.total, 0);
    return people;
}

static void assert_text(struct span text, const char *wanted)
{
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.ptr, wanted, text.len);
}

/* The bytes end where the memory ends, so that the sanitizer sees a step too far. */
static void assert_people_refused(
    const void *bytes, size_t len, enum tables_fault fault, uint64_t line, uint64_t column)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    struct tables_people *people = NULL;
    memcpy(copy, bytes, len);
    assert_int_equal(tables_people_read(span_of(copy, len), &errors, &people), STATUS_MALFORMED);
    assert_null(people);
    assert_true(errors.total >= 1);
    assert_int_equal(errors.list[0].fault, fault);
    assert_int_equal(errors.list[0].line, line);
    assert_int_equal(errors.list[0].column, column);
    free(copy);
}

#define REFUSED(text, fault, line, column)                                                         \
    assert_people_refused(text, sizeof(text) - 1, fault, line, column)

static void ids_of_bad_rows_can_be_read(void **state)
{
    (void)state;
    struct tables_people *people = NULL;
    uint32_t position;
    const char *text = "person_id,name,group\na,,\n\"b\"\"\"\na,A,B\n,A,B\n";
    assert_int_equal(tables_people_ids(span_from_text(text), &people), STATUS_OK);
    assert_int_equal(people->count, 2);
    assert_int_equal(ids_find(people->index, SPAN_LITERAL("b\""), &position), STATUS_OK);
    assert_int_equal(position, 1);
    tables_people_free(&people);
    const char *const unread[] = {"", "person_id,name\na,A\n", "name,group,person_id\nA,B\n",
                                  "person_id,name,group\na,\"A,B\n"};
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++) {
        assert_int_equal(tables_people_ids(span_from_text(unread[i]), &people), STATUS_MALFORMED);
        assert_null(people);
    }
}

static const struct span three_ids[] = {
    {(const uint8_t *)"a", 1}, {(const uint8_t *)"b", 1}, {(const uint8_t *)"c", 1}};

static void ties_without_people_have_errors_alone(void **state)
{
    (void)state;
    struct tables_ties *ties = NULL;
    const char *text = "person_a,person_b,weight\nx,y,1\nx,x,1\nx,,1\nx,y,z\n";
    assert_int_equal(tables_ties_read(span_from_text(text), NULL, &errors, &ties),
                     STATUS_MALFORMED);
    assert_int_equal(errors.total, 3);
    assert_int_equal(errors.list[0].fault, TABLES_SELF_TIE);
    assert_int_equal(errors.list[1].fault, TABLES_EMPTY_ID);
    assert_int_equal(errors.list[2].fault, TABLES_WEIGHT_NOT_NUMBER);
    assert_int_equal(
        tables_ties_read(SPAN_LITERAL("person_a,person_b\nx,y\n"), NULL, &errors, &ties),
        STATUS_OK);
    assert_int_equal(ties->count, 0);
    tables_ties_free(&ties);
}

static struct tables_ties *ties_from(const char *text)
{
    struct ids *ids = NULL;
    struct tables_ties *ties = NULL;
    assert_int_equal(ids_new(three_ids, 3, &ids), STATUS_OK);
    enum status status = tables_ties_read(span_from_text(text), ids, &errors, &ties);
    ids_free(&ids);
    if (status != STATUS_OK)
        assert_null(ties);
    return ties;
}

static void
assert_ties_refused(const char *text, enum tables_fault fault, uint64_t line, uint64_t column)
{
    assert_null(ties_from(text));
    assert_int_equal(errors.total, 1);
    assert_int_equal(errors.list[0].fault, fault);
    assert_int_equal(errors.list[0].line, line);
    assert_int_equal(errors.list[0].column, column);
}

static void reads_people_by_the_names_of_their_columns(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "person_id,name,group\n7,Ann,ICU\n8,Ben,ED\n9,,ICU\n",
        "Group;PERSON_ID;name\r\nICU;7;Ann\r\nED;8;Ben\r\nICU;9;",
        "\xEF\xBB\xBFname\tgroup\tperson_id\n Ann \tICU\t7\n\nBen\tED\t8\n\tICU\t9\n",
        "# made by hand\nperson_id,\"name\",group\n\"7\",\"Ann\",ICU\n8,Ben,\"ED\"\n9,\"\",ICU\n",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct tables_people *people = people_from(forms[i]);
        assert_int_equal(people->count, 3);
        assert_int_equal(people->group_count, 2);
        assert_text(people->ids[0], "7");
        assert_text(people->names[0], "Ann");
        assert_text(people->names[2], "");
        assert_text(people->group_names[people->groups[0]], "ICU");
        assert_text(people->group_names[people->groups[1]], "ED");
        assert_int_equal(people->groups[2], people->groups[0]);
        uint32_t position;
        assert_int_equal(ids_find(people->index, SPAN_LITERAL("8"), &position), STATUS_OK);
        assert_int_equal(position, 1);
        assert_int_equal(ids_find(people->index, SPAN_LITERAL("10"), &position), STATUS_NOT_FOUND);
        tables_people_free(&people);
    }
}

static void undoes_quotes_and_keeps_delimiters_inside_them(void **state)
{
    (void)state;
    struct tables_people *people =
        people_from("person_id,name,group\n1,\"Lee, \"\"Jo\"\"\",\"A \"\"&\"\" E\"\n"
                    "2,Max,\"A \"\"&\"\" E\"\n\"3\"\"\",\"\"\"\",x\n");
    assert_text(people->names[0], "Lee, \"Jo\"");
    assert_text(people->group_names[people->groups[0]], "A \"&\" E");
    assert_int_equal(people->groups[0], people->groups[1]);
    assert_text(people->ids[2], "3\"");
    assert_text(people->names[2], "\"");
    tables_people_free(&people);
}

static void reads_plain_groups_with_comments(void **state)
{
    (void)state;
    struct tables_people *people = people_from("# node\tgroup\n0\td1\r\n# more\n1\td 2\n2\td1");
    assert_int_equal(people->count, 3);
    assert_text(people->ids[2], "2");
    assert_int_equal(people->names[2].len, 0);
    assert_text(people->group_names[1], "d 2");
    tables_people_free(&people);
}

static void says_line_column_and_reason_of_a_bad_row(void **state)
{
    (void)state;
    REFUSED("", TABLES_EMPTY_FILE, 1, 1);
    REFUSED("\n\n# nothing\n", TABLES_EMPTY_FILE, 1, 1);
    REFUSED("person_id,name,group\n", TABLES_EMPTY_FILE, 1, 1);
    REFUSED("person_id,name\n1,Ann\n", TABLES_COLUMN_MISSING, 1, 11);
    REFUSED("person_id,name,group,salary\n", TABLES_COLUMN_UNKNOWN, 1, 22);
    REFUSED("person_id,name,group,name\n", TABLES_COLUMN_REPEATED, 1, 22);
    REFUSED("1001,Ann,ICU\n", TABLES_COLUMN_UNKNOWN, 1, 1);
    REFUSED("person_id,name,group\n1,Ann\n", TABLES_FIELDS_MISSING, 2, 3);
    REFUSED("person_id,name,group\n1,Ann,ICU,x\n", TABLES_FIELDS_EXTRA, 2, 11);
    REFUSED("person_id,name,group\n,Ann,ICU\n", TABLES_EMPTY_ID, 2, 1);
    REFUSED("person_id,name,group\n1,Ann,  \n", TABLES_EMPTY_GROUP, 2, 7);
    REFUSED("person_id,name,group\n1,A\x1B[2J,ICU\n", TABLES_CONTROL_CHARACTER, 2, 3);
    REFUSED("person_id,name,group\n1,A\xE2\x80\xAE,ICU\n", TABLES_CONTROL_CHARACTER, 2, 3);
    REFUSED("person_id,name,group\n1,A\xE2\x81\xA6,ICU\n", TABLES_CONTROL_CHARACTER, 2, 3);
    REFUSED("person_id,name,group\n1,A\xC2\x9B,ICU\n", TABLES_CONTROL_CHARACTER, 2, 3);
    REFUSED("person_id,name,group\n1,\"A\nB\",ICU\n", TABLES_CONTROL_CHARACTER, 2, 3);
    REFUSED("person_id,name,group\n1,A\rB,ICU\n", TABLES_CONTROL_CHARACTER, 2, 3);
    REFUSED("person_id,name,group\n1,\xFF,ICU\n", TABLES_NOT_UTF8, 2, 3);
    REFUSED("person_id,name,group\n1,\xC3,ICU\n", TABLES_NOT_UTF8, 2, 3);
    REFUSED("person_id,name,group\n1,A\0B,ICU\n", TABLES_NOT_UTF8, 2, 3);
    REFUSED("person_id,name,group\n1,A\"nn,ICU\n", TABLES_STRAY_QUOTE, 2, 3);
    REFUSED("person_id,name,group\n1,\"Ann\"x,ICU\n", TABLES_STRAY_QUOTE, 2, 3);
    REFUSED("person_id,name,group\n1,\"Ann,ICU\n", TABLES_OPEN_QUOTE, 2, 3);
    REFUSED("person_id,name,group\n1,Ann,\"", TABLES_OPEN_QUOTE, 2, 7);
    REFUSED("0\td1\n1\n", TABLES_FIELDS_MISSING, 2, 1);
    REFUSED("0\td1\n1\td1\t3\n", TABLES_FIELDS_EXTRA, 2, 6);
}

static void has_a_text_for_every_fault(void **state)
{
    (void)state;
    for (enum tables_fault fault = 0; fault <= TABLES_WEIGHT_OUT_OF_RANGE; fault++)
        assert_true(strlen(tables_fault_text(fault)) > 5);
}

static void names_the_earlier_line_of_a_repeated_id(void **state)
{
    (void)state;
    REFUSED("person_id,name,group\n1,\"Ann\",x\n2,Ben,x\n1,Cid,y\n", TABLES_ID_REPEATED, 4, 1);
    assert_int_equal(errors.list[0].line_other, 2);
    assert_int_equal(errors.total, 1);
}

static void refuses_fields_over_their_length(void **state)
{
    (void)state;
    char text[WEAVE_ID_BYTES_MAX + 64];
    for (int over = 0; over <= 1; over++) {
        int len = snprintf(text, sizeof(text), "person_id,name,group\n");
        memset(text + len, 'x', WEAVE_ID_BYTES_MAX + (size_t)over);
        memcpy(text + len + WEAVE_ID_BYTES_MAX + over, ",n,g", 5);
        struct tables_people *people = NULL;
        enum status status = tables_people_read(span_from_text(text), &errors, &people);
        assert_int_equal(status, over ? STATUS_MALFORMED : STATUS_OK);
        if (over)
            assert_int_equal(errors.list[0].fault, TABLES_TOO_LONG);
        tables_people_free(&people);
    }
}

static void counts_every_bad_row_and_goes_on_after_each(void **state)
{
    (void)state;
    static char text[8192];
    size_t len = (size_t)snprintf(text, sizeof(text), "person_id,name,group\n");
    for (int i = 0; i < 150; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, i % 2 ? "%d,\"A\"x,g\n" : "%d,A\n", i);
    struct tables_people *people = NULL;
    assert_int_equal(tables_people_read(span_of(text, len), &errors, &people), STATUS_MALFORMED);
    assert_null(people);
    assert_int_equal(errors.total, 150);
    assert_int_equal(errors.listed, WEAVE_ERRORS_LISTED);
    for (size_t i = 0; i < errors.listed; i++)
        assert_int_equal(errors.list[i].line, i + 2);
}

static void adds_up_a_tie_that_is_named_from_both_ends(void **state)
{
    (void)state;
    struct tables_ties *ties =
        ties_from("person_a,person_b,weight\nb,a,1\nb,c,0.5\na,b,2.25\nc,b,.5\n");
    assert_non_null(ties);
    assert_int_equal(ties->rows, 4);
    assert_int_equal(ties->count, 2);
    assert_int_equal(ties->list[0].a, 0);
    assert_int_equal(ties->list[0].b, 1);
    assert_float_equal(ties->list[0].weight, 3.25, 1e-12);
    assert_float_equal(ties->list[1].weight, 1.0, 1e-12);
    tables_ties_free(&ties);
}

static void gives_ties_without_weight_the_weight_1(void **state)
{
    (void)state;
    struct tables_ties *ties = ties_from("person_b;person_a\nb;a\n");
    assert_non_null(ties);
    assert_float_equal(ties->list[0].weight, 1.0, 0);
    tables_ties_free(&ties);
    ties = ties_from("person_a,person_b\n");
    assert_non_null(ties);
    assert_int_equal(ties->count, 0);
    tables_ties_free(&ties);
}

static void refuses_bad_ties(void **state)
{
    (void)state;
    assert_ties_refused("", TABLES_EMPTY_FILE, 1, 1);
    assert_ties_refused("person_a,weight\n", TABLES_COLUMN_MISSING, 1, 10);
    assert_ties_refused("person_a,person_b\na,z\n", TABLES_ID_UNKNOWN, 2, 3);
    assert_ties_refused("person_a,person_b\na,\n", TABLES_EMPTY_ID, 2, 3);
    assert_ties_refused("person_a,person_b\nb,b\n", TABLES_SELF_TIE, 2, 3);
    static const char *const not_numbers[] = {"nan", "inf", "",      ".",  "1e3",
                                              "1,5", "0x1", "1.2.3", "--1"};
    for (size_t i = 0; i < sizeof(not_numbers) / sizeof(*not_numbers); i++) {
        char text[64];
        snprintf(text, sizeof(text), "person_a;person_b;weight\na;b;%s\n", not_numbers[i]);
        assert_ties_refused(text, TABLES_WEIGHT_NOT_NUMBER, 2, 5);
    }
    static const char *const out_of_range[] = {"-1", "0", "-0.0", "10000001",
                                               "99999999999999999999"};
    for (size_t i = 0; i < sizeof(out_of_range) / sizeof(*out_of_range); i++) {
        char text[64];
        snprintf(text, sizeof(text), "person_a;person_b;weight\na;b;%s\n", out_of_range[i]);
        assert_ties_refused(text, TABLES_WEIGHT_OUT_OF_RANGE, 2, 5);
    }
}

static void reads_a_large_table(void **state)
{
    (void)state;
    enum { PEOPLE = 50000 };
    size_t capacity = PEOPLE * 24, len = 0;
    char *text = malloc(capacity);
    len += (size_t)snprintf(text, capacity, "person_id,name,group\n");
    for (int i = 0; i < PEOPLE; i++)
        len += (size_t)snprintf(text + len, capacity - len, "p%d,n,g%d\n", i, i % 300);
    struct tables_people *people = NULL;
    assert_int_equal(tables_people_read(span_of(text, len), &errors, &people), STATUS_OK);
    assert_int_equal(people->count, PEOPLE);
    assert_int_equal(people->group_count, 300);
    uint32_t position;
    assert_int_equal(ids_find(people->index, SPAN_LITERAL("p49999"), &position), STATUS_OK);
    assert_int_equal(position, PEOPLE - 1);
    tables_people_free(&people);
    free(text);
}

/* Whatever the bytes, the reader ends, stays inside them and imports nothing by half. */
static void survives_every_truncation_and_every_changed_byte(void **state)
{
    (void)state;
    static const char good[] = "\xEF\xBB\xBFperson_id,name,group\r\n1,\"A \"\"x\"\"\",g\r\n"
                               "2,B,\"h\ni\"\r\n3,\xC3\xA9,g";
    size_t len = sizeof(good) - 1;
    for (size_t cut = 0; cut <= len; cut++) {
        for (size_t at = 0; at < cut; at++) {
            uint8_t *copy = malloc(cut);
            memcpy(copy, good, cut);
            copy[at] = (uint8_t)(copy[at] ^ (cut * 7 + at * 13));
            struct tables_people *people = NULL;
            enum status status = tables_people_read(span_of(copy, cut), &errors, &people);
            assert_int_equal(status == STATUS_OK, errors.total == 0);
            assert_int_equal(status == STATUS_OK, people != NULL);
            tables_people_free(&people);
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_bad_rows_can_be_read),
        cmocka_unit_test(ties_without_people_have_errors_alone),
        cmocka_unit_test(reads_people_by_the_names_of_their_columns),
        cmocka_unit_test(undoes_quotes_and_keeps_delimiters_inside_them),
        cmocka_unit_test(reads_plain_groups_with_comments),
        cmocka_unit_test(says_line_column_and_reason_of_a_bad_row),
        cmocka_unit_test(has_a_text_for_every_fault),
        cmocka_unit_test(names_the_earlier_line_of_a_repeated_id),
        cmocka_unit_test(refuses_fields_over_their_length),
        cmocka_unit_test(counts_every_bad_row_and_goes_on_after_each),
        cmocka_unit_test(adds_up_a_tie_that_is_named_from_both_ends),
        cmocka_unit_test(gives_ties_without_weight_the_weight_1),
        cmocka_unit_test(refuses_bad_ties),
        cmocka_unit_test(reads_a_large_table),
        cmocka_unit_test(survives_every_truncation_and_every_changed_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
