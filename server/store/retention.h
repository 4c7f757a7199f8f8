/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long messages are kept: by channel, in days. What is over leaves a tombstone, as a deleted
 * message does: place, time and hash stay.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_RETENTION_H
#define WEFT_STORE_RETENTION_H

#include "server/store/files.h"

/* 0: as long as the channel. STATUS_NOT_FOUND. */
MUST_CHECK enum status
store_retention_set(struct store_db *db, const struct id *channel, uint16_t keep_days);

/* Deletes the bytes of messages that are over, some hundred of each channel, and the sealed
 * segments that hold them. `*more` tells that there are others. `deleted` are the segments' files,
 * in lists of a channel each, from the arena. */
struct store_retention_files {
    struct store_retention_files *next;
    struct store_file_ids ids;
};
MUST_CHECK enum status store_retention_expire(struct store_db *db,
                                              int64_t now_ms,
                                              struct arena *arena,
                                              struct store_retention_files **deleted,
                                              bool *more);

#endif
