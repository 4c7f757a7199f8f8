/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Welcomes that wait for their device. They are made with their commit (log.h) and end when the
 * device says that it has joined, or with their KeyPackage.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_WELCOMES_H
#define WEFT_STORE_WELCOMES_H

#include "server/store/store.h"

struct store_welcome {
    struct id channel;
    /* The epoch that it leads to; store_channels_tree has its tree. */
    uint32_t generation;
    uint64_t epoch;
    /* The entry of its commit: the newcomer reads on after it. */
    uint64_t sequence;
    struct id added_by; /* the person whose commit it was */
    struct span tree_hash;
    struct span bytes;
};

struct store_welcome_list {
    struct store_welcome *items;
    size_t count;
};

/* What waits for the device and is valid, oldest first: as much as one answer has room for, and one
 * however large it is. */
MUST_CHECK enum status store_welcomes_list(struct store_db *db,
                                           const struct id *device,
                                           int64_t now_ms,
                                           struct arena *arena,
                                           struct store_welcome_list *welcomes);

/* Of a Welcome that waits for the device, into `welcome->channel` and an epoch with the tree hash
 * `welcome->tree_hash`, where it leads to. STATUS_NOT_FOUND. */
MUST_CHECK enum status store_welcomes_find(struct store_db *db,
                                           const struct id *device,
                                           int64_t now_ms,
                                           struct store_welcome *welcome);

/* The device has joined: deletes the Welcome, and its epoch's tree when nobody else needs it.
 * Repeating it changes nothing. */
MUST_CHECK enum status store_welcomes_done(struct store_db *db,
                                           const struct id *device,
                                           const struct id *channel,
                                           uint32_t generation,
                                           uint64_t epoch);

/* The device is gone: deletes its Welcomes and the snapshots that nobody else needs. */
MUST_CHECK enum status store_welcomes_delete_of_device(struct store_db *db,
                                                       const struct id *device);

/* Deletes what has expired, with the snapshots that nobody needs any more. */
MUST_CHECK enum status store_welcomes_expire(struct store_db *db, int64_t now_ms);

#endif
