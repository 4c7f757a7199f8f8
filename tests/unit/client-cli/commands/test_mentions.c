/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/mentions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct mentions_person people[] = {
    {{{0xaa, 0xbb, 0xcc, 1}}, {(const uint8_t *)"Ann Lee", 7}},
    {{{0xaa, 0xbb, 0xcd, 2}}, {(const uint8_t *)"Ann Leeman", 10}},
    {{{0xdd, 0xee, 0xff, 3}}, {(const uint8_t *)"Bob", 3}},
    {{{0x11, 0x22, 0x33, 4}}, {(const uint8_t *)"Zo\xc3\xab Marsh", 10}},
};

static struct mentions_match match(const char *text)
{
    return mentions_match(span_from_text(text), people, sizeof people / sizeof *people);
}

static void the_most_words_that_fit_name_somebody(void **state)
{
    (void)state;
    assert_int_equal(match("Bob, look").length, 3);
    assert_int_equal(match("Bob, look").at, 2);
    assert_int_equal(match("zo\xc3\xab marsh and you").at, 3);
    assert_int_equal(match("zo\xc3\xab marsh and you").length, 10);
    assert_int_equal(match("Zo\xc3\xab").equals, 1);
}

static void a_whole_name_counts_more_than_the_beginning_of_another(void **state)
{
    (void)state;
    struct mentions_match whole = match("ann lee is here");
    assert_int_equal(whole.equals, 1);
    assert_int_equal(whole.at, 0);
    assert_int_equal(whole.length, 7);
    assert_int_equal(match("Ann Leeman").at, 1);
}

static void one_word_that_fits_several_is_several(void **state)
{
    (void)state;
    assert_int_equal(match("Ann is here").equals, 2);
    assert_int_equal(match("Ann is here").length, 3);
}

static void part_of_a_word_names_nobody(void **state)
{
    (void)state;
    assert_int_equal(match("Bobby").length, 0);
    assert_int_equal(match("home").length, 0);
    assert_int_equal(match("").length, 0);
    assert_int_equal(match(" Bob").length, 0);
}

static void the_beginning_of_an_id_names_its_person(void **state)
{
    (void)state;
    assert_int_equal(match("aabbcd02 look").equals, 1);
    assert_int_equal(match("aabbcd02 look").at, 1);
    assert_int_equal(match("aabb").length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_words_that_fit_name_somebody),
        cmocka_unit_test(a_whole_name_counts_more_than_the_beginning_of_another),
        cmocka_unit_test(one_word_that_fits_several_is_several),
        cmocka_unit_test(part_of_a_word_names_nobody),
        cmocka_unit_test(the_beginning_of_an_id_names_its_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
