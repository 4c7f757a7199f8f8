/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/stage/stage.h"

#include "protocol/base/limits.h"
#include "protocol/wire/events.h"
#include "server/stage/session.h"

#include <stdlib.h>

/* Sessions read at a time: however many there are, the server starts again. */
#define RESTORE_SESSIONS 100
#define RESTORE_ARENA_MAX (RESTORE_SESSIONS * 2 * LIMIT_FRAME_BYTES)

struct stage_now stage_now(const struct stage *stage)
{
    const struct clock_source *clock = stage->hub->clock;
    return (struct stage_now){clock_wall_ms(clock), clock_monotonic_ms(clock)};
}

struct session *stage_find(const struct stage *stage, const struct id *session)
{
    return id_map_find(&stage->sessions, session);
}

void stage_tell(struct stage *stage, const struct session *session)
{
    struct channel *channel = delivery_find(stage->delivery, &session->channel);
    if (channel == NULL)
        return;
    struct stage_now now = stage_now(stage);
    struct wire_stage_event event;
    session_describe(session, &now, &event.session);
    delivery_publish(stage->delivery, channel, WIRE_EVENT_STAGE, &event);
}

/* ---- which there are ---- */

static void attach(struct stage *stage, struct channel *channel)
{
    channel->session = id_map_find(&stage->by_channel, &channel->id);
}

enum status stage_add(struct stage *stage, struct session *session)
{
    TRY(id_map_set(&stage->sessions, &session->id, session));
    enum status status = id_map_set(&stage->by_channel, &session->channel, session);
    if (status != STATUS_OK) {
        id_map_remove(&stage->sessions, &session->id);
        return status;
    }
    struct channel *channel = delivery_find(stage->delivery, &session->channel);
    if (channel != NULL)
        attach(stage, channel);
    return STATUS_OK;
}

void stage_remove(struct stage *stage, struct session *session)
{
    struct channel *channel = delivery_find(stage->delivery, &session->channel);
    id_map_remove(&stage->sessions, &session->id);
    if (id_map_find(&stage->by_channel, &session->channel) == session)
        id_map_remove(&stage->by_channel, &session->channel);
    if (channel != NULL)
        attach(stage, channel);
    session_free(&session);
}

enum status
stage_describe(const struct stage *stage, const struct id *channel, struct wire_session *described)
{
    const struct session *session = id_map_find(&stage->by_channel, channel);
    if (session == NULL)
        return STATUS_NOT_FOUND;
    struct stage_now now = stage_now(stage);
    session_describe(session, &now, described);
    return STATUS_OK;
}

static void
describe_row(const struct store_session *row, int64_t now_ms, struct wire_session *described)
{
    *described = (struct wire_session){
        .session = row->session,
        .channel = row->channel,
        .parent = row->parent,
        .format = row->format,
        .state = (uint8_t)row->state,
        .stage = (uint16_t)row->stage_index,
        .counter = (uint32_t)row->stage_counter,
        .deadline = row->deadline_ms,
        .starts = row->starts_at_ms,
        .control = row->control_message,
        .now = now_ms,
    };
}

enum status stage_last_ended(struct store_db *db,
                             const struct id *channel,
                             int64_t now_ms,
                             struct arena *arena,
                             struct wire_session *described)
{
    struct store_session_list sessions;
    TRY(store_sessions_of_channel(db, channel, arena, &sessions));
    if (sessions.count == 0)
        return STATUS_NOT_FOUND;
    describe_row(&sessions.items[sessions.count - 1], now_ms, described);
    return STATUS_OK;
}

/* ---- delivery's hooks ---- */

static void on_loaded(void *context, struct channel *channel, void *loaded)
{
    (void)loaded; /* every session that is not ended is in memory already */
    attach(context, channel);
}

