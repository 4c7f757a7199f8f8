/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/wrap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_wrapped(const char *text, size_t columns, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(4096);
    assert_int_equal(wrap_text(span_from_text(text), columns, &out), STATUS_OK);
    assert_int_equal(buffer_append(&out, span_of("", 1)), STATUS_OK);
    assert_string_equal((const char *)out.ptr, expected);
}

static void a_line_that_fits_is_left_as_it_is(void **state)
{
    (void)state;
    assert_wrapped("weft: not now\n", 40, "weft: not now\n");
    assert_wrapped("  a  b\n\n    c\n", 40, "  a  b\n\n    c\n");
    assert_wrapped("0123456789012345678901234567890123456789\n", 40,
                   "0123456789012345678901234567890123456789\n");
}

static void a_long_line_ends_between_words(void **state)
{
    (void)state;
    assert_wrapped("the first of these lines holds just what forty columns hold\n", 40,
                   "the first of these lines holds just what\nforty columns hold\n");
    assert_wrapped("weft: the first of these lines holds just what forty columns hold\n", 40,
                   "weft: the first of these lines holds\n      just what forty columns hold\n");
    assert_wrapped("  -- somebody is out of the channel until they come back\n", 40,
                   "  -- somebody is out of the channel\n     until they come back\n");
    assert_wrapped("    indented as a prompt is, which goes on below\n", 40,
                   "    indented as a prompt is, which goes\n    on below\n");
}

static void a_word_longer_than_the_line_stays_whole(void **state)
{
    (void)state;
    assert_wrapped(
        "weft: see weft://host:7443/join#0123456789012345678901234567890123456789 there\n", 40,
        "weft: see\n      weft://host:7443/join#0123456789012345678901234567890123456789\n"
        "      there\n");
}

static void a_screen_narrower_than_forty_columns_counts_as_forty(void **state)
{
    (void)state;
    assert_wrapped("the first of these lines holds just what forty columns hold\n", 7,
                   "the first of these lines holds just what\nforty columns hold\n");
}

static void bold_takes_no_room(void **state)
{
    (void)state;
    assert_wrapped("\x1b[1m0123456789 0123456789 0123456789 0123456\x1b[0m\n", 40,
                   "\x1b[1m0123456789 0123456789 0123456789 0123456\x1b[0m\n");
    assert_wrapped("\x1b[1m0123456789 0123456789 0123456789 01234567\x1b[0m\n", 40,
                   "\x1b[1m0123456789 0123456789 0123456789\n01234567\x1b[0m\n");
}

static void characters_are_counted_and_not_bytes(void **state)
{
    (void)state;
    assert_wrapped("äöü äöü äöü äöü äöü äöü äöü äöü äöü äöüß end\n", 40,
                   "äöü äöü äöü äöü äöü äöü äöü äöü äöü äöüß\nend\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_fits_is_left_as_it_is),
        cmocka_unit_test(a_long_line_ends_between_words),
        cmocka_unit_test(a_word_longer_than_the_line_stays_whole),
        cmocka_unit_test(a_screen_narrower_than_forty_columns_counts_as_forty),
        cmocka_unit_test(bold_takes_no_room),
        cmocka_unit_test(characters_are_counted_and_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
