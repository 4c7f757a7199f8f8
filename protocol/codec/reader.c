/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/reader.h"

#include "protocol/codec/utf8.h"

#include <string.h>

static enum status integer(struct reader *reader, size_t size, uint64_t *value)
{
    if (reader_left(reader) < size)
        return STATUS_TRUNCATED;
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = sum << 8 | reader->ptr[i];
    reader->ptr += size;
    *value = sum;
    return STATUS_OK;
}

enum status reader_u8(struct reader *reader, uint8_t *value)
{
    uint64_t wide;
    TRY(integer(reader, sizeof *value, &wide));
    *value = (uint8_t)wide;
    return STATUS_OK;
}

enum status reader_u16(struct reader *reader, uint16_t *value)
{
    uint64_t wide;
    TRY(integer(reader, sizeof *value, &wide));
    *value = (uint16_t)wide;
    return STATUS_OK;
}

enum status reader_u32(struct reader *reader, uint32_t *value)
{
    uint64_t wide;
    TRY(integer(reader, sizeof *value, &wide));
    *value = (uint32_t)wide;
    return STATUS_OK;
}

enum status reader_u64(struct reader *reader, uint64_t *value)
{
    return integer(reader, sizeof *value, value);
}

enum status reader_bytes(struct reader *reader, size_t count, struct span *bytes)
{
    if (reader_left(reader) < count)
        return STATUS_TRUNCATED;
    *bytes = span_of(reader->ptr, count);
    reader->ptr = count == 0 ? reader->ptr : reader->ptr + count;
    return STATUS_OK;
}

enum status reader_copy(struct reader *reader, uint8_t *out, size_t count)
{
    struct span bytes;
    TRY(reader_bytes(reader, count, &bytes));
    if (count != 0)
        memcpy(out, bytes.ptr, count);
    return STATUS_OK;
}

/* RFC 9420, 2.1.2: "The variable-length integer encoding reserves the two most significant bits
 * of the first byte to encode the base 2 logarithm of the integer encoding length in bytes." */
enum status reader_length(struct reader *reader, size_t *length)
{
    if (reader_at_end(reader))
        return STATUS_TRUNCATED;
    unsigned prefix = *reader->ptr >> 6;
    if (prefix == 0) { /* most vectors are keys and ciphertexts of keys */
        *length = *reader->ptr++;
        return STATUS_OK;
    }
    /* RFC 9420, 2.1.2: "Vectors that start with the prefix "11" are invalid and MUST be
     * rejected." */
    if (prefix == 3)
        return STATUS_MALFORMED;
    struct reader next = *reader;
    uint64_t value;
    TRY(integer(&next, (size_t)1 << prefix, &value));
    static const uint32_t masks[] = {0x3f, 0x3fff, 0x3fffffff};
    value &= masks[prefix];
    /* RFC 9420, 2.1.2: "The encoded value MUST use the smallest number of bits required to
     * represent the value.  When decoding, values using more bits than necessary MUST be treated
     * as malformed." */
    if ((prefix == 1 && value < 1u << 6) || (prefix == 2 && value < 1u << 14))
        return STATUS_MALFORMED;
    *reader = next;
    *length = (size_t)value;
    return STATUS_OK;
}

enum status reader_vector(struct reader *reader, size_t max, struct span *bytes)
{
    struct reader next = *reader;
    size_t length;
    TRY(reader_length(&next, &length));
    if (length > max)
        return STATUS_LIMIT;
    TRY(reader_bytes(&next, length, bytes));
    *reader = next;
    return STATUS_OK;
}

enum status reader_sub(struct reader *reader, size_t max, struct reader *sub)
{
    struct span bytes;
    TRY(reader_vector(reader, max, &bytes));
    *sub = reader_of(bytes);
    return STATUS_OK;
}

/* RFC 9420, 2.1.1: "When decoding, a presence octet with a value other than 0 or 1 MUST be
 * rejected as malformed." */
enum status reader_presence(struct reader *reader, bool *present)
{
    if (reader_at_end(reader))
        return STATUS_TRUNCATED;
    if (*reader->ptr > 1)
        return STATUS_MALFORMED;
    *present = *reader->ptr++ == 1;
    return STATUS_OK;
}

enum status reader_text(struct reader *reader, size_t max, struct span *text)
{
    struct reader next = *reader;
    struct span bytes;
    TRY(reader_vector(&next, max, &bytes));
    if (!utf8_is_valid(bytes))
        return STATUS_NOT_UTF8;
    *reader = next;
    *text = bytes;
    return STATUS_OK;
}

enum status reader_finish(const struct reader *reader)
{
    return reader_at_end(reader) ? STATUS_OK : STATUS_TRAILING;
}
