/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/directory.h"

#include "protocol/directory/directory_check.h"
#include "protocol/directory/directory_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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
    for (size_t i = 0; i < (*directory)->record_count; i++)
        free((*directory)->records[i].unchecked);
    free((*directory)->roots);
    free((*directory)->records);
    free((*directory)->people);
    free((*directory)->changes);
    free((*directory)->by_device.slots);
    free((*directory)->by_person.slots);
    free((*directory)->by_key.slots);
    free(*directory);
    *directory = NULL;
}

const struct directory_device *directory_find(const struct directory *directory,
                                              const struct id *device)
{
    const struct directory_record *record = directory_state_find(directory, device);
    return record == NULL ? NULL : &record->device;
}

/* ---- what it makes of the directory: room was made, and its place is the log's last ---- */

static struct directory_person *take_person(struct directory *directory, const struct id *id)
{
    struct directory_person *person = directory_state_person(directory, id);
    if (person != NULL)
        return person;
    assert(directory->people != NULL && directory->person_count < directory->person_capacity);
    person = &directory->people[directory->person_count];
    *person = (struct directory_person){.id = *id};
    directory_state_index_person(directory, directory->person_count++);
    return person;
}

static void revoke_record(struct directory *directory, struct directory_record *record)
{
    directory->shut_out_size = directory->log.size;
    record->device.state = DIRECTORY_REVOKED;
    if (record->revoked_at == UINT64_MAX)
        record->revoked_at = directory->log.size - 1;
}

/* What an admin adds takes the place of all that the person had. */
static void revoke_others(struct directory *directory, const struct id *person)
{
    for (struct directory_record *record = directory_state_latest_of(directory, person);
         record != NULL; record = directory_state_next_of(directory, record))
        revoke_record(directory, record);
}

static uint64_t reset_size_of(const struct directory *directory,
                              const struct directory_entry *entry)
{
    if (entry->authority == DIRECTORY_BY_ADMIN)
        return directory->log.size;
    const struct directory_device *approver = directory_find(directory, &entry->by_device);
    return entry->authority == DIRECTORY_BY_DEVICE && approver != NULL ? approver->reset_size : 0;
}

static void add_device(struct directory *directory,
                       const struct directory_entry *entry,
                       struct directory_unchecked *unchecked)
{
    struct directory_person *person = take_person(directory, &entry->person);
    if (entry->authority == DIRECTORY_BY_ADMIN)
        revoke_others(directory, &entry->person);
    struct directory_record *record = &directory->records[directory->record_count];
    *record = (struct directory_record){
        .device = {.person = entry->person,
                   .device = entry->device,
                   .by_person = entry->by_person,
                   .by_device = entry->by_device,
                   .authority = (enum directory_authority)entry->authority,
                   .reset_size = reset_size_of(directory, entry),
                   .state = (enum directory_device_state)directory_state_at(
                       directory, person->latest_change, directory->log.size),
                   .added = entry->time},
        .unchecked = unchecked,
        .added_at = directory->log.size - 1,
        .revoked_at = UINT64_MAX,
        .next_of_person = person->latest_record,
    };
    memcpy(record->device.login_key, entry->login_key.ptr, DIRECTORY_KEY_SIZE);
    memcpy(record->device.leaf_key, entry->leaf_key.ptr, DIRECTORY_KEY_SIZE);
    directory_state_index_record(directory, directory->record_count++);
    person->latest_record = (uint32_t)directory->record_count;
}

static void revoke_device(struct directory *directory, const struct directory_entry *entry)
{
    revoke_record(directory, directory_state_find(directory, &entry->device));
}

static void set_absent(struct directory *directory, const struct id *device, bool absent)
{
    struct directory_record *record = directory_state_find(directory, device);
    struct directory_change *change = &directory->changes[directory->change_count++];
    *change = (struct directory_change){.at = directory->log.size - 1,
                                        .state = absent ? DIRECTORY_STATE_ABSENT : DIRECTORY_ACTIVE,
                                        .before = record->latest_absence};
    record->latest_absence = (uint32_t)directory->change_count;
    record->device.absent = absent;
    record->device.once_absent = true;
}

