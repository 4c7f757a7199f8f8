/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/directory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The signatures of a first device by its own keys, until they are needed. */
struct unchecked {
    uint8_t login_signature[DIRECTORY_SIGNATURE_SIZE];
    uint8_t leaf_signature[DIRECTORY_SIGNATURE_SIZE];
};

/* A device, linked with the others of its person. */
struct record {
    struct directory_device device;
    struct unchecked *unchecked; /* owned; NULL: nothing was left for later */
    uint64_t added_at;           /* the place of its entry in the log */
    uint64_t revoked_at;         /* the same; UINT64_MAX: never */
    uint32_t next_of_person;     /* record index + 1; 0: the last */
    uint32_t latest_absence;     /* change index + 1; 0: never absent */
};

/* What an entry of the log made of a person; before the first it is DIRECTORY_ACTIVE. Or whether a
 * device is there, which is ABSENT or DIRECTORY_ACTIVE. */
#define ABSENT 0
struct change {
    uint64_t at; /* the entry's place in the log */
    int state;   /* enum directory_device_state, or ABSENT */
    uint8_t entry_hash[DIRECTORY_HASH_SIZE];
    uint32_t before; /* change index + 1; 0: the first */
};

/* Somebody whom an entry names, with or without a device. */
struct person {
    struct id id;
    uint32_t latest_record; /* index + 1; 0: none */
    uint32_t latest_change; /* the same */
};

/* Open addressing: an index + 1 under some bytes of what it stands for; 0: free. Nothing is ever
 * taken out. */
struct index {
    uint32_t *slots;
    size_t count;
};

struct directory {
    struct directory_log log;
    uint8_t (*roots)[DIRECTORY_HASH_SIZE]; /* after each entry: what others saw can be compared */
    size_t root_capacity;
    struct record *records;
    size_t record_count;
    size_t record_capacity;
    struct person *people;
    size_t person_count;
    size_t person_capacity;
    struct change *changes;
    size_t change_count;
    size_t change_capacity;
    uint64_t shut_out_size;
    struct index by_device;
    struct index by_person;
    struct index by_key; /* login and leaf keys */
};

#define CAPACITY_MIN 64

/* What of an entry's signatures is checked when it is applied. */
enum care {
    CARE_ALL,
    CARE_LATER, /* not the own ones of a first device */
    CARE_NONE,  /* they were before */
};

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
                            const struct index *index,
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
                           const struct index *index,
                           bool (*match)(const struct directory *, uint32_t, struct span),
                           struct span key)
{
    return index->count == 0 ? 0 : *index_slot(directory, index, match, key);
}

static struct record *find(const struct directory *directory, const struct id *device)
{
    uint32_t found = index_find(directory, &directory->by_device, matches_device, id_span(device));
    return found == 0 ? NULL : &directory->records[found - 1];
}

const struct directory_device *directory_find(const struct directory *directory,
                                              const struct id *device)
{
    const struct record *record = find(directory, device);
    return record == NULL ? NULL : &record->device;
}

static struct person *find_person(const struct directory *directory, const struct id *id)
{
    uint32_t found = index_find(directory, &directory->by_person, matches_person, id_span(id));
    return found == 0 ? NULL : &directory->people[found - 1];
}

static struct record *latest_of_person(const struct directory *directory, const struct id *id)
{
    const struct person *person = find_person(directory, id);
    return person == NULL || person->latest_record == 0
               ? NULL
               : &directory->records[person->latest_record - 1];
}

static struct record *next_of_person(const struct directory *directory, const struct record *record)
{
    return record->next_of_person == 0 ? NULL : &directory->records[record->next_of_person - 1];
}

/* What a list of changes says after the first `size` entries of the log. */
static int state_at(const struct directory *directory, uint32_t latest, uint64_t size)
{
    uint32_t at = latest;
    while (at != 0 && directory->changes[at - 1].at >= size)
        at = directory->changes[at - 1].before;
    return at == 0 ? DIRECTORY_ACTIVE : directory->changes[at - 1].state;
}

/* ---- room for one more entry ---- */

static void index_record(struct directory *directory, size_t at)
{
    const struct directory_device *device = &directory->records[at].device;
    uint32_t value = (uint32_t)at + 1;
    *index_slot(directory, &directory->by_device, matches_device, id_span(&device->device)) = value;
    const struct span keys[] = {SPAN_OF(device->login_key), SPAN_OF(device->leaf_key)};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        *index_slot(directory, &directory->by_key, matches_key, keys[i]) = value;
}

static void index_person(struct directory *directory, size_t at)
{
    *index_slot(directory, &directory->by_person, matches_person,
                id_span(&directory->people[at].id)) = (uint32_t)at + 1;
}

