/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/directory_check.h"

#include "protocol/directory/directory_state.h"

#include <string.h>

/* What was left for later of the device whose login key is about to be believed. */
static enum status check_vouching(const struct directory_record *record)
{
    const struct directory_device *device = &record->device;
    if (record->unchecked == NULL)
        return STATUS_OK;
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = DIRECTORY_BY_FIRST,
        .time = device->added,
        .person = device->person,
        .device = device->device,
        .by_person = device->by_person,
        .login_key = SPAN_OF(device->login_key),
        .leaf_key = SPAN_OF(device->leaf_key),
        .login_signature = SPAN_OF(record->unchecked->login_signature),
        .leaf_signature = SPAN_OF(record->unchecked->leaf_signature),
    };
    return directory_entry_check_own(&entry);
}

static enum status check_authority(const struct directory *directory,
                                   const struct directory_entry *entry,
                                   bool authority_is_admin,
                                   enum directory_care care)
{
    if (id_is_none(&entry->by_device))
        return STATUS_OK;
    const struct directory_record *record = directory_state_find(directory, &entry->by_device);
    if (record == NULL)
        return STATUS_NOT_FOUND;
    const struct directory_device *authority = &record->device;
    const struct id *expected =
        entry->authority == DIRECTORY_BY_DEVICE ? &entry->person : &entry->by_person;
    if (authority->state != DIRECTORY_ACTIVE || !id_equal(&authority->person, expected))
        return STATUS_DENIED;
    if (entry->authority == DIRECTORY_BY_ADMIN && !authority_is_admin)
        return STATUS_DENIED;
    if (care == DIRECTORY_CARE_NONE)
        return STATUS_OK;
    TRY(check_vouching(record));
    return directory_entry_check_authority(entry, SPAN_OF(authority->login_key));
}

static enum status check_add(const struct directory *directory, const struct directory_entry *entry)
{
    if (directory_state_find(directory, &entry->device) != NULL ||
        directory_state_has_key(directory, entry->login_key) ||
        directory_state_has_key(directory, entry->leaf_key))
        return STATUS_EXISTS;
    if (entry->authority == DIRECTORY_BY_FIRST &&
        directory_state_latest_of(directory, &entry->person) != NULL)
        return STATUS_EXISTS;
    return STATUS_OK;
}

static enum status check_revoke(const struct directory *directory,
                                const struct directory_entry *entry)
{
    const struct directory_device *device = directory_find(directory, &entry->device);
    if (device == NULL || !id_equal(&device->person, &entry->person))
        return STATUS_NOT_FOUND;
    return STATUS_OK;
}

static enum status check_absence(const struct directory *directory,
                                 const struct directory_entry *entry)
{
    TRY(check_revoke(directory, entry));
    const struct directory_device *device = directory_find(directory, &entry->device);
    if (device->state != DIRECTORY_ACTIVE)
        return STATUS_DENIED;
    return device->absent == (entry->kind == DIRECTORY_ABSENT_DEVICE) ? STATUS_EXISTS : STATUS_OK;
}

/* What an admin signed about a person holds once: the server may not end a second suspension with
 * the signature that ended the first. */
static enum status check_not_repeated(const struct directory *directory,
                                      const struct directory_entry *entry,
                                      struct span entry_bytes)
{
    uint8_t hash[DIRECTORY_HASH_SIZE];
    const struct directory_person *person = directory_state_person(directory, &entry->person);
    if (person == NULL || id_is_none(&entry->by_device))
        return STATUS_OK;
    TRY(directory_leaf_hash(entry_bytes, hash));
    for (uint32_t at = person->latest_change; at != 0; at = directory->changes[at - 1].before)
        if (memcmp(directory->changes[at - 1].entry_hash, hash, sizeof hash) == 0)
            return STATUS_EXISTS;
    return STATUS_OK;
}

enum status directory_check_entry(const struct directory *directory,
                                  const struct directory_entry *entry,
                                  struct span entry_bytes,
                                  bool authority_is_admin,
                                  enum directory_care care)
{
    TRY(check_authority(directory, entry, authority_is_admin, care));
    switch ((enum directory_entry_kind)entry->kind) {
    case DIRECTORY_ADD_DEVICE:
        return check_add(directory, entry);
    case DIRECTORY_REVOKE_DEVICE:
        return check_revoke(directory, entry);
    case DIRECTORY_ABSENT_DEVICE:
    case DIRECTORY_PRESENT_DEVICE:
        return check_absence(directory, entry);
    case DIRECTORY_SUSPEND_PERSON:
    case DIRECTORY_RESTORE_PERSON:
    case DIRECTORY_ERASE_PERSON:
        /* Also of a person without a device: a later one is affected. */
        return check_not_repeated(directory, entry, entry_bytes);
    }
    return STATUS_UNSUPPORTED;
}

enum status
directory_check(const struct directory *directory, struct span entry_bytes, bool authority_is_admin)
{
    struct directory_entry entry;
    TRY(directory_entry_open(entry_bytes, &entry));
    return directory_check_entry(directory, &entry, entry_bytes, authority_is_admin,
                                 DIRECTORY_CARE_ALL);
}
