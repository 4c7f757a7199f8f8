/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/transaction.h"

#include "server/store/log_heads.h"
#include "server/store/log_ids.h"
#include "server/store/query.h"

static enum status run_prepared(struct store_db *db, const char *sql)
{
    CLEANUP(query_end) struct query q = query_on(db, sql);
    return query_run(&q);
}

static void fail_all(struct store_job *chain, enum status status)
{
    for (struct store_job *job = chain; job != NULL; job = job->next)
        job->status = status;
}

/* Memory follows disk. */
static void take_back(struct store_db *db, size_t mark)
{
    log_ids_take_back(db, mark);
    log_heads_forget(db);
}

static enum status run(struct store_db *db, struct store_job *job)
{
    job->status = job->run(db, job);
    /* SQLite gives up the whole transaction when it cannot undo a part of it. */
    if (store_db_transaction_is_gone(db))
        return job->status == STATUS_OK ? STATUS_INTERNAL : job->status;
    return STATUS_OK;
}

/* Gives the job's own result in `job->status`; fails when the transaction cannot go on. */
static enum status run_in_savepoint(struct store_db *db, struct store_job *job)
{
    size_t mark = log_ids_mark(db);
    TRY(run_prepared(db, "SAVEPOINT job"));
    TRY(run(db, job));
    if (job->status != STATUS_OK) {
        TRY(run_prepared(db, "ROLLBACK TO job"));
        take_back(db, mark);
    }
    return run_prepared(db, "RELEASE job");
}

/* The same for a job that refuses before it has changed anything. */
static enum status run_plainly(struct store_db *db, struct store_job *job)
{
    int64_t changes = sqlite3_total_changes64(db->sqlite);
    TRY(run(db, job));
    return sqlite3_total_changes64(db->sqlite) == changes ? STATUS_OK : job->status;
}

static enum status run_chain(struct store_db *db, struct store_job *chain)
{
    for (struct store_job *job = chain; job != NULL; job = job->next)
        TRY(job->refuses_first ? run_plainly(db, job) : run_in_savepoint(db, job));
    return STATUS_OK;
}

static void roll_back(struct store_db *db)
{
    if (store_db_transaction_is_gone(db))
        return;
    enum status status = run_prepared(db, "ROLLBACK");
    (void)status; /* the failure before this one is the one to tell */
}

enum status store_transaction_write(struct store_db *db, struct store_job *chain, bool *certain)
{
    *certain = true;
    size_t mark = log_ids_mark(db);
    enum status status = run_prepared(db, "BEGIN IMMEDIATE");
    if (status == STATUS_OK)
        status = run_chain(db, chain);
    if (status == STATUS_OK) {
        status = run_prepared(db, "COMMIT");
        *certain = status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        roll_back(db);
        take_back(db, mark);
        fail_all(chain, status);
    }
    return status;
}

void store_transaction_read(struct store_db *db, struct store_job *job)
{
    job->status = run_prepared(db, "BEGIN");
    if (job->status != STATUS_OK)
        return;
    job->status = job->run(db, job);
    /* Nothing was written: this only ends the snapshot. */
    roll_back(db);
}
