/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/query.h"

#include <assert.h>
#include <string.h>

static struct store_statement *find_slot(struct store_db *db, const char *sql)
{
    size_t start = ((uintptr_t)sql >> 3) * 31;
    for (size_t i = 0; i < STORE_STATEMENTS_MAX; i++) {
        struct store_statement *slot = &db->statements[(start + i) & (STORE_STATEMENTS_MAX - 1)];
        if (slot->sql == NULL || slot->sql == sql)
            return slot;
    }
    return NULL;
}

struct query query_on(struct store_db *db, const char *sql)
{
    struct query query = {.db = db, .status = STATUS_OK};
    struct store_statement *slot = find_slot(db, sql);
    assert(slot != NULL && !slot->in_use);
    if (slot->prepared == NULL) {
        int result = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                        &slot->prepared, NULL);
        query.status = store_db_status(db, result);
        if (query.status != STATUS_OK)
            return query;
        slot->sql = sql;
    }
    slot->in_use = true;
    query.statement = slot;
    return query;
}

void query_end(struct query *query)
{
    if (query->statement == NULL)
        return;
    /* Repeats the error of the last step, which was reported there. */
    (void)sqlite3_reset(query->statement->prepared);
    (void)sqlite3_clear_bindings(query->statement->prepared);
    query->statement->in_use = false;
    query->statement = NULL;
}

static void keep(struct query *query, int result)
{
    if (query->status == STATUS_OK)
        query->status = store_db_status(query->db, result);
}

/* The number of the next parameter, or 0 when nothing is to be bound any more. */
static int next_parameter(struct query *query)
{
    return query->status == STATUS_OK ? ++query->bound : 0;
}

void query_bind_int(struct query *query, int64_t value)
{
    int parameter = next_parameter(query);
    if (parameter != 0)
        keep(query, sqlite3_bind_int64(query->statement->prepared, parameter, value));
}

void query_bind_unsigned(struct query *query, uint64_t value)
{
    if (value > INT64_MAX && query->status == STATUS_OK)
        query->status = STATUS_LIMIT;
    query_bind_int(query, (int64_t)value);
}

void query_bind_real(struct query *query, double value)
{
    int parameter = next_parameter(query);
    if (parameter != 0)
        keep(query, sqlite3_bind_double(query->statement->prepared, parameter, value));
}

void query_bind_bytes(struct query *query, struct span bytes)
{
    int parameter = next_parameter(query);
    if (parameter == 0)
        return;
    /* A NULL pointer would bind NULL. */
    const void *start = bytes.len == 0 ? (const void *)"" : bytes.ptr;
    keep(query, sqlite3_bind_blob64(query->statement->prepared, parameter, start, bytes.len,
                                    SQLITE_STATIC));
}

void query_bind_text(struct query *query, struct span text)
{
    int parameter = next_parameter(query);
    if (parameter == 0)
        return;
    const char *start = text.len == 0 ? "" : (const char *)text.ptr;
    keep(query, sqlite3_bind_text64(query->statement->prepared, parameter, start, text.len,
                                    SQLITE_STATIC, SQLITE_UTF8));
}

void query_bind_id(struct query *query, const struct id *id)
{
    query_bind_bytes(query, id_span(id));
}

void query_bind_hash(struct query *query, const struct store_hash *hash)
{
    query_bind_bytes(query, SPAN_OF(hash->bytes));
}

void query_bind_key(struct query *query, const struct store_key *key)
{
    query_bind_bytes(query, SPAN_OF(key->bytes));
}

static void bind_null(struct query *query)
{
    int parameter = next_parameter(query);
    if (parameter != 0)
        keep(query, sqlite3_bind_null(query->statement->prepared, parameter));
}

void query_bind_optional_id(struct query *query, const struct id *id)
{
    if (id_is_none(id))
        bind_null(query);
    else
        query_bind_id(query, id);
}

void query_bind_optional_text(struct query *query, struct span text)
{
    if (text.len == 0)
        bind_null(query);
    else
        query_bind_text(query, text);
}

enum status query_next(struct query *query, bool *has_row)
{
    TRY(query->status);
    assert(query->bound == sqlite3_bind_parameter_count(query->statement->prepared));
    int result = sqlite3_step(query->statement->prepared);
    keep(query, result);
    TRY(query->status);
    query->taken = 0;
    *has_row = result == SQLITE_ROW;
    return STATUS_OK;
}

enum status query_one(struct query *query)
{
    bool has_row = false;
    TRY(query_next(query, &has_row));
    if (!has_row)
        query->status = STATUS_NOT_FOUND;
    return query->status;
}

enum status query_run(struct query *query)
{
    bool has_row = false;
    TRY(query_next(query, &has_row));
    assert(!has_row);
    return STATUS_OK;
}

enum status query_run_counted(struct query *query, uint64_t *rows)
{
    TRY(query_run(query));
    *rows = (uint64_t)sqlite3_changes64(query->db->sqlite);
    return STATUS_OK;
}

enum status query_run_inserted(struct query *query, int64_t *row)
{
    TRY(query_run(query));
    *row = sqlite3_last_insert_rowid(query->db->sqlite);
    return STATUS_OK;
}

/* Steps to the next column; false when there is nothing to take. `type` 0 stands for any. */
static bool next_column(struct query *query, int type, int *column)
{
    if (query->status != STATUS_OK)
        return false;
    *column = query->taken++;
    assert(*column < sqlite3_column_count(query->statement->prepared));
    if (type == 0 || sqlite3_column_type(query->statement->prepared, *column) == type)
        return true;
    query->status = STATUS_CORRUPT;
    return false;
}

