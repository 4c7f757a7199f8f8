/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member's group as rows for an encrypted store, so that a message writes what it changed and
 * not the whole group.
 *
 * Bytes of rows hold secrets in plaintext: the store encrypts them, with the row's key and version
 * as associated data, and a row that is put replaces the one of the same key for good. Each row
 * begins with a version of its own form.
 * Thread rule: constants and plain data.
 */
#ifndef WEFT_MLS_MEMBER_ROWS_H
#define WEFT_MLS_MEMBER_ROWS_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

/* The values are those on disk. `epoch` and `index` of the key are 0 where not named. */
enum mls_row_kind {
    MLS_ROW_GROUP = 1,       /* context, transcript, cached proposals, own leaf, epoch secrets */
    MLS_ROW_EPOCH = 2,       /* epoch: what is kept of an epoch that is past */
    MLS_ROW_TREE_NODE = 3,   /* index: a node of the public tree */
    MLS_ROW_PRIVATE_KEY = 4, /* index: the private key of a node on our path */
    MLS_ROW_SECRET_NODE = 5, /* epoch, index: an unused node of the secret tree */
    MLS_ROW_RATCHET = 6,     /* epoch, index = 2 * leaf + (1 for application): a sender's ratchet */
    MLS_ROW_UPDATE = 7,      /* index: the private key of an Update that we proposed */
    MLS_ROW_PENDING = 8,     /* our commit that was not accepted yet */
};

struct mls_row_key {
    enum mls_row_kind kind;
    uint64_t epoch;
    uint32_t index;
};

/* Takes the changes: `put` stores or replaces a row, `drop` deletes one (that may not exist).
 * An error stops the enumeration. `bytes` is lent during the call. */
struct mls_row_sink {
    enum status (*put)(void *context, const struct mls_row_key *key, struct span bytes);
    enum status (*drop)(void *context, const struct mls_row_key *key);
    void *context;
};

/* Gives all rows of one group, in any order; STATUS_NOT_FOUND after the last. `bytes` stays valid
 * until the next call. */
struct mls_row_source {
    enum status (*next)(void *context, struct mls_row_key *key, struct span *bytes);
    void *context;
};

#endif
