/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/vault.h"

#include "client-cli/core/vault/vault_key.h"
#include "client-cli/core/vault/vault_lock.h"
#include "protocol/base/secret.h"
#include "protocol/codec/writer.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE_NAME "vault.db"
#define KEY_FILE_NAME "vault.key"
#define SALT_FILE_NAME "vault.salt"
#define LOCK_FILE_NAME "lock"

#define SCHEMA_VERSION 1

/* The record that proves the key and holds the counter: no other record uses this kind. */
#define COUNTER_KIND 0

static const char schema_sql[] =
    "CREATE TABLE records ("
    " kind INTEGER NOT NULL, scope BLOB NOT NULL, major INTEGER NOT NULL, minor INTEGER NOT NULL,"
    " version INTEGER NOT NULL, counter INTEGER NOT NULL, sealed BLOB NOT NULL,"
    " PRIMARY KEY (kind, scope, major, minor)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

/* One process, one connection: exclusive locking keeps the shared-memory file away. */
static const char settings_sql[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA secure_delete = ON;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA mmap_size = 0;"
                                   "PRAGMA cell_size_check = ON;"
                                   "PRAGMA trusted_schema = OFF;";

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_PUT,
    STATEMENT_GET,
    STATEMENT_DELETE,
    STATEMENT_DELETE_RANGE,
    STATEMENT_WALK,
    STATEMENT_WALK_BACK,
    STATEMENT_COUNT
};

#define ONE_RECORD " WHERE kind = ?1 AND scope = ?2 AND major = ?3 AND minor = ?4"
#define RANGE " WHERE kind = ?1 AND scope = ?2 AND major BETWEEN ?3 AND ?4"
#define COLUMNS "SELECT major, minor, version, counter, sealed FROM records"

static const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_PUT] = "INSERT OR REPLACE INTO records VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_GET] = COLUMNS ONE_RECORD,
    [STATEMENT_DELETE] = "DELETE FROM records" ONE_RECORD,
    [STATEMENT_DELETE_RANGE] = "DELETE FROM records" RANGE,
    [STATEMENT_WALK] = COLUMNS RANGE " ORDER BY major, minor",
    [STATEMENT_WALK_BACK] = COLUMNS RANGE " ORDER BY major DESC, minor DESC",
};

struct vault {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct vault_key *key;
    struct vault_lock lock;
    const struct random_source *random;
    uint64_t counter;
    bool in_transaction;
};

struct path {
    char text[PATH_MAX];
};

static enum status path_in(const char *directory, const char *name, struct path *path)
{
    int length = snprintf(path->text, sizeof path->text, "%s/%s", directory, name);
    return length > 0 && (size_t)length < sizeof path->text ? STATUS_OK : STATUS_LIMIT;
}

static bool file_exists(const char *directory, const char *name)
{
    struct path path;
    return path_in(directory, name, &path) == STATUS_OK && access(path.text, F_OK) == 0;
}

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_NOMEM:
        return STATUS_NO_MEMORY;
    case SQLITE_FULL:
        return STATUS_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
        return STATUS_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STATUS_LOCKED;
    case SQLITE_TOOBIG:
        return STATUS_LIMIT;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return STATUS_IO;
    default: /* SQLite's codes are not an enum of ours */
        return STATUS_INTERNAL;
    }
}

/* Runs a statement that returns no rows and resets it. */
static enum status run(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code == SQLITE_ROW ? STATUS_INTERNAL : status_of(code);
}

/* ---- records ---- */

struct record {
    struct vault_place place;
    uint8_t lookup[VAULT_LOOKUP_SIZE];
    uint64_t version;
    uint64_t counter;
};

/* What a record is bound to: it cannot be moved, replaced by an older one of another transaction
 * without its counter, or be given another name. */
#define ASSOCIATED_SIZE (2 + VAULT_LOOKUP_SIZE + 4 * 8)

