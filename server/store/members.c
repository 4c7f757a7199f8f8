/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/members.h"

#include "server/store/departures.h"
#include "server/store/limits.h"
#include "server/store/query.h"
#include "server/store/wants.h"

/* Whether the bound statement finds a row; STATUS_DENIED when not. */
static enum status require_row(struct query *q)
{
    bool found;
    TRY(query_next(q, &found));
    return found ? STATUS_OK : STATUS_DENIED;
}

enum status
store_members_check_device(struct store_db *db, const struct id *device, const struct id *person)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT 1 FROM devices d JOIN people p ON p.person = d.person"
                     " WHERE d.device = ? AND d.person = ? AND d.state = 1 AND p.state = 2");
    query_bind_id(&q, device);
    query_bind_id(&q, person);
    return require_row(&q);
}

enum status store_members_add(struct store_db *db,
                              const struct id *channel,
                              const struct id *person,
                              const struct id *device,
                              uint32_t leaf,
                              int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO channel_members (channel, device, person, leaf, since_ms, took_part,"
            " last_at_ms) VALUES (?, ?, ?, ?, ?, 0, 0)");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    query_bind_id(&q, person);
    query_bind_int(&q, leaf);
    query_bind_int(&q, now_ms);
    enum status status = query_run(&q);
    if (status == STATUS_EXISTS)
        return STATUS_CONFLICT;
    TRY(status);
    TRY(store_departures_forget(db, channel, device));
    return store_wants_joined(db, channel, device, person);
}

static enum status
end_removal(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM removals WHERE channel = ? AND device = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_run(&q);
}

/* A Welcome into a group that the device has left again leads nowhere. */
static enum status
end_welcomes(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "DELETE FROM welcomes WHERE channel = ? AND device = ?");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_run(&q);
}

/* Who was let in and has left again is not to be added once more for the same knock. One that was
 * accepted after the device had been revoked is about the device that took its place. */
static enum status end_knock(struct store_db *db, const struct id *channel, const struct id *device)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM knocks WHERE channel = ? AND state = 2 AND EXISTS"
                     " (SELECT 1 FROM devices d WHERE d.device = ? AND d.person = knocks.person"
                     "  AND (d.state = 1 OR knocks.answered_at_ms <= d.revoked_at_ms))");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    return query_run(&q);
}

enum status store_members_remove(struct store_db *db,
                                 const struct id *channel,
                                 const struct id *device,
                                 uint32_t leaf)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "DELETE FROM channel_members WHERE channel = ? AND device = ? AND leaf = ?");
    uint64_t deleted;
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    query_bind_int(&q, leaf);
    TRY(query_run_counted(&q, &deleted));
    if (deleted == 0)
        return STATUS_CONFLICT;
    TRY(end_removal(db, channel, device));
    TRY(end_knock(db, channel, device));
    TRY(store_wants_left(db, channel, device));
    return end_welcomes(db, channel, device);
}

enum status store_members_check(struct store_db *db,
                                const struct id *channel,
                                const struct id *device,
                                int64_t *took_part_at_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "SELECT CASE WHEN m.took_part = 1 THEN m.last_at_ms ELSE -1 END FROM channel_members m"
            " JOIN devices d ON d.device = m.device JOIN people p ON p.person = d.person"
            " WHERE m.channel = ? AND m.device = ? AND d.state = 1 AND p.state = 2");
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    TRY(require_row(&q));
    if (took_part_at_ms != NULL)
        query_take_int(&q, took_part_at_ms);
    return q.status;
}

enum status store_members_take_part(struct store_db *db,
                                    const struct id *channel,
                                    const struct id *device,
                                    int64_t now_ms,
                                    int64_t *took_part_at_ms)
{
    if (*took_part_at_ms >= 0 && now_ms - *took_part_at_ms < STORE_TOOK_PART_MS)
        return STATUS_OK;
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channel_members SET took_part = 1, last_at_ms = ?"
                                  " WHERE channel = ? AND device = ?");
    query_bind_int(&q, now_ms);
    query_bind_id(&q, channel);
    query_bind_id(&q, device);
    TRY(query_run(&q));
    *took_part_at_ms = now_ms;
    return STATUS_OK;
}
