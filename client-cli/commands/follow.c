/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/follow.h"

#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/program.h"
#include "client-cli/commands/relay.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/show_session.h"
#include "client-cli/core/events.h"
#include "client-cli/core/introductions.h"
#include "client-cli/core/invitations.h"
#include "client-cli/core/knocks.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/read_mark.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CHOSEN_MAX 64

struct follow {
    struct invocation *invocation;
    struct relay *relay;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    bool stopped;
    bool idle;  /* waits for whatever comes */
    bool asked; /* another terminal has a command for us */
    const struct channel *chosen[CHOSEN_MAX];
    size_t chosen_count; /* 0: all */
    uint64_t backoff_ms;
    int64_t contact_ms; /* when the server was heard last, by our own clock */
    int64_t looked_ms;  /* when introductions were asked for last */
    bool told_lost;
};

/* ---- what is shown ---- */

static bool is_chosen(const struct follow *follow, const struct channel *channel)
{
    if (follow->chosen_count == 0 || channel == NULL)
        return true;
    for (size_t i = 0; i < follow->chosen_count; i++)
        if (follow->chosen[i] == channel)
            return true;
    return false;
}

static void on_entry(void *context, const struct channel *channel, const struct stored_entry *entry)
{
    struct follow *follow = context;
    const struct show_entry_around around = {.with_title = follow->chosen_count != 1,
                                             .seen_from = UINT64_MAX};
    if (is_chosen(follow, channel))
        show_entry(follow->invocation->out, follow->invocation->engine, channel, entry, &around);
}

static void on_notice(void *context, const struct channel *channel, const char *text)
{
    struct follow *follow = context;
    struct span title = channel == NULL ? SPAN_EMPTY : channel->title;
    if (!is_chosen(follow, channel))
        return;
    out_prose(follow->invocation->out, "  ** %.*s%s%s", OUT_SPAN(title), title.len == 0 ? "" : ": ",
              text);
    out_record(follow->invocation->out,
               json_pack("{s:s, s:o, s:o}", "type", "warning", "title", out_json_text(title),
                         "text", out_json_text(span_from_text(text))));
}

static void on_session(void *context, struct channel *channel)
{
    struct follow *follow = context;
    struct engine *engine = follow->invocation->engine;
    if (is_chosen(follow, channel) &&
        show_session(follow->invocation->out, engine, channel, SHOW_SESSION_CHANGE) != STATUS_OK)
        engine_forget_explanation(engine); /* the session went away meanwhile */
}

/* ---- what others ask of us ---- */

/* It ends no other wait than follow's own: a command may be waiting as the server has asked. */
static void on_asked(void *context)
{
    struct follow *follow = context;
    follow->asked = true;
    if (follow->idle)
        connection_wake(follow->invocation->engine->connection);
}

static int
run_for_other(void *context, const struct relay_request *request, const struct out_sink *sink)
{
    struct follow *follow = context;
    return program_run_for_other(follow->invocation->engine, follow->invocation->profile_directory,
                                 request, sink);
}

/* Waits, and does what others have asked for by then. */
static void serve(struct follow *follow,
                  void (*wait)(struct connection *connection, uint64_t timeout_ms),
                  uint64_t timeout_ms)
{
    follow->idle = true;
    if (!follow->asked)
        wait(follow->invocation->engine->connection, timeout_ms);
    follow->idle = false;
    relay_serve(follow->relay);
    follow->asked = false;
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct follow *follow = handle->data;
    (void)number;
    follow->stopped = true;
    connection_wake(follow->invocation->engine->connection);
}

/* ---- the connection ---- */

static void say_lost(struct follow *follow)
{
    char time[SHOW_TIME_SIZE];
    if (follow->told_lost)
        return;
    follow->told_lost = true;
    show_entry_time(follow->contact_ms, time);
    out_prose(follow->invocation->out, "  ** no contact with the server since %s; trying again",
              time);
    out_record(follow->invocation->out,
               json_pack("{s:s, s:I}", "type", "lost", "since", (json_int_t)follow->contact_ms));
}

/* Half of it is chance, so that a thousand clients do not come back at once. */
static void pause_before_retry(struct follow *follow)
{
    uint32_t chance = 0;
    struct engine *engine = follow->invocation->engine;
    if (follow->backoff_ms == 0)
        follow->backoff_ms = CORE_BACKOFF_FIRST_MS;
    if (random_fill(engine->random, (uint8_t *)&chance, sizeof chance) != STATUS_OK)
        chance = 0;
    serve(follow, connection_pause, follow->backoff_ms + chance % (follow->backoff_ms + 1));
    follow->backoff_ms *= 2;
    if (follow->backoff_ms > CORE_BACKOFF_LAST_MS)
        follow->backoff_ms = CORE_BACKOFF_LAST_MS;
}

static bool may_pass(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED ||
           status == STATUS_CANCELLED;
}

static enum status show_stored(void *context, const struct stored_entry *entry)
{
    void **parts = context;
    on_entry(parts[0], parts[1], entry);
    return STATUS_OK;
}

/* What other commands took in and nobody has seen yet. */
static enum status show_unseen(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        void *context[] = {follow, channel};
        struct entry_walk walk = {.channel = channel->id,
                                  .from = channel->shown + 1,
                                  .to = channel->cursor,
                                  .visit = show_stored,
                                  .context = context};
        if (is_chosen(follow, channel) && channel->state == CHANNEL_STATE_MEMBER)
            TRY(entry_walk(engine, &walk));
    }
    return STATUS_OK;
}

static enum status mark_one(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    (void)context;
    channel->shown = channel->cursor;
    return STATUS_OK;
}

