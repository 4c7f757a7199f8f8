/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Running jobs on a connection: many writing jobs in one transaction, each in a savepoint; one
 * reading job in one snapshot. For this folder only; on the connection's thread.
 */
#ifndef WEFT_STORE_TRANSACTION_H
#define WEFT_STORE_TRANSACTION_H

#include "server/store/db.h"

/*
 * Runs a chain of jobs and commits; then each job's `status` is what its done() gets. Returns how
 * the transaction itself went: an error means that none of the jobs happened, and, with
 * `*certain` false, that nobody knows what is on the disk.
 */
MUST_CHECK enum status
store_transaction_write(struct store_db *db, struct store_job *chain, bool *certain);

/* Runs one job that reads; its `status` is what its done() gets. */
void store_transaction_read(struct store_db *db, struct store_job *job);

#endif
