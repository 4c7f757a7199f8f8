/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft channel ...: making channels, finding them, who is in them. */
#include "client-cli/commands/find.h"
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/own_person.h"
#include "client-cli/commands/role_names.h"
#include "client-cli/commands/session_flags.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/show_standing.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_enter.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/history.h"
#include "client-cli/core/people.h"
#include "client-cli/core/roster.h"
#include "client-cli/core/work.h"
#include "protocol/codec/utf8.h"

#include <stdio.h>
#include <string.h>

#define PAGES_MAX 100

static const char *visibility_name(uint8_t visibility)
{
    switch ((enum channel_visibility)visibility) {
    case CHANNEL_OPEN:
        return "open";
    case CHANNEL_RESTRICTED:
        return "restricted";
    case CHANNEL_PRIVATE:
        return "private";
    case CHANNEL_CONFIDENTIAL:
        return "confidential";
    }
    return "unknown";
}

static const char *history_name(uint8_t history)
{
    switch ((enum channel_history)history) {
    case CHANNEL_HISTORY_FROM_JOINING:
        return "from joining";
    case CHANNEL_HISTORY_FULL:
        return "full";
    }
    return "unknown";
}

/* STATUS_USAGE for a word that is none; `history` stays where nothing is said. */
static enum status read_history(struct invocation *invocation, enum channel_history *history)
{
    const char *text = arguments_value(&invocation->arguments, "history");
    if (text == NULL)
        return STATUS_OK;
    if (strcmp(text, "full") == 0)
        *history = CHANNEL_HISTORY_FULL;
    else if (strcmp(text, "from-joining") == 0)
        *history = CHANNEL_HISTORY_FROM_JOINING;
    else
        return command_explain(invocation, STATUS_USAGE, "--history is full or from-joining");
    return STATUS_OK;
}

/* Everybody who looks at a channel or comes into it is told. */
static void show_history(struct out *out, uint8_t history)
{
    out_prose(out, "  %s",
              history == CHANNEL_HISTORY_FULL
                  ? "newcomers can read everything that was said before they joined"
                  : "newcomers see what is said from their joining on");
}

static const char *first_argument(const struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    return arguments->positional_count == 0 ? NULL : arguments->positional[0];
}

/* Ten years: longer is for ever. */
#define KEEP_DAYS_MAX 3650

/* ---- list and show ---- */

/* `own` is NULL where we never were in it. Whoever has left is a member, as the server counts,
 * until another's client has taken them out. */
static const char *standing(const struct wire_channel *info, const struct channel *own)
{
    if (own != NULL && own->state == CHANNEL_STATE_LEFT && info->member)
        return "  (you have left; out when a member is online)";
    return info->member ? "  (you are in)" : info->knocked ? "  (you have knocked)" : "";
}

static void show_info(struct out *out, const struct wire_channel *info, const struct channel *own)
{
    char id[ID_TEXT_SIZE];
    id_text(&info->channel, id);
    out_line(out, "%.8s  %-10s %3u %-6s  %.*s%s", id, visibility_name(info->visibility),
             info->member_count, info->member_count == 1 ? "person" : "people",
             OUT_SPAN(info->title), standing(info, own));
    out_record(
        out, json_pack("{s:s, s:s, s:o, s:o, s:s, s:i, s:b, s:b, s:b, s:I, s:I, s:I, s:i, s:s}",
                       "type", "channel", "channel", id, "title", out_json_text(info->title),
                       "brief", out_json_text(info->brief), "visibility",
                       visibility_name(info->visibility), "people", (int)info->member_count,
                       "member", info->member, "knocked", info->knocked, "session", info->session,
                       "epoch", (json_int_t)info->epoch, "last_sequence",
                       (json_int_t)info->last_sequence, "created", (json_int_t)info->created,
                       "keep_days", (int)info->keep_days, "history", history_name(info->history)));
}

/* An unlisted channel's title is known to its members only. */
static void fill_title(const struct engine *engine, struct wire_channel *info)
{
    const struct channel *own = channel_find(engine, &info->channel);
    if (info->title.len == 0 && own != NULL) {
        info->title = own->title;
        info->brief = own->brief;
    }
}

