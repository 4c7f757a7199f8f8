/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long messages are kept: by channel, in days. What is over leaves a tombstone, as a deleted
 * message does: place, time and hash stay.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_RETENTION_H
#define WEFT_STORE_RETENTION_H

#include "server/store/store.h"

/* 0: as long as the channel. STATUS_NOT_FOUND. */
MUST_CHECK enum status
store_retention_set(struct store_db *db, const struct id *channel, uint16_t keep_days);

/* Deletes the bytes of messages that are over, some hundred of each channel. `*more` tells that
 * there are others. */
MUST_CHECK enum status store_retention_expire(struct store_db *db, int64_t now_ms, bool *more);

#endif
