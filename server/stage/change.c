/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How sessions come to be and move on: the next state is made beside the present one, stored, and
 * only then taken over and told. Two changes at once name the same counter, and the store lets
 * one of them through.
 */
#include "server/stage/session.h"

/* ---- a new session ---- */

struct creation {
    struct store_job job;
    struct stage *stage;
    struct call *call;
    struct store_session row;
    struct session *session; /* until it is taken up */
    bool again;
};

/* In the store's own order, so that of two at once one sees the other. */
static enum status check_alone(struct store_db *db, struct creation *creation)
{
    struct store_session_list sessions;
    TRY(store_sessions_of_channel(db, &creation->row.channel, &creation->call->arena, &sessions));
    for (size_t i = 0; i < sessions.count; i++) {
        const struct store_session *other = &sessions.items[i];
        bool same = id_equal(&other->session, &creation->row.session);
        if (!same && other->state != STORE_SESSION_ENDED)
            return STATUS_EXISTS;
    }
    return STATUS_OK;
}

static enum status create_run(struct store_db *db, struct store_job *job)
{
    struct creation *creation = (struct creation *)(void *)job;
    TRY(check_alone(db, creation));
    return store_sessions_add(db, &creation->row, &creation->again);
}

/* It is durable and was checked: only memory can fail here, and a server that cannot follow its own
 * store must start again from it. */
static enum status take_up(struct creation *creation)
{
    struct stage *stage = creation->stage;
    struct session *session = creation->session;
    enum status status = stage_add(stage, session);
    if (status != STATUS_OK) {
        hub_fall_behind(stage->hub, "session_behind", status);
        return status;
    }
    creation->session = NULL;
    JOURNAL(stage->hub->journal, JOURNAL_INFO, "session_created",
            JOURNAL_I("session", &session->id), JOURNAL_I("channel", &session->channel));
    stage_tell(stage, session);
    return STATUS_OK;
}

static void create_done(struct store_job *job, enum status status)
{
    struct creation *creation = (struct creation *)(void *)job;
    struct wire_empty nothing = {0};
    if (status == STATUS_OK && !creation->again)
        status = take_up(creation);
    session_free(&creation->session);
    if (status == STATUS_OK)
        call_answer(creation->call, &nothing);
    else
        call_fail(creation->call, status,
                  status == STATUS_EXISTS ? "this channel has a session that is not ended" : NULL);
}

static enum status make_session(struct creation *creation, const struct channel *channel)
{
    const struct wire_session_create_request *request = creation->call->request;
    struct stage_now now = stage_now(creation->stage);
    struct stage_clock clock;
    stage_clock_plan(&now, &clock);
    struct session planned = {
        .id = request->session,
        .channel = channel->id,
        .parent = request->parent,
        .created_by = creation->call->person,
        .created_at_ms = now.wall_ms,
        .starts_at_ms = request->starts,
        .bytes = request->format,
    };
    session_row(&planned, &clock, &planned.control, &now, &creation->row);
    return session_new(&creation->row, &now, &creation->session);
}

void stage_create(struct stage *stage, struct channel *channel, struct call *call)
{
    struct creation *creation = NULL;
    enum status status = call_take(call, sizeof *creation, (void **)&creation);
    if (status == STATUS_OK) {
        creation->job = (struct store_job){.run = create_run, .done = create_done};
        creation->stage = stage;
        creation->call = call;
        status = make_session(creation, channel);
    }
    if (status == STATUS_OK) {
        status = store_write(stage->hub->store, &creation->job);
        if (status != STATUS_OK)
            session_free(&creation->session);
    }
    if (status != STATUS_OK)
        call_fail(call, status, NULL);
}

/* ---- the next stage ---- */

struct move {
    struct store_job job;
    struct stage *stage;
    struct call *call;
    struct stage_clock next;
    struct stage_now now;
    struct store_session row;
};

static enum status move_run(struct store_db *db, struct store_job *job)
{
    struct move *move = (struct move *)(void *)job;
    if (move->row.state == STORE_SESSION_RUNNING)
        TRY(store_sessions_lease(db, &move->row.session, &move->stage->owner, move->now.wall_ms,
                                 move->now.wall_ms + SESSION_LEASE_MS));
    return store_sessions_change(db, &move->row, move->row.stage_counter - 1);
}