/* Visits every channel that the server shows us, until `visit` says that it has enough. */
static enum status each_channel(struct engine *engine,
                                bool mine,
                                bool (*visit)(void *context, const struct wire_channel *info),
                                void *context)
{
    struct wire_channel_list_request request = {.mine = mine};
    bool more = true;
    for (int page = 0; page < PAGES_MAX && more; page++) {
        CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
        struct wire_channel_list_response response;
        TRY(engine_call(engine, WIRE_CHANNEL_LIST, &request, &reply, &response));
        more = response.more && response.channel_count != 0;
        if (more)
            request.after = response.channels[response.channel_count - 1].channel;
        for (size_t i = 0; i < response.channel_count; i++) {
            fill_title(engine, &response.channels[i]);
            if (!visit(context, &response.channels[i]))
                return STATUS_OK;
        }
    }
    return STATUS_OK;
}

struct listing {
    const struct engine *engine;
    struct out *out;
    size_t count;
};

static bool list_one(void *context, const struct wire_channel *info)
{
    struct listing *listing = context;
    show_info(listing->out, info, channel_find(listing->engine, &info->channel));
    listing->count++;
    return true;
}

static bool list_unlisted(void *context, const struct wire_channel *info)
{
    bool unlisted = info->visibility == CHANNEL_PRIVATE || info->visibility == CHANNEL_CONFIDENTIAL;
    return !unlisted || list_one(context, info);
}

enum status channel_list_run(struct invocation *invocation)
{
    bool mine = arguments_has(&invocation->arguments, "mine");
    struct listing listing = {.engine = invocation->engine, .out = invocation->out};
    /* The server lists these for nobody: they are asked for by themselves. */
    if (!mine)
        TRY(each_channel(invocation->engine, true, list_unlisted, &listing));
    TRY(each_channel(invocation->engine, mine, list_one, &listing));
    if (listing.count == 0)
        out_prose(invocation->out,
                  "%s: weft channel create makes one, weft peer-assist ask asks "
                  "for help in one",
                  mine ? "You are in no channel" : "There is no channel that you may see");
    return STATUS_OK;
}

/* A search through the server's list, in two walks: which one, and then its id. */
struct listed {
    struct find find;
    size_t number;
    size_t at;
    struct id id;
};

static bool offer_one(void *context, const struct wire_channel *info)
{
    struct listed *listed = context;
    find_offer(&listed->find, &info->channel, info->title);
    return true;
}

static bool pick_one(void *context, const struct wire_channel *info)
{
    struct listed *listed = context;
    listed->id = info->channel;
    return listed->number++ != listed->at;
}

/* A channel that the server lists, or any by its whole id. */
static enum status find_listed(struct invocation *invocation, const char *text, struct id *id)
{
    if (id_parse(span_from_text(text), id) == STATUS_OK)
        return STATUS_OK;
    struct listed listed = {0};
    find_begin(&listed.find, text);
    TRY(each_channel(invocation->engine, false, offer_one, &listed));
    enum status found = find_finish(&listed.find, &listed.at);
    if (found == STATUS_NOT_FOUND)
        return command_explain(invocation, found,
                               "there is no channel called \"%s\" that you may see: weft channel "
                               "list",
                               text);
    if (found != STATUS_OK)
        return command_explain(invocation, found,
                               "several channels are called \"%s...\": say more of the title",
                               text);
    TRY(each_channel(invocation->engine, false, pick_one, &listed));
    *id = listed.id;
    return STATUS_OK;
}

/* A channel of ours, or one of the server's list. */
static enum status find_any(struct invocation *invocation, const char *text, struct id *id)
{
    struct channel *own = NULL;
    struct find find;
    size_t at;
    find_begin(&find, text == NULL ? "" : text);
    for (own = invocation->engine->channels; own != NULL; own = own->next)
        find_offer(&find, &own->id, own->title);
    if (text != NULL && find_finish(&find, &at) != STATUS_OK)
        return find_listed(invocation, text, id);
    TRY(own_channel_find(invocation, text, &own));
    *id = own->id;
    return STATUS_OK;
}

