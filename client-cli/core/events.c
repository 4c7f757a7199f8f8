/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/events.h"

#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/history.h"
#include "client-cli/core/introductions.h"
#include "client-cli/core/invitations.h"
#include "client-cli/core/people.h"
#include "client-cli/core/read_mark.h"
#include "client-cli/core/replica.h"
#include "client-cli/core/session.h"
#include "client-cli/core/shut_out.h"
#include "client-cli/core/work.h"
#include "protocol/wire/events.h"

/* What must end the handling; anything else that an event does is said and left behind. */
static enum status settle(struct engine *engine, const struct channel *channel, enum status status)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    if (!engine_is_connected(engine) || status_passes(status) || status == STATUS_FULL ||
        status == STATUS_CORRUPT || status == STATUS_UNTRUSTED)
        return status;
    const char *text = engine_explanation(engine);
    engine_notice(engine, channel, "%s", text[0] == '\0' ? status_text(status) : text);
    engine_forget_explanation(engine);
    return STATUS_OK;
}

/* With the session, by which what is said on the floor is judged. */
static enum status catch_up(struct engine *engine, struct channel *channel)
{
    TRY(channel_log_catch_up(engine, channel));
    return channel->state == CHANNEL_STATE_MEMBER ? session_refresh(engine, channel) : STATUS_OK;
}

static enum status catch_up_all(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        TRY(settle(engine, channel, catch_up(engine, channel)));
    return STATUS_OK;
}

static enum status on_entry(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_entry_event event;
    TRY(schema_decode(&wire_entry_event_schema, body, arena, &event));
    struct channel *channel = channel_find(engine, &event.entry.channel);
    if (channel == NULL)
        return STATUS_OK;
    enum status status = channel_log_take_event(engine, channel, &event.entry);
    bool cannot_follow =
        channel->state == CHANNEL_STATE_STUCK || channel->outrun || channel->overtaken;
    if (status == STATUS_OK && cannot_follow)
        status = channel_log_catch_up(engine, channel); /* which reports it, or joins anew */
    return settle(engine, channel, status);
}

static enum status on_work(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_work_event event;
    TRY(schema_decode(&wire_work_event_schema, body, arena, &event));
    struct channel *channel = channel_find(engine, &event.work.channel);
    if (channel == NULL)
        return STATUS_OK;
    return settle(engine, channel, work_do(engine, channel, &event.work));
}

static enum status on_stage(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_stage_event event;
    TRY(schema_decode(&wire_stage_event_schema, body, arena, &event));
    struct channel *channel = channel_find(engine, &event.session.channel);
    if (channel == NULL)
        return STATUS_OK;
    /* Asked again rather than taken as it is: our own sealed answers may have to be opened now. */
    enum status status = session_refresh(engine, channel);
    if (status == STATUS_OK && engine->listener.session != NULL)
        engine->listener.session(engine->listener.context, channel);
    return settle(engine, channel, status);
}

static enum status on_invitation(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_invitation_event event;
    TRY(schema_decode(&wire_invitation_event_schema, body, arena, &event));
    invitations_tell(engine, &event.invitation);
    return STATUS_OK;
}

static enum status on_welcome(struct engine *engine)
{
    TRY(settle(engine, NULL, channel_join_welcomes(engine)));
    return events_subscribe_all(engine);
}

static enum status on_knock(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_knock_event event;
    TRY(schema_decode(&wire_knock_event_schema, body, arena, &event));
    const struct channel *channel = channel_find(engine, &event.channel);
    if (channel != NULL)
        engine_notice(engine, channel, "Somebody asks to be let in: weft channel knocks");
    return STATUS_OK;
}

/* A hint: what it is about is asked for, with what else was missed. */
static enum status on_suggestion(struct engine *engine)
{
    return settle(engine, NULL, introductions_look(engine));
}

static enum status on_directory(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_directory_event event;
    TRY(schema_decode(&wire_directory_event_schema, body, arena, &event));
    return replica_hear(engine, event.head);
}

static enum status on_own(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_own_event event;
    TRY(schema_decode(&wire_own_event_schema, body, arena, &event));
    /* Of a pairing, whoever waits for it asks. */
    return event.what == WIRE_OWN_READ ? read_mark_take(engine, &event.channel, &event.position)
                                       : STATUS_OK;
}

/* Done with whatever else is due of channels' histories. */
static enum status on_history(struct engine *engine, struct span body, struct arena *arena)
{
    struct wire_history_event event;
    TRY(schema_decode(&wire_history_event_schema, body, arena, &event));
    struct channel *channel = channel_find(engine, &event.channel);
    if (channel != NULL)
        channel->history_due = true;
    return STATUS_OK;
}

