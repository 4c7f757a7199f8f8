/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/sessions.h"

#include "protocol/base/limits.h"
#include "server/store/query.h"

#define SESSION_COLUMNS                                                                            \
    "session, channel, parent, format, created_by, created_at_ms, starts_at_ms, started_at_ms,"    \
    " ended_at_ms, state, stage_index, stage_counter, remaining_ms, deadline_ms,"                  \
    " control_message, owner, lease_until_ms"

static void take_session(struct query *q, struct arena *arena, void *item)
{
    struct store_session *session = item;
    int state = 0;
    query_take_id(q, &session->session);
    query_take_id(q, &session->channel);
    query_take_id(q, &session->parent);
    query_take_bytes(q, arena, &session->format);
    query_take_id(q, &session->created_by);
    query_take_int(q, &session->created_at_ms);
    query_take_int(q, &session->starts_at_ms);
    query_take_int(q, &session->started_at_ms);
    query_take_int(q, &session->ended_at_ms);
    query_take_enum(q, STORE_SESSION_ENDED, &state);
    query_take_unsigned32(q, &session->stage_index);
    query_take_unsigned(q, &session->stage_counter);
    query_take_int(q, &session->remaining_ms);
    query_take_int(q, &session->deadline_ms);
    query_take_id(q, &session->control_message);
    query_take_id(q, &session->owner);
    query_take_int(q, &session->lease_until_ms);
    session->state = (enum store_session_state)state;
}

/* STATUS_NOT_FOUND when there is no such session, STATUS_EXISTS when it is another person's. */
static enum status find_own(struct store_db *db, const struct id *session, const struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT created_by FROM sessions WHERE session = ?");
    struct id creator = {{0}};
    query_bind_id(&q, session);
    TRY(query_one(&q));
    query_take_id(&q, &creator);
    TRY(q.status);
    return id_equal(&creator, person) ? STATUS_OK : STATUS_EXISTS;
}

static enum status channel_exists(struct store_db *db, const struct id *channel)
{
    CLEANUP(query_end) struct query q = query_on(db, "SELECT 1 FROM channels WHERE channel = ?");
    query_bind_id(&q, channel);
    return query_one(&q);
}

static enum status add_row(struct store_db *db, const struct store_session *session)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO sessions (" SESSION_COLUMNS ")"
                                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)");
    query_bind_id(&q, &session->session);
    query_bind_id(&q, &session->channel);
    query_bind_optional_id(&q, &session->parent);
    query_bind_bytes(&q, session->format);
    query_bind_id(&q, &session->created_by);
    query_bind_int(&q, session->created_at_ms);
    query_bind_int(&q, session->starts_at_ms);
    query_bind_int(&q, session->started_at_ms);
    query_bind_int(&q, session->ended_at_ms);
    query_bind_int(&q, session->state);
    query_bind_int(&q, session->stage_index);
    query_bind_unsigned(&q, session->stage_counter);
    query_bind_int(&q, session->remaining_ms);
    query_bind_int(&q, session->deadline_ms);
    query_bind_optional_id(&q, &session->control_message);
    return query_run(&q);
}

enum status
store_sessions_add(struct store_db *db, const struct store_session *session, bool *again)
{
    if (session->format.len > LIMIT_FRAME_BYTES)
        return STATUS_LIMIT;
    enum status status = find_own(db, &session->session, &session->created_by);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    if (status == STATUS_NOT_FOUND) {
        TRY(channel_exists(db, &session->channel));
        TRY(add_row(db, session));
    }
    *again = status == STATUS_OK;
    return STATUS_OK;
}

enum status store_sessions_get(struct store_db *db,
                               const struct id *session,
                               struct arena *arena,
                               struct store_session *found)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " SESSION_COLUMNS " FROM sessions WHERE session = ?");
    struct store_session taken = {0};
    query_bind_id(&q, session);
    TRY(query_one(&q));
    take_session(&q, arena, &taken);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