/* Memory follows, unless this was a repetition of a change that it has followed already. */
static void follow(const struct move *move)
{
    struct stage *stage = move->stage;
    struct session *session = stage_find(stage, &move->row.session);
    if (session == NULL || session->clock.counter >= move->next.counter)
        return;
    session->clock = move->next;
    session->control = move->row.control_message;
    session->started_at_ms = move->row.started_at_ms;
    JOURNAL(stage->hub->journal, JOURNAL_INFO, "stage", JOURNAL_I("session", &session->id),
            JOURNAL_N("state", session->clock.state), JOURNAL_N("stage", session->clock.stage),
            JOURNAL_N("counter", session->clock.counter));
    stage_tell(stage, session);
    if (session->clock.state == SESSION_ENDED)
        stage_remove(stage, session);
}

static void answer(struct call *call)
{
    struct wire_empty nothing = {0};
    call_answer(call, &nothing);
}

static void move_done(struct store_job *job, enum status status)
{
    struct move *move = (struct move *)(void *)job;
    if (status != STATUS_OK) {
        call_fail(move->call, status,
                  status == STATUS_CONFLICT ? "the session has moved on meanwhile" : NULL);
        return;
    }
    follow(move);
    answer(move->call);
}

/* The same change again, after a lost answer. */
static bool is_repeated(const struct wire_session_stage_request *request,
                        uint32_t counter,
                        const struct id *control)
{
    return counter == request->counter + 1 && !id_is_none(control) &&
           id_equal(control, &request->control);
}

static enum status begin_move(struct move *move, struct session *session, const char **detail)
{
    const struct wire_session_stage_request *request = move->call->request;
    struct stage_change change = {
        .action = request->action,
        .minutes = request->minutes,
        .counter = request->counter,
    };
    move->now = stage_now(move->stage);
    TRY(stage_clock_change(&session->clock, &session->format, &change, &move->now, &move->next,
                           detail));
    session_row(session, &move->next, &request->control, &move->now, &move->row);
    move->job = (struct store_job){.run = move_run, .done = move_done};
    return store_write(move->stage->hub->store, &move->job);
}

/* ---- a session that is not in memory: ended, or none ---- */

static enum status ended_run(struct store_db *db, struct store_job *job)
{
    struct move *move = (struct move *)(void *)job;
    const struct wire_session_stage_request *request = move->call->request;
    return store_sessions_get(db, &request->session, &move->call->arena, &move->row);
}

static void ended_done(struct store_job *job, enum status status)
{
    struct move *move = (struct move *)(void *)job;
    const struct store_session *row = &move->row;
    const struct wire_session_stage_request *request = move->call->request;
    if (status == STATUS_OK &&
        is_repeated(request, (uint32_t)row->stage_counter, &row->control_message))
        answer(move->call);
    else if (status == STATUS_OK)
        call_fail(move->call, STATUS_NOT_NOW, "the session has ended");
    else
        call_fail(move->call, status, NULL);
}

static enum status look_for_ended(struct move *move)
{
    move->job = (struct store_job){.run = ended_run, .done = ended_done};
    return store_read(move->stage->hub->store, &move->job);
}

static enum status new_move(struct stage *stage, struct call *call, struct move **move)
{
    void *taken = NULL;
    TRY(call_take(call, sizeof **move, &taken));
    *move = taken;
    (*move)->stage = stage;
    (*move)->call = call;
    return STATUS_OK;
}

void stage_change(struct stage *stage, struct channel *channel, struct call *call)
{
    const struct wire_session_stage_request *request = call->request;
    struct session *session = stage_find(stage, &request->session);
    struct move *move = NULL;
    const char *detail = NULL;
    enum status status = STATUS_OK;
    if (!channel_facilitates(channel, &call->person)) {
        status = STATUS_DENIED;
        detail = "only a facilitator of the channel moves its session";
    }
    if (status == STATUS_OK && session != NULL &&
        is_repeated(request, session->clock.counter, &session->control)) {
        answer(call);
        return;
    }
    if (status == STATUS_OK)
        status = new_move(stage, call, &move);
    if (status == STATUS_OK)
        status = session == NULL ? look_for_ended(move) : begin_move(move, session, &detail);
    if (status != STATUS_OK)
        call_fail(call, status, detail);
}
