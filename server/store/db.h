/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connection to the database, with its prepared statements. For this folder only: the other
 * headers give out a `struct store_db *` that nobody outside can look into.
 *
 * Releases of SQLite before 3.51.3 can damage a write-ahead log when two connections write or
 * checkpoint at once: so there is one writer, which checkpoints itself, and readers that can do
 * neither.
 * Thread rule: a connection belongs to one thread at a time.
 */
#ifndef WEFT_STORE_DB_H
#define WEFT_STORE_DB_H

#include "server/store/store.h"

#include <sqlite3.h>

/* Room for every statement of this folder; a power of two, so that probing can mask. */
#define STORE_STATEMENTS_MAX 512

/* Nobody else has the file: only the other connection's short moments in recovery are waited for.
 */
#define STORE_BUSY_TIMEOUT_MS 5000

struct store_statement {
    /* The address is the key: each statement's text is one constant. */
    const char *sql;
    sqlite3_stmt *prepared;
    bool in_use;
};

struct log_heads;
struct log_ids;

struct store_db {
    sqlite3 *sqlite;
    /* The writer's; otherwise NULL. */
    struct log_ids *log_ids;
    struct log_heads *log_heads;
    struct store_statement statements[STORE_STATEMENTS_MAX];
    /* Pages in the write-ahead log after the last commit of this connection. */
    int wal_pages;
};

/* The connection that writes and checkpoints. `path` exists already. */
MUST_CHECK enum status store_db_open_writer(const char *path, struct store_db **db);

/* A connection that can only read. The writer is open already. */
MUST_CHECK enum status store_db_open_reader(const char *path, struct store_db **db);

/* NULL is allowed; `*db` becomes NULL. */
void store_db_close(struct store_db **db);

/* Removes a database that nobody has open, and what SQLite keeps beside it, as far as that goes. */
void store_db_remove(const char *path);

/* Runs statements that are not worth keeping (pragmas, schema, BEGIN). */
MUST_CHECK enum status store_db_execute(struct store_db *db, const char *sql);

/* Whether the whole file is sound: STATUS_CORRUPT. Takes as long as reading it. */
MUST_CHECK enum status store_db_check(struct store_db *db);

/* What an SQLite result means to a caller; OK for SQLITE_OK, _ROW and _DONE. */
MUST_CHECK enum status store_db_status(const struct store_db *db, int result);

/* SQLite has ended the transaction by itself, as it may when the disk is full. */
bool store_db_transaction_is_gone(const struct store_db *db);

#endif
