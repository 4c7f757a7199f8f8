/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/clean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define REPLACED "\xef\xbf\xbd"

static void assert_cleaned(const char *text, size_t length, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(4096);
    assert_int_equal(clean_line(span_of(text, length), &out), STATUS_OK);
    assert_int_equal(buffer_append(&out, span_of("", 1)), STATUS_OK);
    assert_string_equal((const char *)out.ptr, expected);
}

#define ASSERT_CLEANED(text, expected) assert_cleaned(text, sizeof(text) - 1, expected)

static void plain_text_of_any_language_stays(void **state)
{
    (void)state;
    ASSERT_CLEANED("", "");
    ASSERT_CLEANED("Falls on the ward: 20% fewer", "Falls on the ward: 20% fewer");
    ASSERT_CLEANED("Łódź, Ünïcode, 日本, עברית, 🧵",
                   "Łódź, Ünïcode, 日本, עברית, 🧵");
}

static void line_ends_and_tabs_become_spaces(void **state)
{
    (void)state;
    ASSERT_CLEANED("a\nb\tc\rd", "a b c d");
}

static void no_escape_sequence_remains_one(void **state)
{
    (void)state;
    ASSERT_CLEANED("\x1b[31mred", REPLACED "[31mred");
    ASSERT_CLEANED("\x1b]0;title\x07x", REPLACED "]0;title" REPLACED "x");
    ASSERT_CLEANED("a\x00z", "a" REPLACED "z");
    ASSERT_CLEANED("\x7f", REPLACED);
}

static void eight_bit_controls_are_replaced_in_both_forms(void **state)
{
    (void)state;
    ASSERT_CLEANED("\xc2\x9b"
                   "31m",
                   REPLACED "31m"); /* U+009B, a CSI */
    ASSERT_CLEANED("\x9b"
                   "31m",
                   REPLACED "31m"); /* the same as a bare byte */
}

static void controls_of_direction_and_hidden_characters_are_replaced(void **state)
{
    (void)state;
    ASSERT_CLEANED("\xe2\x80\xae"
                   "gpj.exe",
                   REPLACED "gpj.exe");                                 /* U+202E */
    ASSERT_CLEANED("\xe2\x81\xa6x\xe2\x81\xa9", REPLACED "x" REPLACED); /* U+2066, U+2069 */
    ASSERT_CLEANED("\xe2\x80\xa8", REPLACED);                           /* U+2028 */
    ASSERT_CLEANED("\xd8\x9c", REPLACED);                               /* U+061C */
    ASSERT_CLEANED("\xf3\xa0\x81\x81", REPLACED);                       /* U+E0041, a tag */
}

static void what_is_not_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    ASSERT_CLEANED("\xff\xfe", REPLACED REPLACED);
    ASSERT_CLEANED("\xc0\xaf", REPLACED REPLACED);                           /* overlong */
    ASSERT_CLEANED("\xed\xa0\x80", REPLACED REPLACED REPLACED);              /* a surrogate */
    ASSERT_CLEANED("\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED); /* above U+10FFFF */
    ASSERT_CLEANED("\xe2\x82", REPLACED REPLACED);                           /* ends too early */
}

/* Every byte after every byte: whatever comes in, no control comes out. */
static void no_pair_of_bytes_lets_a_control_through(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            const uint8_t pair[] = {(uint8_t)first, (uint8_t)second};
            CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(64);
            assert_int_equal(clean_line(SPAN_OF(pair), &out), STATUS_OK);
            for (size_t i = 0; i < out.len; i++) {
                assert_true(out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f);
                if (i > 0 && out.ptr[i - 1] == 0xc2)
                    assert_true(out.ptr[i] >= 0xa0);
            }
        }
}

static void lines_are_taken_one_by_one(void **state)
{
    (void)state;
    struct span text = SPAN_LITERAL("one\n\nthree");
    struct span line;
    assert_true(clean_next_line(&text, &line));
    assert_true(span_equal(line, SPAN_LITERAL("one")));
    assert_true(clean_next_line(&text, &line));
    assert_int_equal(line.len, 0);
    assert_true(clean_next_line(&text, &line));
    assert_true(span_equal(line, SPAN_LITERAL("three")));
    assert_false(clean_next_line(&text, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_of_any_language_stays),
        cmocka_unit_test(line_ends_and_tabs_become_spaces),
        cmocka_unit_test(no_escape_sequence_remains_one),
        cmocka_unit_test(eight_bit_controls_are_replaced_in_both_forms),
        cmocka_unit_test(controls_of_direction_and_hidden_characters_are_replaced),
        cmocka_unit_test(what_is_not_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(no_pair_of_bytes_lets_a_control_through),
        cmocka_unit_test(lines_are_taken_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
