/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: short-lived ones on the stack, wiped on every exit; long-lived ones in a vault of
 * guarded pages.
 *
 * A guarded allocation costs 25 us and two pages, so a group keeps all its secrets in one
 * `secret_arena`: slots of one size in a few guarded, locked allocations that stay out of core
 * dumps.
 * Thread rule: an arena belongs to one thread at a time; the rest is pure.
 */
#ifndef WEFT_BASE_SECRET_H
#define WEFT_BASE_SECRET_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

/* The longest secret of a suite is an X448 or SHA-512 output or a P-521 scalar (66 bytes). */
#define SECRET_SIZE_MAX 66

struct secret {
    uint8_t bytes[SECRET_SIZE_MAX];
    uint8_t len;
};

/* CLEANUP(secret_clear) struct secret s = {0}; */
void secret_clear(struct secret *secret);

/* Wipes any memory; the compiler never drops it. */
void secret_wipe(void *ptr, size_t len);

/* STATUS_LIMIT when `bytes` is longer than a secret may be. */
MUST_CHECK enum status secret_set(struct secret *secret, struct span bytes);

static inline struct span secret_span(const struct secret *secret)
{
    return (struct span){secret->bytes, secret->len};
}

/* In time that depends on the lengths only; different lengths are different. */
bool secret_equal(struct span a, struct span b);

struct secret_arena;

/* An arena without slots yet. */
MUST_CHECK enum status secret_arena_new(struct secret_arena **arena);

/* Wipes and frees every slot; `*arena` becomes NULL. NULL is allowed. */
void secret_arena_free(struct secret_arena **arena);

/* Lends a zeroed slot until secret_arena_give or secret_arena_free. */
MUST_CHECK enum status secret_arena_take(struct secret_arena *arena, struct secret **slot);

/* Wipes the slot and gives it back; `*slot` becomes NULL. NULL is allowed. */
void secret_arena_give(struct secret_arena *arena, struct secret **slot);

#endif
