/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft peer-assist ...: asking peers for help, from the question to the first stage. */
#include "client-cli/core/peer_assist.h"
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/own_person.h"
#include "client-cli/commands/role_names.h"
#include "client-cli/commands/session_flags.h"
#include "client-cli/commands/show_person.h"
#include "client-cli/commands/show_session.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/admission.h"
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/people.h"
#include "client-cli/core/session.h"
#include "client-cli/core/work.h"
#include "protocol/format/catalogue.h"

#include <string.h>

/* ---- ask ---- */

/* What was asked for on the command line. */
struct request {
    struct buffer question;
    struct span brief;
    const struct format *format;
    enum channel_visibility visibility;
    struct wire_topic topics[LIMIT_TOPICS];
    size_t topic_count;
    bool has_facilitator;
    struct id facilitator;
};

static void request_clear(struct request *request)
{
    buffer_clear(&request->question);
}

static enum status
read_topics(struct invocation *invocation, struct wire_topic topics[LIMIT_TOPICS], size_t *count)
{
    const char *text = NULL;
    *count = 0;
    for (size_t i = 0; (text = arguments_value_at(&invocation->arguments, "topic", i)) != NULL;
         i++) {
        if (*count == LIMIT_TOPICS || text[0] == '\0' || strlen(text) > LIMIT_TOPIC_BYTES)
            return command_explain(invocation, STATUS_USAGE,
                                   "--topic takes a few words, at most %d letters, and may be "
                                   "given %d times",
                                   LIMIT_TOPIC_BYTES, LIMIT_TOPICS);
        topics[(*count)++].text = span_from_text(text);
    }
    return STATUS_OK;
}

static enum status read_request(struct invocation *invocation, struct request *request)
{
    const char *facilitator = arguments_value(&invocation->arguments, "facilitator");
    bool days = arguments_has(&invocation->arguments, "days");
    TRY(session_flags_title(invocation, &request->question));
    TRY(session_flags_brief(invocation, &request->brief));
    TRY(session_flags_visibility(invocation, &request->visibility));
    TRY(read_topics(invocation, request->topics, &request->topic_count));
    request->format =
        format_catalogue_find(span_from_text(days ? "peer-assist-days" : "peer-assist"));
    if (request->format == NULL)
        return STATUS_INTERNAL;
    request->has_facilitator = facilitator != NULL;
    if (facilitator != NULL)
        TRY(own_person_find(invocation, NULL, facilitator, &request->facilitator));
    return STATUS_OK;
}

static enum status find_context(void *context, const struct stored_entry *entry)
{
    struct content content;
    bool *said = context;
    *said = entry_content(entry, &content) == STATUS_OK && content.kind == CONTENT_CONTEXT;
    return *said ? STATUS_CANCELLED : STATUS_OK;
}

/* What others need to know is the first thing that is said, and part of the harvest; once, also by
 * a command that goes on where another was broken off. */
static enum status
say_brief(struct engine *engine, struct channel *channel, const struct request *request)
{
    const struct content_text context = {request->brief};
    bool is_said = false;
    struct entry_walk walk = {
        .channel = channel->id, .to = UINT64_MAX, .visit = find_context, .context = &is_said};
    struct channel_said said;
    if (request->brief.len == 0)
        return STATUS_OK;
    TRY(entry_walk(engine, &walk));
    if (is_said)
        return STATUS_OK;
    return session_say(engine, channel, CONTENT_CONTEXT, NULL, &context, &said);
}

/* A facilitator from outside the team is let in at once and keeps the time beside the asker. */
static enum status
add_facilitator(struct engine *engine, struct channel *channel, const struct id *person)
{
    const struct channel_role_change change = {.person = *person, .give = CHANNEL_ROLE_FACILITATOR};
    TRY(channel_commit_roles(engine, channel, &change, 1));
    TRY(work_let_in(engine, channel, person, false));
    return work_await(engine, channel, person);
}

