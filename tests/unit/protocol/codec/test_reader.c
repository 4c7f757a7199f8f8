/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/codec/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes in an allocation of exactly their length, so that the sanitizer sees a read past it. */
struct exact {
    uint8_t *ptr;
    size_t len;
};

static struct exact exact_of(const void *bytes, size_t len)
{
    struct exact exact = {malloc(len == 0 ? 1 : len), len};
    assert_non_null(exact.ptr);
    memcpy(exact.ptr, bytes, len);
    return exact;
}

static void exact_free(struct exact *exact)
{
    free(exact->ptr);
}

static void reads_integers_most_significant_byte_first(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct reader reader = reader_of(SPAN_OF(bytes));
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    assert_int_equal(reader_u8(&reader, &u8), STATUS_OK);
    assert_int_equal(reader_u16(&reader, &u16), STATUS_OK);
    assert_int_equal(reader_u32(&reader, &u32), STATUS_OK);
    assert_int_equal(reader_u64(&reader, &u64), STATUS_OK);
    assert_int_equal(u8, 1);
    assert_int_equal(u16, 0x0203);
    assert_int_equal(u32, 0x04050607);
    assert_true(u64 == UINT64_C(0x08090a0b0c0d0e0f));
    assert_int_equal(reader_finish(&reader), STATUS_OK);
    assert_int_equal(reader_u8(&reader, &u8), STATUS_TRUNCATED);
}

/* One item of every kind: u64, opaque<V>, optional present, text, two fixed bytes. */
static const uint8_t mixed[] = {0, 1, 2, 3, 4, 5, 6, 7, 3, 'a', 'b', 'c', 1, 2, 0xc3, 0xa9, 8, 9};

static enum status read_mixed(struct reader *reader)
{
    uint64_t number;
    struct span bytes, text;
    bool present;
    uint8_t fixed[2];
    TRY(reader_u64(reader, &number));
    TRY(reader_vector(reader, 10, &bytes));
    TRY(reader_presence(reader, &present));
    TRY(reader_text(reader, 10, &text));
    TRY(reader_copy(reader, fixed, sizeof fixed));
    return reader_finish(reader);
}

static void ends_too_early_at_every_byte(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof mixed; len++) {
        CLEANUP(exact_free) struct exact input = exact_of(mixed, len);
        struct reader reader = reader_of(span_of(input.ptr, input.len));
        assert_int_equal(read_mixed(&reader), STATUS_TRUNCATED);
    }
    struct reader whole = reader_of(SPAN_OF(mixed));
    assert_int_equal(read_mixed(&whole), STATUS_OK);
}

static void says_when_bytes_follow_the_end(void **state)
{
    (void)state;
    uint8_t longer[sizeof mixed + 1] = {0};
    memcpy(longer, mixed, sizeof mixed);
    struct reader reader = reader_of(SPAN_OF(longer));
    assert_int_equal(read_mixed(&reader), STATUS_TRAILING);
}

static void takes_lengths_of_one_two_and_four_bytes(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[4];
        size_t size, length;
    } cases[] = {
        {{0x00}, 1, 0},
        {{0x3f}, 1, 63},
        {{0x40, 0x40}, 2, 64},
        {{0x7f, 0xff}, 2, 16383},
        {{0x80, 0x00, 0x40, 0x00}, 4, 16384},
        {{0xbf, 0xff, 0xff, 0xff}, 4, (1u << 30) - 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reader reader = reader_of(span_of(cases[i].bytes, cases[i].size));
        size_t length;
        assert_int_equal(reader_length(&reader, &length), STATUS_OK);
        assert_int_equal(length, cases[i].length);
        assert_true(reader_at_end(&reader));
    }
}

static void rejects_every_length_that_is_not_minimal(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 1u << 14; value++) {
        uint8_t four[] = {0x80, 0, (uint8_t)(value >> 8), (uint8_t)value};
        struct reader reader = reader_of(SPAN_OF(four));
        size_t length = 77;
        assert_int_equal(reader_length(&reader, &length), STATUS_MALFORMED);
        assert_int_equal(length, 77);
        assert_int_equal(reader_left(&reader), 4);
    }
    for (unsigned value = 0; value < 1u << 6; value++) {
        uint8_t two[] = {0x40, (uint8_t)value};
        struct reader reader = reader_of(SPAN_OF(two));
        size_t length;
        assert_int_equal(reader_length(&reader, &length), STATUS_MALFORMED);
    }
}

