/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/log_ids.h"

#include "protocol/crypto/random_system.h"
#include "server/base/id_map.h"
#include "server/store/limits.h"
#include "server/store/query.h"
#include "server/store/transaction.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 1024

/* The mark of a time when the log had not been read yet. */
#define MARK_UNLOADED SIZE_MAX

struct known {
    struct log_id id;
    int64_t row;
    size_t same; /* the one before with this message id, counted from 1; 0: none */
};

struct log_ids {
    bool loaded;
    struct known *known; /* in the order of their rows */
    size_t count;
    size_t capacity;
    struct id_map newest; /* by message id, the last in `known`, counted from 1 */
    /* What goes into the index, in its order: the first `sorted_count` of `known`. */
    struct known *sorted;
    size_t sorted_count;
    size_t sorted_done;
};

static bool log_id_equal(const struct log_id *a, const struct log_id *b)
{
    return id_equal(&a->message, &b->message) && id_equal(&a->device, &b->device) &&
           id_equal(&a->channel, &b->channel);
}

static size_t newest_of(const struct log_ids *ids, const struct id *message)
{
    return (size_t)(uintptr_t)id_map_find(&ids->newest, message);
}

static enum status set_newest(struct log_ids *ids, const struct id *message, size_t number)
{
    /* The map keeps a number in place of a pointer, since `known` moves when it grows. */
    return id_map_set(&ids->newest, message, (void *)(uintptr_t)number);
}

static enum status grow(struct log_ids *ids)
{
    size_t capacity = ids->capacity == 0 ? CAPACITY_FIRST : 2 * ids->capacity;
    struct known *grown = realloc(ids->known, capacity * sizeof *grown);
    if (grown == NULL)
        return STATUS_NO_MEMORY;
    ids->known = grown;
    ids->capacity = capacity;
    return STATUS_OK;
}

static enum status remember(struct log_ids *ids, const struct log_id *id, int64_t row)
{
    if (ids->count == ids->capacity)
        TRY(grow(ids));
    struct known known = {*id, row, newest_of(ids, &id->message)};
    TRY(set_newest(ids, &id->message, ids->count + 1));
    ids->known[ids->count++] = known;
    return STATUS_OK;
}

static void stop_indexing(struct log_ids *ids)
{
    free(ids->sorted);
    ids->sorted = NULL;
    ids->sorted_count = ids->sorted_done = 0;
}

static void clear(struct log_ids *ids)
{
    stop_indexing(ids);
    free(ids->known);
    id_map_clear(&ids->newest);
}

/* The first `count` stay. */
static void forget_after(struct log_ids *ids, size_t count)
{
    while (ids->count > count) {
        const struct known *last = &ids->known[--ids->count];
        if (last->same == 0) {
            id_map_remove(&ids->newest, &last->id.message);
            continue;
        }
        /* The message id has its place already, so that nothing can fail. */
        enum status status = set_newest(ids, &last->id.message, last->same);
        assert(status == STATUS_OK);
    }
}

static void forget_all(struct log_ids *ids)
{
    stop_indexing(ids);
    forget_after(ids, 0);
    ids->loaded = false;
}

static enum status indexed_up_to(struct store_db *db, int64_t *row)
{
    CLEANUP(query_end) struct query q = query_on(db, "SELECT up_to FROM log_indexed");
    TRY(query_one(&q));
    query_take_int(&q, row);
    return q.status;
}

static enum status load_after(struct store_db *db, int64_t row)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT row, channel, device, message FROM log WHERE row > ? ORDER BY row");
    query_bind_int(&q, row);
    for (;;) {
        struct log_id id;
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_int(&q, &row);
        query_take_id(&q, &id.channel);
        query_take_id(&q, &id.device);
        query_take_id(&q, &id.message);
        TRY(q.status);
        TRY(remember(db->log_ids, &id, row));
    }
}

static enum status load(struct store_db *db)
{
    int64_t row = 0;
    if (db->log_ids->loaded)
        return STATUS_OK;
    enum status status = indexed_up_to(db, &row);
    if (status == STATUS_OK)
        status = load_after(db, row);
    if (status != STATUS_OK)
        forget_all(db->log_ids);
    db->log_ids->loaded = status == STATUS_OK;
    return status;
}

static const struct known *find_known(const struct log_ids *ids, const struct log_id *id)
{
    size_t number = newest_of(ids, &id->message);
    while (number != 0 && !log_id_equal(&ids->known[number - 1].id, id))
        number = ids->known[number - 1].same;
    return number == 0 ? NULL : &ids->known[number - 1];
}

enum status log_ids_find(struct store_db *db, const struct log_id *id, int64_t *row)
{
    assert(db->log_ids != NULL);
    TRY(load(db));
    const struct known *known = find_known(db->log_ids, id);
    if (known != NULL) {
        *row = known->row;
        return STATUS_OK;
    }
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT row FROM log_messages"
                                  " WHERE channel = ? AND device = ? AND message = ?");
    query_bind_id(&q, &id->channel);
    query_bind_id(&q, &id->device);
    query_bind_id(&q, &id->message);
    TRY(query_one(&q));
    query_take_int(&q, row);
    return q.status;
}

enum status log_ids_add(struct store_db *db, const struct log_id *id, int64_t row)
{
    assert(db->log_ids != NULL && db->log_ids->loaded);
    return remember(db->log_ids, id, row);
}

size_t log_ids_mark(const struct store_db *db)
{
    return db->log_ids->loaded ? db->log_ids->count : MARK_UNLOADED;
}

