/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array in an arena that grows while a vector of structures is decoded. Doubling leaves the
 * smaller arrays in the arena, so that the whole is at most twice the final size.
 * Errors: STATUS_LIMIT of the arena, STATUS_NO_MEMORY. Thread rule: as arena.h.
 */
#ifndef WEFT_MLS_PUBLIC_LIST_H
#define WEFT_MLS_PUBLIC_LIST_H

#include "protocol/base/arena.h"

struct mls_list {
    void *items;
    size_t count;
    size_t capacity;
    size_t item_size;
};

#define MLS_LIST_OF(type) ((struct mls_list){.item_size = sizeof(type)})

/* Appends a zeroed item and lends it until the next push. */
MUST_CHECK enum status mls_list_push(struct mls_list *list, struct arena *arena, void **item);

#endif
