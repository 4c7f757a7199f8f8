/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The KeyPackages that we leave on the server so that others can add us: public parts there,
 * private parts in the vault until the Welcome came.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_KEY_POOL_H
#define WEFT_CORE_KEY_POOL_H

#include "client-cli/core/engine.h"

/* Asks how many the server has left, and refills when they are few. */
MUST_CHECK enum status key_pool_refill(struct engine *engine);

/* A KeyPackage of ours with its private part; both owned. */
struct key_pool_item {
    uint64_t number;
    bool last_resort;
    struct buffer message;
    struct buffer private_part;
};
void key_pool_item_clear(struct key_pool_item *item);

/* The KeyPackage that a Welcome is for. STATUS_NOT_FOUND. */
MUST_CHECK enum status
key_pool_find(struct engine *engine, struct span welcome, struct key_pool_item *item);

/* Deletes the private part of a KeyPackage that was used, in the caller's transaction; a last
 * resort stays until it is replaced. */
MUST_CHECK enum status key_pool_use(struct engine *engine, const struct key_pool_item *item);

#endif
