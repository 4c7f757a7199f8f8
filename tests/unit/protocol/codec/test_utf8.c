/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/codec/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In an allocation of exactly its length, so that the sanitizer sees a read past it. */
static bool is_text(const char *bytes, size_t len)
{
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    bool valid = utf8_is_valid(span_of(exact, len));
    free(exact);
    return valid;
}

#define TEXT(literal) is_text(literal, sizeof(literal) - 1)

static void takes_text_at_the_edges_of_utf8(void **state)
{
    (void)state;
    assert_true(TEXT(""));
    assert_true(TEXT("\x01\x7f"));
    assert_true(TEXT("\xc2\x80\xdf\xbf"));
    assert_true(TEXT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
    assert_true(TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

static void rejects_what_is_not_utf8(void **state)
{
    (void)state;
    assert_false(TEXT("a\0b"));
    assert_false(TEXT("\x80"));         /* a continuation without a start */
    assert_false(TEXT("\xc0\x80"));     /* overlong NUL */
    assert_false(TEXT("\xc1\xbf"));     /* overlong */
    assert_false(TEXT("\xe0\x9f\xbf")); /* overlong */
    assert_false(TEXT("\xed\xa0\x80")); /* a surrogate */
    assert_false(TEXT("\xed\xbf\xbf"));
    assert_false(TEXT("\xf0\x8f\xbf\xbf")); /* overlong */
    assert_false(TEXT("\xf4\x90\x80\x80")); /* past U+10FFFF */
    assert_false(TEXT("\xf5\x80\x80\x80"));
    assert_false(TEXT("\xff"));
    assert_false(TEXT("\xc3")); /* cut short */
    assert_false(TEXT("\xe2\x82"));
    assert_false(TEXT("\xf0\x9f\x98"));
    assert_false(TEXT("\xc3\x28")); /* the second byte is none */
    assert_false(TEXT("\xe2\x82\x28"));
    assert_false(TEXT("\xf0\x9f\x98\x28"));
}

static void a_character_is_decoded_or_none(void **state)
{
    (void)state;
    uint32_t point = 7;
    assert_int_equal(utf8_decode(span_from_text("z"), &point), 1);
    assert_int_equal(point, 'z');
    assert_int_equal(utf8_decode(span_from_text("ë!"), &point), 2);
    assert_int_equal(point, 0xeb);
    assert_int_equal(utf8_decode(span_from_text("…"), &point), 3);
    assert_int_equal(point, 0x2026);
    assert_int_equal(utf8_decode(span_from_text("👍"), &point), 4);
    assert_int_equal(point, 0x1f44d);
    assert_int_equal(utf8_decode(SPAN_LITERAL("\xc3"), &point), 0);
    assert_int_equal(utf8_decode(SPAN_LITERAL("\0"), &point), 0);
    assert_int_equal(point, 0x1f44d);
}

static void what_leads_a_terminal_or_an_eye_astray_is_unsafe(void **state)
{
    (void)state;
    static const uint32_t unsafe[] = {0,      0x1b,   0x1f,   0x7f,    0x9f,
                                      0x061c, 0x200e, 0x2028, 0x202e,  0x2066,
                                      0x2069, 0xfeff, 0xfff9, 0xe0041, 0xe007f};
    static const uint32_t safe[] = {0x20, 'z', 0xa0, 0x200d, 0x202f, 0x2065, 0xfffd, 0x1f44d};
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        assert_true(utf8_is_unsafe(unsafe[i]));
    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        assert_false(utf8_is_unsafe(safe[i]));
}

static void assert_text(struct span text, const char *expected)
{
    assert_true(span_equal(text, span_from_text(expected)));
}

static void characters_are_counted_and_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(SPAN_EMPTY), 0);
    assert_int_equal(utf8_count(span_from_text("Zoë's 👍")), 7);
    assert_text(utf8_first(span_from_text("Zoë's notes"), 3), "Zoë");
    assert_text(utf8_first(span_from_text("Zoë"), 3), "Zoë");
    assert_text(utf8_first(span_from_text("Zoë"), 0), "");
}

static void what_is_cut_to_bytes_ends_between_characters(void **state)
{
    (void)state;
    assert_text(utf8_fitting(span_from_text("Zoë 👍"), 9), "Zoë 👍");
    assert_text(utf8_fitting(span_from_text("Zoë 👍"), 8), "Zoë ");
    assert_text(utf8_fitting(span_from_text("Zoë 👍"), 4), "Zoë");
    assert_text(utf8_fitting(span_from_text("Zoë 👍"), 3), "Zo");
    assert_text(utf8_fitting(span_from_text("ë"), 1), "");
    assert_int_equal(utf8_fitting(SPAN_EMPTY, 5).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_text_at_the_edges_of_utf8),
        cmocka_unit_test(rejects_what_is_not_utf8),
        cmocka_unit_test(a_character_is_decoded_or_none),
        cmocka_unit_test(what_leads_a_terminal_or_an_eye_astray_is_unsafe),
        cmocka_unit_test(characters_are_counted_and_not_bytes),
        cmocka_unit_test(what_is_cut_to_bytes_ends_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