static void put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void associated_data(const struct record *record, uint8_t out[ASSOCIATED_SIZE])
{
    out[0] = (uint8_t)(record->place.kind >> 8);
    out[1] = (uint8_t)record->place.kind;
    memcpy(out + 2, record->lookup, VAULT_LOOKUP_SIZE);
    uint8_t *numbers = out + 2 + VAULT_LOOKUP_SIZE;
    put_u64(numbers, record->place.major);
    put_u64(numbers + 8, record->place.minor);
    put_u64(numbers + 16, record->version);
    put_u64(numbers + 24, record->counter);
}

static enum status bind_place(sqlite3_stmt *statement, const struct record *record)
{
    if (record->place.major > INT64_MAX || record->place.minor > INT64_MAX)
        return STATUS_LIMIT;
    int code = sqlite3_bind_int(statement, 1, record->place.kind);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(statement, 2, record->lookup, VAULT_LOOKUP_SIZE, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, (int64_t)record->place.major);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 4, (int64_t)record->place.minor);
    return status_of(code);
}

static void
record_of(const struct vault *vault, const struct vault_place *place, struct record *record)
{
    *record = (struct record){.place = *place};
    vault_key_lookup(vault->key, place->kind, id_span(&place->scope), record->lookup);
}

static enum status column_number(sqlite3_stmt *statement, int column, uint64_t *number)
{
    int64_t value = sqlite3_column_int64(statement, column);
    if (value < 0)
        return STATUS_CORRUPT;
    *number = (uint64_t)value;
    return STATUS_OK;
}

/* Reads the columns of COLUMNS, `record` naming kind and scope, and appends the plaintext. */
static enum status
open_row(const struct vault *vault, sqlite3_stmt *row, struct record *record, struct buffer *value)
{
    TRY(column_number(row, 0, &record->place.major));
    TRY(column_number(row, 1, &record->place.minor));
    TRY(column_number(row, 2, &record->version));
    TRY(column_number(row, 3, &record->counter));
    uint8_t associated[ASSOCIATED_SIZE];
    associated_data(record, associated);
    const void *blob = sqlite3_column_blob(row, 4);
    struct span sealed = span_of(blob, (size_t)sqlite3_column_bytes(row, 4));
    /* A long value is put together in memory; without it there is none. */
    if (blob == NULL && sqlite3_errcode(vault->database) == SQLITE_NOMEM)
        return STATUS_NO_MEMORY;
    if (sealed.len < VAULT_SEAL_OVERHEAD)
        return STATUS_CORRUPT;
    size_t before = value->len;
    uint8_t *plaintext;
    uint8_t nothing;
    TRY(buffer_extend(value, sealed.len - VAULT_SEAL_OVERHEAD, &plaintext));
    enum status opened = vault_key_open(vault->key, SPAN_OF(associated), sealed,
                                        plaintext == NULL ? &nothing : plaintext);
    if (opened != STATUS_OK)
        buffer_truncate(value, before);
    return opened;
}

/* One record, and whether it is from the past that the counter knows. */
static enum status get(struct vault *vault, struct record *record, struct buffer *value)
{
    sqlite3_stmt *statement = vault->statements[STATEMENT_GET];
    TRY(bind_place(statement, record));
    int code = sqlite3_step(statement);
    enum status status = code == SQLITE_DONE ? STATUS_NOT_FOUND : status_of(code);
    if (code == SQLITE_ROW)
        status = open_row(vault, statement, record, value);
    sqlite3_reset(statement);
    return status;
}

/* A transaction in progress writes with the next counter. */
static bool is_from_the_future(const struct vault *vault, const struct record *record)
{
    return record->counter > vault->counter + (vault->in_transaction ? 1 : 0);
}

