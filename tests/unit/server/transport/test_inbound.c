/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/inbound.h"

#include "protocol/base/limits.h"
#include "server/limits.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A masked client frame; returns its length. */
static size_t frame(uint8_t *out, uint8_t first, const uint8_t *payload, size_t len)
{
    static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
    size_t at = 0;
    out[at++] = first;
    if (len < 126) {
        out[at++] = (uint8_t)(0x80 | len);
    } else if (len <= UINT16_MAX) {
        out[at++] = 0x80 | 126;
        out[at++] = (uint8_t)(len >> 8);
        out[at++] = (uint8_t)len;
    } else {
        out[at++] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            out[at++] = (uint8_t)((uint64_t)len >> shift);
    }
    memcpy(out + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < len; i++)
        out[at++] = payload[i] ^ mask[i % 4];
    return at;
}

/* The code that a whole input is refused with, 0 when it is not. */
static uint16_t code_of(const void *bytes, size_t len)
{
    struct inbound inbound;
    struct span input = span_of(bytes, len);
    inbound_init(&inbound);
    struct inbound_event event = {.kind = INBOUND_PONG};
    while (event.kind != INBOUND_MORE && event.kind != INBOUND_ERROR)
        event = inbound_next(&inbound, &input);
    inbound_clear(&inbound);
    return event.kind == INBOUND_ERROR ? event.code : 0;
}

static void reads_a_message_cut_at_every_byte(void **state)
{
    (void)state;
    uint8_t payload[300];
    uint8_t bytes[400];
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)i;
    size_t len = frame(bytes, 0x82, payload, sizeof payload);
    for (size_t cut = 0; cut <= len; cut++) {
        struct inbound inbound;
        inbound_init(&inbound);
        struct span first = span_of(bytes, cut);
        struct span rest = span_of(bytes + cut, len - cut);
        struct inbound_event event = inbound_next(&inbound, &first);
        if (cut < len) {
            assert_int_equal(event.kind, INBOUND_MORE);
            event = inbound_next(&inbound, &rest);
        }
        assert_int_equal(event.kind, INBOUND_MESSAGE);
        assert_true(span_equal(event.bytes, SPAN_OF(payload)));
        inbound_clear(&inbound);
    }
}

static void puts_fragments_together_with_a_ping_in_between(void **state)
{
    (void)state;
    uint8_t bytes[100];
    size_t len = frame(bytes, 0x02, (const uint8_t *)"ab", 2);
    len += frame(bytes + len, 0x89, (const uint8_t *)"?", 1);
    len += frame(bytes + len, 0x00, (const uint8_t *)"", 0);
    len += frame(bytes + len, 0x80, (const uint8_t *)"cd", 2);
    struct inbound inbound;
    struct span input = span_of(bytes, len);
    inbound_init(&inbound);
    struct inbound_event event = inbound_next(&inbound, &input);
    assert_int_equal(event.kind, INBOUND_PING);
    assert_true(span_equal(event.bytes, SPAN_LITERAL("?")));
    event = inbound_next(&inbound, &input);
    assert_int_equal(event.kind, INBOUND_MESSAGE);
    assert_true(span_equal(event.bytes, SPAN_LITERAL("abcd")));
    inbound_clear(&inbound);
}

static void refuses_an_unmasked_frame(void **state)
{
    (void)state;
    assert_int_equal(code_of("\x82\x01x", 3), CLOSE_PROTOCOL);
}

static void refuses_text(void **state)
{
    (void)state;
    uint8_t bytes[20];
    assert_int_equal(code_of(bytes, frame(bytes, 0x81, (const uint8_t *)"x", 1)),
                     CLOSE_UNSUPPORTED);
}

static void refuses_reserved_bits_and_opcodes(void **state)
{
    (void)state;
    uint8_t bytes[20];
    for (int first = 0; first < 256; first++) {
        bool reserved_bits = (first & 0x70) != 0;
        int opcode = first & 0x0f;
        bool reserved_opcode = (opcode > 2 && opcode < 8) || opcode > 10;
        size_t len = frame(bytes, (uint8_t)first, (const uint8_t *)"", 0);
        if (reserved_bits || reserved_opcode)
            assert_int_equal(code_of(bytes, len), CLOSE_PROTOCOL);
    }
}

static void refuses_wrong_fragments(void **state)
{
    (void)state;
    uint8_t bytes[40];
    size_t len = frame(bytes, 0x80, (const uint8_t *)"x", 1);
    assert_int_equal(code_of(bytes, len), CLOSE_PROTOCOL); /* continues nothing */
    len = frame(bytes, 0x02, (const uint8_t *)"x", 1);
    len += frame(bytes + len, 0x82, (const uint8_t *)"x", 1);
    assert_int_equal(code_of(bytes, len), CLOSE_PROTOCOL); /* begins before the end */
    len = frame(bytes, 0x09, (const uint8_t *)"x", 1);
    assert_int_equal(code_of(bytes, len), CLOSE_PROTOCOL); /* a ping in pieces */
}