static void
show_member(struct invocation *invocation, struct channel *own, const struct id *person_id)
{
    struct people_name name;
    char person[ID_TEXT_SIZE];
    char roles[ROLE_NAMES_SIZE];
    people_name(invocation->engine, person_id, &name);
    id_text(person_id, person);
    role_names_text(own == NULL ? 0 : channel_roles_of(own, person_id), roles);
    out_line(invocation->out, "  %.8s  %s%s%s%s%s%s", person, name.name,
             name.group[0] == '\0' ? "" : " (", name.group, name.group[0] == '\0' ? "" : ")",
             roles[0] == '\0' ? "" : ", ", roles);
    out_record(invocation->out,
               json_pack("{s:s, s:s, s:o, s:o, s:s}", "type", "member", "person", person, "name",
                         out_json_text(span_from_text(name.name)), "group",
                         out_json_text(span_from_text(name.group)), "roles", roles));
}

static bool is_ahead(const struct channel *own, const struct wire_channel *info)
{
    return info->generation != own->generation || info->epoch != mls_group_epoch(own->group);
}

/* Of a channel of ours the group says who is in it. The server's list must be the same. */
static enum status take_roster(struct engine *engine,
                               struct channel *own,
                               struct wire_channel_show_response *shown,
                               struct arena *arena,
                               struct roster *roster)
{
    TRY(channel_need_group(engine, own));
    if (shown->info.member && is_ahead(own, &shown->info)) /* somebody may just have changed it */
        TRY(channel_log_take_new(engine, own));
    TRY(channel_need_group(engine, own));
    TRY(roster_read(own, arena, roster));
    struct roster_difference difference =
        roster_compare(roster, shown->members, shown->member_count);
    if (!shown->info.member)
        engine_notice(engine, own,
                      "The server says that you are not in this channel any more: these are the "
                      "people whom your weft knows to be in it");
    else if (shown->info.generation > own->generation)
        engine_notice(
            engine, own,
            "The server says that this channel goes on in a later generation, in which "
            "this device is not yet: weft sync. These are the people whom your weft knows "
            "to have been in it");
    else if (is_ahead(own, &shown->info))
        engine_notice(engine, own,
                      "The server says that the channel was changed, and does not show the change: "
                      "these are the people whom your weft knows to be in it");
    else if (difference.hidden != 0 || difference.invented != 0)
        engine_notice(engine, own,
                      "The server's list of who is in this channel is wrong: it leaves out %zu and "
                      "names %zu who are not. These are the people who can read it",
                      difference.hidden, difference.invented);
    return STATUS_OK;
}

/* What the server says, of a channel that we are not in. */
static enum status take_listed(const struct wire_channel_show_response *shown,
                               struct arena *arena,
                               struct roster *roster)
{
    void *members = NULL;
    TRY(arena_take(arena, shown->member_count, sizeof *roster->members, &members));
    *roster = (struct roster){members, shown->member_count};
    for (size_t i = 0; i < shown->member_count; i++)
        roster->members[i] =
            (struct roster_member){shown->members[i].person, shown->members[i].device};
    return STATUS_OK;
}

static enum status show_channel(struct invocation *invocation,
                                struct channel *own,
                                struct wire_channel_show_response *shown)
{
    bool shares = shown->info.history == CHANNEL_HISTORY_FULL;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct roster roster;
    struct roster_people people;
    if (own != NULL)
        TRY(take_roster(invocation->engine, own, shown, &arena, &roster));
    else
        TRY(take_listed(shown, &arena, &roster));
    TRY(roster_people(&roster, &arena, &people));
    TRY(people_learn(invocation->engine, people.items, people.count));
    if (own != NULL)
        shown->info.member_count = people.count;
    fill_title(invocation->engine, &shown->info);
    show_info(invocation->out, &shown->info,
              channel_find(invocation->engine, &shown->info.channel));
    out_text(invocation->out, "  ", shown->info.brief);
    if (own != NULL) /* the group's word, not the server's */
        TRY(channel_has_history(invocation->engine, own, &shares));
    show_history(invocation->out, shares ? CHANNEL_HISTORY_FULL : CHANNEL_HISTORY_FROM_JOINING);
    if (shown->info.keep_days != 0)
        out_line(invocation->out, "  the server deletes messages after %u %s",
                 (unsigned)shown->info.keep_days, shown->info.keep_days == 1 ? "day" : "days");
    for (size_t i = 0; i < roster.count; i++)
        show_member(invocation, own, &roster.members[i].person);
    return STATUS_OK;
}