static void rejects_the_length_prefix_11(void **state)
{
    (void)state;
    for (unsigned first = 0xc0; first <= 0xff; first++) {
        uint8_t bytes[16] = {(uint8_t)first};
        struct reader reader = reader_of(SPAN_OF(bytes));
        struct span vector;
        assert_int_equal(reader_vector(&reader, SIZE_MAX, &vector), STATUS_MALFORMED);
    }
}

static void rejects_presence_octets_above_one(void **state)
{
    (void)state;
    for (unsigned octet = 0; octet <= 0xff; octet++) {
        uint8_t byte = (uint8_t)octet;
        struct reader reader = reader_of(span_of(&byte, 1));
        bool present = octet == 0;
        assert_int_equal(reader_presence(&reader, &present),
                         octet <= 1 ? STATUS_OK : STATUS_MALFORMED);
        if (octet <= 1)
            assert_int_equal(present, octet);
        else
            assert_int_equal(reader_left(&reader), 1);
    }
}

static void bounds_a_vector_before_it_looks_for_its_bytes(void **state)
{
    (void)state;
    static const uint8_t huge[] = {0xbf, 0xff, 0xff, 0xff, 1, 2};
    struct reader reader = reader_of(SPAN_OF(huge));
    struct span vector = SPAN_EMPTY;
    assert_int_equal(reader_vector(&reader, 1000, &vector), STATUS_LIMIT);
    assert_int_equal(reader_vector(&reader, SIZE_MAX, &vector), STATUS_TRUNCATED);
    struct reader sub = {0};
    assert_int_equal(reader_sub(&reader, 1000, &sub), STATUS_LIMIT);
    assert_null(vector.ptr);
    assert_int_equal(reader_left(&reader), sizeof huge);
}

static void a_sub_reader_stays_within_its_vector(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {2, 7, 8, 9};
    struct reader reader = reader_of(SPAN_OF(bytes)), sub;
    struct reader start = reader;
    assert_int_equal(reader_sub(&reader, 2, &sub), STATUS_OK);
    assert_int_equal(reader_since(&reader, &start).len, 3);
    uint16_t both;
    uint8_t next;
    assert_int_equal(reader_u16(&sub, &both), STATUS_OK);
    assert_int_equal(both, 0x0708);
    assert_int_equal(reader_u8(&sub, &next), STATUS_TRUNCATED);
    assert_int_equal(reader_u8(&reader, &next), STATUS_OK);
    assert_int_equal(next, 9);
}

static void leaves_the_text_unread_when_it_is_not_utf8(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {2, 0xc3, 0x28};
    struct reader reader = reader_of(SPAN_OF(bytes));
    struct span text = SPAN_EMPTY;
    assert_int_equal(reader_text(&reader, 1, &text), STATUS_LIMIT);
    assert_int_equal(reader_text(&reader, 2, &text), STATUS_NOT_UTF8);
    assert_int_equal(reader_left(&reader), 3);
    assert_null(text.ptr);
}

static void reads_nothing_from_an_empty_input(void **state)
{
    (void)state;
    struct reader reader = reader_of(SPAN_EMPTY);
    struct span bytes;
    size_t length;
    bool present;
    assert_int_equal(reader_finish(&reader), STATUS_OK);
    assert_int_equal(reader_bytes(&reader, 0, &bytes), STATUS_OK);
    assert_int_equal(reader_bytes(&reader, 1, &bytes), STATUS_TRUNCATED);
    assert_int_equal(reader_bytes(&reader, SIZE_MAX, &bytes), STATUS_TRUNCATED);
    assert_int_equal(reader_length(&reader, &length), STATUS_TRUNCATED);
    assert_int_equal(reader_presence(&reader, &present), STATUS_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers_most_significant_byte_first),
        cmocka_unit_test(ends_too_early_at_every_byte),
        cmocka_unit_test(says_when_bytes_follow_the_end),
        cmocka_unit_test(takes_lengths_of_one_two_and_four_bytes),
        cmocka_unit_test(rejects_every_length_that_is_not_minimal),
        cmocka_unit_test(rejects_the_length_prefix_11),
        cmocka_unit_test(rejects_presence_octets_above_one),
        cmocka_unit_test(bounds_a_vector_before_it_looks_for_its_bytes),
        cmocka_unit_test(a_sub_reader_stays_within_its_vector),
        cmocka_unit_test(leaves_the_text_unread_when_it_is_not_utf8),
        cmocka_unit_test(reads_nothing_from_an_empty_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
