/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the TLS presentation language into a buffer.
 *
 * Writing can only fail for memory or the buffer's maximum, so a writer keeps its first error and
 * ignores what follows: check `writer_finish` once, before the bytes are used.
 * Source: RFC 8446, 3; RFC 9420, 2.1. Thread rule: one thread at a time.
 */
#ifndef WEFT_CODEC_WRITER_H
#define WEFT_CODEC_WRITER_H

#include "protocol/base/buffer.h"

struct writer {
    struct buffer *buffer;
    enum status status;
};

/* Appends to `buffer`, which the caller keeps. */
static inline struct writer writer_of(struct buffer *buffer)
{
    return (struct writer){buffer, STATUS_OK};
}

/* An integer, most significant byte first. */
void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);

/* The bytes as they are. */
void writer_bytes(struct writer *writer, struct span bytes);

/* opaque<V>: the length header and the bytes. */
void writer_vector(struct writer *writer, struct span bytes);

/* opaque<V> of bytes that are given in parts, one after another. */
void writer_vector_parts(struct writer *writer, const struct span *parts, size_t count);

/* The presence octet of optional<T>. */
void writer_presence(struct writer *writer, bool present);

/* A vector whose length is known only afterwards: what is written between begin and end is its
 * contents. May be nested. */
MUST_CHECK size_t writer_vector_begin(struct writer *writer);
void writer_vector_end(struct writer *writer, size_t begin);

/* Records an error of the caller's (a value that has no encoding). */
void writer_fail(struct writer *writer, enum status status);

/* The first error, or STATUS_OK. */
MUST_CHECK enum status writer_finish(const struct writer *writer);

#endif
