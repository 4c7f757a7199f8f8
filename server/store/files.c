/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/files.h"

#include "server/store/limits.h"
#include "server/store/members.h"
#include "server/store/query.h"

#define COLUMNS "file, channel, person, device, message, size_bytes, complete, created_at_ms"

static enum status find(struct store_db *db, const struct id *file, struct store_file *found)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " COLUMNS ", first_sequence > 0 FROM files WHERE file = ?");
    struct store_file taken = {.size_bytes = 0};
    query_bind_id(&q, file);
    TRY(query_one(&q));
    query_take_id(&q, &taken.file);
    query_take_id(&q, &taken.channel);
    query_take_id(&q, &taken.person);
    query_take_id(&q, &taken.device);
    query_take_id(&q, &taken.message);
    query_take_unsigned(&q, &taken.size_bytes);
    query_take_bool(&q, &taken.complete);
    query_take_int(&q, &taken.created_at_ms);
    query_take_bool(&q, &taken.segment);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

struct used {
    uint64_t person_bytes;
    uint64_t channel_bytes;
    uint64_t unfinished;
};

static enum status count_used(struct store_db *db, const struct store_file *file, struct used *used)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT (SELECT ifnull(sum(size_bytes), 0) FROM files"
                     "  WHERE person = ?1 AND first_sequence = 0),"
                     " (SELECT ifnull(sum(size_bytes), 0) FROM files WHERE channel = ?2),"
                     " (SELECT count(*) FROM files WHERE person = ?1 AND complete = 0)");
    query_bind_id(&q, &file->person);
    query_bind_id(&q, &file->channel);
    TRY(query_one(&q));
    query_take_unsigned(&q, &used->person_bytes);
    query_take_unsigned(&q, &used->channel_bytes);
    query_take_unsigned(&q, &used->unfinished);
    return q.status;
}

static enum status insert(struct store_db *db, const struct store_file *file)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO files (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, 0, ?)");
    query_bind_id(&q, &file->file);
    query_bind_id(&q, &file->channel);
    query_bind_id(&q, &file->person);
    query_bind_id(&q, &file->device);
    query_bind_id(&q, &file->message);
    query_bind_unsigned(&q, file->size_bytes);
    query_bind_int(&q, file->created_at_ms);
    return query_run(&q);
}

enum status store_files_begin(struct store_db *db, const struct store_file *file, bool *complete)
{
    struct store_file there;
    struct used used;
    TRY(store_members_check(db, &file->channel, &file->device, NULL));
    enum status found = find(db, &file->file, &there);
    if (found == STATUS_OK) {
        bool same =
            id_equal(&there.channel, &file->channel) && id_equal(&there.device, &file->device) &&
            id_equal(&there.message, &file->message) && there.size_bytes == file->size_bytes;
        *complete = there.complete;
        return same ? STATUS_OK : STATUS_EXISTS;
    }
    if (found != STATUS_NOT_FOUND)
        return found;
    TRY(count_used(db, file, &used));
    if (used.person_bytes + file->size_bytes > STORE_FILES_PERSON_BYTES_MAX ||
        used.channel_bytes + file->size_bytes > STORE_FILES_CHANNEL_BYTES_MAX ||
        used.unfinished >= STORE_FILES_UNFINISHED_MAX)
        return STATUS_LIMIT;
    TRY(insert(db, file));
    *complete = false;
    return STATUS_OK;
}

enum status
store_files_give_up_oldest(struct store_db *db, const struct id *device, struct id *given_up)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT file FROM files WHERE device = ? AND complete = 0"
                                  " AND first_sequence = 0 ORDER BY created_at_ms LIMIT 1");
    query_bind_id(&q, device);
    TRY(query_one(&q));
    query_take_id(&q, given_up);
    TRY(q.status);
    return store_files_delete(db, given_up);
}

enum status store_files_get(struct store_db *db,
                            const struct id *channel,
                            const struct id *file,
                            struct store_file *found)
{
    struct store_file there;
    TRY(find(db, file, &there));
    if (!id_equal(&there.channel, channel))
        return STATUS_NOT_FOUND;
    *found = there;
    return STATUS_OK;
}

enum status store_files_has(struct store_db *db, const struct id *file, bool *has)
{
    struct store_file there;
    enum status found = find(db, file, &there);
    *has = found == STATUS_OK;
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

enum status
store_files_complete(struct store_db *db, const struct id *file, const struct store_hash *sha256)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE files SET complete = 1,"
                                  " sha256 = ifnull(sha256, ?) WHERE file = ?");
    uint64_t rows = 0;
    query_bind_hash(&q, sha256);
    query_bind_id(&q, file);
    TRY(query_run_counted(&q, &rows));
    return rows == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

enum status store_files_next_complete(struct store_db *db,
                                      const struct id *after,
                                      struct store_file_complete *next)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT file, size_bytes, sha256 FROM files"
                                  " WHERE complete = 1 AND file > ? ORDER BY file LIMIT 1");
    struct store_file_complete taken = {.size_bytes = 0};
    query_bind_id(&q, after);
    TRY(query_one(&q));
    query_take_id(&q, &taken.file);
    query_take_unsigned(&q, &taken.size_bytes);
    query_take_hash(&q, &taken.sha256);
    TRY(q.status);
    *next = taken;
    return STATUS_OK;
}

enum status store_files_sum(struct store_db *db, uint64_t *bytes)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT ifnull(sum(size_bytes), 0) FROM files WHERE complete = 1");
    TRY(query_one(&q));
    query_take_unsigned(&q, bytes);
    return q.status;
}

enum status store_files_delete(struct store_db *db, const struct id *file)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM files WHERE file = ?");
    query_bind_id(&q, file);
    return query_run(&q);
}

#define ITS_ENTRY                                                                                  \
    "SELECT 1 FROM log l WHERE l.row = log_row(files.channel, files.device, files.message)"

enum status store_files_expire(struct store_db *db,
                               int64_t now_ms,
                               struct arena *arena,
                               struct store_file_ids *expired)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM files WHERE EXISTS (" ITS_ENTRY " AND l.bytes IS NULL)"
                     " OR (created_at_ms < ? AND (complete = 0 OR"
                     "  (first_sequence = 0 AND NOT EXISTS (" ITS_ENTRY "))))"
                     " RETURNING file");
    query_bind_int(&q, now_ms - STORE_FILE_UNFINISHED_MS);
    struct query_rows rows;
    TRY(query_all_ids(&q, arena, &rows));
    *expired = (struct store_file_ids){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_files_delete_of_entry(struct store_db *db,
                                        const struct id *channel,
                                        const struct store_entry *entry,
                                        struct arena *arena,
                                        struct store_file_ids *deleted)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM files WHERE channel = ? AND message = ?"
                                  " AND device = ? RETURNING file");
    query_bind_id(&q, channel);
    query_bind_id(&q, &entry->message);
    query_bind_id(&q, &entry->device);
    struct query_rows rows;
    TRY(query_all_ids(&q, arena, &rows));
    *deleted = (struct store_file_ids){rows.items, rows.count};
    return STATUS_OK;
}