static enum status may_send(void *context,
                            struct channel *channel,
                            const struct id *person,
                            const struct message_header *header,
                            const char **detail)
{
    const struct stage *stage = context;
    const struct session *session = channel->session;
    if (session == NULL || header->lane != LANE_FLOOR)
        return STATUS_OK;
    return stage_clock_may_speak(&session->clock, &session->format, channel_roles(channel, person),
                                 header->stage_counter, clock_monotonic_ms(stage->hub->clock),
                                 detail);
}

/* ---- lifetime ---- */

enum status stage_new(struct delivery *delivery, struct stage **stage)
{
    struct hub *hub = delivery_hub(delivery);
    struct stage *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->hub = hub;
    fresh->delivery = delivery;
    enum status status = id_random(hub->random, &fresh->owner);
    if (status == STATUS_OK)
        status = id_map_init(&fresh->sessions, hub->random);
    if (status == STATUS_OK)
        status = id_map_init(&fresh->by_channel, hub->random);
    if (status != STATUS_OK) {
        stage_free(&fresh);
        return status;
    }
    struct delivery_hooks hooks = {.loaded = on_loaded, .may_send = may_send, .context = fresh};
    delivery_set_hooks(delivery, &hooks);
    *stage = fresh;
    return STATUS_OK;
}

void stage_free(struct stage **stage)
{
    if (*stage == NULL)
        return;
    size_t at = 0;
    for (struct session *session = id_map_next(&(*stage)->sessions, &at); session != NULL;
         session = id_map_next(&(*stage)->sessions, &at))
        session_free(&session);
    id_map_clear(&(*stage)->sessions);
    id_map_clear(&(*stage)->by_channel);
    free(*stage);
    *stage = NULL;
}

/* ---- the start ---- */

struct restore {
    struct store_job job;
    struct stage *stage;
    struct arena arena;
    struct id after;
    struct store_session_list rows;
    struct stage_now now;
    enum status status;
};

static void restore_clear(struct restore *restore)
{
    arena_clear(&restore->arena);
}

static enum status restore_run(struct store_db *db, struct store_job *job)
{
    struct restore *restore = (struct restore *)(void *)job;
    TRY(store_sessions_open(db, &restore->after, RESTORE_SESSIONS, &restore->arena,
                            &restore->rows));
    for (size_t i = 0; i < restore->rows.count; i++) {
        const struct store_session *row = &restore->rows.items[i];
        /* At the end of time every other lease has run out: also that of a session which our last
         * life paused, or nobody could resume it until then. */
        if (row->state == STORE_SESSION_RUNNING || row->state == STORE_SESSION_PAUSED)
            TRY(store_sessions_lease(db, &row->session, &restore->stage->owner, INT64_MAX,
                                     restore->now.wall_ms + SESSION_LEASE_MS));
    }
    return STATUS_OK;
}

static enum status take_up(struct stage *stage, struct restore *restore)
{
    for (size_t i = 0; i < restore->rows.count; i++) {
        const struct store_session *row = &restore->rows.items[i];
        struct session *session = NULL;
        TRY(session_new(row, &restore->now, &session));
        enum status status = stage_add(stage, session);
        if (status != STATUS_OK) {
            session_free(&session);
            return status;
        }
        restore->after = row->session;
    }
    return STATUS_OK;
}

static void restore_done(struct store_job *job, enum status status)
{
    struct restore *restore = (struct restore *)(void *)job;
    restore->status = status;
}

/* Those after `*after`, which moves on; `*more` says that there may be further ones. */
static enum status restore_some(struct stage *stage, struct id *after, bool *more)
{
    CLEANUP(restore_clear)
    struct restore restore = {
        .job = {.run = restore_run, .done = restore_done},
        .stage = stage,
        .arena = ARENA_INIT(RESTORE_ARENA_MAX),
        .after = *after,
        .now = stage_now(stage),
        .status = STATUS_INTERNAL,
    };
    TRY(store_write(stage->hub->store, &restore.job));
    TRY(restore.status);
    TRY(take_up(stage, &restore));
    *more = restore.rows.count == RESTORE_SESSIONS;
    *after = restore.after;
    return STATUS_OK;
}

