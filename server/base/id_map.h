/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A map from ids to things that somebody else owns: linear probing, keyed hash (ids may be chosen
 * by clients).
 * Errors: STATUS_NO_MEMORY. Thread rule: one thread at a time.
 */
#ifndef WEFT_SERVER_BASE_ID_MAP_H
#define WEFT_SERVER_BASE_ID_MAP_H

#include "protocol/base/id.h"

struct id_map_slot {
    struct id id;
    void *value; /* NULL: the slot is free */
};

struct id_map {
    struct id_map_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    uint8_t key[16];
};

MUST_CHECK enum status id_map_init(struct id_map *map, const struct random_source *random);
void id_map_clear(struct id_map *map);

/* NULL when there is none. */
void *id_map_find(const struct id_map *map, const struct id *id);

/* Sets or replaces; `value` is not NULL. */
MUST_CHECK enum status id_map_set(struct id_map *map, const struct id *id, void *value);

/* Nothing happens when there is none. */
void id_map_remove(struct id_map *map, const struct id *id);

/* The values one after another, in no order: `*at` starts at 0; NULL at the end. The map must not
 * change meanwhile. */
void *id_map_next(const struct id_map *map, size_t *at);

#endif