static void
show_asked(struct out *out, const struct channel *channel, const struct request *request)
{
    char id[ID_TEXT_SIZE];
    id_text(&channel->id, id);
    out_heading(out, "Asked: %.*s", OUT_SPAN(channel->title));
    out_prose(out, "The channel is %.8s. You are its assistee and facilitator.", id);
    out_prose(out,
              "Next: weft peer-assist invite %.8s (whom to ask), then weft peer-assist open "
              "%.8s (begin)",
              id, id);
    out_record(out, json_pack("{s:s, s:s, s:o, s:o, s:o}", "type", "asked", "channel", id, "title",
                              out_json_text(channel->title), "brief", out_json_text(channel->brief),
                              "format", out_json_text(request->format->name)));
}

enum status peer_assist_ask_run(struct invocation *invocation)
{
    CLEANUP(request_clear) struct request request = {.question = BUFFER_INIT(LIMIT_FRAME_BYTES)};
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    TRY(read_request(invocation, &request));
    const struct session_plan plan = {.format = request.format,
                                      .title = buffer_span(&request.question),
                                      .brief = request.brief,
                                      .visibility = request.visibility,
                                      .own_roles = CHANNEL_ROLE_HOST};
    TRY(session_create_with_channel(engine, &plan, &channel));
    TRY(peer_assist_keep_topics(engine, channel, request.topics, request.topic_count));
    TRY(say_brief(engine, channel, &request));
    if (request.has_facilitator)
        TRY(add_facilitator(engine, channel, &request.facilitator));
    show_asked(invocation->out, channel, &request);
    return STATUS_OK;
}

/* ---- propose and invite ---- */

static enum status propose(struct invocation *invocation,
                           const struct channel *channel,
                           struct connection_reply *reply,
                           struct wire_assisters_propose_response *response)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct wire_topic topics[LIMIT_TOPICS];
    struct wire_assisters_propose_request request = {.channel = channel->id};
    TRY(read_topics(invocation, topics, &request.topic_count));
    request.topics = topics;
    if (request.topic_count == 0)
        TRY(peer_assist_topics(invocation->engine, channel, &record, &arena, &request.topics,
                               &request.topic_count));
    return engine_call(invocation->engine, WIRE_ASSISTERS_PROPOSE, &request, reply, response);
}

static void show_proposals(struct invocation *invocation,
                           const struct channel *channel,
                           const struct wire_assisters_propose_response *response)
{
    struct out *out = invocation->out;
    for (size_t i = 0; i < response->assister_count; i++)
        show_person(out, "assister", &response->assisters[i].person, response->assisters[i].reason);
    if (response->assister_count == 0) {
        out_prose(out,
                  "Nobody can be proposed now: none of another group has opted in, or they "
                  "were asked of late and have a rest. You may still ask people you know: weft "
                  "channel add CHANNEL PERSON");
        return;
    }
    char id[ID_TEXT_SIZE];
    id_text(&channel->id, id);
    out_prose(out,
              "To ask them all: weft peer-assist invite %.8s --all. To ask some: name them there. "
              "Each may say no, and need not say why.",
              id);
}

enum status peer_assist_propose_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    const struct arguments *arguments = &invocation->arguments;
    struct wire_assisters_propose_response response;
    struct channel *channel = NULL;
    TRY(own_channel_find(
        invocation, arguments->positional_count == 0 ? NULL : arguments->positional[0], &channel));
    TRY(propose(invocation, channel, &reply, &response));
    show_proposals(invocation, channel, &response);
    return STATUS_OK;
}

static enum status invite_people(struct invocation *invocation,
                                 struct channel *channel,
                                 struct wire_id_item *people,
                                 size_t count)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct engine *engine = invocation->engine;
    struct wire_assisters_invite_request request = {
        .channel = channel->id, .people = people, .person_count = count};
    char channel_id[ID_TEXT_SIZE];
    TRY(engine_call(engine, WIRE_ASSISTERS_INVITE, &request, &reply, NULL));
    TRY(admission_grant(engine, channel, people, count));
    id_text(&channel->id, channel_id);
    for (size_t i = 0; i < count; i++) {
        struct people_name name;
        char id[ID_TEXT_SIZE];
        TRY(people_learn(engine, &people[i].id, 1));
        people_name(engine, &people[i].id, &name);
        id_text(&people[i].id, id);
        out_line(invocation->out, "asked: %s%s%s", name.name, name.group[0] == '\0' ? "" : ", ",
                 name.group);
        out_record(invocation->out,
                   json_pack("{s:s, s:s, s:s, s:o, s:o}", "type", "invited", "channel", channel_id,
                             "person", id, "name", out_json_text(span_from_text(name.name)),
                             "group", out_json_text(span_from_text(name.group))));
    }
    out_prose(invocation->out,
              "Whoever accepts is let in while you or another member is online (weft follow, or "
              "weft sync). Then: weft peer-assist open %.8s",
              channel_id);
    return STATUS_OK;
}

