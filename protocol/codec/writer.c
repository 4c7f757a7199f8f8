/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/writer.h"

#include <string.h>

/* RFC 9420, 2.1.2: the largest length with a 30-bit header. */
#define VECTOR_LENGTH_MAX ((1u << 30) - 1)

void writer_fail(struct writer *writer, enum status status)
{
    if (writer->status == STATUS_OK)
        writer->status = status;
}

void writer_bytes(struct writer *writer, struct span bytes)
{
    if (writer->status == STATUS_OK)
        writer->status = buffer_append(writer->buffer, bytes);
}

static void integer(struct writer *writer, size_t size, uint64_t value)
{
    uint8_t bytes[sizeof value];
    for (size_t i = size; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
    writer_bytes(writer, span_of(bytes, size));
}

void writer_u8(struct writer *writer, uint8_t value)
{
    integer(writer, sizeof value, value);
}

void writer_u16(struct writer *writer, uint16_t value)
{
    integer(writer, sizeof value, value);
}

void writer_u32(struct writer *writer, uint32_t value)
{
    integer(writer, sizeof value, value);
}

void writer_u64(struct writer *writer, uint64_t value)
{
    integer(writer, sizeof value, value);
}

/* RFC 9420, 2.1.2: the smallest of 1, 2 and 4 bytes, its log2 in the two top bits. */
static size_t length_header(size_t length, uint8_t header[4])
{
    unsigned prefix = length < 1u << 6 ? 0 : length < 1u << 14 ? 1 : 2;
    size_t size = (size_t)1 << prefix;
    for (size_t i = size, rest = length; i-- > 0; rest >>= 8)
        header[i] = (uint8_t)rest;
    header[0] = (uint8_t)(header[0] | prefix << 6);
    return size;
}

void writer_vector(struct writer *writer, struct span bytes)
{
    if (bytes.len > VECTOR_LENGTH_MAX) {
        writer_fail(writer, STATUS_LIMIT);
        return;
    }
    uint8_t header[4];
    size_t size = length_header(bytes.len, header);
    /* In one step: the path of a commit has a vector for each member, twice. */
    struct buffer *buffer = writer->buffer;
    if (writer->status == STATUS_OK)
        writer->status = buffer_reserve(buffer, size + bytes.len);
    if (writer->status != STATUS_OK)
        return;
    uint8_t *at = buffer->ptr + buffer->len;
    for (size_t i = 0; i < size; i++)
        at[i] = header[i];
    if (bytes.len != 0)
        memcpy(at + size, bytes.ptr, bytes.len);
    buffer->len += size + bytes.len;
}

void writer_vector_parts(struct writer *writer, const struct span *parts, size_t count)
{
    uint8_t header[4];
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > VECTOR_LENGTH_MAX - length) {
            writer_fail(writer, STATUS_LIMIT);
            return;
        }
        length += parts[i].len;
    }
    size_t size = length_header(length, header);
    if (writer->status == STATUS_OK)
        writer->status = buffer_reserve(writer->buffer, size + length);
    writer_bytes(writer, span_of(header, size));
    for (size_t i = 0; i < count; i++)
        writer_bytes(writer, parts[i]);
}

void writer_presence(struct writer *writer, bool present)
{
    writer_u8(writer, present ? 1 : 0);
}

size_t writer_vector_begin(struct writer *writer)
{
    return writer->buffer->len;
}

void writer_vector_end(struct writer *writer, size_t begin)
{
    if (writer->status != STATUS_OK)
        return;
    struct buffer *buffer = writer->buffer;
    size_t length = buffer->len - begin;
    if (length > VECTOR_LENGTH_MAX) {
        writer_fail(writer, STATUS_LIMIT);
        return;
    }
    uint8_t header[4];
    size_t size = length_header(length, header);
    /* The header goes in front of what was written: make room and move. */
    writer_bytes(writer, span_of(header, size));
    if (writer->status != STATUS_OK)
        return;
    memmove(buffer->ptr + begin + size, buffer->ptr + begin, length);
    memcpy(buffer->ptr + begin, header, size);
}

enum status writer_finish(const struct writer *writer)
{
    return writer->status;
}
