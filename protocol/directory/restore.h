/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one way in which the directory log may become shorter: the server was put back from a backup,
 * says so under the log's key, and everybody is shown what was lost with it.
 *
 * A restore names the size and root that the log went back to, and its own number, so that none can
 * be played back later. Who has seen a longer log must have had this root at this size: what came
 * before stays what it was.
 * Errors: STATUS_UNTRUSTED (does not verify), STATUS_UNSUPPORTED. Thread rule: pure functions.
 */
#ifndef WEFT_DIRECTORY_RESTORE_H
#define WEFT_DIRECTORY_RESTORE_H

#include "protocol/directory/log.h"

struct directory_restore {
    uint8_t version;
    uint32_t number; /* rises by at least one */
    uint64_t size;   /* of the log as it went on from there */
    uint8_t root[DIRECTORY_HASH_SIZE];
    int64_t time;
    struct span signature;
};
extern const struct schema directory_restore_schema;

/* Appends the encoded statement about `log`, signed with the log's key. */
MUST_CHECK enum status directory_restore_sign(const struct directory_log *log,
                                              uint32_t number,
                                              int64_t time,
                                              struct span log_private_key,
                                              struct buffer *restore);

/* Decodes and verifies; the result lends from `bytes`. */
MUST_CHECK enum status
directory_restore_open(struct span bytes, struct span log_key, struct directory_restore *restore);

#endif
