/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The write-ahead log of the writer: filled with pages beforehand, checkpointed before it leaves
 * what is filled, and truncated so that deleted bytes do not stay in it. For this folder only; on
 * the writer's thread.
 */
#ifndef WEFT_STORE_WAL_H
#define WEFT_STORE_WAL_H

#include "server/store/db.h"

/* Makes the file as large as it will be used, and lets the next commit start at its beginning. */
MUST_CHECK enum status store_wal_fill(struct store_db *db);

/* Copies the log into the database when it is long enough, so that the next commit starts at its
 * beginning. `*done` tells whether it did. A reader in the way only puts it off. */
MUST_CHECK enum status store_wal_checkpoint_if_long(struct store_db *db, bool *done);

/* Copies all of it and cuts the file to nothing. STATUS_LOCKED while a reader is in the way. */
MUST_CHECK enum status store_wal_truncate(struct store_db *db);

#endif
