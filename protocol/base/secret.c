/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* 192 slots of 80 bytes fill just under 16 KiB: a small group's secrets fit in one chunk. */
#define SECRET_SLOTS_PER_CHUNK 192

union secret_slot {
    struct secret secret;
    union secret_slot *next_free;
    uint8_t size[80];
};

struct secret_chunk {
    struct secret_chunk *next;
    union secret_slot *slots;
};

struct secret_arena {
    struct secret_chunk *chunks;
    union secret_slot *free_slots;
};

void secret_clear(struct secret *secret)
{
    sodium_memzero(secret, sizeof *secret);
}

void secret_wipe(void *ptr, size_t len)
{
    sodium_memzero(ptr, len);
}

enum status secret_set(struct secret *secret, struct span bytes)
{
    if (bytes.len > SECRET_SIZE_MAX)
        return STATUS_LIMIT;
    /* `bytes` may be part of the secret itself: nothing is wiped before it was moved. */
    if (bytes.len != 0)
        memmove(secret->bytes, bytes.ptr, bytes.len);
    sodium_memzero(secret->bytes + bytes.len, SECRET_SIZE_MAX - bytes.len);
    secret->len = (uint8_t)bytes.len;
    return STATUS_OK;
}

bool secret_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}

enum status secret_arena_new(struct secret_arena **arena)
{
    if (sodium_init() < 0)
        return STATUS_CRYPTO;
    struct secret_arena *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    *arena = fresh;
    return STATUS_OK;
}

void secret_arena_free(struct secret_arena **arena)
{
    if (*arena == NULL)
        return;
    while ((*arena)->chunks != NULL) {
        struct secret_chunk *chunk = (*arena)->chunks;
        (*arena)->chunks = chunk->next;
        sodium_free(chunk->slots); /* wipes */
        free(chunk);
    }
    free(*arena);
    *arena = NULL;
}

static enum status add_chunk(struct secret_arena *arena)
{
    struct secret_chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return STATUS_NO_MEMORY;
    chunk->slots = sodium_allocarray(SECRET_SLOTS_PER_CHUNK, sizeof *chunk->slots);
    if (chunk->slots == NULL) {
        free(chunk);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < SECRET_SLOTS_PER_CHUNK; i++) {
        chunk->slots[i].next_free = arena->free_slots;
        arena->free_slots = &chunk->slots[i];
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return STATUS_OK;
}

enum status secret_arena_take(struct secret_arena *arena, struct secret **slot)
{
    if (arena->free_slots == NULL)
        TRY(add_chunk(arena));
    union secret_slot *taken = arena->free_slots;
    arena->free_slots = taken->next_free;
    sodium_memzero(taken, sizeof *taken);
    *slot = &taken->secret;
    return STATUS_OK;
}

void secret_arena_give(struct secret_arena *arena, struct secret **slot)
{
    if (*slot == NULL)
        return;
    /* The secret is the first member of its slot. */
    union secret_slot *given = (union secret_slot *)(void *)*slot;
    sodium_memzero(given, sizeof *given);
    given->next_free = arena->free_slots;
    arena->free_slots = given;
    *slot = NULL;
}
