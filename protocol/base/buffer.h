/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are owned and may grow up to a maximum given at the start. Its memory is wiped when
 * it is cleared or moved, so that a buffer may hold plaintext.
 * Errors: STATUS_LIMIT past the maximum, STATUS_NO_MEMORY; the contents are then unchanged.
 * Thread rule: one thread at a time.
 */
#ifndef WEFT_BASE_BUFFER_H
#define WEFT_BASE_BUFFER_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

struct buffer {
    uint8_t *ptr;
    size_t len;
    size_t capacity;
    size_t size_bytes_max;
};

#define BUFFER_INIT(size_max) ((struct buffer){NULL, 0, 0, (size_max)})

/* An empty buffer that may grow to `size_bytes_max`; allocates nothing. */
void buffer_init(struct buffer *buffer, size_t size_bytes_max);

/* Wipes and frees; the buffer is then empty and may be used again. */
void buffer_clear(struct buffer *buffer);

/* Makes room for `count` more bytes without changing the contents. */
MUST_CHECK enum status buffer_reserve(struct buffer *buffer, size_t count);

/* `bytes` must not be the buffer's own: growing would move them away. */
MUST_CHECK enum status buffer_append(struct buffer *buffer, struct span bytes);

/* Appends `count` zero bytes and lends where they start, until the next change of the buffer. */
MUST_CHECK enum status buffer_extend(struct buffer *buffer, size_t count, uint8_t **start);

/* Shortens to `len` and wipes what is cut; `len` is at most the present length. */
void buffer_truncate(struct buffer *buffer, size_t len);

static inline struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->ptr, buffer->len};
}

#endif
