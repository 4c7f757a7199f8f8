/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an append looks at: where its channel's log stands, and that its sender may write. For this
 * folder only, and for the connection that writes.
 *
 * Both are asked of the database once and then remembered for as long as that connection, the only
 * one that writes, writes nothing but messages: SQLite counts the rows that it changes, and any
 * change that log_heads_appended was not told of forgets everything. So does a rollback. Nothing
 * else has to think of it.
 * Ownership: the connection's. Thread rule: the connection's.
 */
#ifndef WEFT_STORE_LOG_HEADS_H
#define WEFT_STORE_LOG_HEADS_H

#include "server/store/db.h"

struct log_head {
    int64_t state; /* enum store_channel_state */
    uint32_t generation;
    uint64_t epoch;
    uint64_t last_sequence;
};

MUST_CHECK enum status log_heads_new(struct log_heads **heads);

/* NULL is allowed; `*heads` becomes NULL. */
void log_heads_free(struct log_heads **heads);

/* STATUS_NOT_FOUND when there is no such channel. */
MUST_CHECK enum status
log_heads_get(struct store_db *db, const struct id *channel, struct log_head *head);

/* As store_members_check. */
MUST_CHECK enum status log_heads_check_sender(struct store_db *db,
                                              const struct id *channel,
                                              const struct id *device,
                                              int64_t *took_part_at_ms);

/* Since both were asked, `device` was checked, this message was written, and, if that is new, that
 * it took part; nothing else. */
void log_heads_appended(struct store_db *db,
                        const struct id *channel,
                        const struct id *device,
                        uint64_t sequence,
                        int64_t took_part_at_ms);

/* Something was rolled back. */
void log_heads_forget(struct store_db *db);

#endif