/* Room for more items of an array that is full; the old ones are moved. */
static enum status grow(void *items, size_t *capacity, size_t item_size, void **grown)
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
static enum status index_renew(struct index *index, size_t capacity)
{
    uint32_t *slots = calloc(capacity * 4, sizeof *slots);
    if (slots == NULL)
        return STATUS_NO_MEMORY;
    free(index->slots);
    *index = (struct index){slots, capacity * 4};
    return STATUS_OK;
}

/* What fails half-way leaves only an array that is larger than it says. */
static enum status reserve_record(struct directory *directory)
{
    if (directory->record_count < directory->record_capacity)
        return STATUS_OK;
    size_t capacity = directory->record_capacity;
    void *grown;
    TRY(grow(directory->records, &capacity, sizeof *directory->records, &grown));
    directory->records = grown;
    struct index by_device = {0};
    struct index by_key = {0};
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
        index_record(directory, i);
    return STATUS_OK;
}

static enum status reserve_person(struct directory *directory)
{
    if (directory->person_count < directory->person_capacity)
        return STATUS_OK;
    size_t capacity = directory->person_capacity;
    void *grown;
    TRY(grow(directory->people, &capacity, sizeof *directory->people, &grown));
    directory->people = grown;
    TRY(index_renew(&directory->by_person, capacity));
    directory->person_capacity = capacity;
    for (size_t i = 0; i < directory->person_count; i++)
        index_person(directory, i);
    return STATUS_OK;
}

static enum status reserve(struct directory *directory)
{
    TRY(reserve_record(directory));
    TRY(reserve_person(directory));
    if (directory->change_count < directory->change_capacity)
        return STATUS_OK;
    void *grown;
    TRY(grow(directory->changes, &directory->change_capacity, sizeof *directory->changes, &grown));
    directory->changes = grown;
    return STATUS_OK;
}

/* ---- what an entry may say ---- */

/* A leaf or login key belongs to one device for ever: one person can so never pass as another. */
static bool key_is_known(const struct directory *directory, struct span key)
{
    return index_find(directory, &directory->by_key, matches_key, key) != 0;
}

/* What was left for later of the device whose login key is about to be believed. */
static enum status check_vouching(const struct record *record)
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
                                   enum care care)
{
    if (id_is_none(&entry->by_device))
        return STATUS_OK;
    const struct record *record = find(directory, &entry->by_device);
    if (record == NULL)
        return STATUS_NOT_FOUND;
    const struct directory_device *authority = &record->device;
    const struct id *expected =
        entry->authority == DIRECTORY_BY_DEVICE ? &entry->person : &entry->by_person;
    if (authority->state != DIRECTORY_ACTIVE || !id_equal(&authority->person, expected))
        return STATUS_DENIED;
    if (entry->authority == DIRECTORY_BY_ADMIN && !authority_is_admin)
        return STATUS_DENIED;
    if (care == CARE_NONE)
        return STATUS_OK;
    TRY(check_vouching(record));
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
    const struct person *person = find_person(directory, &entry->person);
    if (person == NULL || id_is_none(&entry->by_device))
        return STATUS_OK;
    TRY(directory_leaf_hash(entry_bytes, hash));
    for (uint32_t at = person->latest_change; at != 0; at = directory->changes[at - 1].before)
        if (memcmp(directory->changes[at - 1].entry_hash, hash, sizeof hash) == 0)
            return STATUS_EXISTS;
    return STATUS_OK;
}

static enum status check_entry(const struct directory *directory,
                               const struct directory_entry *entry,
                               struct span entry_bytes,
                               bool authority_is_admin,
                               enum care care)
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
    return check_entry(directory, &entry, entry_bytes, authority_is_admin, CARE_ALL);
}

/* ---- what it makes of the directory: room was made, and its place is the log's last ---- */

static struct person *take_person(struct directory *directory, const struct id *id)
{
    struct person *person = find_person(directory, id);
    if (person != NULL)
        return person;
    assert(directory->people != NULL && directory->person_count < directory->person_capacity);
    person = &directory->people[directory->person_count];
    *person = (struct person){.id = *id};
    index_person(directory, directory->person_count++);
    return person;
}

static void revoke_record(struct directory *directory, struct record *record)
{
    directory->shut_out_size = directory->log.size;
    record->device.state = DIRECTORY_REVOKED;
    if (record->revoked_at == UINT64_MAX)
        record->revoked_at = directory->log.size - 1;
}