enum status stage_restore(struct stage *stage)
{
    struct id after = {{0}};
    bool more = true;
    while (more)
        TRY(restore_some(stage, &after, &more));
    if (stage->sessions.count > 0)
        JOURNAL(stage->hub->journal, JOURNAL_INFO, "sessions_restored",
                JOURNAL_N("count", stage->sessions.count));
    return STATUS_OK;
}

/* ---- the tick: what is left is stored ---- */

struct tick_item {
    struct id session;
    uint32_t counter;
    int64_t remaining_ms;
    bool timed;
    bool lost; /* the lease is another process's */
};

struct session_tick {
    struct store_job job;
    struct stage *stage;
    bool renew;
    struct stage_now now;
    size_t count;
    struct tick_item items[];
};

static enum status tick_item(struct store_db *db, struct session_tick *tick, struct tick_item *item)
{
    if (tick->renew) {
        enum status status =
            store_sessions_lease(db, &item->session, &tick->stage->owner, tick->now.wall_ms,
                                 tick->now.wall_ms + SESSION_LEASE_MS);
        item->lost = status == STATUS_CONFLICT;
        if (item->lost)
            return STATUS_OK; /* the others' ticks stand */
        TRY(status);
    }
    if (!item->timed)
        return STATUS_OK;
    return store_sessions_tick(db, &item->session, item->counter, item->remaining_ms);
}

static enum status tick_run(struct store_db *db, struct store_job *job)
{
    struct session_tick *tick = (struct session_tick *)(void *)job;
    for (size_t i = 0; i < tick->count; i++)
        TRY(tick_item(db, tick, &tick->items[i]));
    return STATUS_OK;
}

static void tick_done(struct store_job *job, enum status status)
{
    struct session_tick *tick = (struct session_tick *)(void *)job;
    struct stage *stage = tick->stage;
    if (status != STATUS_OK)
        JOURNAL(stage->hub->journal, JOURNAL_WARNING, "clock_not_stored", JOURNAL_S(status));
    for (size_t i = 0; i < tick->count; i++) {
        if (tick->items[i].lost)
            JOURNAL(stage->hub->journal, JOURNAL_ERROR, "session_owned_elsewhere",
                    JOURNAL_I("session", &tick->items[i].session));
    }
    stage->tick = NULL;
    free(tick);
}

static void fill_tick(const struct stage *stage, struct session_tick *tick)
{
    size_t at = 0;
    for (const struct session *session = id_map_next(&stage->sessions, &at); session != NULL;
         session = id_map_next(&stage->sessions, &at)) {
        if (session->clock.state != SESSION_RUNNING)
            continue;
        tick->items[tick->count++] = (struct tick_item){
            .session = session->id,
            .counter = session->clock.counter,
            .remaining_ms = stage_clock_remaining(&session->clock, tick->now.monotonic_ms),
            .timed = session->clock.timed,
        };
    }
}

void stage_tick(struct stage *stage)
{
    /* One at a time: a slow disk must not be given a backlog of old times. */
    if (stage->tick != NULL || stage->sessions.count == 0)
        return;
    struct session_tick *tick =
        calloc(1, sizeof *tick + stage->sessions.count * sizeof tick->items[0]);
    if (tick == NULL)
        return;
    tick->job = (struct store_job){.run = tick_run, .done = tick_done};
    tick->stage = stage;
    tick->now = stage_now(stage);
    tick->renew = tick->now.monotonic_ms - stage->leased_ms >= SESSION_LEASE_RENEW_MS;
    fill_tick(stage, tick);
    if (tick->count == 0) {
        free(tick);
        return;
    }
    if (tick->renew)
        stage->leased_ms = tick->now.monotonic_ms;
    stage->tick = tick;
    if (store_write(stage->hub->store, &tick->job) != STATUS_OK) {
        stage->tick = NULL;
        free(tick);
    }
}
