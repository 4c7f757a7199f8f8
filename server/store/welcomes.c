/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/welcomes.h"

#include "server/store/limits.h"
#include "server/store/query.h"
#include "server/store/trees.h"

static void take_welcome(struct query *q, struct arena *arena, struct store_welcome *welcome)
{
    query_take_id(q, &welcome->channel);
    query_take_unsigned32(q, &welcome->generation);
    query_take_unsigned(q, &welcome->epoch);
    query_take_unsigned(q, &welcome->sequence);
    query_take_id(q, &welcome->added_by);
    query_take_bytes(q, arena, &welcome->tree_hash);
    query_take_bytes(q, arena, &welcome->bytes);
}

/* Adds the row that the statement stands on, unless the list is full. */
static enum status add_welcome(
    struct query *q, struct arena *arena, struct query_rows *rows, uint64_t *bytes_left, bool *full)
{
    uint64_t bytes = 0;
    void *item = NULL;
    query_take_unsigned(q, &bytes);
    TRY(q->status);
    *full = rows->count != 0 && bytes > *bytes_left;
    if (*full)
        return STATUS_OK;
    TRY(query_rows_add(rows, arena, sizeof(struct store_welcome), &item));
    take_welcome(q, arena, item);
    *bytes_left -= bytes < *bytes_left ? bytes : *bytes_left;
    return q->status;
}

enum status store_welcomes_list(struct store_db *db,
                                const struct id *device,
                                int64_t now_ms,
                                struct arena *arena,
                                struct store_welcome_list *welcomes)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT length(w.bytes), w.channel, w.generation, w.epoch, w.sequence,"
                     " d.person, w.tree_hash, w.bytes FROM welcomes w"
                     " JOIN log l ON l.channel = w.channel AND l.generation = w.generation"
                     "  AND l.sequence = w.sequence JOIN devices d ON d.device = l.device"
                     " WHERE w.device = ? AND w.expires_at_ms > ? ORDER BY w.rowid LIMIT ?");
    struct query_rows rows = {0};
    uint64_t bytes_left = STORE_WELCOMES_BYTES_AT_ONCE;
    bool has_row = true;
    bool full = false;
    query_bind_id(&q, device);
    query_bind_int(&q, now_ms);
    query_bind_int(&q, STORE_WELCOMES_AT_ONCE);
    while (has_row && !full) {
        TRY(query_next(&q, &has_row));
        if (has_row)
            TRY(add_welcome(&q, arena, &rows, &bytes_left, &full));
    }
    *welcomes = (struct store_welcome_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_welcomes_find(struct store_db *db,
                                const struct id *device,
                                int64_t now_ms,
                                struct store_welcome *welcome)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT generation, epoch, sequence FROM welcomes WHERE device = ?"
                     " AND channel = ? AND tree_hash = ? AND expires_at_ms > ?"
                     " ORDER BY rowid LIMIT 1");
    query_bind_id(&q, device);
    query_bind_id(&q, &welcome->channel);
    query_bind_bytes(&q, welcome->tree_hash);
    query_bind_int(&q, now_ms);
    TRY(query_one(&q));
    query_take_unsigned32(&q, &welcome->generation);
    query_take_unsigned(&q, &welcome->epoch);
    query_take_unsigned(&q, &welcome->sequence);
    return q.status;
}

enum status store_welcomes_done(struct store_db *db,
                                const struct id *device,
                                const struct id *channel,
                                uint32_t generation,
                                uint64_t epoch)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM welcomes"
                     " WHERE device = ? AND channel = ? AND generation = ? AND epoch = ?");
    query_bind_id(&q, device);
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, epoch);
    TRY(query_run(&q));
    return store_trees_prune(db, channel);
}

static enum status prune_all(struct store_db *db, const struct query_rows *channels)
{
    const struct id *ids = channels->items;
    for (size_t i = 0; i < channels->count; i++)
        TRY(store_trees_prune(db, &ids[i]));
    return STATUS_OK;
}

/* The channels of the device's Welcomes, before they are deleted. */
static enum status channels_of_device(struct store_db *db,
                                      const struct id *device,
                                      struct arena *arena,
                                      struct query_rows *channels)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT DISTINCT channel FROM welcomes WHERE device = ?");
    query_bind_id(&q, device);
    return query_all_ids(&q, arena, channels);
}

static enum status delete_of_device(struct store_db *db, const struct id *device)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM welcomes WHERE device = ?");
    query_bind_id(&q, device);
    return query_run(&q);
}

/* Room for the ids of as many channels as one call touches. */
#define CHANNEL_IDS_BYTES_MAX (16u << 20)

enum status store_welcomes_delete_of_device(struct store_db *db, const struct id *device)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(CHANNEL_IDS_BYTES_MAX);
    struct query_rows channels;
    TRY(channels_of_device(db, device, &arena, &channels));
    TRY(delete_of_device(db, device));
    return prune_all(db, &channels);
}

static enum status channels_with_expired(struct store_db *db,
                                         int64_t now_ms,
                                         struct arena *arena,
                                         struct query_rows *channels)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT DISTINCT channel FROM welcomes WHERE expires_at_ms <= ?");
    query_bind_int(&q, now_ms);
    return query_all_ids(&q, arena, channels);
}

static enum status delete_expired(struct store_db *db, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM welcomes WHERE expires_at_ms <= ?");
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

enum status store_welcomes_expire(struct store_db *db, int64_t now_ms)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(CHANNEL_IDS_BYTES_MAX);
    struct query_rows channels;
    TRY(channels_with_expired(db, now_ms, &arena, &channels));
    TRY(delete_expired(db, now_ms));
    return prune_all(db, &channels);
}
