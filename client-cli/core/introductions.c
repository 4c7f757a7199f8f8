/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/introductions.h"

#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/work.h"

/* Two seconds: a busy server needs some milliseconds. */
#define ADD_TRIES 40
#define ADD_STEP_MS 50

static const char coffee_text[] = "You signed up for coffee rounds. Say hello, and find "
                                  "twenty minutes for a call or a coffee.";

static const char brief_text[] = "You said yes to being introduced to each other. Say hello; a "
                                 "call of twenty minutes is enough to begin with.";

enum status introductions_fetch(struct engine *engine,
                                struct connection_reply *reply,
                                struct wire_suggestions_response *all)
{
    const struct wire_empty request = {0};
    return engine_call(engine, WIRE_SUGGESTIONS, &request, reply, all);
}

enum status introductions_names(const struct wire_suggestion *suggestion, struct buffer *text)
{
    for (size_t i = 0; i < suggestion->other_count; i++) {
        const struct wire_other *other = &suggestion->others[i];
        bool erased = other->name.len == 0;
        TRY(buffer_append(text, span_from_text(i == 0 ? "" : " and ")));
        TRY(buffer_append(text, erased ? SPAN_LITERAL("somebody who was erased") : other->name));
        if (other->group_name.len == 0)
            continue;
        TRY(buffer_append(text, SPAN_LITERAL(" (")));
        TRY(buffer_append(text, other->group_name));
        TRY(buffer_append(text, SPAN_LITERAL(")")));
    }
    return STATUS_OK;
}

/* ---- the channel ---- */

/* Names of all, as far as they fit a title. */
static enum status write_title(const struct engine *engine,
                               const struct wire_suggestion *suggestion,
                               struct buffer *title)
{
    TRY(buffer_append(title, engine->account.name));
    for (size_t i = 0; i < suggestion->other_count; i++) {
        struct span name = suggestion->others[i].name;
        if (title->len + name.len + 5 > LIMIT_TITLE_BYTES)
            break;
        TRY(buffer_append(title, SPAN_LITERAL(" and ")));
        TRY(buffer_append(title, name));
    }
    return STATUS_OK;
}

static enum status make_channel(struct engine *engine,
                                const struct wire_suggestion *suggestion,
                                struct channel **channel)
{
    CLEANUP(buffer_clear) struct buffer title = BUFFER_INIT(LIMIT_TITLE_BYTES);
    TRY(write_title(engine, suggestion, &title));
    const struct channel_plan plan = {
        .id = suggestion->channel,
        .title = buffer_span(&title),
        .brief = span_from_text(suggestion->kind == SUGGESTION_COFFEE ? coffee_text : brief_text),
        .visibility = CHANNEL_PRIVATE,
    };
    return channel_join_create(engine, &plan, channel);
}

/* The server asks one member for the commit, which is us, as soon as it has looked up what waits.
 * Events wait meanwhile: this may be the handling of one. */
static enum status
commit_add(struct engine *engine, struct channel *channel, const struct id *person)
{
    for (int i = 0; i < ADD_TRIES; i++) {
        TRY(work_look(engine, channel));
        if (channel_has_person(engine, channel, person))
            return STATUS_OK;
        connection_pause(engine->connection, ADD_STEP_MS);
    }
    return STATUS_OK; /* another time */
}

/* All are equals in it: each may let people in and close it. */
static enum status add(struct engine *engine, struct channel *channel, const struct id *person)
{
    const struct channel_role_change change = {.person = *person, .give = CHANNEL_ROLE_FACILITATOR};
    if (channel_has_person(engine, channel, person))
        return STATUS_OK;
    TRY(channel_commit_roles(engine, channel, &change, 1));
    TRY(work_let_in(engine, channel, person, false));
    return commit_add(engine, channel, person);
}

static enum status add_others(struct engine *engine,
                              struct channel *channel,
                              const struct wire_suggestion *suggestion,
                              bool *all)
{
    *all = true;
    for (size_t i = 0; i < suggestion->other_count; i++) {
        const struct wire_other *other = &suggestion->others[i];
        if (other->name.len == 0)
            continue; /* erased meanwhile */
        TRY(add(engine, channel, &other->person));
        *all = *all && channel_has_person(engine, channel, &other->person);
    }
    return STATUS_OK;
}

