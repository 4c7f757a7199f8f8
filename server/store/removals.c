/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/removals.h"

#include "server/store/channels.h"
#include "server/store/query.h"

static void take_removal(struct query *q, struct arena *arena, void *item)
{
    struct store_removal *removal = item;
    int reason = 0;
    query_take_id(q, &removal->channel);
    query_take_id(q, &removal->device);
    query_take_enum(q, STORE_REMOVAL_ABSENT, &reason);
    query_take_bytes(q, arena, &removal->request);
    query_take_int(q, &removal->asked_at_ms);
    removal->reason = (enum store_removal_reason)reason;
}

enum status store_removals_add(struct store_db *db, const struct store_removal *removal)
{
    bool is_member;
    TRY(store_channels_is_member(db, &removal->channel, &removal->device, &is_member));
    if (!is_member)
        return STATUS_NOT_FOUND;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO removals (channel, device, reason, request, asked_at_ms)"
                     " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reason = excluded.reason,"
                     " request = excluded.request WHERE reason IN (1, 5)");
    query_bind_id(&q, &removal->channel);
    query_bind_id(&q, &removal->device);
    query_bind_int(&q, removal->reason);
    query_bind_bytes(&q, removal->request);
    query_bind_int(&q, removal->asked_at_ms);
    return query_run(&q);
}

enum status store_removals_extend_leave(struct store_db *db,
                                        const struct id *channel,
                                        const struct id *person,
                                        const struct id *device)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO removals (channel, device, reason, request, asked_at_ms)"
                     " SELECT r.channel, ?3, r.reason, r.request, r.asked_at_ms FROM removals r"
                     " JOIN devices d ON d.device = r.device"
                     " WHERE r.channel = ?1 AND d.person = ?2 AND r.reason = 1 AND NOT EXISTS"
                     "  (SELECT 1 FROM knocks k WHERE k.channel = ?1 AND k.person = ?2"
                     "   AND k.state = 2 AND k.answered_at_ms > r.asked_at_ms)"
                     " ORDER BY r.asked_at_ms DESC LIMIT 1 ON CONFLICT DO NOTHING");
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_removals_add_everywhere(struct store_db *db,
                                          const struct id *device,
                                          enum store_removal_reason reason,
                                          int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO removals (channel, device, reason, request, asked_at_ms)"
                     " SELECT channel, device, ?, x'', ? FROM channel_members WHERE device = ?"
                     " ON CONFLICT DO UPDATE SET reason = excluded.reason, request = x''"
                     " WHERE excluded.reason IN (2, 4) OR reason = 5");
    query_bind_int(&q, reason);
    query_bind_int(&q, now_ms);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_removals_withdraw(struct store_db *db,
                                    const struct id *device,
                                    enum store_removal_reason reason)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM removals WHERE device = ? AND reason = ?");
    query_bind_id(&q, device);
    query_bind_int(&q, reason);
    return query_run(&q);
}

enum status store_removals_list(struct store_db *db,
                                const struct id *channel,
                                struct arena *arena,
                                struct store_removal_list *removals)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT channel, device, reason, request, asked_at_ms FROM removals"
                     " WHERE channel = ? ORDER BY asked_at_ms, device");
    struct query_rows rows;
    query_bind_id(&q, channel);
    TRY(query_all(&q, arena, sizeof(struct store_removal), take_removal, &rows));
    *removals = (struct store_removal_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_removals_count_of_device(struct store_db *db,
                                           const struct id *device,
                                           bool with_confidential,
                                           uint32_t *count)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT count(*) FROM channel_members m JOIN channels c"
                     " ON c.channel = m.channel WHERE m.device = ? AND (c.visibility <> 4 OR ?)");
    query_bind_id(&q, device);
    query_bind_int(&q, with_confidential ? 1 : 0);
    TRY(query_one(&q));
    query_take_unsigned32(&q, count);
    return q.status;
}

enum status store_removals_channels(struct store_db *db,
                                    const struct id *after,
                                    uint32_t count_max,
                                    struct arena *arena,
                                    const struct id **channels,
                                    size_t *channels_count)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT channel FROM removals WHERE channel > ?1"
                     " UNION SELECT channel FROM knocks k WHERE channel > ?1 AND state = 2"
                     "  AND NOT EXISTS (SELECT 1 FROM channel_members m"
                     "   JOIN devices d ON d.device = m.device AND d.state = 1"
                     "   WHERE m.channel = k.channel AND m.person = k.person)"
                     " UNION SELECT channel FROM wants WHERE channel > ?1"
                     " ORDER BY channel LIMIT ?2");
    struct query_rows rows;
    query_bind_id(&q, after);
    query_bind_int(&q, count_max);
    TRY(query_all_ids(&q, arena, &rows));
    *channels = rows.items;
    *channels_count = rows.count;
    return STATUS_OK;
}
