/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/wal.h"

#include "server/store/limits.h"
#include "server/store/query.h"

#define PAGE_BYTES 4096

/* Longer than any ordinary read. */
#define TRUNCATE_PATIENCE_MS 100

static enum status checkpoint(struct store_db *db, int mode)
{
    return store_db_status(db, sqlite3_wal_checkpoint_v2(db->sqlite, NULL, mode, NULL, NULL));
}

static enum status write_fill(struct store_db *db)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO wal_fill (bytes) VALUES (zeroblob(?))");
    query_bind_int(&q, (int64_t)STORE_WAL_PAGES_FILLED * PAGE_BYTES);
    return query_run(&q);
}

enum status store_wal_fill(struct store_db *db)
{
    /* The row takes the same pages of the database each time; every one of them goes through the
     * log. */
    TRY(store_db_execute(db, "BEGIN IMMEDIATE; DELETE FROM wal_fill;"));
    enum status status = write_fill(db);
    if (status == STATUS_OK)
        status = store_db_execute(db, "COMMIT");
    if (status != STATUS_OK && !store_db_transaction_is_gone(db)) {
        enum status rolled_back = store_db_execute(db, "ROLLBACK");
        (void)rolled_back; /* the first failure is the one to tell */
    }
    TRY(status);
    return checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
}

enum status store_wal_checkpoint_if_long(struct store_db *db, bool *done)
{
    if (db->wal_pages < STORE_WAL_PAGES_CHECKPOINT) {
        *done = false;
        return STATUS_OK;
    }
    TRY(checkpoint(db, SQLITE_CHECKPOINT_PASSIVE));
    *done = true;
    return STATUS_OK;
}

enum status store_wal_truncate(struct store_db *db)
{
    /* All writing waits meanwhile: a long read (a backup) must not hold it up. */
    sqlite3_busy_timeout(db->sqlite, TRUNCATE_PATIENCE_MS);
    enum status status = checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE);
    sqlite3_busy_timeout(db->sqlite, STORE_BUSY_TIMEOUT_MS);
    TRY(status);
    db->wal_pages = 0;
    return STATUS_OK;
}
