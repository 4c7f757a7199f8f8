/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/directory_state.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64

static bool matches_device(const struct directory *directory, uint32_t at, struct span key)
{
    return span_equal(id_span(&directory->records[at].device.device), key);
}

static bool matches_person(const struct directory *directory, uint32_t at, struct span key)
{
    return span_equal(id_span(&directory->people[at].id), key);
}

static bool matches_key(const struct directory *directory, uint32_t at, struct span key)
{
    const struct directory_device *device = &directory->records[at].device;
    return span_equal(SPAN_OF(device->login_key), key) ||
           span_equal(SPAN_OF(device->leaf_key), key);
}

/* Ids and keys are random, so any of their bytes are a hash. Whoever grinds theirs to collide
 * slows look-ups a little, and stands in the log for it. */
static uint32_t *index_slot(const struct directory *directory,
                            const struct directory_index *index,
                            bool (*match)(const struct directory *, uint32_t, struct span),
                            struct span key)
{
    uint64_t hash;
    memcpy(&hash, key.ptr, sizeof hash);
    size_t slot = (size_t)(hash & (index->count - 1));
    while (index->slots[slot] != 0 && !match(directory, index->slots[slot] - 1, key))
        slot = (slot + 1) & (index->count - 1);
    return &index->slots[slot];
}

/* What was found, as index + 1; 0 for nothing. */
static uint32_t index_find(const struct directory *directory,
                           const struct directory_index *index,
                           bool (*match)(const struct directory *, uint32_t, struct span),
                           struct span key)
{
    return index->count == 0 ? 0 : *index_slot(directory, index, match, key);
}

struct directory_record *directory_state_find(const struct directory *directory,
                                              const struct id *device)
{
    uint32_t found = index_find(directory, &directory->by_device, matches_device, id_span(device));
    return found == 0 ? NULL : &directory->records[found - 1];
}

struct directory_person *directory_state_person(const struct directory *directory,
                                                const struct id *id)
{
    uint32_t found = index_find(directory, &directory->by_person, matches_person, id_span(id));
    return found == 0 ? NULL : &directory->people[found - 1];
}

struct directory_record *directory_state_latest_of(const struct directory *directory,
                                                   const struct id *id)
{
    const struct directory_person *person = directory_state_person(directory, id);
    return person == NULL || person->latest_record == 0
               ? NULL
               : &directory->records[person->latest_record - 1];
}

struct directory_record *directory_state_next_of(const struct directory *directory,
                                                 const struct directory_record *record)
{
    return record->next_of_person == 0 ? NULL : &directory->records[record->next_of_person - 1];
}

int directory_state_at(const struct directory *directory, uint32_t latest, uint64_t size)
{
    uint32_t at = latest;
    while (at != 0 && directory->changes[at - 1].at >= size)
        at = directory->changes[at - 1].before;
    return at == 0 ? DIRECTORY_ACTIVE : directory->changes[at - 1].state;
}

bool directory_state_has_key(const struct directory *directory, struct span key)
{
    return index_find(directory, &directory->by_key, matches_key, key) != 0;
}

/* ---- room for one more entry ---- */

void directory_state_index_record(struct directory *directory, size_t at)
{
    const struct directory_device *device = &directory->records[at].device;
    uint32_t value = (uint32_t)at + 1;
    *index_slot(directory, &directory->by_device, matches_device, id_span(&device->device)) = value;
    const struct span keys[] = {SPAN_OF(device->login_key), SPAN_OF(device->leaf_key)};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        *index_slot(directory, &directory->by_key, matches_key, keys[i]) = value;
}

void directory_state_index_person(struct directory *directory, size_t at)
{
    *index_slot(directory, &directory->by_person, matches_person,
                id_span(&directory->people[at].id)) = (uint32_t)at + 1;
}

enum status directory_state_grow(void *items, size_t *capacity, size_t item_size, void **grown)
{
    size_t larger = *capacity == 0 ? CAPACITY_MIN : *capacity * 2;
    if (larger > UINT32_MAX / 4)
        return STATUS_LIMIT;
    *grown = reallocarray(items, larger, item_size);
    if (*grown == NULL)
        return STATUS_NO_MEMORY;
    *capacity = larger;
    return STATUS_OK;
}

/* An empty index for `capacity` items. An item takes at most two slots, and an index has four for
 * each, so that at most half are in use. */
static enum status index_renew(struct directory_index *index, size_t capacity)
{
    uint32_t *slots = calloc(capacity * 4, sizeof *slots);
    if (slots == NULL)
        return STATUS_NO_MEMORY;
    free(index->slots);
    *index = (struct directory_index){slots, capacity * 4};
    return STATUS_OK;
}

/* What fails half-way leaves only an array that is larger than it says. */
static enum status reserve_record(struct directory *directory)
{
    if (directory->record_count < directory->record_capacity)
        return STATUS_OK;
    size_t capacity = directory->record_capacity;
    void *grown;
    TRY(directory_state_grow(directory->records, &capacity, sizeof *directory->records, &grown));
    directory->records = grown;
    struct directory_index by_device = {0};
    struct directory_index by_key = {0};
    enum status status = index_renew(&by_device, capacity);
    if (status == STATUS_OK)
        status = index_renew(&by_key, capacity);
    if (status != STATUS_OK) {
        free(by_device.slots);
        return status;
    }
    free(directory->by_device.slots);
    free(directory->by_key.slots);
    directory->by_device = by_device;
    directory->by_key = by_key;
    directory->record_capacity = capacity;
    for (size_t i = 0; i < directory->record_count; i++)
        directory_state_index_record(directory, i);
    return STATUS_OK;
}

static enum status reserve_person(struct directory *directory)
{
    if (directory->person_count < directory->person_capacity)
        return STATUS_OK;
    size_t capacity = directory->person_capacity;
    void *grown;
    TRY(directory_state_grow(directory->people, &capacity, sizeof *directory->people, &grown));
    directory->people = grown;
    TRY(index_renew(&directory->by_person, capacity));
    directory->person_capacity = capacity;
    for (size_t i = 0; i < directory->person_count; i++)
        directory_state_index_person(directory, i);
    return STATUS_OK;
}

enum status directory_state_reserve(struct directory *directory)
{
    TRY(reserve_record(directory));
    TRY(reserve_person(directory));
    if (directory->change_count < directory->change_capacity)
        return STATUS_OK;
    void *grown;
    TRY(directory_state_grow(directory->changes, &directory->change_capacity,
                             sizeof *directory->changes, &grown));
    directory->changes = grown;
    return STATUS_OK;
}
