/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for the arrays of one decoded message: allocated piece by piece, freed all at once.
 * Decoded structures point into the message's own bytes and into its arena, and live no longer
 * than either. Total size is bounded by the maximum given at the start (STATUS_LIMIT); what is
 * allocated for it is at most about twice as much.
 * Wiped when it is cleared, as a buffer is: words and keys are decoded into it. Long-lived secrets
 * are secret.h's. Thread rule: one thread at a time.
 */
#ifndef WEFT_BASE_ARENA_H
#define WEFT_BASE_ARENA_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;
    size_t size_bytes_max;
};

#define ARENA_INIT(size_max) ((struct arena){NULL, 0, (size_max)})

void arena_init(struct arena *arena, size_t size_bytes_max);

/* Wipes and frees everything that was taken from it. */
void arena_clear(struct arena *arena);

/* `count` zeroed items of `item_size` bytes, aligned for any type; valid until arena_clear. A
 * count of 0 gives NULL. */
MUST_CHECK enum status
arena_take(struct arena *arena, size_t count, size_t item_size, void **items);

/* A copy of `bytes` that lives as long as the arena. */
MUST_CHECK enum status arena_copy(struct arena *arena, struct span bytes, struct span *copy);

#endif
