/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/segments.h"

#include "server/store/query.h"

static enum status check_reached(struct store_db *db, const struct id *channel, uint64_t last)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT EXISTS (SELECT 1 FROM log WHERE channel = ? AND generation = ? AND"
                     " sequence = ?)");
    bool reached = false;
    query_bind_id(&q, channel);
    query_bind_int(&q, (int64_t)((last - 1) >> 32) + 1);
    query_bind_unsigned(&q, last);
    TRY(query_one(&q));
    query_take_bool(&q, &reached);
    TRY(q.status);
    return reached ? STATUS_OK : STATUS_INVALID;
}

static enum status check_seen(struct store_db *db, const struct id *channel, uint64_t seen)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT deleted_by_sequence FROM channels WHERE channel = ?");
    uint64_t deleted = 0;
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    query_take_unsigned(&q, &deleted);
    TRY(q.status);
    return seen >= deleted ? STATUS_OK : STATUS_CONFLICT;
}

enum status
store_segments_begin(struct store_db *db, const struct store_segment_new *segment, bool *complete)
{
    const struct store_file *file = &segment->file;
    TRY(check_reached(db, &file->channel, segment->last_sequence));
    TRY(check_seen(db, &file->channel, segment->seen_sequence));
    TRY(store_files_begin(db, file, complete));
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE files SET first_sequence = ?, last_sequence = ? WHERE file = ?"
                     " AND complete = 0");
    query_bind_unsigned(&q, segment->first_sequence);
    query_bind_unsigned(&q, segment->last_sequence);
    query_bind_id(&q, &file->file);
    return query_run(&q);
}

enum status
store_segments_note_deletion(struct store_db *db, const struct id *channel, uint64_t sequence)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET deleted_by_sequence = ? WHERE channel = ?");
    query_bind_unsigned(&q, sequence);
    query_bind_id(&q, channel);
    return query_run(&q);
}

/* message = zeros: the index by message finds the segments of a channel. */
#define SEGMENTS_OF "message = zeroblob(16) AND first_sequence > 0 AND channel = "

enum status store_segments_replace(struct store_db *db,
                                   const struct id *file,
                                   struct arena *arena,
                                   struct store_file_ids *deleted)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM files WHERE file <> ?1 AND complete = 1 AND " SEGMENTS_OF
                     "(SELECT channel FROM files WHERE file = ?1 AND first_sequence > 0) AND"
                     " first_sequence = (SELECT first_sequence FROM files WHERE file = ?1)"
                     " RETURNING file");
    query_bind_id(&q, file);
    struct query_rows rows;
    TRY(query_all_ids(&q, arena, &rows));
    *deleted = (struct store_file_ids){rows.items, rows.count};
    return STATUS_OK;
}

static void take_segment(struct query *q, struct arena *arena, void *item)
{
    struct store_segment *segment = item;
    (void)arena;
    query_take_unsigned(q, &segment->first_sequence);
    query_take_unsigned(q, &segment->last_sequence);
    query_take_id(q, &segment->file);
}

enum status store_segments_list(struct store_db *db,
                                const struct id *channel,
                                uint32_t count_max,
                                struct arena *arena,
                                struct store_segment_list *segments)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db,
        "SELECT first_sequence, last_sequence, file FROM files WHERE complete = 1 AND " SEGMENTS_OF
        "? ORDER BY first_sequence LIMIT ?");
    struct query_rows rows = {0};
    query_bind_id(&q, channel);
    query_bind_int(&q, count_max);
    TRY(query_all(&q, arena, sizeof(struct store_segment), take_segment, &rows));
    *segments = (struct store_segment_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_segments_delete(struct store_db *db,
                                  const struct id *channel,
                                  uint64_t from_sequence,
                                  uint64_t to_sequence,
                                  struct arena *arena,
                                  struct store_file_ids *deleted)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM files WHERE " SEGMENTS_OF
                                  "? AND last_sequence >= ? AND first_sequence <= ?"
                                  " RETURNING file");
    query_bind_id(&q, channel);
    query_bind_unsigned(&q, from_sequence);
    query_bind_unsigned(&q, to_sequence);
    struct query_rows rows;
    TRY(query_all_ids(&q, arena, &rows));
    *deleted = (struct store_file_ids){rows.items, rows.count};
    return STATUS_OK;
}

enum status
store_segments_set_asker(struct store_db *db, const struct id *channel, const struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET history_asked_by = ? WHERE channel = ?");
    query_bind_id(&q, person);
    query_bind_id(&q, channel);
    return query_run(&q);
}

enum status
store_segments_clear_asker(struct store_db *db, const struct id *channel, const struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET history_asked_by = zeroblob(16)"
                                  " WHERE channel = ? AND history_asked_by = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_segments_close(struct store_db *db,
                                 const struct id *channel,
                                 uint8_t history,
                                 struct arena *arena,
                                 struct store_file_ids *deleted)
{
    TRY(store_segments_delete(db, channel, 1, INT64_MAX, arena, deleted));
    CLEANUP(query_end)
    struct query q = query_on(
        db, "UPDATE channels SET history = ?, history_asked_by = zeroblob(16) WHERE channel = ?");
    query_bind_int(&q, history);
    query_bind_id(&q, channel);
    return query_run(&q);
}