static void refuses_long_control_frames_and_lengths_that_are_not_minimal(void **state)
{
    (void)state;
    uint8_t long_ping[200];
    uint8_t payload[126] = {0};
    assert_int_equal(code_of(long_ping, frame(long_ping, 0x89, payload, 126)), CLOSE_PROTOCOL);
    static const uint8_t short_as_16[] = {0x82, 0xfe, 0, 125, 0, 0, 0, 0};
    assert_int_equal(code_of(short_as_16, sizeof short_as_16), CLOSE_PROTOCOL);
    static const uint8_t short_as_64[] = {0x82, 0xff, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0};
    assert_int_equal(code_of(short_as_64, sizeof short_as_64), CLOSE_PROTOCOL);
    static const uint8_t top_bit[] = {0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(code_of(top_bit, sizeof top_bit), CLOSE_PROTOCOL);
}

static void refuses_a_message_that_is_too_big_before_its_bytes_come(void **state)
{
    (void)state;
    static const uint8_t huge[] = {0x82, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 1, 2, 3, 4};
    assert_int_equal(code_of(huge, sizeof huge), CLOSE_TOO_BIG);
    /* And one that becomes too big by its pieces. */
    size_t piece = LIMIT_FRAME_BYTES / 2 + 1;
    uint8_t *payload = calloc(1, piece);
    uint8_t *bytes = malloc(2 * piece + 40);
    size_t len = frame(bytes, 0x02, payload, piece);
    len += frame(bytes + len, 0x80, payload, piece);
    assert_int_equal(code_of(bytes, len), CLOSE_TOO_BIG);
    free(payload);
    free(bytes);
}

static void takes_a_message_of_exactly_a_frame(void **state)
{
    (void)state;
    uint8_t *payload = calloc(1, LIMIT_FRAME_BYTES);
    uint8_t *bytes = malloc(LIMIT_FRAME_BYTES + 40);
    size_t len = frame(bytes, 0x82, payload, LIMIT_FRAME_BYTES);
    assert_int_equal(code_of(bytes, len), 0);
    free(payload);
    free(bytes);
}

static void refuses_a_flood_of_empty_fragments(void **state)
{
    (void)state;
    static uint8_t bytes[8 * (LIMIT_MESSAGE_FRAGMENTS + 10)];
    size_t len = frame(bytes, 0x02, (const uint8_t *)"", 0);
    for (int i = 0; i < LIMIT_MESSAGE_FRAGMENTS + 5; i++)
        len += frame(bytes + len, 0x00, (const uint8_t *)"", 0);
    assert_int_equal(code_of(bytes, len), CLOSE_POLICY);
}

static struct inbound_event close_with(const void *payload, size_t payload_len)
{
    uint8_t bytes[160];
    struct inbound inbound;
    struct span input = span_of(bytes, frame(bytes, 0x88, payload, payload_len));
    inbound_init(&inbound);
    struct inbound_event event = inbound_next(&inbound, &input);
    inbound_clear(&inbound);
    return event;
}

static void reads_close_frames_and_refuses_wrong_ones(void **state)
{
    (void)state;
    assert_int_equal(close_with("", 0).kind, INBOUND_CLOSE);
    assert_int_equal(close_with("\x03\xe8", 2).kind, INBOUND_CLOSE);
    assert_int_equal(close_with("\x0f\xa0why", 5).code, 4000);
    assert_int_equal(close_with("\x03", 1).code, CLOSE_PROTOCOL);
    static const uint16_t never[] = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        uint8_t payload[2] = {(uint8_t)(never[i] >> 8), (uint8_t)never[i]};
        assert_int_equal(close_with(payload, 2).kind, INBOUND_ERROR);
    }
    assert_int_equal(close_with("\x03\xe8\xff", 3).code, CLOSE_NOT_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_message_cut_at_every_byte),
        cmocka_unit_test(puts_fragments_together_with_a_ping_in_between),
        cmocka_unit_test(refuses_an_unmasked_frame),
        cmocka_unit_test(refuses_text),
        cmocka_unit_test(refuses_reserved_bits_and_opcodes),
        cmocka_unit_test(refuses_wrong_fragments),
        cmocka_unit_test(refuses_long_control_frames_and_lengths_that_are_not_minimal),
        cmocka_unit_test(refuses_a_message_that_is_too_big_before_its_bytes_come),
        cmocka_unit_test(takes_a_message_of_exactly_a_frame),
        cmocka_unit_test(refuses_a_flood_of_empty_fragments),
        cmocka_unit_test(reads_close_frames_and_refuses_wrong_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
