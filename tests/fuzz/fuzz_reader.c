/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The reader and the writer of the TLS presentation language.
 *
 * The input's first byte counts the steps, that many bytes choose what is read, and the rest is
 * read. Everything has one encoding only, so what was read and is written again must be the same
 * bytes; and a failed read leaves the reader where it was.
 */
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Small, so that STATUS_LIMIT is met as often as success. */
#define VECTOR_BYTES_MAX 80

static enum status step_u8(struct reader *reader, struct writer *writer)
{
    uint8_t value = 0;
    TRY(reader_u8(reader, &value));
    writer_u8(writer, value);
    return STATUS_OK;
}

static enum status step_u16(struct reader *reader, struct writer *writer)
{
    uint16_t value = 0;
    TRY(reader_u16(reader, &value));
    writer_u16(writer, value);
    return STATUS_OK;
}

static enum status step_u32(struct reader *reader, struct writer *writer)
{
    uint32_t value = 0;
    TRY(reader_u32(reader, &value));
    writer_u32(writer, value);
    return STATUS_OK;
}

static enum status step_u64(struct reader *reader, struct writer *writer)
{
    uint64_t value = 0;
    TRY(reader_u64(reader, &value));
    writer_u64(writer, value);
    return STATUS_OK;
}

static enum status step_bytes(struct reader *reader, struct writer *writer)
{
    struct span bytes = SPAN_EMPTY;
    TRY(reader_bytes(reader, 3, &bytes));
    writer_bytes(writer, bytes);
    return STATUS_OK;
}

static enum status step_vector(struct reader *reader, struct writer *writer)
{
    struct span bytes = SPAN_EMPTY;
    TRY(reader_vector(reader, VECTOR_BYTES_MAX, &bytes));
    fuzz_expect(bytes.len <= VECTOR_BYTES_MAX);
    writer_vector(writer, bytes);
    return STATUS_OK;
}

static enum status step_text(struct reader *reader, struct writer *writer)
{
    struct span text = SPAN_EMPTY;
    TRY(reader_text(reader, VECTOR_BYTES_MAX, &text));
    fuzz_expect(text.len == 0 || memchr(text.ptr, 0, text.len) == NULL);
    writer_vector(writer, text);
    return STATUS_OK;
}

static enum status step_presence(struct reader *reader, struct writer *writer)
{
    bool present = false;
    TRY(reader_presence(reader, &present));
    writer_presence(writer, present);
    return STATUS_OK;
}

/* A vector of uint16, through a reader of its own. */
static enum status step_sub(struct reader *reader, struct writer *writer)
{
    struct reader before = *reader;
    struct reader sub = *reader;
    TRY(reader_sub(reader, VECTOR_BYTES_MAX, &sub));
    size_t begin = writer_vector_begin(writer);
    while (!reader_at_end(&sub)) {
        enum status status = step_u16(&sub, writer);
        if (status != STATUS_OK) {
            *reader = before;
            return status;
        }
    }
    writer_vector_end(writer, begin);
    return STATUS_OK;
}

static enum status (*const steps[])(struct reader *reader, struct writer *writer) = {
    step_u8,     step_u16,  step_u32,      step_u64, step_bytes,
    step_vector, step_text, step_presence, step_sub,
};
#define STEP_COUNT (sizeof steps / sizeof *steps)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size < (size_t)data[0] + 1)
        return 0;
    struct span chosen = span_of(data + 1, data[0]);
    struct span input = span_of(data + 1 + chosen.len, size - 1 - chosen.len);

    CLEANUP(buffer_clear) struct buffer again;
    buffer_init(&again, size + 16);
    struct reader start = reader_of(input);
    struct reader reader = start;
    for (size_t i = 0; i < chosen.len; i++) {
        struct writer writer = writer_of(&again);
        struct reader before = reader;
        size_t written = again.len;
        if (steps[chosen.ptr[i] % STEP_COUNT](&reader, &writer) != STATUS_OK) {
            fuzz_expect(reader.ptr == before.ptr && reader.end == before.end);
            buffer_truncate(&again, written);
            break;
        }
        fuzz_expect(writer_finish(&writer) == STATUS_OK);
        fuzz_expect(reader_left(&reader) <= input.len);
    }
    fuzz_expect(span_equal(buffer_span(&again), reader_since(&reader, &start)));
    fuzz_expect((reader_finish(&reader) == STATUS_OK) == reader_at_end(&reader));
    return 0;
}