static enum status
take_all(struct query *q, struct arena *arena, struct store_session_list *sessions)
{
    struct query_rows rows;
    TRY(query_all(q, arena, sizeof(struct store_session), take_session, &rows));
    *sessions = (struct store_session_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_sessions_of_channel(struct store_db *db,
                                      const struct id *channel,
                                      struct arena *arena,
                                      struct store_session_list *sessions)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " SESSION_COLUMNS " FROM sessions WHERE channel = ? ORDER BY row");
    query_bind_id(&q, channel);
    return take_all(&q, arena, sessions);
}

enum status store_sessions_open(struct store_db *db,
                                const struct id *after,
                                uint32_t count_max,
                                struct arena *arena,
                                struct store_session_list *sessions)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " SESSION_COLUMNS " FROM sessions WHERE state <> 4"
                     " AND row > ifnull((SELECT row FROM sessions WHERE session = ?), 0)"
                     " ORDER BY row LIMIT ?");
    query_bind_id(&q, after);
    query_bind_int(&q, count_max);
    return take_all(&q, arena, sessions);
}

/* The counter and the control message of the last change. */
static enum status last_change(struct store_db *db,
                               const struct id *session,
                               uint64_t *stage_counter,
                               struct id *control_message)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT stage_counter, control_message FROM sessions WHERE session = ?");
    query_bind_id(&q, session);
    TRY(query_one(&q));
    query_take_unsigned(&q, stage_counter);
    query_take_id(&q, control_message);
    return q.status;
}

static enum status write_change(struct store_db *db, const struct store_session *next)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE sessions SET state = ?, stage_index = ?, stage_counter = ?,"
                     " remaining_ms = ?, deadline_ms = ?, control_message = ?, started_at_ms = ?,"
                     " ended_at_ms = ? WHERE session = ?");
    query_bind_int(&q, next->state);
    query_bind_int(&q, next->stage_index);
    query_bind_unsigned(&q, next->stage_counter);
    query_bind_int(&q, next->remaining_ms);
    query_bind_int(&q, next->deadline_ms);
    query_bind_optional_id(&q, &next->control_message);
    query_bind_int(&q, next->started_at_ms);
    query_bind_int(&q, next->ended_at_ms);
    query_bind_id(&q, &next->session);
    return query_run(&q);
}

enum status store_sessions_change(struct store_db *db,
                                  const struct store_session *next,
                                  uint64_t counter_before)
{
    uint64_t counter = 0;
    struct id message = {{0}};
    TRY(last_change(db, &next->session, &counter, &message));
    if (next->stage_counter != counter_before + 1)
        return STATUS_CONFLICT;
    if (counter == next->stage_counter && !id_is_none(&message) &&
        id_equal(&message, &next->control_message))
        return STATUS_OK;
    if (counter != counter_before)
        return STATUS_CONFLICT;
    return write_change(db, next);
}

enum status store_sessions_tick(struct store_db *db,
                                const struct id *session,
                                uint64_t stage_counter,
                                int64_t remaining_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE sessions SET remaining_ms = ?"
                                  " WHERE session = ? AND stage_counter = ? AND state = 2");
    query_bind_int(&q, remaining_ms);
    query_bind_id(&q, session);
    query_bind_unsigned(&q, stage_counter);
    return query_run(&q);
}

enum status store_sessions_lease(struct store_db *db,
                                 const struct id *session,
                                 const struct id *owner,
                                 int64_t now_ms,
                                 int64_t until_ms)
{
    uint64_t counter = 0;
    struct id message;
    TRY(last_change(db, session, &counter, &message)); /* whether there is one */
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE sessions SET owner = ?1, lease_until_ms = ?2 WHERE session = ?3"
                     " AND (owner IS NULL OR owner = ?1 OR lease_until_ms <= ?4)");
    uint64_t changed;
    query_bind_id(&q, owner);
    query_bind_int(&q, until_ms);
    query_bind_id(&q, session);
    query_bind_int(&q, now_ms);
    TRY(query_run_counted(&q, &changed));
    return changed == 0 ? STATUS_CONFLICT : STATUS_OK;
}
