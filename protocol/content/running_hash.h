/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hash for all of a log that a member has seen in an epoch. It begins anew with each epoch,
 * from the confirmed transcript hash, so that a newcomer can compute it too; commits of the past
 * are in the transcript, and messages of the past were compared while their epoch lasted.
 * Errors: STATUS_CRYPTO. Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_RUNNING_HASH_H
#define WEFT_CONTENT_RUNNING_HASH_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

#define RUNNING_HASH_SIZE 32

/* The hash at the beginning of an epoch. */
MUST_CHECK enum status running_hash_begin(struct span confirmed_transcript_hash,
                                          uint8_t hash[RUNNING_HASH_SIZE]);

/* The hash after one more entry: its sequence and its bytes as they were received. */
MUST_CHECK enum status
running_hash_add(uint8_t hash[RUNNING_HASH_SIZE], uint64_t sequence, struct span entry);

/* The same for an entry of which only the hash of its bytes is left. */
MUST_CHECK enum status running_hash_add_deleted(uint8_t hash[RUNNING_HASH_SIZE],
                                                uint64_t sequence,
                                                const uint8_t entry_sha256[RUNNING_HASH_SIZE]);

#endif
