/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the TLS presentation language: big-endian integers and vectors with a variable-size
 * length header.
 *
 * A reader lends spans of the input and copies nothing. It never reads past its end; after an
 * error its position is where the failed item began, and the outputs are unchanged.
 * Errors: STATUS_TRUNCATED, STATUS_TRAILING, STATUS_MALFORMED, STATUS_LIMIT, STATUS_NOT_UTF8.
 * Source: RFC 8446, 3; RFC 9420, 2.1. Thread rule: one thread at a time.
 */
#ifndef WEFT_CODEC_READER_H
#define WEFT_CODEC_READER_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

struct reader {
    const uint8_t *ptr;
    const uint8_t *end;
};

static inline struct reader reader_of(struct span bytes)
{
    return (struct reader){bytes.ptr, bytes.len == 0 ? bytes.ptr : bytes.ptr + bytes.len};
}

static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->ptr);
}

static inline bool reader_at_end(const struct reader *reader)
{
    return reader->ptr == reader->end;
}

/* What was read since `start`, a copy of the reader made earlier. */
static inline struct span reader_since(const struct reader *reader, const struct reader *start)
{
    return span_of(start->ptr, (size_t)(reader->ptr - start->ptr));
}

/* An integer, most significant byte first. */
MUST_CHECK enum status reader_u8(struct reader *reader, uint8_t *value);
MUST_CHECK enum status reader_u16(struct reader *reader, uint16_t *value);
MUST_CHECK enum status reader_u32(struct reader *reader, uint32_t *value);
MUST_CHECK enum status reader_u64(struct reader *reader, uint64_t *value);

/* Exactly `count` bytes, lent. */
MUST_CHECK enum status reader_bytes(struct reader *reader, size_t count, struct span *bytes);

/* Exactly `count` bytes, copied to `out`. */
MUST_CHECK enum status reader_copy(struct reader *reader, uint8_t *out, size_t count);

/* The length of a vector, checked for its form (RFC 9420, 2.1.2) but not against what follows. */
MUST_CHECK enum status reader_length(struct reader *reader, size_t *length);

/* opaque<V>, lent. STATUS_LIMIT when longer than `max`. */
MUST_CHECK enum status reader_vector(struct reader *reader, size_t max, struct span *bytes);

/* The same as a reader of its own, for a vector of structures. */
MUST_CHECK enum status reader_sub(struct reader *reader, size_t max, struct reader *sub);

/* The presence octet of optional<T>: 0 or 1 (RFC 9420, 2.1.1). */
MUST_CHECK enum status reader_presence(struct reader *reader, bool *present);

/* opaque<V> that must be valid UTF-8 without NUL. */
MUST_CHECK enum status reader_text(struct reader *reader, size_t max, struct span *text);

/* STATUS_TRAILING unless everything was read. */
MUST_CHECK enum status reader_finish(const struct reader *reader);

#endif
