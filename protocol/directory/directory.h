/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory: what the log's entries say together. Server and client build the same one by
 * applying the same entries in order; an entry that may not follow is refused by both. Which
 * signatures a client may leave for later, and why: DESIGN.md.
 *
 * Ownership: the directory owns its records. Errors: those of entry.h; STATUS_EXISTS for a device
 * or first device that is there already, and for an admin's ruling that comes a second time,
 * STATUS_NOT_FOUND, STATUS_DENIED (the authority may not state it). Thread rule: one thread at a
 * time; look-ups may share a directory nobody changes.
 */
#ifndef WEFT_DIRECTORY_DIRECTORY_H
#define WEFT_DIRECTORY_DIRECTORY_H

#include "protocol/directory/entry.h"
#include "protocol/directory/log.h"

struct directory;

enum directory_device_state {
    DIRECTORY_ACTIVE = 1,
    DIRECTORY_REVOKED = 2,
    DIRECTORY_SUSPENDED = 3, /* its person is; may become active again */
    DIRECTORY_ERASED = 4,
};

struct directory_device {
    struct id person;
    struct id device;
    struct id by_person; /* who invited, approved, or reset */
    struct id by_device; /* that approved it; none for a person's first */
    enum directory_authority authority;
    /* The log's size from which on this device stands for a person whom an admin gave a fresh
     * start: itself the reset's device, or approved by one that is. 0: no admin had a hand in it.
     */
    uint64_t reset_size;
    uint8_t login_key[DIRECTORY_KEY_SIZE];
    uint8_t leaf_key[DIRECTORY_KEY_SIZE];
    enum directory_device_state state;
    bool absent;      /* as the server says, who alone sees it */
    bool once_absent; /* or was before */
    int64_t added;
};

MUST_CHECK enum status directory_new(struct directory **directory);
void directory_free(struct directory **directory);

/* Whether an entry may say that a person is an admin is the server's to know: the caller passes
 * it for DIRECTORY_BY_ADMIN (clients, who see no roles, pass true: the entry is logged and shown).
 * On an error nothing is changed. */
MUST_CHECK enum status
directory_apply(struct directory *directory, struct span entry_bytes, bool authority_is_admin);

/* As directory_apply for a client, who sees no roles: the two signatures of a person's first device
 * by its own keys are kept, and checked once its login key vouches for another entry. Those about
 * `own_person` are checked at once. */
MUST_CHECK enum status
directory_follow(struct directory *directory, struct span entry_bytes, const struct id *own_person);

/* The same of an entry that was followed before and kept where nobody else writes: no signature is
 * checked again, those that were left for later excepted. */
MUST_CHECK enum status directory_follow_again(struct directory *directory, struct span entry_bytes);

/* directory_apply's check without applying it. */
MUST_CHECK enum status directory_check(const struct directory *directory,
                                       struct span entry_bytes,
                                       bool authority_is_admin);

/* The log of what was applied: size and root. */
const struct directory_log *directory_log_of(const struct directory *directory);

/* STATUS_OK when the log had this root at this size; STATUS_UNTRUSTED when it had another: whoever
 * says so was shown another log. STATUS_NOT_FOUND for a size it has not reached yet. */
MUST_CHECK enum status directory_check_root(const struct directory *directory,
                                            uint64_t log_size,
                                            const uint8_t root[DIRECTORY_HASH_SIZE]);

/* NULL when there is no such device. Lent until the next change. */
const struct directory_device *directory_find(const struct directory *directory,
                                              const struct id *device);

/* STATUS_OK when `device` is an active device of `person` with this leaf key, else what is wrong:
 * STATUS_NOT_FOUND, STATUS_UNTRUSTED (another person or key), STATUS_DENIED (revoked, suspended
 * or erased). */
MUST_CHECK enum status directory_check_leaf(const struct directory *directory,
                                            const struct id *person,
                                            const struct id *device,
                                            struct span leaf_key);

/* The same as it was when the log had `log_size` entries (or now, when it has fewer yet):
 * STATUS_NOT_FOUND for a device that was added later. */
MUST_CHECK enum status directory_check_leaf_at(const struct directory *directory,
                                               uint64_t log_size,
                                               const struct id *person,
                                               const struct id *device,
                                               struct span leaf_key);

/* Whether the device was absent when the log had `log_size` entries. */
bool directory_was_absent(const struct directory *directory,
                          uint64_t log_size,
                          const struct id *device);

/* The log's size after the last entry that shut somebody out; 0 when none has. Whoever was let in
 * knowing so much has not been shut out since. */
uint64_t directory_shut_out_size(const struct directory *directory);

/* Calls `visit` for each device of a person. */
void directory_each_device(const struct directory *directory,
                           const struct id *person,
                           void (*visit)(void *context, const struct directory_device *device),
                           void *context);

/* The same for each device of everybody, in the order in which they were added. */
void directory_each(const struct directory *directory,
                    void (*visit)(void *context, const struct directory_device *device),
                    void *context);

#endif
