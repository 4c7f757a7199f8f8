/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/id_map.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16

enum status id_map_init(struct id_map *map, const struct random_source *random)
{
    *map = (struct id_map){0};
    return random_fill(random, map->key, sizeof map->key);
}

void id_map_clear(struct id_map *map)
{
    free(map->slots);
    *map = (struct id_map){0};
}

static size_t home(const struct id_map *map, const struct id *id)
{
    uint64_t hash;
    crypto_shorthash((uint8_t *)&hash, id->bytes, ID_SIZE, map->key);
    return (size_t)hash & (map->capacity - 1);
}

/* The slot of `id`, or the free one where it would be. There is always a free one. */
static size_t slot_of(const struct id_map *map, const struct id *id)
{
    size_t at = home(map, id);
    while (map->slots[at].value != NULL && !id_equal(&map->slots[at].id, id))
        at = (at + 1) & (map->capacity - 1);
    return at;
}

void *id_map_find(const struct id_map *map, const struct id *id)
{
    return map->count == 0 ? NULL : map->slots[slot_of(map, id)].value;
}

static enum status grow(struct id_map *map)
{
    struct id_map grown = *map;
    grown.capacity = map->capacity == 0 ? CAPACITY_FIRST : 2 * map->capacity;
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (grown.slots == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].value != NULL)
            grown.slots[slot_of(&grown, &map->slots[i].id)] = map->slots[i];
    }
    free(map->slots);
    *map = grown;
    return STATUS_OK;
}

enum status id_map_set(struct id_map *map, const struct id *id, void *value)
{
    /* At most three quarters full. */
    if (map->count + 1 > map->capacity / 4 * 3)
        TRY(grow(map));
    struct id_map_slot *slot = &map->slots[slot_of(map, id)];
    if (slot->value == NULL)
        map->count++;
    *slot = (struct id_map_slot){.id = *id, .value = value};
    return STATUS_OK;
}

void id_map_remove(struct id_map *map, const struct id *id)
{
    if (map->count == 0)
        return;
    size_t mask = map->capacity - 1;
    size_t hole = slot_of(map, id);
    if (map->slots[hole].value == NULL)
        return;
    map->count--;
    /* What follows moves up, so that no search stops at the hole. */
    for (size_t at = (hole + 1) & mask; map->slots[at].value != NULL; at = (at + 1) & mask) {
        size_t wanted = home(map, &map->slots[at].id);
        if (((at - wanted) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
}

void *id_map_next(const struct id_map *map, size_t *at)
{
    while (*at < map->capacity) {
        void *value = map->slots[(*at)++].value;
        if (value != NULL)
            return value;
    }
    return NULL;
}
