/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory log as a Merkle tree: an append-only list whose whole past is one hash.
 *
 * A client keeps every entry and computes the root itself, entry by entry; a head that the server
 * signed must have the same root. So inclusion and consistency are seen at once, and a server
 * that shows two people different logs has signed the proof of it.
 *
 * Errors: STATUS_UNTRUSTED (a head that does not verify or does not match), STATUS_LIMIT.
 * Source: RFC 9162, 2.1. Thread rule: pure functions; a struct belongs to one thread at a time.
 */
#ifndef WEFT_DIRECTORY_LOG_H
#define WEFT_DIRECTORY_LOG_H

#include "protocol/base/buffer.h"
#include "protocol/codec/schema.h"

#define DIRECTORY_HASH_SIZE 32
#define DIRECTORY_LOG_LEVELS 64

/* The complete subtrees that make up a log of `size` entries: all that appending needs. */
struct directory_log {
    uint64_t size;
    uint8_t subtrees[DIRECTORY_LOG_LEVELS][DIRECTORY_HASH_SIZE];
};

/* An empty log. */
void directory_log_init(struct directory_log *log);

/* RFC 9162, 2.1.1: HASH(0x00 || entry). */
MUST_CHECK enum status directory_leaf_hash(struct span entry, uint8_t hash[DIRECTORY_HASH_SIZE]);

MUST_CHECK enum status directory_log_append(struct directory_log *log, struct span entry);

/* The same from a stored leaf hash. */
MUST_CHECK enum status directory_log_append_hash(struct directory_log *log,
                                                 const uint8_t leaf_hash[DIRECTORY_HASH_SIZE]);

/* The Merkle tree hash of what was appended so far; of nothing, the hash of the empty string. */
MUST_CHECK enum status directory_log_root(const struct directory_log *log,
                                          uint8_t root[DIRECTORY_HASH_SIZE]);

/* What the server says of its log, signed with LABEL_LOG_HEAD over the fields before it. */
struct directory_head {
    uint8_t version;
    uint64_t size;
    uint8_t root[DIRECTORY_HASH_SIZE];
    int64_t time;
    struct span signature;
};
extern const struct schema directory_head_schema;

/* Appends the encoded head of `log`, signed with the log's key. */
MUST_CHECK enum status directory_head_sign(const struct directory_log *log,
                                           int64_t time,
                                           struct span log_private_key,
                                           struct buffer *head);

/* Decodes a head and verifies its signature; the result lends from `bytes`. */
MUST_CHECK enum status
directory_head_open(struct span bytes, struct span log_key, struct directory_head *head);

/* STATUS_UNTRUSTED unless `log` has the head's size and root. */
MUST_CHECK enum status directory_head_match(const struct directory_head *head,
                                            const struct directory_log *log);

#endif
