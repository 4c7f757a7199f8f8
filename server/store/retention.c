/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/retention.h"

#include "server/base/clock.h"
#include "server/store/query.h"
#include "server/store/segments.h"

/* Entries of a channel looked at in one go: nobody waits long behind it. */
#define ENTRIES_AT_ONCE 500

/* Channels with a retention in one go; more than a community has. */
#define CHANNELS_ARENA_MAX (4u << 20)

struct kept_channel {
    struct id channel;
    uint32_t keep_days;
    uint64_t expired_sequence; /* up to which nothing is left to delete */
};

enum status store_retention_set(struct store_db *db, const struct id *channel, uint16_t keep_days)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET keep_days = ? WHERE channel = ?");
    uint64_t changed = 0;
    query_bind_int(&q, keep_days);
    query_bind_id(&q, channel);
    TRY(query_run_counted(&q, &changed));
    return changed == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

static void take_channel(struct query *q, struct arena *arena, void *item)
{
    struct kept_channel *kept = item;
    (void)arena;
    query_take_id(q, &kept->channel);
    query_take_unsigned32(q, &kept->keep_days);
    query_take_unsigned(q, &kept->expired_sequence);
}

/* The last entry of the next so many that is over; `*looked` is how many there were. Entries are in
 * the order of their times, but for a clock that was set back: then some wait for the next ones. */
static enum status find_end(struct store_db *db,
                            const struct kept_channel *kept,
                            int64_t before_ms,
                            uint64_t *end,
                            int64_t *looked)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT ifnull(max(sequence) FILTER (WHERE at_ms < ?), 0), count(*) FROM"
                     " (SELECT sequence, at_ms FROM log WHERE channel = ? AND"
                     "  (generation, sequence) > (?, ?) ORDER BY generation, sequence LIMIT ?)");
    query_bind_int(&q, before_ms);
    query_bind_id(&q, &kept->channel);
    query_bind_int(&q, (int64_t)(kept->expired_sequence >> 32) + 1);
    query_bind_unsigned(&q, kept->expired_sequence);
    query_bind_int(&q, ENTRIES_AT_ONCE);
    TRY(query_one(&q));
    query_take_unsigned(&q, end);
    query_take_int(&q, looked);
    return q.status;
}

static enum status delete_bytes(struct store_db *db, const struct kept_channel *kept, uint64_t end)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE log SET bytes = NULL WHERE channel = ? AND kind = 2 AND"
                     " (generation, sequence) > (?, ?) AND (generation, sequence) <= (?, ?)");
    query_bind_id(&q, &kept->channel);
    query_bind_int(&q, (int64_t)(kept->expired_sequence >> 32) + 1);
    query_bind_unsigned(&q, kept->expired_sequence);
    query_bind_int(&q, (int64_t)(end >> 32) + 1);
    query_bind_unsigned(&q, end);
    return query_run(&q);
}

static enum status note_end(struct store_db *db, const struct kept_channel *kept, uint64_t end)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET expired_sequence = ? WHERE channel = ?");
    query_bind_unsigned(&q, end);
    query_bind_id(&q, &kept->channel);
    return query_run(&q);
}

struct expiry {
    int64_t now_ms;
    struct arena *arena;
    struct store_retention_files **deleted;
    bool *more;
};

static enum status delete_segments(struct store_db *db,
                                   const struct kept_channel *kept,
                                   uint64_t end,
                                   struct expiry *x)
{
    void *taken = NULL;
    struct store_file_ids ids;
    TRY(store_segments_delete(db, &kept->channel, 1, end, x->arena, &ids));
    if (ids.count == 0)
        return STATUS_OK;
    TRY(arena_take(x->arena, 1, sizeof **x->deleted, &taken));
    struct store_retention_files *files = taken;
    *files = (struct store_retention_files){*x->deleted, ids};
    *x->deleted = files;
    return STATUS_OK;
}

static enum status
expire_channel(struct store_db *db, const struct kept_channel *kept, struct expiry *expiry)
{
    int64_t now_ms = expiry->now_ms;
    uint64_t end = 0;
    int64_t looked = 0;
    TRY(find_end(db, kept, now_ms - (int64_t)kept->keep_days * CLOCK_DAY_MS, &end, &looked));
    if (end == 0)
        return STATUS_OK;
    *expiry->more = *expiry->more || looked == ENTRIES_AT_ONCE;
    TRY(delete_bytes(db, kept, end));
    TRY(delete_segments(db, kept, end, expiry));
    return note_end(db, kept, end);
}

enum status store_retention_expire(struct store_db *db,
                                   int64_t now_ms,
                                   struct arena *arena,
                                   struct store_retention_files **deleted,
                                   bool *more)
{
    CLEANUP(arena_clear) struct arena kept_arena = ARENA_INIT(CHANNELS_ARENA_MAX);
    struct expiry expiry = {now_ms, arena, deleted, more};
    struct query_rows rows;
    *deleted = NULL;
    *more = false;
    {
        CLEANUP(query_end)
        struct query q = query_on(db, "SELECT channel, keep_days, expired_sequence FROM channels"
                                      " WHERE keep_days > 0 ORDER BY channel");
        TRY(query_all(&q, &kept_arena, sizeof(struct kept_channel), take_channel, &rows));
    }
    for (size_t i = 0; i < rows.count; i++)
        TRY(expire_channel(db, &((struct kept_channel *)rows.items)[i], &expiry));
    return STATUS_OK;
}
