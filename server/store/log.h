/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The log of a channel: entries numbered without gaps, in generation g from (g - 1) * 2^32 + 1 on.
 * A cursor is (generation, sequence) of one channel; there is no order between channels.
 *
 * Appending is a compare-and-set on the epoch and is idempotent: a message id that the device has
 * used in this channel before gives the first result, whatever the bytes are now.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_LOG_H
#define WEFT_STORE_LOG_H

#include "server/store/channels.h"

enum store_entry_kind {
    STORE_ENTRY_COMMIT = 1,
    STORE_ENTRY_APPLICATION = 2,
};

struct store_entry {
    uint32_t generation;
    uint64_t sequence;
    /* The epoch it was sent in; a commit makes the next one. */
    uint64_t epoch;
    /* The server's time. */
    int64_t at_ms;
    enum store_entry_kind kind;
    struct id device;
    struct id message;
    /* Of the whole entry, also when its bytes are left out. */
    uint64_t size_bytes;
    struct store_hash hash;
    /* Empty for an entry larger than a page was to inline, and for a deleted one. */
    struct span bytes;
    bool deleted;
};

/* The result of an append, now or the first time. */
struct store_appended {
    uint32_t generation;
    uint64_t sequence;
    uint64_t epoch;
    int64_t at_ms;
    enum store_entry_kind kind;
    /* This message id was appended before: nothing was changed now and nobody is to be told. */
    bool again;
};

struct store_message {
    struct id channel;
    uint32_t generation;
    uint64_t epoch;
    struct id device;
    struct id message;
    /* SHA-256 of `bytes`. */
    struct store_hash hash;
    struct span bytes;
    int64_t now_ms;
};

/*
 * Appends an application message. Its epoch is the current one, or one of the last
 * STORE_LATE_EPOCHS_MAX that ended less than STORE_LATE_EPOCH_MS before `now_ms`.
 * STATUS_NOT_FOUND without such a channel; STATUS_DENIED unless the device is active and a member
 * now; STATUS_WRONG_EPOCH (also for another generation); STATUS_NOT_NOW while the channel is
 * frozen. A message that was appended before is answered whatever the channel's state.
 */
MUST_CHECK enum status store_log_append_message(struct store_db *db,
                                                const struct store_message *message,
                                                struct store_appended *appended);

/* A device that the commit adds or removes. An Update that changes only keys is no change. A
 * removed and added device (a resync) is two changes, the removal first. */
struct store_member_change {
    bool added;
    struct id person;
    struct id device;
    uint32_t leaf;
};

/* One joiner's Welcome, cut from the commit's. */
struct store_welcome_new {
    struct id device;
    struct span key_package_ref;
    struct span bytes;
    /* Ends with its KeyPackage. */
    int64_t expires_at_ms;
};

struct store_commit {
    /* Its epoch is the one it ends; the new one is the next. */
    struct store_message message;
    struct span public_state;
    struct span group_info;
    struct span tree;
    struct span tree_hash; /* of the new epoch's tree, for Welcomes */
    const struct store_member_change *changes;
    size_t changes_count;
    const struct store_welcome_new *welcomes;
    size_t welcomes_count;
};

/*
 * Appends a commit if its epoch is the current one, and with it, or not at all: the new group
 * state, the members, the Welcomes, the tree; waiting removals of devices that are now gone are
 * done. STATUS_WRONG_EPOCH when another commit won, or for another generation; otherwise as
 * store_log_append_message, where a device that the commit itself adds (an external join) counts as
 * a member; STATUS_DENIED also when it adds a device that is not active or not that person's;
 * STATUS_CONFLICT when the changes do not fit the members.
 */
MUST_CHECK enum status store_log_append_commit(struct store_db *db,
                                               const struct store_commit *commit,
                                               struct store_appended *appended);

/* What an append with this message id gave. STATUS_NOT_FOUND. */
MUST_CHECK enum status store_log_find(struct store_db *db,
                                      const struct id *channel,
                                      const struct id *device,
                                      const struct id *message,
                                      struct store_appended *appended);

struct store_log_query {
    struct id channel;
    uint32_t generation;
    /* The last entry that the reader has; 0: none. */
    uint64_t after_sequence;
    /* The last entry that they may have; 0: whatever there is. */
    uint64_t until_sequence;
    uint32_t count_max;
    /* The entries' bytes in all, at least one entry whatever its size. */
    size_t bytes_max;
    /* Entries larger than this come without bytes. */
    size_t inline_bytes_max;
};

struct store_log_page {
    struct store_entry *items;
    size_t count;
    /* There are more of this generation. */
    bool more;
};

MUST_CHECK enum status store_log_page(struct store_db *db,
                                      const struct store_log_query *query,
                                      struct arena *arena,
                                      struct store_log_page *page);

/* One entry with its bytes, whatever their size. STATUS_NOT_FOUND. */
MUST_CHECK enum status store_log_entry(struct store_db *db,
                                       const struct id *channel,
                                       uint32_t generation,
                                       uint64_t sequence,
                                       struct arena *arena,
                                       struct store_entry *entry);

/* Leaves a tombstone: the bytes go, place, time and hash stay. Application entries only
 * (STATUS_DENIED for a commit). Repeating it changes nothing. STATUS_NOT_FOUND. */
MUST_CHECK enum status store_log_delete(struct store_db *db,
                                        const struct id *channel,
                                        uint32_t generation,
                                        uint64_t sequence);

#endif
