/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/db.h"

#include "server/store/log_heads.h"
#include "server/store/log_ids.h"
#include "server/store/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status status_of_write_error(const struct store_db *db)
{
    int error = sqlite3_system_errno(db->sqlite);
    return error == ENOSPC || error == EDQUOT || error == EFBIG ? STATUS_FULL : STATUS_IO;
}

static enum status status_of_constraint(int result)
{
    switch (result) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return STATUS_EXISTS;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return STATUS_CONFLICT;
    default:
        /* CHECK, NOT NULL and types: a function here that let something through. */
        return STATUS_INTERNAL;
    }
}

enum status store_db_status(const struct store_db *db, int result)
{
    if (result == SQLITE_IOERR_NOMEM)
        return STATUS_NO_MEMORY;
    if (result == SQLITE_IOERR_WRITE)
        return status_of_write_error(db);
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_CONSTRAINT:
        return status_of_constraint(result);
    case SQLITE_FULL:
        return STATUS_FULL;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STATUS_CORRUPT;
    case SQLITE_TOOBIG:
        return STATUS_LIMIT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STATUS_LOCKED;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return STATUS_IO;
    default:
        return STATUS_INTERNAL;
    }
}

enum status store_db_execute(struct store_db *db, const char *sql)
{
    return store_db_status(db, sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

static int keep_verdict(void *context, int columns, char **values, char **names)
{
    (void)names;
    bool *sound = context;
    *sound = columns == 1 && values[0] != NULL && strcmp(values[0], "ok") == 0;
    return SQLITE_OK;
}

enum status store_db_check(struct store_db *db)
{
    bool sound = false;
    int result = sqlite3_exec(db->sqlite, "PRAGMA integrity_check(1)", keep_verdict, &sound, NULL);
    TRY(store_db_status(db, result));
    return sound ? STATUS_OK : STATUS_CORRUPT;
}

bool store_db_transaction_is_gone(const struct store_db *db)
{
    return sqlite3_get_autocommit(db->sqlite) != 0;
}

static int keep_wal_pages(void *context, sqlite3 *sqlite, const char *name, int pages)
{
    (void)sqlite;
    (void)name;
    struct store_db *db = context;
    db->wal_pages = pages;
    return SQLITE_OK;
}

static enum status configure(struct store_db *db, bool writer)
{
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, STORE_BUSY_TIMEOUT_MS);
    /* A damaged file must not run SQL of its own, nor be repaired by hand. */
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    TRY(store_db_execute(db, "PRAGMA mmap_size = 0;"
                             "PRAGMA cell_size_check = ON;"
                             "PRAGMA foreign_keys = ON;"
                             "PRAGMA temp_store = MEMORY;"
                             /* 16 MiB: the hot tables and the ends of the indexes. */
                             "PRAGMA cache_size = -16384;"));
    if (!writer)
        return store_db_execute(db, "PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = ON;");
    TRY(store_db_execute(db, "PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = FULL;"
                             "PRAGMA secure_delete = ON;"));
    /* Takes the place of the automatic checkpoint. */
    sqlite3_wal_hook(db->sqlite, keep_wal_pages, db);
    return STATUS_OK;
}

static enum status open_connection(const char *path, bool writer, struct store_db **db)
{
    struct store_db *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    /* Nobody asks how much memory SQLite has, and counting it takes a lock with each allocation.
     * Refused, and of no effect, after the first connection. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int flags = (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
    enum status status =
        store_db_status(opened, sqlite3_open_v2(path, &opened->sqlite, flags, NULL));
    if (status == STATUS_OK)
        status = configure(opened, writer);
    if (status == STATUS_OK && writer)
        status = log_ids_new(opened, &opened->log_ids);
    if (status == STATUS_OK && writer)
        status = log_heads_new(&opened->log_heads);
    if (status != STATUS_OK) {
        store_db_close(&opened);
        return status;
    }
    *db = opened;
    return STATUS_OK;
}

enum status store_db_open_writer(const char *path, struct store_db **db)
{
    return open_connection(path, true, db);
}

enum status store_db_open_reader(const char *path, struct store_db **db)
{
    return open_connection(path, false, db);
}

void store_db_close(struct store_db **db)
{
    struct store_db *closing = *db;
    if (closing == NULL)
        return;
    for (size_t i = 0; i < STORE_STATEMENTS_MAX; i++)
        sqlite3_finalize(closing->statements[i].prepared);
    sqlite3_close(closing->sqlite);
    log_ids_free(&closing->log_ids);
    log_heads_free(&closing->log_heads);
    free(closing);
    *db = NULL;
}

void store_db_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char whole[STORE_PATH_BYTES_MAX + 16];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(whole, sizeof whole, "%s%s", path, suffixes[i]);
        unlink(whole);
    }
}
