/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/ids.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64u

/* Open addressing: position + 1, 0 for a free slot. */
struct slot {
    uint32_t position_plus_1;
    uint32_t hash;
};

struct ids {
    const struct span *list;
    uint32_t count;
    uint32_t capacity; /* a power of two, over 3/2 of count */
    struct slot *slots;
    uint8_t key[crypto_shorthash_KEYBYTES];
};

static uint32_t hash_of(const struct ids *ids, struct span id)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint32_t hash;
    crypto_shorthash(out, id.ptr, id.len, ids->key);
    memcpy(&hash, out, sizeof(hash));
    return hash;
}

/* The slot that holds the id, or the free one where it belongs. */
static struct slot *slot_of(const struct ids *ids, struct span id, uint32_t hash)
{
    uint32_t mask = ids->capacity - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        struct slot *slot = &ids->slots[i];
        if (slot->position_plus_1 == 0)
            return slot;
        if (slot->hash == hash && span_equal(ids->list[slot->position_plus_1 - 1], id))
            return slot;
    }
}

static enum status grow(struct ids *ids, uint32_t capacity)
{
    struct slot *slots = calloc(capacity, sizeof(*slots));
    if (slots == NULL)
        return STATUS_NO_MEMORY;
    uint32_t mask = capacity - 1;
    for (uint32_t old = 0; old < ids->capacity; old++) {
        if (ids->slots[old].position_plus_1 == 0)
            continue;
        uint32_t i = ids->slots[old].hash & mask;
        while (slots[i].position_plus_1 != 0)
            i = (i + 1) & mask;
        slots[i] = ids->slots[old];
    }
    free(ids->slots);
    ids->slots = slots;
    ids->capacity = capacity;
    return STATUS_OK;
}

enum status ids_new(const struct span *list, size_t count, struct ids **ids)
{
    if (count > WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    CLEANUP(ids_free) struct ids *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    crypto_shorthash_keygen(made->key);
    TRY(grow(made, CAPACITY_MIN));
    for (size_t i = 0; i < count; i++) {
        uint32_t position;
        TRY(ids_add(made, list, &position));
    }
    made->list = list;
    *ids = made;
    made = NULL;
    return STATUS_OK;
}

void ids_free(struct ids **ids)
{
    if (*ids != NULL)
        free((*ids)->slots);
    free(*ids);
    *ids = NULL;
}

enum status ids_find(const struct ids *ids, struct span id, uint32_t *position)
{
    const struct slot *slot = slot_of(ids, id, hash_of(ids, id));
    if (slot->position_plus_1 == 0)
        return STATUS_NOT_FOUND;
    *position = slot->position_plus_1 - 1;
    return STATUS_OK;
}

enum status ids_add(struct ids *ids, const struct span *list, uint32_t *position)
{
    if (ids->count >= WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    if (ids->count + 1 > ids->capacity / 3 * 2)
        TRY(grow(ids, ids->capacity * 2));
    ids->list = list;
    uint32_t hash = hash_of(ids, list[ids->count]);
    struct slot *slot = slot_of(ids, list[ids->count], hash);
    if (slot->position_plus_1 != 0) {
        *position = slot->position_plus_1 - 1;
        return STATUS_EXISTS;
    }
    *position = ids->count++;
    *slot = (struct slot){*position + 1, hash};
    return STATUS_OK;
}