static enum status invite_all(struct invocation *invocation,
                              struct channel *channel,
                              const struct wire_assisters_propose_response *proposed)
{
    struct wire_id_item people[LIMIT_LIST_ITEMS];
    size_t count = 0;
    for (; count < proposed->assister_count && count < LIMIT_LIST_ITEMS; count++)
        people[count].id = proposed->assisters[count].person.person;
    if (count == 0) {
        show_proposals(invocation, channel, proposed);
        return command_explain(invocation, STATUS_NOT_FOUND, "there is nobody to ask");
    }
    return invite_people(invocation, channel, people, count);
}

enum status peer_assist_invite_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    const struct arguments *arguments = &invocation->arguments;
    struct wire_assisters_propose_response proposed;
    struct wire_id_item people[LIMIT_LIST_ITEMS];
    struct channel *channel = NULL;
    size_t count = 0;
    TRY(own_channel_find(
        invocation, arguments->positional_count == 0 ? NULL : arguments->positional[0], &channel));
    for (size_t i = 1; i < arguments->positional_count && count < LIMIT_LIST_ITEMS; i++)
        TRY(own_person_find(invocation, channel, arguments->positional[i], &people[count++].id));
    if (count != 0)
        return invite_people(invocation, channel, people, count);
    TRY(propose(invocation, channel, &reply, &proposed));
    if (arguments_has(arguments, "all"))
        return invite_all(invocation, channel, &proposed);
    show_proposals(invocation, channel, &proposed);
    return STATUS_OK;
}

/* ---- open, roles ---- */

enum status peer_assist_open_run(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    size_t given = 0;
    TRY(own_channel_find(
        invocation, arguments->positional_count == 0 ? NULL : arguments->positional[0], &channel));
    TRY(channel_log_catch_up(engine, channel));
    TRY(work_look(engine, channel)); /* whoever accepted meanwhile */
    TRY(peer_assist_welcome_visitors(engine, channel, &given));
    TRY(session_move(engine, channel, STAGE_START, 0));
    if (given != 0)
        out_prose(invocation->out, "%zu %s to help, with a turn as %s.", given,
                  given == 1 ? "person came" : "people came",
                  given == 1 ? "an assister" : "assisters");
    return show_session(invocation->out, engine, channel, SHOW_SESSION_CHANGE);
}

enum status peer_assist_role_run(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    struct channel_role_change change = {0};
    struct people_name name;
    char roles[ROLE_NAMES_SIZE];
    size_t at = arguments->positional_count - 2;
    TRY(own_channel_find(invocation, at == 0 ? NULL : arguments->positional[0], &channel));
    TRY(channel_log_catch_up(engine, channel));
    TRY(own_person_find(invocation, channel, arguments->positional[at], &change.person));
    TRY(role_names_find(invocation, arguments->positional[at + 1], &change.give));
    TRY(channel_commit_roles(engine, channel, &change, 1));
    people_name(engine, &change.person, &name);
    role_names_text(channel_roles_of(channel, &change.person), roles);
    char channel_id[ID_TEXT_SIZE];
    char person_id[ID_TEXT_SIZE];
    id_text(&channel->id, channel_id);
    id_text(&change.person, person_id);
    out_line(invocation->out, "%s is now: %s", name.name, roles);
    out_record(invocation->out, json_pack("{s:s, s:s, s:s, s:s}", "type", "role", "channel",
                                          channel_id, "person", person_id, "roles", roles));
    return STATUS_OK;
}