enum status channel_show_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct engine *engine = invocation->engine;
    struct wire_channel_show_request request;
    struct wire_channel_show_response response;
    TRY(find_any(invocation, first_argument(invocation), &request.channel));
    struct channel *own = channel_find(engine, &request.channel);
    if (own != NULL && own->state == CHANNEL_STATE_MEMBER) {
        enum status status = channel_log_take_new(engine, own);
        if (status != STATUS_OK && status != STATUS_REMOVED)
            return status;
    }
    TRY(engine_call(engine, WIRE_CHANNEL_SHOW, &request, &reply, &response));
    bool member = own != NULL && own->state == CHANNEL_STATE_MEMBER;
    TRY(show_channel(invocation, member ? own : NULL, &response));
    return show_standing(invocation, &request.channel, own);
}

/* ---- making, joining, leaving ---- */

static void show_done(struct out *out, const char *type, const struct channel *channel)
{
    char id[ID_TEXT_SIZE];
    id_text(&channel->id, id);
    out_line(out, "%s: %.8s  %.*s", type, id, OUT_SPAN(channel->title));
    out_record(out, json_pack("{s:s, s:s, s:o}", "type", type, "channel", id, "title",
                              out_json_text(channel->title)));
}

enum status channel_create_run(struct invocation *invocation)
{
    CLEANUP(buffer_clear) struct buffer title = BUFFER_INIT(LIMIT_FRAME_BYTES);
    const struct arguments *arguments = &invocation->arguments;
    const char *brief = arguments_value(arguments, "brief");
    enum channel_visibility visibility = CHANNEL_RESTRICTED;
    enum channel_history history = CHANNEL_HISTORY_FROM_JOINING;
    struct channel *channel = NULL;
    TRY(read_history(invocation, &history));
    TRY(session_flags_visibility(invocation, &visibility));
    TRY(arguments_join(arguments, 0, &title));
    if (title.len == 0 || title.len > LIMIT_TITLE_BYTES || !utf8_is_valid(buffer_span(&title)))
        return command_explain(invocation, STATUS_USAGE, "a title is text of at most %d bytes",
                               LIMIT_TITLE_BYTES);
    if (brief != NULL && strlen(brief) > LIMIT_BRIEF_BYTES)
        return command_explain(invocation, STATUS_USAGE, "a brief has at most %d bytes",
                               LIMIT_BRIEF_BYTES);
    struct channel_plan plan = {
        .title = buffer_span(&title),
        .brief = brief == NULL ? SPAN_EMPTY : span_from_text(brief),
        .history = history,
        .visibility = visibility,
    };
    TRY(channel_join_create(invocation->engine, &plan, &channel));
    show_done(invocation->out, "created", channel);
    show_history(invocation->out, (uint8_t)history);
    return STATUS_OK;
}

static enum status knock(struct invocation *invocation, const struct wire_channel *info)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_knock_request request = {.channel = info->channel};
    char id[ID_TEXT_SIZE];
    TRY(engine_call(invocation->engine, WIRE_CHANNEL_KNOCK, &request, &reply, NULL));
    id_text(&info->channel, id);
    show_history(invocation->out, info->history);
    out_prose(invocation->out,
              "You have knocked. A member lets you in; weft status then shows it.");
    out_record(invocation->out, json_pack("{s:s, s:s}", "type", "knocked", "channel", id));
    return STATUS_OK;
}