static enum status put(struct vault *vault, const struct record *record, struct span value)
{
    if (value.len > VAULT_VALUE_BYTES_MAX)
        return STATUS_LIMIT;
    CLEANUP(buffer_clear)
    struct buffer sealed = BUFFER_INIT(VAULT_VALUE_BYTES_MAX + VAULT_SEAL_OVERHEAD);
    uint8_t associated[ASSOCIATED_SIZE];
    associated_data(record, associated);
    uint8_t *out;
    TRY(buffer_extend(&sealed, value.len + VAULT_SEAL_OVERHEAD, &out));
    TRY(vault_key_seal(vault->key, vault->random, SPAN_OF(associated), value, out));
    sqlite3_stmt *statement = vault->statements[STATEMENT_PUT];
    TRY(bind_place(statement, record));
    int code = sqlite3_bind_int64(statement, 5, (int64_t)record->version);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 6, (int64_t)record->counter);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(statement, 7, sealed.ptr, (int)sealed.len, SQLITE_STATIC);
    if (code != SQLITE_OK)
        return status_of(code);
    return run(statement);
}

/* ---- the counter ---- */

static const uint8_t counter_text[] = "weft vault 1";

static enum status write_counter(struct vault *vault, uint64_t counter)
{
    struct record record;
    record_of(vault, &(struct vault_place){.kind = COUNTER_KIND}, &record);
    record.counter = counter;
    return put(vault, &record, SPAN_OF(counter_text));
}

/* STATUS_NOT_DECRYPTED: this key did not write it, or somebody changed it. */
static enum status read_counter(struct vault *vault)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(sizeof counter_text);
    struct record record;
    record_of(vault, &(struct vault_place){.kind = COUNTER_KIND}, &record);
    enum status status = get(vault, &record, &text);
    /* With another key the record has another name, so it looks as if it were missing. */
    if (status == STATUS_NOT_FOUND)
        return STATUS_NOT_DECRYPTED;
    TRY(status);
    vault->counter = record.counter;
    return STATUS_OK;
}

/* ---- opening ---- */

static enum status load_key(const struct vault_options *options, struct vault_key **key)
{
    struct path path;
    if (options->passphrase.len == 0) {
        TRY(path_in(options->directory, KEY_FILE_NAME, &path));
        return vault_key_from_file(path.text, key);
    }
    uint8_t salt[VAULT_SALT_SIZE];
    TRY(path_in(options->directory, SALT_FILE_NAME, &path));
    FILE *file = fopen(path.text, "re");
    if (file == NULL)
        return STATUS_IO;
    size_t count = fread(salt, 1, sizeof salt, file);
    fclose(file);
    return count == sizeof salt ? vault_key_from_passphrase(options->passphrase, salt, key)
                                : STATUS_CORRUPT;
}

static enum status make_salt(const char *path, const struct random_source *random)
{
    uint8_t salt[VAULT_SALT_SIZE];
    TRY(random_fill(random, salt, sizeof salt));
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return STATUS_IO;
    bool written = fwrite(salt, 1, sizeof salt, file) == sizeof salt && fflush(file) == 0 &&
                   fsync(fileno(file)) == 0;
    return fclose(file) == 0 && written ? STATUS_OK : STATUS_IO;
}

static enum status make_key(const struct vault_options *options)
{
    struct path path;
    bool with_file = options->passphrase.len == 0;
    TRY(path_in(options->directory, with_file ? KEY_FILE_NAME : SALT_FILE_NAME, &path));
    /* What an interrupted making left: nothing was sealed with it. */
    if (unlink(path.text) != 0 && errno != ENOENT)
        return STATUS_IO;
    return with_file ? vault_key_make_file(path.text, options->random)
                     : make_salt(path.text, options->random);
}

static enum status prepare_statements(struct vault *vault)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        int code = sqlite3_prepare_v3(vault->database, statement_sql[i], -1,
                                      SQLITE_PREPARE_PERSISTENT, &vault->statements[i], NULL);
        if (code != SQLITE_OK) /* a damaged schema shows as a table that is not there */
            return (code & 0xff) == SQLITE_ERROR ? STATUS_CORRUPT : status_of(code);
    }
    return STATUS_OK;
}

/* The version of the file's form; 0 for a file whose making was interrupted. */
static enum status read_form(struct vault *vault, int *form)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(vault->database, "PRAGMA user_version", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *form = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? STATUS_CORRUPT : status_of(code);
}