/* What an admin adds takes the place of all that the person had. */
static void revoke_others(struct directory *directory, const struct id *person)
{
    for (struct record *record = latest_of_person(directory, person); record != NULL;
         record = next_of_person(directory, record))
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
                       struct unchecked *unchecked)
{
    struct person *person = take_person(directory, &entry->person);
    if (entry->authority == DIRECTORY_BY_ADMIN)
        revoke_others(directory, &entry->person);
    struct record *record = &directory->records[directory->record_count];
    *record = (struct record){
        .device = {.person = entry->person,
                   .device = entry->device,
                   .by_person = entry->by_person,
                   .by_device = entry->by_device,
                   .authority = (enum directory_authority)entry->authority,
                   .reset_size = reset_size_of(directory, entry),
                   .state = (enum directory_device_state)state_at(directory, person->latest_change,
                                                                  directory->log.size),
                   .added = entry->time},
        .unchecked = unchecked,
        .added_at = directory->log.size - 1,
        .revoked_at = UINT64_MAX,
        .next_of_person = person->latest_record,
    };
    memcpy(record->device.login_key, entry->login_key.ptr, DIRECTORY_KEY_SIZE);
    memcpy(record->device.leaf_key, entry->leaf_key.ptr, DIRECTORY_KEY_SIZE);
    index_record(directory, directory->record_count++);
    person->latest_record = (uint32_t)directory->record_count;
}

static void revoke_device(struct directory *directory, const struct directory_entry *entry)
{
    revoke_record(directory, find(directory, &entry->device));
}

static void set_absent(struct directory *directory, const struct id *device, bool absent)
{
    struct record *record = find(directory, device);
    struct change *change = &directory->changes[directory->change_count++];
    *change = (struct change){.at = directory->log.size - 1,
                              .state = absent ? ABSENT : DIRECTORY_ACTIVE,
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
    struct person *person = take_person(directory, id);
    if ((enum directory_device_state)state_at(directory, person->latest_change,
                                              directory->log.size) == DIRECTORY_ERASED)
        return;
    struct change *change = &directory->changes[directory->change_count++];
    *change = (struct change){
        .at = directory->log.size - 1, .state = state, .before = person->latest_change};
    memcpy(change->entry_hash, entry_hash, sizeof change->entry_hash);
    person->latest_change = (uint32_t)directory->change_count;
    if (state != DIRECTORY_ACTIVE)
        directory->shut_out_size = directory->log.size;
    for (struct record *record = latest_of_person(directory, id); record != NULL;
         record = next_of_person(directory, record))
        if (record->device.state != DIRECTORY_REVOKED)
            record->device.state = state;
}

static void apply_entry(struct directory *directory,
                        const struct directory_entry *entry,
                        const uint8_t hash[DIRECTORY_HASH_SIZE],
                        struct unchecked *unchecked)
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
        TRY(grow(directory->roots, &directory->root_capacity, sizeof *directory->roots, &grown));
        directory->roots = grown;
    }
    TRY(directory_log_append_hash(&next, leaf_hash));
    TRY(directory_log_root(&next, directory->roots[directory->log.size]));
    directory->log = next;
    return STATUS_OK;
}

/* The entry's own signatures, kept where they are checked later. */
static enum status
keep_unchecked(const struct directory_entry *entry, enum care care, struct unchecked **unchecked)
{
    *unchecked = NULL;
    if (care == CARE_ALL || entry->authority != DIRECTORY_BY_FIRST)
        return STATUS_OK;
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
                         enum care care)
{
    uint8_t hash[DIRECTORY_HASH_SIZE];
    struct unchecked *unchecked;
    bool later = care != CARE_ALL && entry->authority == DIRECTORY_BY_FIRST;
    if (care != CARE_NONE && !later)
        TRY(directory_entry_check_own(entry));
    TRY(check_entry(directory, entry, entry_bytes, authority_is_admin, care));
    TRY(directory_leaf_hash(entry_bytes, hash));
    TRY(reserve(directory));
    TRY(keep_unchecked(entry, care, &unchecked));
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
    return apply(directory, entry_bytes, &entry, authority_is_admin, CARE_ALL);
}

enum status
directory_follow(struct directory *directory, struct span entry_bytes, const struct id *own_person)
{
    struct directory_entry entry;
    TRY(directory_entry_decode(entry_bytes, &entry));
    bool own = id_equal(&entry.person, own_person);
    return apply(directory, entry_bytes, &entry, true, own ? CARE_ALL : CARE_LATER);
}

enum status directory_follow_again(struct directory *directory, struct span entry_bytes)
{
    struct directory_entry entry;
    TRY(directory_entry_decode(entry_bytes, &entry));
    return apply(directory, entry_bytes, &entry, true, CARE_NONE);
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
    const struct record *found = find(directory, device);
    if (found == NULL || found->added_at >= size)
        return STATUS_NOT_FOUND;
    if (!id_equal(&found->device.person, person) ||
        !span_equal(SPAN_OF(found->device.leaf_key), leaf_key))
        return STATUS_UNTRUSTED;
    if (found->revoked_at < size)
        return STATUS_DENIED;
    enum directory_device_state state = (enum directory_device_state)state_at(
        directory, find_person(directory, person)->latest_change, size);
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
    const struct record *record = find(directory, device);
    return record != NULL && state_at(directory, record->latest_absence, log_size) == ABSENT;
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
    for (struct record *record = latest_of_person(directory, person); record != NULL;
         record = next_of_person(directory, record))
        visit(context, &record->device);
}
