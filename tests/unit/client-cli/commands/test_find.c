/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/find.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct thing {
    const char *id; /* NULL: none */
    const char *name;
};

static const struct thing things[] = {
    {"00112233445566778899aabbccddeeff", "Falls on Ward 7"},
    {"0011223344556677889900000000000f", "Falls"},
    {"aabbccddeeff00112233445566778899", "Discharge by noon"},
    {NULL, "Discharge letters"},
};

static enum status search(const char *wanted, size_t *at)
{
    struct find find;
    find_begin(&find, wanted);
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        struct id id;
        if (things[i].id != NULL)
            assert_int_equal(id_parse(span_from_text(things[i].id), &id), STATUS_OK);
        find_offer(&find, things[i].id == NULL ? NULL : &id, span_from_text(things[i].name));
    }
    return find_finish(&find, at);
}

static void finds_a_thing_by_the_beginning_of_its_id_or_name(void **state)
{
    (void)state;
    size_t at = 99;
    assert_int_equal(search("aabbcc", &at), STATUS_OK);
    assert_int_equal(at, 2);
    assert_int_equal(search("AABBCC", &at), STATUS_OK);
    assert_int_equal(search("discharge b", &at), STATUS_OK);
    assert_int_equal(at, 2);
    assert_int_equal(search("Discharge L", &at), STATUS_OK);
    assert_int_equal(at, 3);
}

static void prefers_a_whole_name_to_the_beginning_of_another(void **state)
{
    (void)state;
    size_t at = 99;
    assert_int_equal(search("falls", &at), STATUS_OK);
    assert_int_equal(at, 1);
    assert_int_equal(search("00112233445566778899aabbccddeeff", &at), STATUS_OK);
    assert_int_equal(at, 0);
}

static void does_not_guess_between_two(void **state)
{
    (void)state;
    size_t at = 99;
    assert_int_equal(search("Discharge", &at), STATUS_CONFLICT);
    assert_int_equal(search("001122", &at), STATUS_CONFLICT);
    assert_int_equal(at, 99);
}

static void finds_nothing_by_too_little(void **state)
{
    (void)state;
    size_t at = 99;
    assert_int_equal(search("", &at), STATUS_NOT_FOUND);
    assert_int_equal(search("aabbc", &at), STATUS_NOT_FOUND);
    assert_int_equal(search("Falls on Ward 71", &at), STATUS_NOT_FOUND);
    assert_int_equal(search("00112233445566778899aabbccddeeff0", &at), STATUS_NOT_FOUND);
    assert_int_equal(at, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_thing_by_the_beginning_of_its_id_or_name),
        cmocka_unit_test(prefers_a_whole_name_to_the_beginning_of_another),
        cmocka_unit_test(does_not_guess_between_two),
        cmocka_unit_test(finds_nothing_by_too_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