enum status channel_join_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct engine *engine = invocation->engine;
    struct wire_channel_show_request request;
    struct wire_channel_show_response shown;
    bool shares = false;
    TRY(find_listed(invocation, first_argument(invocation), &request.channel));
    struct channel *channel = channel_find(engine, &request.channel);
    if (channel != NULL && channel->state == CHANNEL_STATE_MEMBER) {
        show_done(invocation->out, "joined", channel);
        return STATUS_OK;
    }
    TRY(engine_call(engine, WIRE_CHANNEL_SHOW, &request, &reply, &shown));
    const struct directory_device *own = directory_find(engine->directory, &engine->account.device);
    bool reset = own != NULL && own->reset_size != 0; /* a member must let it in */
    if (shown.info.visibility != CHANNEL_OPEN || reset)
        return knock(invocation, &shown.info);
    TRY(channel_enter_open(engine, &shown.info, &channel));
    show_done(invocation->out, "joined", channel);
    TRY(channel_has_history(engine, channel, &shares)); /* the group's word, not the server's */
    show_history(invocation->out, shares ? CHANNEL_HISTORY_FULL : CHANNEL_HISTORY_FROM_JOINING);
    return history_work(engine, channel);
}

enum status channel_leave_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    TRY(own_channel_find(invocation, first_argument(invocation), &channel));
    TRY(channel_join_leave(invocation->engine, channel));
    show_done(invocation->out, "left", channel);
    return STATUS_OK;
}

enum status channel_resync_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    TRY(own_channel_find(invocation, first_argument(invocation), &channel));
    TRY(channel_enter_resync(invocation->engine, channel, true));
    show_done(invocation->out, "resynced", channel);
    return STATUS_OK;
}

enum status channel_set_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct channel *channel = NULL;
    enum channel_history history = 0;
    int64_t days = 0;
    bool keeps = arguments_value(&invocation->arguments, "keep-days") != NULL;
    TRY(read_history(invocation, &history));
    if (!keeps && history == 0)
        return command_explain(invocation, STATUS_USAGE,
                               "say what to set: --keep-days N or --history from-joining");
    if (history == CHANNEL_HISTORY_FULL)
        return command_explain(invocation, STATUS_DENIED,
                               "what was said so far was said to those who were there: only a new "
                               "channel can be made with --history full");
    TRY(arguments_number(&invocation->arguments, "keep-days", 0, KEEP_DAYS_MAX, 0, &days));
    TRY(own_channel_find(invocation, first_argument(invocation), &channel));
    if (history != 0)
        TRY(channel_commit_no_history(invocation->engine, channel));
    struct wire_channel_keep_request request = {.channel = channel->id, .days = (uint16_t)days};
    if (keeps)
        TRY(engine_call(invocation->engine, WIRE_CHANNEL_KEEP, &request, &reply, NULL));
    show_done(invocation->out, "set", channel);
    return STATUS_OK;
}

/* ---- people of a channel ---- */

/* CHANNEL PERSON, of which the channel may be left out when there is only one. */
static enum status
take_channel_and_person(struct invocation *invocation, struct channel **channel, struct id *person)
{
    const struct arguments *arguments = &invocation->arguments;
    size_t at = 0;
    if (arguments->positional_count > 1)
        TRY(own_channel_find(invocation, arguments->positional[at++], channel));
    else
        TRY(own_channel_find(invocation, NULL, channel));
    TRY(channel_log_catch_up(invocation->engine, *channel));
    return own_person_find(invocation, *channel, arguments->positional[at], person);
}

static enum status
refuse_knock(struct engine *engine, const struct channel *channel, const struct id *person)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_knock_answer_request request = {.channel = channel->id, .person = *person};
    return engine_call(engine, WIRE_CHANNEL_KNOCK_ANSWER, &request, &reply, NULL);
}

static void show_person_done(struct invocation *invocation,
                             const char *type,
                             const char *said,
                             const struct channel *channel,
                             const struct id *person)
{
    struct people_name name;
    char id[ID_TEXT_SIZE];
    char channel_id[ID_TEXT_SIZE];
    people_name(invocation->engine, person, &name);
    id_text(person, id);
    id_text(&channel->id, channel_id);
    out_line(invocation->out, "%s: %s", said, name.name);
    out_record(invocation->out,
               json_pack("{s:s, s:s, s:s, s:o}", "type", type, "channel", channel_id, "person", id,
                         "name", out_json_text(span_from_text(name.name))));
}

