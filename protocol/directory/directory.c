/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/directory.h"

#include <stdlib.h>
#include <string.h>

/* A device, linked with the others of its person. */
struct record {
    struct directory_device device;
    uint32_t next_of_person; /* record index + 1; 0: the last */
};

/* Open addressing: record index + 1 under some bytes of the record; 0: free. Nothing is ever
 * taken out, only a device's state changes. */
struct index {
    uint32_t *slots;
    size_t count;
};

struct directory {
    struct directory_log log;
    struct record *records;
    size_t record_count;
    size_t record_capacity;
    struct index by_device;
    struct index by_person; /* the person's latest device */
    struct index by_key;    /* login and leaf keys */
};

#define RECORDS_CAPACITY_MIN 64

enum status directory_new(struct directory **directory)
{
    struct directory *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    directory_log_init(&fresh->log);
    *directory = fresh;
    return STATUS_OK;
}

void directory_free(struct directory **directory)
{
    if (*directory == NULL)
        return;
    free((*directory)->records);
    free((*directory)->by_device.slots);
    free((*directory)->by_person.slots);
    free((*directory)->by_key.slots);
    free(*directory);
    *directory = NULL;
}

static bool matches_device(const struct record *record, struct span key)
{
    return span_equal(id_span(&record->device.device), key);
}

static bool matches_person(const struct record *record, struct span key)
{
    return span_equal(id_span(&record->device.person), key);
}

static bool matches_key(const struct record *record, struct span key)
{
    return span_equal(SPAN_OF(record->device.login_key), key) ||
           span_equal(SPAN_OF(record->device.leaf_key), key);
}

/* Ids and keys are random, so any of their bytes are a hash. Whoever grinds theirs to collide
 * slows their own look-ups, and stands in the log for it. */
static uint32_t *index_slot(const struct directory *directory,
                            const struct index *index,
                            bool (*match)(const struct record *, struct span),
                            struct span key)
{
    uint64_t hash;
    memcpy(&hash, key.ptr, sizeof hash);
    size_t slot = (size_t)(hash & (index->count - 1));
    while (index->slots[slot] != 0 && !match(&directory->records[index->slots[slot] - 1], key))
        slot = (slot + 1) & (index->count - 1);
    return &index->slots[slot];
}

static struct record *index_find(const struct directory *directory,
                                 const struct index *index,
                                 bool (*match)(const struct record *, struct span),
                                 struct span key)
{
    if (index->count == 0)
        return NULL;
    uint32_t found = *index_slot(directory, index, match, key);
    return found == 0 ? NULL : &directory->records[found - 1];
}

static struct directory_device *find(const struct directory *directory, const struct id *device)
{
    struct record *record =
        index_find(directory, &directory->by_device, matches_device, id_span(device));
    return record == NULL ? NULL : &record->device;
}

const struct directory_device *directory_find(const struct directory *directory,
                                              const struct id *device)
{
    return find(directory, device);
}

static struct record *latest_of_person(const struct directory *directory, const struct id *person)
{
    return index_find(directory, &directory->by_person, matches_person, id_span(person));
}

static struct record *next_of_person(const struct directory *directory, const struct record *record)
{
    return record->next_of_person == 0 ? NULL : &directory->records[record->next_of_person - 1];
}

/* Puts the record at `at` into all three indexes. */
static void index_record(struct directory *directory, size_t at)
{
    struct record *record = &directory->records[at];
    uint32_t value = (uint32_t)at + 1;
    *index_slot(directory, &directory->by_device, matches_device, id_span(&record->device.device)) =
        value;
    const struct span keys[] = {SPAN_OF(record->device.login_key),
                                SPAN_OF(record->device.leaf_key)};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        *index_slot(directory, &directory->by_key, matches_key, keys[i]) = value;
    uint32_t *person = index_slot(directory, &directory->by_person, matches_person,
                                  id_span(&record->device.person));
    record->next_of_person = *person;
    *person = value;
}

/* Makes room for one more record. A record takes at most two slots of an index, and an index has
 * four for each, so that at most half are in use. */
static enum status reserve(struct directory *directory)
{
    if (directory->record_count < directory->record_capacity)
        return STATUS_OK;
    size_t capacity =
        directory->record_capacity == 0 ? RECORDS_CAPACITY_MIN : directory->record_capacity * 2;
    if (capacity > UINT32_MAX / 4)
        return STATUS_LIMIT;
    struct record *records = reallocarray(directory->records, capacity, sizeof *records);
    if (records == NULL)
        return STATUS_NO_MEMORY;
    directory->records = records;
    struct index *const indexes[] = {&directory->by_device, &directory->by_person,
                                     &directory->by_key};
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        uint32_t *slots = reallocarray(indexes[i]->slots, capacity * 4, sizeof *slots);
        if (slots == NULL)
            return STATUS_NO_MEMORY; /* a larger array under the old count still serves */
        indexes[i]->slots = slots;
    }
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        indexes[i]->count = capacity * 4;
        memset(indexes[i]->slots, 0, indexes[i]->count * sizeof *indexes[i]->slots);
    }
    directory->record_capacity = capacity;
    for (size_t i = 0; i < directory->record_count; i++)
        index_record(directory, i);
    return STATUS_OK;
}

/* A leaf or login key belongs to one device for ever: one person can so never pass as another. */
static bool key_is_known(const struct directory *directory, struct span key)
{
    return index_find(directory, &directory->by_key, matches_key, key) != NULL;
}