void log_ids_take_back(struct store_db *db, size_t mark)
{
    struct log_ids *ids = db->log_ids;
    if (mark == MARK_UNLOADED) {
        forget_all(ids);
        return;
    }
    assert(ids->sorted_count <= mark); /* only what is committed is indexed */
    forget_after(ids, mark);
}

/* ---- the index ---- */

static int in_order(const void *a, const void *b)
{
    return memcmp(&((const struct known *)a)->id, &((const struct known *)b)->id,
                  sizeof(struct log_id));
}

enum status log_ids_begin_index(struct store_db *db)
{
    struct log_ids *ids = db->log_ids;
    TRY(load(db));
    if (ids->sorted != NULL || ids->count == 0)
        return STATUS_OK;
    ids->sorted = malloc(ids->count * sizeof *ids->sorted);
    if (ids->sorted == NULL)
        return STATUS_NO_MEMORY;
    memcpy(ids->sorted, ids->known, ids->count * sizeof *ids->sorted);
    ids->sorted_count = ids->count;
    qsort(ids->sorted, ids->sorted_count, sizeof *ids->sorted, in_order);
    return STATUS_OK;
}

bool log_ids_is_due(const struct store_db *db)
{
    return log_ids_is_indexing(db) || db->log_ids->count >= STORE_LOG_IDS_MAX;
}

bool log_ids_is_indexing(const struct store_db *db)
{
    return db->log_ids->sorted != NULL;
}

static enum status write_one(struct store_db *db, const struct known *known)
{
    /* After a crash between two portions, some are there already. */
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT OR IGNORE INTO log_messages"
                                  " (channel, device, message, row) VALUES (?, ?, ?, ?)");
    query_bind_id(&q, &known->id.channel);
    query_bind_id(&q, &known->id.device);
    query_bind_id(&q, &known->id.message);
    query_bind_int(&q, known->row);
    return query_run(&q);
}

static enum status write_up_to(struct store_db *db, int64_t row)
{
    CLEANUP(query_end) struct query q = query_on(db, "UPDATE log_indexed SET up_to = ?");
    query_bind_int(&q, row);
    return query_run(&q);
}

static size_t portion_end(const struct log_ids *ids)
{
    size_t left = ids->sorted_count - ids->sorted_done;
    return ids->sorted_done + (left < STORE_LOG_IDS_PORTION ? left : STORE_LOG_IDS_PORTION);
}

static enum status run_portion(struct store_db *db, struct store_job *job)
{
    (void)job;
    const struct log_ids *ids = db->log_ids;
    size_t end = portion_end(ids);
    for (size_t i = ids->sorted_done; i < end; i++)
        TRY(write_one(db, &ids->sorted[i]));
    if (end < ids->sorted_count)
        return STATUS_OK;
    return write_up_to(db, ids->known[ids->sorted_count - 1].row);
}

/* Memory keeps what came after that. */
static enum status forget_indexed(struct log_ids *ids)
{
    struct log_ids rest = {.loaded = true};
    enum status status = id_map_init(&rest.newest, random_system());
    for (size_t i = ids->sorted_count; status == STATUS_OK && i < ids->count; i++)
        status = remember(&rest, &ids->known[i].id, ids->known[i].row);
    if (status != STATUS_OK) {
        clear(&rest);
        return status;
    }
    clear(ids);
    *ids = rest;
    return STATUS_OK;
}

enum status log_ids_index_portion(struct store_db *db, bool *certain)
{
    struct log_ids *ids = db->log_ids;
    struct store_job job = {.run = run_portion};
    *certain = true;
    enum status status = log_ids_begin_index(db);
    if (status == STATUS_OK && ids->sorted == NULL)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = store_transaction_write(db, &job, certain);
    if (status == STATUS_OK)
        status = job.status;
    if (status == STATUS_OK) {
        ids->sorted_done = portion_end(ids);
        if (ids->sorted_done == ids->sorted_count)
            status = forget_indexed(ids);
    }
    if (status != STATUS_OK)
        stop_indexing(ids);
    return status;
}

/* ---- in SQL ---- */

static bool take_argument(sqlite3_value *value, struct id *id)
{
    if (sqlite3_value_bytes(value) != ID_SIZE)
        return false;
    memcpy(id->bytes, sqlite3_value_blob(value), ID_SIZE);
    return true;
}

static void log_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct log_id id;
    int64_t row = 0;
    (void)count;
    if (!take_argument(values[0], &id.channel) || !take_argument(values[1], &id.device) ||
        !take_argument(values[2], &id.message)) {
        sqlite3_result_error_code(context, SQLITE_MISMATCH);
        return;
    }
    enum status status = log_ids_find(sqlite3_user_data(context), &id, &row);
    if (status == STATUS_OK)
        sqlite3_result_int64(context, row);
    else if (status == STATUS_NOT_FOUND)
        sqlite3_result_null(context);
    else
        sqlite3_result_error_code(context,
                                  status == STATUS_NO_MEMORY ? SQLITE_NOMEM : SQLITE_IOERR);
}

enum status log_ids_new(struct store_db *db, struct log_ids **ids)
{
    int result = sqlite3_create_function_v2(
        db->sqlite, "log_row", 3, SQLITE_UTF8 | SQLITE_DIRECTONLY, db, log_row, NULL, NULL, NULL);
    TRY(store_db_status(db, result));
    struct log_ids *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    enum status status = id_map_init(&fresh->newest, random_system());
    if (status != STATUS_OK) {
        free(fresh);
        return status;
    }
    *ids = fresh;
    return STATUS_OK;
}

void log_ids_free(struct log_ids **ids)
{
    struct log_ids *ending = *ids;
    if (ending == NULL)
        return;
    clear(ending);
    free(ending);
    *ids = NULL;
}
