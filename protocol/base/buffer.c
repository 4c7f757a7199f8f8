/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/buffer.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Smaller steps would only copy more often: most messages fit. */
#define BUFFER_CAPACITY_MIN 256

void buffer_init(struct buffer *buffer, size_t size_bytes_max)
{
    *buffer = BUFFER_INIT(size_bytes_max);
}

void buffer_clear(struct buffer *buffer)
{
    if (buffer->ptr != NULL)
        sodium_memzero(buffer->ptr, buffer->capacity);
    free(buffer->ptr);
    *buffer = BUFFER_INIT(buffer->size_bytes_max);
}

static size_t grown_capacity(const struct buffer *buffer, size_t needed)
{
    size_t capacity =
        buffer->capacity < BUFFER_CAPACITY_MIN ? BUFFER_CAPACITY_MIN : buffer->capacity;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    return capacity > buffer->size_bytes_max ? buffer->size_bytes_max : capacity;
}

enum status buffer_reserve(struct buffer *buffer, size_t count)
{
    if (count > buffer->size_bytes_max || buffer->len > buffer->size_bytes_max - count)
        return STATUS_LIMIT;
    size_t needed = buffer->len + count;
    if (needed <= buffer->capacity)
        return STATUS_OK;
    size_t capacity = grown_capacity(buffer, needed);
    /* Not realloc: the old bytes must be wiped. */
    uint8_t *ptr = malloc(capacity);
    if (ptr == NULL)
        return STATUS_NO_MEMORY;
    if (buffer->len != 0)
        memcpy(ptr, buffer->ptr, buffer->len);
    if (buffer->ptr != NULL)
        sodium_memzero(buffer->ptr, buffer->capacity);
    free(buffer->ptr);
    buffer->ptr = ptr;
    buffer->capacity = capacity;
    return STATUS_OK;
}

enum status buffer_append(struct buffer *buffer, struct span bytes)
{
    TRY(buffer_reserve(buffer, bytes.len));
    if (bytes.len != 0)
        memcpy(buffer->ptr + buffer->len, bytes.ptr, bytes.len);
    buffer->len += bytes.len;
    return STATUS_OK;
}

enum status buffer_extend(struct buffer *buffer, size_t count, uint8_t **start)
{
    TRY(buffer_reserve(buffer, count));
    if (buffer->ptr == NULL) {
        *start = NULL; /* nothing was asked for, and nothing is there */
        return STATUS_OK;
    }
    uint8_t *extension = buffer->ptr + buffer->len;
    memset(extension, 0, count);
    buffer->len += count;
    *start = extension;
    return STATUS_OK;
}

void buffer_truncate(struct buffer *buffer, size_t len)
{
    assert(len <= buffer->len);
    if (len < buffer->len)
        sodium_memzero(buffer->ptr + len, buffer->len - len);
    buffer->len = len;
}
