/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/arena.h"

#include "protocol/base/secret.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* A block holds the arrays of an ordinary message, so that most messages take one allocation. */
#define ARENA_BLOCK_SIZE 4096

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *arena, size_t size_bytes_max)
{
    *arena = ARENA_INIT(size_bytes_max);
}

void arena_clear(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        secret_wipe(arena->blocks->bytes, arena->blocks->used);
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->used = 0;
}

static enum status add_block(struct arena *arena, size_t size)
{
    size_t capacity = size < ARENA_BLOCK_SIZE ? ARENA_BLOCK_SIZE : size;
    size_t total;
    if (__builtin_add_overflow(sizeof(struct arena_block), capacity, &total))
        return STATUS_NO_MEMORY;
    struct arena_block *block = malloc(total);
    if (block == NULL)
        return STATUS_NO_MEMORY;
    block->used = 0;
    block->capacity = capacity;
    block->next = arena->blocks;
    arena->blocks = block;
    return STATUS_OK;
}

enum status arena_take(struct arena *arena, size_t count, size_t item_size, void **items)
{
    size_t size;
    if (__builtin_mul_overflow(count, item_size, &size) || size > arena->size_bytes_max)
        return STATUS_LIMIT;
    if (size == 0) {
        *items = NULL;
        return STATUS_OK;
    }
    size_t rounded;
    if (__builtin_add_overflow(size, alignof(max_align_t) - 1, &rounded))
        return STATUS_LIMIT;
    size = rounded / alignof(max_align_t) * alignof(max_align_t);
    if (size > arena->size_bytes_max || arena->used > arena->size_bytes_max - size)
        return STATUS_LIMIT;
    if (arena->blocks == NULL || arena->blocks->capacity - arena->blocks->used < size)
        TRY(add_block(arena, size));
    uint8_t *start = arena->blocks->bytes + arena->blocks->used;
    memset(start, 0, size);
    arena->blocks->used += size;
    arena->used += size;
    *items = start;
    return STATUS_OK;
}

enum status arena_copy(struct arena *arena, struct span bytes, struct span *copy)
{
    void *start = NULL;
    TRY(arena_take(arena, bytes.len, 1, &start));
    if (start != NULL)
        memcpy(start, bytes.ptr, bytes.len);
    *copy = span_of(start, bytes.len);
    return STATUS_OK;
}
