/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/directory.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing over the devices; a device is never taken out, only its state changes. */
struct directory {
    struct directory_log log;
    struct directory_device *devices;
    size_t device_count;
    size_t device_capacity;
    uint32_t *slots; /* device index + 1; 0: free */
    size_t slot_count;
};

#define DEVICES_CAPACITY_MIN 64

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
    free((*directory)->devices);
    free((*directory)->slots);
    free(*directory);
    *directory = NULL;
}

/* Ids are random, so any of their bytes are a hash; an id chosen to collide only slows its own
 * look-up, since the log shows who added it. */
static size_t slot_of(const struct directory *directory, const struct id *device)
{
    uint64_t hash;
    memcpy(&hash, device->bytes, sizeof hash);
    return (size_t)(hash & (directory->slot_count - 1));
}

static struct directory_device *find(const struct directory *directory, const struct id *device)
{
    if (directory->slot_count == 0)
        return NULL;
    for (size_t slot = slot_of(directory, device); directory->slots[slot] != 0;
         slot = (slot + 1) & (directory->slot_count - 1)) {
        struct directory_device *found = &directory->devices[directory->slots[slot] - 1];
        if (id_equal(&found->device, device))
            return found;
    }
    return NULL;
}

const struct directory_device *directory_find(const struct directory *directory,
                                              const struct id *device)
{
    return find(directory, device);
}

static void put_slot(struct directory *directory, size_t index)
{
    size_t slot = slot_of(directory, &directory->devices[index].device);
    while (directory->slots[slot] != 0)
        slot = (slot + 1) & (directory->slot_count - 1);
    directory->slots[slot] = (uint32_t)index + 1;
}

/* Makes room for one more device: at most half of the slots are in use. */
static enum status reserve(struct directory *directory)
{
    if (directory->device_count < directory->device_capacity)
        return STATUS_OK;
    size_t capacity =
        directory->device_capacity == 0 ? DEVICES_CAPACITY_MIN : directory->device_capacity * 2;
    if (capacity > UINT32_MAX / 2)
        return STATUS_LIMIT;
    struct directory_device *devices = reallocarray(directory->devices, capacity, sizeof *devices);
    if (devices == NULL)
        return STATUS_NO_MEMORY;
    directory->devices = devices;
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    if (slots == NULL)
        return STATUS_NO_MEMORY;
    free(directory->slots);
    directory->slots = slots;
    directory->slot_count = capacity * 2;
    directory->device_capacity = capacity;
    for (size_t i = 0; i < directory->device_count; i++)
        put_slot(directory, i);
    return STATUS_OK;
}

static bool person_has_device(const struct directory *directory, const struct id *person)
{
    for (size_t i = 0; i < directory->device_count; i++)
        if (id_equal(&directory->devices[i].person, person))
            return true;
    return false;
}

/* A leaf or login key belongs to one device for ever: one person can so never pass as another. */
static bool key_is_known(const struct directory *directory, struct span key)
{
    for (size_t i = 0; i < directory->device_count; i++)
        if (span_equal(SPAN_OF(directory->devices[i].login_key), key) ||
            span_equal(SPAN_OF(directory->devices[i].leaf_key), key))
            return true;
    return false;
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
    if (entry->authority == DIRECTORY_BY_FIRST && person_has_device(directory, &entry->person))
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
    struct directory_device *device = &directory->devices[directory->device_count];
    *device = (struct directory_device){
        .person = entry->person,
        .device = entry->device,
        .by_person = entry->by_person,
        .state = DIRECTORY_ACTIVE,
        .added = entry->time,
    };
    memcpy(device->login_key, entry->login_key.ptr, DIRECTORY_KEY_SIZE);
    memcpy(device->leaf_key, entry->leaf_key.ptr, DIRECTORY_KEY_SIZE);
    put_slot(directory, directory->device_count++);
}

/* Revoked and erased are final. */
static void set_person_state(struct directory *directory,
                             const struct id *person,
                             enum directory_device_state state)
{
    for (size_t i = 0; i < directory->device_count; i++) {
        struct directory_device *device = &directory->devices[i];
        bool final = device->state == DIRECTORY_REVOKED || device->state == DIRECTORY_ERASED;
        if (id_equal(&device->person, person) && !final)
            device->state = state;
    }
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
    for (size_t i = 0; i < directory->device_count; i++)
        if (id_equal(&directory->devices[i].person, person))
            visit(context, &directory->devices[i]);
}
