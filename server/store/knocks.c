/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/knocks.h"

#include "server/store/query.h"

#define KNOCK_COLUMNS "channel, person, state, knocked_at_ms, answered_by, answered_at_ms"

static void take_knock(struct query *q, struct arena *arena, void *item)
{
    (void)arena;
    struct store_knock *knock = item;
    int state = 0;
    query_take_id(q, &knock->channel);
    query_take_id(q, &knock->person);
    query_take_enum(q, STORE_KNOCK_REFUSED, &state);
    query_take_int(q, &knock->knocked_at_ms);
    query_take_id(q, &knock->answered_by);
    query_take_int(q, &knock->answered_at_ms);
    knock->state = (enum store_knock_state)state;
}

enum status store_knocks_get(struct store_db *db,
                             const struct id *channel,
                             const struct id *person,
                             struct store_knock *knock)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " KNOCK_COLUMNS " FROM knocks WHERE channel = ? AND person = ?");
    struct store_knock taken = {0};
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    TRY(query_one(&q));
    take_knock(&q, NULL, &taken);
    TRY(q.status);
    *knock = taken;
    return STATUS_OK;
}

enum status store_knocks_add(struct store_db *db,
                             const struct id *channel,
                             const struct id *person,
                             int64_t now_ms,
                             struct store_knock *knock)
{
    /* Knocking again changes only a refused row. */
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO knocks (" KNOCK_COLUMNS ") VALUES (?, ?, 1, ?, NULL, 0)"
            " ON CONFLICT (channel, person) DO UPDATE SET state = 1,"
            "  knocked_at_ms = excluded.knocked_at_ms, answered_by = NULL, answered_at_ms = 0"
            " WHERE state = 3");
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms);
    TRY(query_run(&q));
    return store_knocks_get(db, channel, person, knock);
}

enum status store_knocks_answer(struct store_db *db,
                                const struct id *channel,
                                const struct id *person,
                                bool accepted,
                                const struct id *answered_by,
                                int64_t now_ms)
{
    struct store_knock knock;
    enum store_knock_state answer = accepted ? STORE_KNOCK_ACCEPTED : STORE_KNOCK_REFUSED;
    TRY(store_knocks_get(db, channel, person, &knock));
    if (knock.state == answer)
        return STATUS_OK;
    if (knock.state != STORE_KNOCK_WAITING)
        return STATUS_CONFLICT;
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE knocks SET state = ?, answered_by = ?, answered_at_ms = ?"
                                  " WHERE channel = ? AND person = ?");
    query_bind_int(&q, answer);
    query_bind_optional_id(&q, answered_by);
    query_bind_int(&q, now_ms);
    query_bind_id(&q, channel);
    query_bind_id(&q, person);
    return query_run(&q);
}

enum status store_knocks_list(struct store_db *db,
                              const struct id *channel,
                              enum store_knock_state state,
                              struct arena *arena,
                              struct store_knock_list *knocks)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " KNOCK_COLUMNS " FROM knocks k WHERE channel = ? AND state = ?"
                     " AND NOT (state = 2 AND EXISTS (SELECT 1 FROM channel_members m"
                     "   JOIN devices d ON d.device = m.device AND d.state = 1"
                     "   WHERE m.channel = k.channel AND m.person = k.person))"
                     " AND NOT (state = 2 AND EXISTS (SELECT 1 FROM people p"
                     "   WHERE p.person = k.person AND p.state <> 2))"
                     " ORDER BY knocked_at_ms, person");
    struct query_rows rows;
    query_bind_id(&q, channel);
    query_bind_int(&q, state);
    TRY(query_all(&q, arena, sizeof(struct store_knock), take_knock, &rows));
    *knocks = (struct store_knock_list){rows.items, rows.count};
    return STATUS_OK;
}