void query_take_int(struct query *query, int64_t *value)
{
    int column;
    if (next_column(query, SQLITE_INTEGER, &column))
        *value = sqlite3_column_int64(query->statement->prepared, column);
}

/* An integer from `first` to `last`. */
static bool take_range(struct query *query, int64_t first, int64_t last, int64_t *value)
{
    int64_t taken = first;
    query_take_int(query, &taken);
    if (query->status == STATUS_OK && (taken < first || taken > last))
        query->status = STATUS_CORRUPT;
    *value = taken;
    return query->status == STATUS_OK;
}

void query_take_unsigned(struct query *query, uint64_t *value)
{
    int64_t taken;
    if (take_range(query, 0, INT64_MAX, &taken))
        *value = (uint64_t)taken;
}

void query_take_unsigned32(struct query *query, uint32_t *value)
{
    int64_t taken;
    if (take_range(query, 0, UINT32_MAX, &taken))
        *value = (uint32_t)taken;
}

void query_take_bool(struct query *query, bool *value)
{
    int64_t taken;
    if (take_range(query, 0, 1, &taken))
        *value = taken == 1;
}

void query_take_enum(struct query *query, int last, int *value)
{
    int64_t taken;
    if (take_range(query, 1, last, &taken))
        *value = (int)taken;
}

void query_take_real(struct query *query, double *value)
{
    int column;
    if (next_column(query, SQLITE_FLOAT, &column))
        *value = sqlite3_column_double(query->statement->prepared, column);
}

void query_borrow_bytes(struct query *query, struct span *bytes)
{
    int column;
    if (!next_column(query, 0, &column))
        return;
    sqlite3_stmt *prepared = query->statement->prepared;
    int type = sqlite3_column_type(prepared, column);
    if (type == SQLITE_NULL) {
        *bytes = SPAN_EMPTY;
        return;
    }
    if (type != SQLITE_BLOB && type != SQLITE_TEXT) {
        query->status = STATUS_CORRUPT;
        return;
    }
    const void *start = sqlite3_column_blob(prepared, column);
    size_t length = (size_t)sqlite3_column_bytes(prepared, column);
    if (start == NULL && sqlite3_errcode(query->db->sqlite) == SQLITE_NOMEM)
        query->status = STATUS_NO_MEMORY;
    else
        *bytes = span_of(start, length);
}

void query_take_bytes(struct query *query, struct arena *arena, struct span *bytes)
{
    struct span borrowed = SPAN_EMPTY;
    query_borrow_bytes(query, &borrowed);
    if (query->status == STATUS_OK)
        query->status = arena_copy(arena, borrowed, bytes);
}

/* Bytes of one length, which NULL is not. */
static void take_fixed(struct query *query, uint8_t *bytes, size_t length)
{
    struct span borrowed = SPAN_EMPTY;
    query_borrow_bytes(query, &borrowed);
    if (query->status != STATUS_OK)
        return;
    if (borrowed.ptr != NULL && borrowed.len == length)
        memcpy(bytes, borrowed.ptr, length);
    else
        query->status = STATUS_CORRUPT;
}

void query_take_id(struct query *query, struct id *id)
{
    if (query->status != STATUS_OK)
        return;
    if (sqlite3_column_type(query->statement->prepared, query->taken) == SQLITE_NULL) {
        query->taken++;
        *id = (struct id){{0}};
        return;
    }
    take_fixed(query, id->bytes, ID_SIZE);
}

void query_take_hash(struct query *query, struct store_hash *hash)
{
    take_fixed(query, hash->bytes, sizeof hash->bytes);
}

void query_take_key(struct query *query, struct store_key *key)
{
    take_fixed(query, key->bytes, sizeof key->bytes);
}

enum status
query_rows_add(struct query_rows *rows, struct arena *arena, size_t item_size, void **item)
{
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 8 : rows->capacity * 2;
        void *grown;
        TRY(arena_take(arena, capacity, item_size, &grown));
        if (rows->count != 0)
            memcpy(grown, rows->items, rows->count * item_size);
        rows->items = grown;
        rows->capacity = capacity;
    }
    *item = (uint8_t *)rows->items + rows->count * item_size;
    memset(*item, 0, item_size);
    rows->count++;
    return STATUS_OK;
}

enum status query_all(struct query *query,
                      struct arena *arena,
                      size_t item_size,
                      void (*take)(struct query *query, struct arena *arena, void *item),
                      struct query_rows *rows)
{
    *rows = (struct query_rows){0};
    for (;;) {
        bool has_row;
        void *item;
        TRY(query_next(query, &has_row));
        if (!has_row)
            return STATUS_OK;
        TRY(query_rows_add(rows, arena, item_size, &item));
        take(query, arena, item);
        TRY(query->status);
    }
}

static void take_id(struct query *query, struct arena *arena, void *item)
{
    (void)arena;
    query_take_id(query, item);
}

enum status query_all_ids(struct query *query, struct arena *arena, struct query_rows *rows)
{
    return query_all(query, arena, sizeof(struct id), take_id, rows);
}

enum status query_page(struct query *query,
                       struct arena *arena,
                       size_t item_size,
                       void (*take)(struct query *query, struct arena *arena, void *item),
                       uint32_t count_max,
                       struct query_rows *rows,
                       bool *more)
{
    TRY(query_all(query, arena, item_size, take, rows));
    *more = rows->count > count_max;
    if (*more)
        rows->count = count_max;
    return STATUS_OK;
}