static enum status check_authority(const struct directory *directory,
                                   const struct directory_entry *entry,
                                   bool authority_is_admin)
{
    if (id_is_none(&entry->by_device))
        return STATUS_OK;
    const struct directory_device *authority = find(directory, &entry->by_device);
    if (authority == NULL)
        return STATUS_NOT_FOUND;
    const struct id *expected =
        entry->authority == DIRECTORY_BY_DEVICE ? &entry->person : &entry->by_person;
    if (authority->state != DIRECTORY_ACTIVE || !id_equal(&authority->person, expected))
        return STATUS_DENIED;
    if (entry->authority == DIRECTORY_BY_ADMIN && !authority_is_admin)
        return STATUS_DENIED;
    return directory_entry_check_authority(entry, SPAN_OF(authority->login_key));
}

static enum status check_add(const struct directory *directory, const struct directory_entry *entry)
{
    if (find(directory, &entry->device) != NULL || key_is_known(directory, entry->login_key) ||
        key_is_known(directory, entry->leaf_key))
        return STATUS_EXISTS;
    if (entry->authority == DIRECTORY_BY_FIRST &&
        latest_of_person(directory, &entry->person) != NULL)
        return STATUS_EXISTS;
    return STATUS_OK;
}

static enum status check_revoke(const struct directory *directory,
                                const struct directory_entry *entry)
{
    const struct directory_device *device = find(directory, &entry->device);
    if (device == NULL || !id_equal(&device->person, &entry->person))
        return STATUS_NOT_FOUND;
    return STATUS_OK;
}

static enum status check_entry(const struct directory *directory,
                               const struct directory_entry *entry,
                               bool authority_is_admin)
{
    TRY(check_authority(directory, entry, authority_is_admin));
    switch ((enum directory_entry_kind)entry->kind) {
    case DIRECTORY_ADD_DEVICE:
        return check_add(directory, entry);
    case DIRECTORY_REVOKE_DEVICE:
        return check_revoke(directory, entry);
    case DIRECTORY_SUSPEND_PERSON:
    case DIRECTORY_RESTORE_PERSON:
    case DIRECTORY_ERASE_PERSON:
        return STATUS_OK; /* also of a person without a device: a later one would be affected */
    }
    return STATUS_UNSUPPORTED;
}

enum status
directory_check(const struct directory *directory, struct span entry_bytes, bool authority_is_admin)
{
    struct directory_entry entry;
    TRY(directory_entry_open(entry_bytes, &entry));
    return check_entry(directory, &entry, authority_is_admin);
}

static void add_device(struct directory *directory, const struct directory_entry *entry)
{
    struct directory_device *device = &directory->records[directory->record_count].device;
    *device = (struct directory_device){
        .person = entry->person,
        .device = entry->device,
        .by_person = entry->by_person,
        .state = DIRECTORY_ACTIVE,
        .added = entry->time,
    };
    memcpy(device->login_key, entry->login_key.ptr, DIRECTORY_KEY_SIZE);
    memcpy(device->leaf_key, entry->leaf_key.ptr, DIRECTORY_KEY_SIZE);
    index_record(directory, directory->record_count++);
}

/* Revoked and erased are final. */
static void set_person_state(struct directory *directory,
                             const struct id *person,
                             enum directory_device_state state)
{
    for (struct record *record = latest_of_person(directory, person); record != NULL;
         record = next_of_person(directory, record))
        if (record->device.state != DIRECTORY_REVOKED && record->device.state != DIRECTORY_ERASED)
            record->device.state = state;
}

static void apply_entry(struct directory *directory, const struct directory_entry *entry)
{
    switch ((enum directory_entry_kind)entry->kind) {
    case DIRECTORY_ADD_DEVICE:
        add_device(directory, entry);
        return;
    case DIRECTORY_REVOKE_DEVICE:
        find(directory, &entry->device)->state = DIRECTORY_REVOKED;
        return;
    case DIRECTORY_SUSPEND_PERSON:
        set_person_state(directory, &entry->person, DIRECTORY_SUSPENDED);
        return;
    case DIRECTORY_RESTORE_PERSON:
        set_person_state(directory, &entry->person, DIRECTORY_ACTIVE);
        return;
    case DIRECTORY_ERASE_PERSON:
        set_person_state(directory, &entry->person, DIRECTORY_ERASED);
        return;
    }
}

enum status
directory_apply(struct directory *directory, struct span entry_bytes, bool authority_is_admin)
{
    struct directory_entry entry;
    TRY(directory_entry_open(entry_bytes, &entry));
    TRY(check_entry(directory, &entry, authority_is_admin));
    TRY(reserve(directory));
    TRY(directory_log_append(&directory->log, entry_bytes));
    apply_entry(directory, &entry);
    return STATUS_OK;
}

const struct directory_log *directory_log_of(const struct directory *directory)
{
    return &directory->log;
}

enum status directory_check_leaf(const struct directory *directory,
                                 const struct id *person,
                                 const struct id *device,
                                 struct span leaf_key)
{
    const struct directory_device *found = find(directory, device);
    if (found == NULL)
        return STATUS_NOT_FOUND;
    if (!id_equal(&found->person, person) || !span_equal(SPAN_OF(found->leaf_key), leaf_key))
        return STATUS_UNTRUSTED;
    return found->state == DIRECTORY_ACTIVE ? STATUS_OK : STATUS_DENIED;
}

void directory_each_device(const struct directory *directory,
                           const struct id *person,
                           void (*visit)(void *context, const struct directory_device *device),
                           void *context)
{
    for (struct record *record = latest_of_person(directory, person); record != NULL;
         record = next_of_person(directory, record))
        visit(context, &record->device);
}
