/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void writes_integers_most_significant_byte_first(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(100);
    struct writer writer = writer_of(&buffer);
    writer_u8(&writer, 1);
    writer_u16(&writer, 0x0203);
    writer_u32(&writer, 0x04050607);
    writer_u64(&writer, UINT64_C(0x08090a0b0c0d0e0f));
    writer_presence(&writer, true);
    writer_presence(&writer, false);
    assert_int_equal(writer_finish(&writer), STATUS_OK);
    assert_true(span_equal(buffer_span(&buffer),
                           SPAN_LITERAL("\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\1\0")));
}

/* Around every change of the length header, written whole, by begin and end, and in parts. */
static void what_it_writes_is_read_back_at_every_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 62, 63, 64, 65, 16382, 16383, 16384, 16385, 70000};
    static uint8_t contents[70000];
    for (size_t i = 0; i < sizeof contents; i++)
        contents[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(300000);
        struct writer writer = writer_of(&buffer);
        struct span vector = span_of(contents, lengths[i]);
        const struct span parts[] = {
            span_of(contents, lengths[i] / 3), SPAN_EMPTY,
            span_of(contents + lengths[i] / 3, lengths[i] - lengths[i] / 3)};
        writer_vector(&writer, vector);
        size_t begin = writer_vector_begin(&writer);
        writer_bytes(&writer, vector);
        writer_vector_end(&writer, begin);
        writer_vector_parts(&writer, parts, 3);
        assert_int_equal(writer_finish(&writer), STATUS_OK);
        struct reader reader = reader_of(buffer_span(&buffer));
        for (int k = 0; k < 3; k++) {
            struct span back;
            assert_int_equal(reader_vector(&reader, SIZE_MAX, &back), STATUS_OK);
            assert_true(span_equal(back, vector));
        }
        assert_int_equal(reader_finish(&reader), STATUS_OK);
    }
}

static void vectors_nest(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(1000);
    struct writer writer = writer_of(&buffer);
    size_t outer = writer_vector_begin(&writer);
    writer_u8(&writer, 0xaa);
    size_t inner = writer_vector_begin(&writer);
    for (int i = 0; i < 64; i++) /* 64 bytes take a header of two */
        writer_u8(&writer, 0xbb);
    writer_vector_end(&writer, inner);
    size_t empty = writer_vector_begin(&writer);
    writer_vector_end(&writer, empty);
    writer_vector_end(&writer, outer);
    assert_int_equal(writer_finish(&writer), STATUS_OK);
    assert_int_equal(buffer.len, 2 + 1 + 2 + 64 + 1);
    assert_memory_equal(buffer.ptr, "\x40\x44\xaa\x40\x40\xbb", 6);
    assert_int_equal(buffer.ptr[buffer.len - 1], 0);
}

static void keeps_its_first_error_and_writes_nothing_more(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(4);
    struct writer writer = writer_of(&buffer);
    writer_u16(&writer, 7);
    size_t begin = writer_vector_begin(&writer);
    writer_u32(&writer, 7);
    writer_u8(&writer, 7);
    writer_fail(&writer, STATUS_NOT_UTF8);
    writer_vector_end(&writer, begin);
    writer_vector(&writer, SPAN_EMPTY);
    assert_int_equal(writer_finish(&writer), STATUS_LIMIT);
    assert_int_equal(buffer.len, 2);
}

static void fails_when_only_the_header_does_not_fit(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(4);
    struct writer writer = writer_of(&buffer);
    size_t begin = writer_vector_begin(&writer);
    writer_u32(&writer, 7);
    writer_vector_end(&writer, begin);
    assert_int_equal(writer_finish(&writer), STATUS_LIMIT);
}

static void refuses_a_vector_that_has_no_length_header(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(100);
    struct writer writer = writer_of(&buffer);
    /* Never read: the length alone is refused. */
    const struct span halves[] = {span_of("", (size_t)1 << 29), span_of("", (size_t)1 << 29)};
    writer_vector(&writer, span_of("", (size_t)1 << 30));
    assert_int_equal(writer_finish(&writer), STATUS_LIMIT);
    writer = writer_of(&buffer);
    writer_vector_parts(&writer, halves, 2);
    assert_int_equal(writer_finish(&writer), STATUS_LIMIT);
    assert_int_equal(buffer.len, 0);
}

static void an_error_of_the_caller_counts(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(100);
    struct writer writer = writer_of(&buffer);
    writer_fail(&writer, STATUS_NOT_UTF8);
    writer_u8(&writer, 1);
    assert_int_equal(writer_finish(&writer), STATUS_NOT_UTF8);
    assert_int_equal(buffer.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_integers_most_significant_byte_first),
        cmocka_unit_test(what_it_writes_is_read_back_at_every_length),
        cmocka_unit_test(vectors_nest),
        cmocka_unit_test(keeps_its_first_error_and_writes_nothing_more),
        cmocka_unit_test(fails_when_only_the_header_does_not_fit),
        cmocka_unit_test(refuses_a_vector_that_has_no_length_header),
        cmocka_unit_test(an_error_of_the_caller_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