enum status channel_add_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    struct id person;
    TRY(take_channel_and_person(invocation, &channel, &person));
    bool checked = arguments_has(&invocation->arguments, "checked");
    bool was = channel_has_person(invocation->engine, channel, &person);
    TRY(work_let_in(invocation->engine, channel, &person, checked));
    TRY(work_await(invocation->engine, channel, &person));
    bool there = channel_has_person(invocation->engine, channel, &person);
    const char *done = there ? "added" : "let in";
    show_person_done(invocation, done, was ? "in already" : done, channel, &person);
    return STATUS_OK;
}

enum status channel_refuse_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    struct id person;
    TRY(take_channel_and_person(invocation, &channel, &person));
    TRY(refuse_knock(invocation->engine, channel, &person));
    show_person_done(invocation, "refused", "refused", channel, &person);
    return STATUS_OK;
}

enum status channel_remove_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    struct id person;
    TRY(take_channel_and_person(invocation, &channel, &person));
    if ((channel_own_roles(invocation->engine, channel) & CHANNEL_ROLE_FACILITATOR) == 0)
        return command_explain(invocation, STATUS_DENIED,
                               "only a facilitator of this channel removes people");
    TRY(channel_commit_remove(invocation->engine, channel, &person));
    show_person_done(invocation, "removed", "removed", channel, &person);
    return STATUS_OK;
}

static enum status read_roles(struct invocation *invocation, const char *flag, uint16_t *roles)
{
    const char *name;
    *roles = 0;
    for (size_t i = 0; (name = arguments_value_at(&invocation->arguments, flag, i)) != NULL; i++) {
        uint16_t role;
        TRY(role_names_find(invocation, name, &role));
        *roles |= role;
    }
    return STATUS_OK;
}

enum status channel_role_run(struct invocation *invocation)
{
    struct channel *channel = NULL;
    struct channel_role_change change = {0};
    TRY(read_roles(invocation, "give", &change.give));
    TRY(read_roles(invocation, "take", &change.take));
    if (change.give == 0 && change.take == 0)
        return command_explain(invocation, STATUS_USAGE,
                               "say which role: --give ROLE or --take ROLE, such as facilitator");
    TRY(take_channel_and_person(invocation, &channel, &change.person));
    TRY(channel_commit_roles(invocation->engine, channel, &change, 1));
    show_person_done(invocation, "roles changed", "roles changed", channel, &change.person);
    return STATUS_OK;
}

enum status channel_knocks_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct channel *channel = NULL;
    TRY(own_channel_find(invocation, first_argument(invocation), &channel));
    struct wire_channel_knocks_request request = {.channel = channel->id};
    struct wire_channel_knocks_response response;
    TRY(engine_call(invocation->engine, WIRE_CHANNEL_KNOCKS, &request, &reply, &response));
    for (size_t i = 0; i < response.knock_count; i++) {
        const struct wire_knock *waiting = &response.knocks[i];
        char person[ID_TEXT_SIZE];
        char time[SHOW_TIME_SIZE];
        id_text(&waiting->person, person);
        show_entry_time(waiting->time, time);
        out_line(invocation->out, "%.8s  %s  %.*s (%.*s)", person, time, OUT_SPAN(waiting->name),
                 OUT_SPAN(waiting->group_name));
        out_record(invocation->out,
                   json_pack("{s:s, s:s, s:o, s:o, s:I}", "type", "knock", "person", person, "name",
                             out_json_text(waiting->name), "group",
                             out_json_text(waiting->group_name), "time",
                             (json_int_t)waiting->time));
    }
    if (response.knock_count == 0)
        out_line(invocation->out, "nobody waits");
    else
        out_line(invocation->out, "weft channel add CHANNEL PERSON lets somebody in");
    return STATUS_OK;
}