/* Erased is final, and so is revoked. */
static void set_person_state(struct directory *directory,
                             const struct id *id,
                             enum directory_device_state state,
                             const uint8_t entry_hash[DIRECTORY_HASH_SIZE])
{
    struct directory_person *person = take_person(directory, id);
    if ((enum directory_device_state)directory_state_at(directory, person->latest_change,
                                                        directory->log.size) == DIRECTORY_ERASED)
        return;
    struct directory_change *change = &directory->changes[directory->change_count++];
    *change = (struct directory_change){
        .at = directory->log.size - 1, .state = state, .before = person->latest_change};
    memcpy(change->entry_hash, entry_hash, sizeof change->entry_hash);
    person->latest_change = (uint32_t)directory->change_count;
    if (state != DIRECTORY_ACTIVE)
        directory->shut_out_size = directory->log.size;
    for (struct directory_record *record = directory_state_latest_of(directory, id); record != NULL;
         record = directory_state_next_of(directory, record))
        if (record->device.state != DIRECTORY_REVOKED)
            record->device.state = state;
}

static void apply_entry(struct directory *directory,
                        const struct directory_entry *entry,
                        const uint8_t hash[DIRECTORY_HASH_SIZE],
                        struct directory_unchecked *unchecked)
{
    switch ((enum directory_entry_kind)entry->kind) {
    case DIRECTORY_ADD_DEVICE:
        add_device(directory, entry, unchecked);
        return;
    case DIRECTORY_REVOKE_DEVICE:
        revoke_device(directory, entry);
        return;
    case DIRECTORY_ABSENT_DEVICE:
    case DIRECTORY_PRESENT_DEVICE:
        set_absent(directory, &entry->device, entry->kind == DIRECTORY_ABSENT_DEVICE);
        return;
    case DIRECTORY_SUSPEND_PERSON:
        set_person_state(directory, &entry->person, DIRECTORY_SUSPENDED, hash);
        return;
    case DIRECTORY_RESTORE_PERSON:
        set_person_state(directory, &entry->person, DIRECTORY_ACTIVE, hash);
        return;
    case DIRECTORY_ERASE_PERSON:
        set_person_state(directory, &entry->person, DIRECTORY_ERASED, hash);
        return;
    }
}

/* The log after one more entry, with its root. */
static enum status append(struct directory *directory, const uint8_t leaf_hash[DIRECTORY_HASH_SIZE])
{
    struct directory_log next = directory->log;
    if (next.size == directory->root_capacity) {
        void *grown;
        TRY(directory_state_grow(directory->roots, &directory->root_capacity,
                                 sizeof *directory->roots, &grown));
        directory->roots = grown;
    }
    TRY(directory_log_append_hash(&next, leaf_hash));
    TRY(directory_log_root(&next, directory->roots[directory->log.size]));
    directory->log = next;
    return STATUS_OK;
}

/* The entry's own signatures, kept where they are checked later. */
static enum status keep_unchecked(const struct directory_entry *entry,
                                  struct directory_unchecked **unchecked)
{
    if (entry->login_signature.len != DIRECTORY_SIGNATURE_SIZE ||
        entry->leaf_signature.len != DIRECTORY_SIGNATURE_SIZE)
        return STATUS_BAD_SIGNATURE;
    *unchecked = malloc(sizeof **unchecked);
    if (*unchecked == NULL)
        return STATUS_NO_MEMORY;
    memcpy((*unchecked)->login_signature, entry->login_signature.ptr, DIRECTORY_SIGNATURE_SIZE);
    memcpy((*unchecked)->leaf_signature, entry->leaf_signature.ptr, DIRECTORY_SIGNATURE_SIZE);
    return STATUS_OK;
}

static enum status apply(struct directory *directory,
                         struct span entry_bytes,
                         const struct directory_entry *entry,
                         bool authority_is_admin,
                         enum directory_care care)
{
    uint8_t hash[DIRECTORY_HASH_SIZE];
    struct directory_unchecked *unchecked = NULL;
    bool later = care != DIRECTORY_CARE_ALL && entry->authority == DIRECTORY_BY_FIRST;
    if (care != DIRECTORY_CARE_NONE && !later)
        TRY(directory_entry_check_own(entry));
    TRY(directory_check_entry(directory, entry, entry_bytes, authority_is_admin, care));
    TRY(directory_leaf_hash(entry_bytes, hash));
    TRY(directory_state_reserve(directory));
    if (later)
        TRY(keep_unchecked(entry, &unchecked));
    enum status status = append(directory, hash);
    if (status != STATUS_OK)
        free(unchecked);
    else
        apply_entry(directory, entry, hash, unchecked);
    return status;
}