static enum status say_opened(struct engine *engine, const struct id *suggestion)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_suggestion_opened_request request = {.suggestion = *suggestion};
    return engine_call(engine, WIRE_SUGGESTION_OPENED, &request, &reply, NULL);
}

enum status introductions_open(struct engine *engine, const struct wire_suggestion *suggestion)
{
    struct channel *channel = channel_find(engine, &suggestion->channel);
    bool all = false;
    if (suggestion->state != SUGGESTION_AGREED || suggestion->opened ||
        id_is_none(&suggestion->channel))
        return STATUS_OK;
    if (channel == NULL) {
        enum status status = make_channel(engine, suggestion, &channel);
        if (status == STATUS_EXISTS) {
            engine_forget_explanation(engine); /* another of us was first, and adds us */
            return STATUS_OK;
        }
        TRY(status);
    }
    /* One that the server has not confirmed yet is asked for again by this. */
    TRY(channel_log_catch_up(engine, channel));
    if (channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    TRY(add_others(engine, channel, suggestion, &all));
    return all ? say_opened(engine, &suggestion->suggestion) : STATUS_OK;
}

/* ---- news ---- */

static bool is_half_over(const struct engine *engine, const struct wire_suggestion *suggestion)
{
    return engine_now_ms(engine) - suggestion->made > suggestion->ends - engine_now_ms(engine);
}

static void tell_open(struct engine *engine, const struct wire_suggestion *suggestion)
{
    if (is_half_over(engine, suggestion))
        engine_notice(engine, NULL,
                      "A suggestion still waits for your yes or no: weft network. You are not "
                      "reminded again");
    else
        engine_notice(engine, NULL,
                      "A suggestion for you: meet somebody of another group. %.*s "
                      "weft network shows how to say yes or no",
                      (int)suggestion->reason.len, (const char *)suggestion->reason.ptr);
}

static void tell_agreed(struct engine *engine, const struct wire_suggestion *suggestion)
{
    CLEANUP(buffer_clear) struct buffer names = BUFFER_INIT(LIMIT_FRAME_BYTES);
    char id[ID_TEXT_SIZE];
    id_text(&suggestion->suggestion, id);
    if (introductions_names(suggestion, &names) != STATUS_OK)
        return;
    if (suggestion->asks)
        engine_notice(engine, NULL,
                      "Did you meet %.*s? weft network met %.8s yes, or no. Nobody is shown "
                      "your answer",
                      (int)names.len, (const char *)names.ptr, id);
    else if (suggestion->kind == SUGGESTION_COFFEE)
        engine_notice(engine, NULL, "Coffee: you are paired with %.*s. A channel opens for you",
                      (int)names.len, (const char *)names.ptr);
    else
        engine_notice(engine, NULL, "You and %.*s both said yes. A channel opens for you",
                      (int)names.len, (const char *)names.ptr);
}

/* What must end the look; a channel that cannot be opened now is another time's. */
static enum status
settle(struct engine *engine, const struct wire_suggestion *suggestion, enum status status)
{
    if (status == STATUS_OK || !engine_is_connected(engine) || status_passes(status) ||
        status == STATUS_FULL || status == STATUS_CORRUPT || status == STATUS_UNTRUSTED)
        return status;
    const char *text = engine_explanation(engine);
    engine_notice(engine, channel_find(engine, &suggestion->channel),
                  "The channel of an introduction cannot be opened now: %s",
                  text[0] == '\0' ? status_text(status) : text);
    engine_forget_explanation(engine);
    return STATUS_OK;
}

enum status introductions_look(struct engine *engine)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_suggestions_response all;
    TRY(introductions_fetch(engine, &reply, &all));
    for (size_t i = 0; i < all.suggestion_count; i++) {
        const struct wire_suggestion *suggestion = &all.suggestions[i];
        if (suggestion->news && suggestion->state == SUGGESTION_OPEN)
            tell_open(engine, suggestion);
        if (suggestion->news && suggestion->state == SUGGESTION_AGREED)
            tell_agreed(engine, suggestion);
        TRY(settle(engine, suggestion, introductions_open(engine, suggestion)));
    }
    return STATUS_OK;
}
