/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finds the entry that a message became, by its id, so that a retry gets the first result. For this
 * folder only, and for the connection that writes.
 *
 * Ids are random, so an index that were kept up with each entry would have each rewrite a page of
 * its own, which is half of what an append costs. So the index (`log_messages`) lags behind: it has
 * the entries up to the row in `log_indexed`, and memory has those after it. From time to time they
 * are sorted and go into the index in portions, where they share pages.
 * Memory follows disk: it is filled from the log when it is first asked, and what a job added is
 * taken back with the job.
 * Ownership: the connection's. Thread rule: the connection's.
 */
#ifndef WEFT_STORE_LOG_IDS_H
#define WEFT_STORE_LOG_IDS_H

#include "server/store/db.h"

struct log_ids;

/* The same message id of another device, or in another channel, is another message. */
struct log_id {
    struct id channel;
    struct id device;
    struct id message;
};

MUST_CHECK enum status log_ids_new(struct store_db *db, struct log_ids **ids);

/* NULL is allowed; `*ids` becomes NULL. */
void log_ids_free(struct log_ids **ids);

/* The row of its entry in the log; STATUS_NOT_FOUND. In SQL it is log_row(channel, device,
 * message), NULL for none. */
MUST_CHECK enum status log_ids_find(struct store_db *db, const struct log_id *id, int64_t *row);

/* An entry was written at `row`, the last of the log; its id was looked up before. */
MUST_CHECK enum status log_ids_add(struct store_db *db, const struct log_id *id, int64_t row);

/* What a transaction or a savepoint begins with, and how it takes back what was added since. */
size_t log_ids_mark(const struct store_db *db);
void log_ids_take_back(struct store_db *db, size_t mark);

/* Everything in memory is to go into the index, however little it is. */
MUST_CHECK enum status log_ids_begin_index(struct store_db *db);

/* Whether a portion is to go into the index now. */
bool log_ids_is_due(const struct store_db *db);

/* Whether some of what is to go has gone already. */
bool log_ids_is_indexing(const struct store_db *db);

/* Writes one portion, in a transaction of its own, whose `certain` is that of transaction.h. After
 * an error it is begun anew later. */
MUST_CHECK enum status log_ids_index_portion(struct store_db *db, bool *certain);

#endif