static enum status history_due(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        if (history_is_due(engine, channel))
            TRY(settle(engine, channel, history_work(engine, channel)));
    return STATUS_OK;
}

static enum status handle(struct engine *engine, enum wire_event kind, struct span body)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    switch (kind) {
    case WIRE_EVENT_ENTRY:
        return on_entry(engine, body, &arena);
    case WIRE_EVENT_BEHIND:
        return catch_up_all(engine);
    case WIRE_EVENT_WORK:
        return on_work(engine, body, &arena);
    case WIRE_EVENT_STAGE:
        return on_stage(engine, body, &arena);
    case WIRE_EVENT_INVITATION:
        return on_invitation(engine, body, &arena);
    case WIRE_EVENT_WELCOME:
        return on_welcome(engine);
    case WIRE_EVENT_DIRECTORY:
        return on_directory(engine, body, &arena);
    case WIRE_EVENT_KNOCK:
        return on_knock(engine, body, &arena);
    case WIRE_EVENT_SUGGESTION:
        return on_suggestion(engine);
    case WIRE_EVENT_CLOSING:
        engine_notice(engine, NULL, "The server stops for a while.");
        return STATUS_OK;
    case WIRE_EVENT_OWN:
        return on_own(engine, body, &arena);
    case WIRE_EVENT_HISTORY:
        return on_history(engine, body, &arena);
    }
    return STATUS_OK; /* of a later version: events are hints */
}

/* What is due of ourselves. A commit that lost or was refused is tried again another time. Damage
 * to one channel is told where that channel is used, and not to whoever uses others. */
static enum status commit_due(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        enum status status = shut_out_look(engine, channel);
        if (status == STATUS_OK)
            status = channel_commit_path(engine, channel);
        if (status != STATUS_OK && status != STATUS_CONFLICT && status != STATUS_DENIED &&
            status != STATUS_NOT_NOW && status != STATUS_REMOVED && status != STATUS_CORRUPT)
            return status;
        if (status != STATUS_OK)
            engine_forget_explanation(engine);
    }
    return STATUS_OK;
}

/* What the events that there was no room for may have told of: Welcomes, entries, a suggestion. */
static enum status look_for_lost(struct engine *engine)
{
    TRY(on_welcome(engine));
    return on_suggestion(engine);
}

enum status events_handle_all(struct engine *engine)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_FRAME_BYTES);
    enum wire_event kind;
    while (connection_next_event(engine->connection, &kind, &body)) {
        enum status status = handle(engine, kind, buffer_span(&body));
        /* What cannot be decoded is of a server that speaks otherwise: hints may be missed. */
        if (status != STATUS_OK && status != STATUS_MALFORMED && status != STATUS_TRUNCATED &&
            status != STATUS_TRAILING)
            return status;
    }
    if (connection_lost_events(engine->connection))
        TRY(look_for_lost(engine));
    else if (engine->welcomes_due != 0 && engine_now_ms(engine) >= engine->welcomes_due)
        TRY(on_welcome(engine));
    TRY(history_due(engine));
    TRY(read_mark_send(engine));
    return commit_due(engine);
}

static enum status subscribe(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_subscribe_request request = {.channel = channel->id, .on = true};
    struct wire_channel_subscribe_response response;
    enum status status = STATUS_OK;
    /* What was under way when a connection ended, or whose Welcome is lost, is found by asking. */
    if (channel->state != CHANNEL_STATE_MEMBER || channel->distrusted)
        status = channel_log_catch_up(engine, channel);
    channel->subscribed = true; /* one that fails is not asked for again and again */
    if (status != STATUS_OK || channel->state != CHANNEL_STATE_MEMBER)
        return settle(engine, channel, status);
    status = engine_call(engine, WIRE_CHANNEL_SUBSCRIBE, &request, &reply, &response);
    /* Where we are no member, as the server says, the log and the next generation tell why. */
    if (status == STATUS_OK || status == STATUS_DENIED || status == STATUS_NOT_FOUND)
        status = catch_up(engine, channel);
    if (status == STATUS_OK)
        status = history_work(engine, channel);
    return settle(engine, channel, status);
}

enum status events_subscribe_all(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        TRY(subscribe(engine, channel));
    return STATUS_OK;
}

enum status events_look_for_work(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        TRY(settle(engine, channel, work_look(engine, channel)));
    return STATUS_OK;
}

enum status events_subscribe_new(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        if (!channel->subscribed)
            TRY(subscribe(engine, channel));
    return STATUS_OK;
}