static enum status open_database(struct vault *vault, const char *directory, bool create)
{
    struct path path;
    TRY(path_in(directory, DATABASE_NAME, &path));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                (create ? SQLITE_OPEN_CREATE : 0);
    mode_t mask = umask(0077);
    int code = sqlite3_open_v2(path.text, &vault->database, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(vault->database, settings_sql, NULL, NULL, NULL);
    umask(mask);
    TRY(status_of(code));
    int form = 0;
    TRY(read_form(vault, &form));
    if (form != 0 && create)
        return STATUS_EXISTS;
    if (form == 0 && !create)
        return STATUS_NOT_FOUND;
    return form == 0 || form == SCHEMA_VERSION ? STATUS_OK : STATUS_UNSUPPORTED;
}

/* Tables and counter in one transaction, so that a vault is either whole or not there. */
static enum status make_tables(struct vault *vault)
{
    TRY(status_of(sqlite3_exec(vault->database, "BEGIN IMMEDIATE", NULL, NULL, NULL)));
    TRY(status_of(sqlite3_exec(vault->database, schema_sql, NULL, NULL, NULL)));
    TRY(prepare_statements(vault));
    TRY(write_counter(vault, 0));
    return status_of(sqlite3_exec(vault->database, "COMMIT", NULL, NULL, NULL));
}

/* A deleted record must not stay in the log: empties the file. */
static enum status empty_log(struct vault *vault)
{
    int code =
        sqlite3_wal_checkpoint_v2(vault->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return status_of(code);
}

static enum status open_parts(const struct vault_options *options, bool create, struct vault *vault)
{
    TRY(open_database(vault, options->directory, create));
    if (create)
        TRY(make_key(options));
    TRY(load_key(options, &vault->key));
    TRY(create ? make_tables(vault) : prepare_statements(vault));
    TRY(read_counter(vault));
    return empty_log(vault);
}

static enum status
open_vault(const struct vault_options *options, bool create, struct vault **vault, pid_t *holder)
{
    struct path lock_path;
    TRY(path_in(options->directory, LOCK_FILE_NAME, &lock_path));
    struct vault *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    opened->random = options->random;
    opened->lock = VAULT_LOCK_INIT;
    enum status status = vault_lock_open(lock_path.text, &opened->lock, holder);
    if (status == STATUS_OK && !create && !vault_exists(options->directory))
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = open_parts(options, create, opened);
    if (status == STATUS_OK)
        *vault = opened;
    else
        vault_close(&opened);
    return status;
}

bool vault_exists(const char *directory)
{
    return file_exists(directory, DATABASE_NAME);
}

bool vault_needs_passphrase(const char *directory)
{
    return file_exists(directory, SALT_FILE_NAME);
}

enum status vault_create(const struct vault_options *options, struct vault **vault, pid_t *holder)
{
    return open_vault(options, true, vault, holder);
}

enum status vault_open(const struct vault_options *options, struct vault **vault, pid_t *holder)
{
    return open_vault(options, false, vault, holder);
}

void vault_close(struct vault **vault)
{
    struct vault *closing = *vault;
    if (closing == NULL)
        return;
    vault_rollback(closing);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(closing->statements[i]);
    sqlite3_close(closing->database);
    vault_key_free(&closing->key);
    vault_lock_close(&closing->lock);
    free(closing);
    *vault = NULL;
}

uint64_t vault_counter(const struct vault *vault)
{
    return vault->counter;
}

/* ---- transactions ---- */

enum status vault_begin(struct vault *vault)
{
    assert(!vault->in_transaction);
    TRY(run(vault->statements[STATEMENT_BEGIN]));
    vault->in_transaction = true;
    return STATUS_OK;
}

enum status vault_commit(struct vault *vault)
{
    assert(vault->in_transaction);
    TRY(write_counter(vault, vault->counter + 1));
    TRY(run(vault->statements[STATEMENT_COMMIT]));
    vault->in_transaction = false;
    vault->counter++;
    /* Durable already. While a walk reads, the log cannot be emptied: the next commit does it. */
    enum status emptied = empty_log(vault);
    return emptied == STATUS_LOCKED ? STATUS_OK : emptied;
}

void vault_rollback(struct vault *vault)
{
    /* SQLite may have rolled back by itself after an error, which makes this one fail. */
    if (vault->in_transaction && run(vault->statements[STATEMENT_ROLLBACK]) != STATUS_OK)
        assert(sqlite3_get_autocommit(vault->database) != 0);
    vault->in_transaction = false;
}

enum status vault_end(struct vault *vault, enum status status)
{
    if (status == STATUS_OK)
        status = vault_commit(vault);
    if (status != STATUS_OK)
        vault_rollback(vault);
    return status;
}

bool vault_in_transaction(const struct vault *vault)
{
    return vault->in_transaction;
}

/* ---- access ---- */

enum status vault_put(struct vault *vault, const struct vault_place *place, struct span value)
{
    assert(vault->in_transaction && place->kind != COUNTER_KIND);
    struct record record;
    record_of(vault, place, &record);
    record.version = SCHEMA_VERSION;
    record.counter = vault->counter + 1;
    return put(vault, &record, value);
}

enum status vault_get(struct vault *vault, const struct vault_place *place, struct buffer *value)
{
    struct record record;
    record_of(vault, place, &record);
    size_t before = value->len;
    TRY(get(vault, &record, value));
    if (is_from_the_future(vault, &record)) {
        buffer_truncate(value, before);
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

enum status vault_delete(struct vault *vault, const struct vault_place *place)
{
    assert(vault->in_transaction && place->kind != COUNTER_KIND);
    struct record record;
    record_of(vault, place, &record);
    TRY(bind_place(vault->statements[STATEMENT_DELETE], &record));
    return run(vault->statements[STATEMENT_DELETE]);
}

enum status vault_delete_range(
    struct vault *vault, uint16_t kind, const struct id *scope, uint64_t from, uint64_t to)
{
    assert(vault->in_transaction && kind != COUNTER_KIND);
    struct record record;
    record_of(vault, &(struct vault_place){.kind = kind, .scope = *scope}, &record);
    record.place.major = from > INT64_MAX ? INT64_MAX : from;
    record.place.minor = to > INT64_MAX ? INT64_MAX : to; /* the statement's upper end */
    TRY(bind_place(vault->statements[STATEMENT_DELETE_RANGE], &record));
    return run(vault->statements[STATEMENT_DELETE_RANGE]);
}

static enum status visit_row(const struct vault *vault,
                             const struct vault_walk *walk,
                             sqlite3_stmt *row,
                             struct buffer *value)
{
    struct record record;
    record_of(vault, &(struct vault_place){.kind = walk->kind, .scope = walk->scope}, &record);
    buffer_truncate(value, 0);
    TRY(open_row(vault, row, &record, value));
    if (is_from_the_future(vault, &record))
        return STATUS_CORRUPT;
    return walk->visit(walk->context, &record.place, buffer_span(value));
}

enum status vault_walk(struct vault *vault, const struct vault_walk *walk)
{
    CLEANUP(buffer_clear) struct buffer value = BUFFER_INIT(VAULT_VALUE_BYTES_MAX);
    struct record range;
    record_of(vault, &(struct vault_place){.kind = walk->kind, .scope = walk->scope}, &range);
    range.place.major = walk->from > INT64_MAX ? INT64_MAX : walk->from;
    range.place.minor = walk->to > INT64_MAX ? INT64_MAX : walk->to;
    /* A statement of its own: a visitor may walk again. */
    sqlite3_stmt *statement = NULL;
    enum statement which = walk->backwards ? STATEMENT_WALK_BACK : STATEMENT_WALK;
    TRY(status_of(sqlite3_prepare_v2(vault->database, statement_sql[which], -1, &statement, NULL)));
    enum status status = bind_place(statement, &range);
    int code = SQLITE_ROW;
    while (status == STATUS_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
        status = visit_row(vault, walk, statement, &value);
    if (status == STATUS_OK)
        status = status_of(code);
    sqlite3_finalize(statement);
    return status == STATUS_CANCELLED ? STATUS_OK : status;
}
