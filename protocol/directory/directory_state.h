/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the directory keeps, for the files of directory.h alone: devices, people and what became of
 * them, each found by its id or keys.
 *
 * Ownership: everything belongs to the directory; what a look-up returns is lent until the next
 * reserve. Errors: STATUS_NO_MEMORY, STATUS_LIMIT (more entries than an index counts). Thread rule:
 * that of directory.h.
 */
#ifndef WEFT_DIRECTORY_DIRECTORY_STATE_H
#define WEFT_DIRECTORY_DIRECTORY_STATE_H

#include "protocol/directory/directory.h"

/* The signatures of a first device by its own keys, until they are needed. */
struct directory_unchecked {
    uint8_t login_signature[DIRECTORY_SIGNATURE_SIZE];
    uint8_t leaf_signature[DIRECTORY_SIGNATURE_SIZE];
};

/* A device, linked with the others of its person. */
struct directory_record {
    struct directory_device device;
    struct directory_unchecked *unchecked; /* owned; NULL: nothing was left for later */
    uint64_t added_at;                     /* the place of its entry in the log */
    uint64_t revoked_at;                   /* the same; UINT64_MAX: never */
    uint32_t next_of_person;               /* record index + 1; 0: the last */
    uint32_t latest_absence;               /* change index + 1; 0: never absent */
};

/* What an entry of the log made of a person; before the first it is DIRECTORY_ACTIVE. Or whether a
 * device is there, which is DIRECTORY_STATE_ABSENT or DIRECTORY_ACTIVE. */
#define DIRECTORY_STATE_ABSENT 0
struct directory_change {
    uint64_t at; /* the entry's place in the log */
    int state;   /* enum directory_device_state, or DIRECTORY_STATE_ABSENT */
    uint8_t entry_hash[DIRECTORY_HASH_SIZE];
    uint32_t before; /* change index + 1; 0: the first */
};

/* Somebody whom an entry names, with or without a device. */
struct directory_person {
    struct id id;
    uint32_t latest_record; /* index + 1; 0: none */
    uint32_t latest_change; /* the same */
};

/* Open addressing: an index + 1 under some bytes of what it stands for; 0: free. Nothing is ever
 * taken out. */
struct directory_index {
    uint32_t *slots;
    size_t count;
};

struct directory {
    struct directory_log log;
    uint8_t (*roots)[DIRECTORY_HASH_SIZE]; /* after each entry: what others saw can be compared */
    size_t root_capacity;
    struct directory_record *records;
    size_t record_count;
    size_t record_capacity;
    struct directory_person *people;
    size_t person_count;
    size_t person_capacity;
    struct directory_change *changes;
    size_t change_count;
    size_t change_capacity;
    uint64_t shut_out_size;
    struct directory_index by_device;
    struct directory_index by_person;
    struct directory_index by_key; /* login and leaf keys */
};

/* NULL when there is no such device. */
struct directory_record *directory_state_find(const struct directory *directory,
                                              const struct id *device);

/* NULL when no entry named them. */
struct directory_person *directory_state_person(const struct directory *directory,
                                                const struct id *id);

/* The devices of a person, the last that was added first; NULL after the last of them. */
struct directory_record *directory_state_latest_of(const struct directory *directory,
                                                   const struct id *id);
struct directory_record *directory_state_next_of(const struct directory *directory,
                                                 const struct directory_record *record);

/* What a list of changes, which begins with `latest`, says after the first `size` entries of the
 * log. */
int directory_state_at(const struct directory *directory, uint32_t latest, uint64_t size);

/* Whether some device has, or had, this login or leaf key: it belongs to that one for ever, so that
 * nobody can pass as somebody else. */
bool directory_state_has_key(const struct directory *directory, struct span key);

/* Room for what one entry adds: a device, a person and a change. On an error nothing is changed
 * that shows. */
MUST_CHECK enum status directory_state_reserve(struct directory *directory);

/* Room for more items of an array that is full; the old ones are moved, and `capacity` is the new
 * one. */
MUST_CHECK enum status
directory_state_grow(void *items, size_t *capacity, size_t item_size, void **grown);

/* Has the device, or the person, at this place found from now on. */
void directory_state_index_record(struct directory *directory, size_t at);
void directory_state_index_person(struct directory *directory, size_t at);

#endif