/* What could not be written was not read; and another device may have read on. */
static bool has_more(const struct follow *follow, const struct channel *channel)
{
    return is_chosen(follow, channel) && channel->shown < channel->cursor &&
           out_is_complete(follow->invocation->out);
}

static enum status mark_seen(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        if (has_more(follow, channel))
            TRY(channel_transact(engine, channel, mark_one, NULL));
    return STATUS_OK;
}

/* For our other devices, as often as they are told. */
static enum status mark_due(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        if (has_more(follow, channel) && read_mark_is_due(engine, channel))
            TRY(channel_transact(engine, channel, mark_one, NULL));
    return STATUS_OK;
}

static enum status begin(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    TRY(engine_connect(engine));
    TRY(events_subscribe_all(engine));
    TRY(events_look_for_work(engine));
    TRY(knocks_look(engine));
    TRY(invitations_look(engine));
    TRY(introductions_look(engine));
    follow->looked_ms = engine_now_ms(engine);
    follow->backoff_ms = 0;
    if (follow->told_lost)
        out_prose(follow->invocation->out, "  ** the server is there again");
    follow->told_lost = false;
    if (engine->channels == NULL)
        out_prose(follow->invocation->out, "You are in no channel yet: what is said in one comes "
                                           "here. In another terminal: weft channel list");
    out_record(follow->invocation->out, json_pack("{s:s}", "type", "following"));
    return STATUS_OK;
}

/* One ping when nothing else was said: a dead connection shows, and a proxy keeps a living one. */
static enum status ping(struct engine *engine)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_empty nothing = {0};
    return engine_call(engine, WIRE_PING, &nothing, &reply, NULL);
}

/* Reminders, and the question whether people met, come with time and not with an event. */
static enum status look_again(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    if (engine_now_ms(engine) - follow->looked_ms < CORE_LOOK_INTERVAL_MS)
        return STATUS_OK;
    follow->looked_ms = engine_now_ms(engine);
    return introductions_look(engine);
}

/* Until the next ping, or until Welcomes that wait are due. */
static uint64_t wait_ms(const struct engine *engine)
{
    int64_t due_ms = engine->welcomes_due - engine_now_ms(engine);
    if (engine->welcomes_due == 0 || due_ms > CORE_PING_INTERVAL_MS)
        return CORE_PING_INTERVAL_MS;
    return due_ms > 0 ? (uint64_t)due_ms : 0;
}

static enum status one_round(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    int64_t before = engine_now_ms(engine);
    serve(follow, connection_wait, wait_ms(engine));
    if (!engine_is_connected(engine))
        return STATUS_NETWORK;
    TRY(mark_due(follow));
    TRY(events_handle_all(engine));
    TRY(events_subscribe_new(engine)); /* before the next wait, in which they would be missed */
    if (!follow->stopped && engine_now_ms(engine) - before >= CORE_PING_INTERVAL_MS)
        TRY(ping(engine));
    TRY(look_again(follow));
    follow->contact_ms = engine_wall_ms();
    return STATUS_OK;
}

static enum status go_on(struct follow *follow)
{
    struct engine *engine = follow->invocation->engine;
    enum status status = begin(follow);
    while (!follow->stopped) {
        if (status == STATUS_OK)
            status = one_round(follow);
        if (status == STATUS_OK)
            continue;
        if (!may_pass(status))
            return status;
        say_lost(follow);
        pause_before_retry(follow);
        if (!follow->stopped)
            status = begin(follow);
    }
    return engine_is_connected(engine) || may_pass(status) ? STATUS_OK : status;
}

/* ---- beginning and end ---- */

static enum status choose(struct follow *follow)
{
    struct invocation *invocation = follow->invocation;
    size_t count = invocation->arguments.positional_count;
    if (count > CHOSEN_MAX)
        return command_explain(invocation, STATUS_LIMIT, "at most %d channels", CHOSEN_MAX);
    for (size_t i = 0; i < count; i++) {
        struct channel *channel = NULL;
        TRY(own_channel_find(invocation, invocation->arguments.positional[i], &channel));
        follow->chosen[follow->chosen_count++] = channel;
    }
    return STATUS_OK;
}

static void watch_signal(struct follow *follow, uv_signal_t *handle, int number)
{
    uv_signal_init(&follow->invocation->engine->loop, handle);
    handle->data = follow;
    uv_signal_start(handle, on_signal, number);
}

static void on_handle_closed(uv_handle_t *handle)
{
    handle->data = NULL;
}

static void unwatch_signal(struct follow *follow, uv_signal_t *handle)
{
    uv_close((uv_handle_t *)handle, on_handle_closed);
    while (handle->data != NULL)
        uv_run(&follow->invocation->engine->loop, UV_RUN_ONCE);
}

enum status follow_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct follow follow = {.invocation = invocation, .contact_ms = engine_wall_ms()};
    struct engine_listener before = engine->listener;
    struct engine_listener listener = {
        .entry = on_entry, .notice = on_notice, .session = on_session, .context = &follow};
    struct relay_handler handler = {.wake = on_asked, .run = run_for_other, .context = &follow};
    TRY(choose(&follow));
    TRY(relay_open(&engine->loop, invocation->profile_directory, &handler, &follow.relay));
    engine_listen(engine, &listener);
    watch_signal(&follow, &follow.interrupt, SIGINT);
    watch_signal(&follow, &follow.terminate, SIGTERM);
    enum status status = show_unseen(&follow);
    if (status == STATUS_OK)
        status = go_on(&follow);
    if (status == STATUS_OK)
        status = mark_seen(&follow);
    unwatch_signal(&follow, &follow.interrupt);
    unwatch_signal(&follow, &follow.terminate);
    relay_close(&follow.relay);
    engine_listen(engine, &before);
    return status;
}