enum status
directory_apply(struct directory *directory, struct span entry_bytes, bool authority_is_admin)
{
    struct directory_entry entry;
    TRY(directory_entry_decode(entry_bytes, &entry));
    return apply(directory, entry_bytes, &entry, authority_is_admin, DIRECTORY_CARE_ALL);
}

enum status
directory_follow(struct directory *directory, struct span entry_bytes, const struct id *own_person)
{
    struct directory_entry entry;
    TRY(directory_entry_decode(entry_bytes, &entry));
    bool own = id_equal(&entry.person, own_person);
    return apply(directory, entry_bytes, &entry, true,
                 own ? DIRECTORY_CARE_ALL : DIRECTORY_CARE_LATER);
}

enum status directory_follow_again(struct directory *directory, struct span entry_bytes)
{
    struct directory_entry entry;
    TRY(directory_entry_decode(entry_bytes, &entry));
    return apply(directory, entry_bytes, &entry, true, DIRECTORY_CARE_NONE);
}

enum status directory_check_root(const struct directory *directory,
                                 uint64_t log_size,
                                 const uint8_t root[DIRECTORY_HASH_SIZE])
{
    uint8_t empty[DIRECTORY_HASH_SIZE];
    struct directory_log none;
    if (log_size > directory->log.size)
        return STATUS_NOT_FOUND;
    directory_log_init(&none);
    TRY(directory_log_root(&none, empty));
    const uint8_t *ours = log_size == 0 ? empty : directory->roots[log_size - 1];
    return memcmp(ours, root, DIRECTORY_HASH_SIZE) == 0 ? STATUS_OK : STATUS_UNTRUSTED;
}

const struct directory_log *directory_log_of(const struct directory *directory)
{
    return &directory->log;
}

enum status directory_check_leaf_at(const struct directory *directory,
                                    uint64_t size,
                                    const struct id *person,
                                    const struct id *device,
                                    struct span leaf_key)
{
    const struct directory_record *found = directory_state_find(directory, device);
    if (found == NULL || found->added_at >= size)
        return STATUS_NOT_FOUND;
    if (!id_equal(&found->device.person, person) ||
        !span_equal(SPAN_OF(found->device.leaf_key), leaf_key))
        return STATUS_UNTRUSTED;
    if (found->revoked_at < size)
        return STATUS_DENIED;
    enum directory_device_state state = (enum directory_device_state)directory_state_at(
        directory, directory_state_person(directory, person)->latest_change, size);
    return state == DIRECTORY_ACTIVE ? STATUS_OK : STATUS_DENIED;
}

enum status directory_check_leaf(const struct directory *directory,
                                 const struct id *person,
                                 const struct id *device,
                                 struct span leaf_key)
{
    return directory_check_leaf_at(directory, directory->log.size, person, device, leaf_key);
}

bool directory_was_absent(const struct directory *directory,
                          uint64_t log_size,
                          const struct id *device)
{
    const struct directory_record *record = directory_state_find(directory, device);
    return record != NULL && directory_state_at(directory, record->latest_absence, log_size) ==
                                 DIRECTORY_STATE_ABSENT;
}

uint64_t directory_shut_out_size(const struct directory *directory)
{
    return directory->shut_out_size;
}

void directory_each_device(const struct directory *directory,
                           const struct id *person,
                           void (*visit)(void *context, const struct directory_device *device),
                           void *context)
{
    for (struct directory_record *record = directory_state_latest_of(directory, person);
         record != NULL; record = directory_state_next_of(directory, record))
        visit(context, &record->device);
}

void directory_each(const struct directory *directory,
                    void (*visit)(void *context, const struct directory_device *device),
                    void *context)
{
    for (size_t i = 0; i < directory->record_count; i++)
        visit(context, &directory->records[i].device);
}
