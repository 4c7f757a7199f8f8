/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/wants.h"

#include "server/store/query.h"

enum status store_wants_add_everywhere(struct store_db *db, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO wants (channel, device)"
            " SELECT DISTINCT m.channel, d.device FROM devices d"
            " JOIN channel_members m ON m.person = d.person"
            " JOIN devices o ON o.device = m.device AND o.state = 1"
            " WHERE d.device = ? AND m.device <> d.device AND NOT EXISTS"
            "  (SELECT 1 FROM removals r WHERE r.channel = m.channel AND r.device = m.device)"
            " ON CONFLICT DO NOTHING");
    query_bind_id(&q, device);
    return query_run(&q);
}

static enum status
delete_one(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM wants WHERE channel = ? AND device = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_wants_joined(struct store_db *db,
                               const struct id *channel,
                               const struct id *device,
                               const struct id *person)
{
    TRY(delete_one(db, channel, device));
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO wants (channel, device)"
                     " SELECT ?1, d.device FROM devices d WHERE d.person = ?2 AND d.state = 1"
                     " AND d.device <> ?3 AND NOT EXISTS (SELECT 1 FROM channel_members m"
                     "  WHERE m.channel = ?1 AND m.device = d.device)"
                     " ON CONFLICT DO NOTHING");
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_wants_left(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "DELETE FROM wants WHERE channel = ?1 AND device IN (SELECT d.device FROM devices d"
            " WHERE d.person = (SELECT person FROM devices WHERE device = ?2))"
            " AND NOT EXISTS (SELECT 1 FROM channel_members m"
            "  JOIN devices o ON o.device = m.device AND o.state = 1 WHERE m.channel = ?1"
            "  AND m.person = (SELECT person FROM devices WHERE device = ?2))");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_wants_end(struct store_db *db, const struct id *channel, const struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM wants WHERE channel = ? AND device IN"
                                  " (SELECT device FROM devices WHERE person = ?)");
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_wants_forget_device(struct store_db *db, const struct id *device)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM wants WHERE device = ?");
    query_bind_id(&q, device);
    return query_run(&q);
}

static void take_want(struct query *q, struct arena *arena, void *item)
{
    (void)arena;
    struct store_want *want = item;
    query_take_id(q, &want->device);
    query_take_id(q, &want->person);
}

enum status store_wants_list(struct store_db *db,
                             const struct id *channel,
                             uint32_t count_max,
                             struct arena *arena,
                             struct store_want_list *wants)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT w.device, d.person FROM wants w JOIN devices d ON d.device = w.device"
                     " JOIN people p ON p.person = d.person"
                     " WHERE w.channel = ? AND d.state = 1 AND p.state = 2 AND EXISTS"
                     "  (SELECT 1 FROM key_packages k WHERE k.device = w.device) LIMIT ?");
    struct query_rows rows;
    query_bind_id(&q, channel);
    query_bind_int(&q, count_max);
    TRY(query_all(&q, arena, sizeof(struct store_want), take_want, &rows));
    *wants = (struct store_want_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_wants_channels_of_person(struct store_db *db,
                                           const struct id *person,
                                           bool with_confidential,
                                           uint32_t *count)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(DISTINCT m.channel) FROM channel_members m"
                                  " JOIN devices d ON d.device = m.device AND d.state = 1"
                                  " JOIN channels c ON c.channel = m.channel"
                                  " WHERE m.person = ? AND (c.visibility <> 4 OR ?)");
    query_bind_id(&q, person);
    query_bind_int(&q, with_confidential ? 1 : 0);
    TRY(query_one(&q));
    query_take_unsigned32(&q, count);
    return q.status;
}
