/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft harvest: the record that remains of a session, as Markdown. */
#include "client-cli/commands/clean.h"
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/save.h"
#include "client-cli/commands/saying.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/people.h"
#include "client-cli/core/session_record.h"
#include "client-cli/core/session_turn.h"

#include <stdio.h>
#include <string.h>

/* Every message of a session at its longest, with room for escapes. */
#define PAGE_BYTES_MAX (64u << 20)

struct harvesting {
    struct invocation *invocation;
    struct channel *channel;
    struct session_view view;
    struct session_harvest harvest;
    struct buffer page;
    size_t actions;
};

/* ---- which harvest ---- */

static enum status give(struct harvesting *harvesting)
{
    struct engine *engine = harvesting->invocation->engine;
    struct channel_said said;
    const uint16_t may = CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_HOST | CHANNEL_ROLE_NOTE_TAKER;
    if ((channel_own_roles(engine, harvesting->channel) & may) == 0)
        return command_explain(
            harvesting->invocation, STATUS_DENIED,
            "a facilitator, the assistee or a note-taker gives the harvest to the "
            "group");
    return channel_say(engine, harvesting->channel, CONTENT_HARVEST, NULL,
                       &harvesting->harvest.harvest, &said);
}

/* What everybody reads from then on ought not to be nothing by mistake. */
static enum status check_not_empty(const struct harvesting *harvesting)
{
    const struct format *format = &harvesting->view.format;
    char commands[300] = "";
    if (harvesting->harvest.harvest.item_count != 0 ||
        arguments_has(&harvesting->invocation->arguments, "empty"))
        return STATUS_OK;
    for (size_t i = 0; i < format->harvest_count; i++) {
        char command[SESSION_TURN_COMMAND_SIZE];
        size_t used = strlen(commands);
        session_turn_command(format->harvest[i].kind, command);
        snprintf(commands + used, sizeof commands - used, "%sweft %s", i == 0 ? "" : ", ", command);
    }
    return command_explain(harvesting->invocation, STATUS_NOT_NOW,
                           "the harvest is empty, and was not published: so far you can read "
                           "nothing of what it is made of (%s). Say it first, or publish it empty: "
                           "weft harvest --publish --empty",
                           commands);
}

static enum status draft(struct harvesting *harvesting)
{
    struct invocation *invocation = harvesting->invocation;
    const char *day = arguments_value(&invocation->arguments, "follow-up");
    int64_t follow_up = 0;
    if (day != NULL)
        TRY(saying_day(invocation, day, &follow_up));
    return session_record_draft(invocation->engine, harvesting->channel, &harvesting->view,
                                follow_up, &harvesting->harvest);
}

static enum status choose(struct harvesting *harvesting)
{
    const struct arguments *arguments = &harvesting->invocation->arguments;
    struct engine *engine = harvesting->invocation->engine;
    bool publish = arguments_has(arguments, "publish");
    if (!publish && !arguments_has(arguments, "draft")) {
        enum status given = session_record_given(engine, harvesting->channel, &harvesting->view,
                                                 &harvesting->harvest);
        if (given != STATUS_NOT_FOUND)
            return given;
    }
    TRY(draft(harvesting));
    if (!publish)
        return STATUS_OK;
    TRY(check_not_empty(harvesting));
    TRY(give(harvesting));
    session_harvest_clear(&harvesting->harvest);
    return session_record_given(engine, harvesting->channel, &harvesting->view,
                                &harvesting->harvest);
}

/* ---- the page ---- */

/* The brief is a heading of its own unless it was said in the session, as a context. */
static struct span purpose(const struct harvesting *harvesting)
{
    const struct content_harvest *harvest = &harvesting->harvest.harvest;
    for (size_t i = 0; i < harvest->item_count; i++)
        if (span_equal(harvest->items[i].text, harvesting->channel->brief))
            return SPAN_EMPTY;
    return harvesting->channel->brief;
}

/* What others wrote is made safe for terminals here, as it is on its way to a screen. */
static enum status clean_page(struct span text, struct buffer *page)
{
    struct span line;
    while (clean_next_line(&text, &line)) {
        TRY(clean_line(line, page));
        TRY(buffer_append(page, SPAN_LITERAL("\n")));
    }
    return STATUS_OK;
}

static enum status make_page(struct harvesting *harvesting)
{
    CLEANUP(buffer_clear) struct buffer markdown = BUFFER_INIT(PAGE_BYTES_MAX);
    const struct session_harvest *harvest = &harvesting->harvest;
    const struct harvest_page page = {.title = harvesting->channel->title,
                                      .brief = purpose(harvesting),
                                      .time = harvest->time,
                                      .approved = harvest->given && harvest->approved};
    harvesting->actions = harvest_action_count(&harvesting->view.format, &harvest->harvest);
    TRY(harvest_write_markdown(&harvesting->view.format, &harvest->harvest, &page, &markdown));
    return clean_page(buffer_span(&markdown), &harvesting->page);
}

/* ---- the file ---- */

static void name_waiting(const struct harvesting *harvesting, char *text, size_t size)
{
    const struct session_harvest *harvest = &harvesting->harvest;
    text[0] = '\0';
    for (size_t i = 0; i < harvest->waiting_count; i++) {
        struct people_name name;
        size_t used = strlen(text);
        people_name(harvesting->invocation->engine, &harvest->waiting[i], &name);
        snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", name.name);
    }
}

/* A harvest that the group approves leaves the channel only then, or marked as a draft. */
static enum status check_approved(const struct harvesting *harvesting)
{
    const struct session_harvest *harvest = &harvesting->harvest;
    char names[300];
    if (harvest->approved || arguments_has(&harvesting->invocation->arguments, "draft"))
        return STATUS_OK;
    if (!harvest->given)
        return command_explain(harvesting->invocation, STATUS_NOT_NOW,
                               "the group approves this harvest before it is written: weft harvest "
                               "--publish gives it to them, weft review approve says yes");
    name_waiting(harvesting, names, sizeof names);
    return command_explain(harvesting->invocation, STATUS_NOT_NOW,
                           "the group has not approved this harvest yet: %zu said no%s%s. "
                           "--draft writes it as a draft",
                           harvest->said_no, names[0] == '\0' ? "" : ", waiting for ", names);
}

static enum status write_file(const struct harvesting *harvesting, const char *name)
{
    TRY(check_approved(harvesting));
    return save_file(harvesting->invocation, name, SAVE_FOR_OWNER, buffer_span(&harvesting->page));
}

/* ---- what is shown ---- */

static json_t *items_json(const struct harvesting *harvesting)
{
    const struct content_harvest *harvest = &harvesting->harvest.harvest;
    json_t *items = json_array();
    for (size_t i = 0; i < harvest->item_count; i++)
        json_array_append_new(items, json_pack("{s:o, s:o}", "field",
                                               out_json_text(harvest->items[i].field), "text",
                                               out_json_text(harvest->items[i].text)));
    return items;
}

static json_t *harvest_json(const struct harvesting *harvesting, const char *file)
{
    const struct session_harvest *harvest = &harvesting->harvest;
    char channel[ID_TEXT_SIZE];
    id_text(&harvesting->channel->id, channel);
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:b, s:b, s:I, s:I, s:I, s:I, s:o, s:s?, s:o, s:I}", "type",
        "harvest", "channel", channel, "title", out_json_text(harvesting->channel->title), "format",
        out_json_text(harvesting->view.format.name), "published", (int)harvest->given, "approved",
        (int)(harvest->approved && harvest->given), "yes", (json_int_t)harvest->said_yes, "no",
        (json_int_t)harvest->said_no, "waiting", (json_int_t)harvest->waiting_count, "follow_up",
        (json_int_t)harvest->harvest.follow_up, "items", items_json(harvesting), "file", file,
        "markdown", out_json_text(buffer_span(&harvesting->page)), "actions",
        (json_int_t)harvesting->actions);
}

static void tell_given(struct out *out, const struct session_harvest *harvest)
{
    char time[SHOW_TIME_SIZE];
    show_entry_time(harvest->time, time);
    out_line(out, "Given to the group, %s: whoever is in the channel reads this.", time);
}

static void show(const struct harvesting *harvesting, const char *file)
{
    struct out *out = harvesting->invocation->out;
    const struct session_harvest *harvest = &harvesting->harvest;
    char names[300];
    if (file == NULL)
        out_text(out, "", buffer_span(&harvesting->page));
    else
        out_line(out, "written to %s", file);
    if (harvest->given && harvesting->view.format.harvest_approval) {
        name_waiting(harvesting, names, sizeof names);
        out_line(out, "%zu said yes, %zu said no%s%s", harvest->said_yes, harvest->said_no,
                 names[0] == '\0' ? "" : ", waiting for ", names);
    }
    if (!harvest->given && harvest->harvest.item_count == 0)
        out_prose(out, "This is a draft out of what you can read, and nothing is in it yet.");
    else if (!harvest->given)
        out_prose(out, "This is a draft out of what you can read. To give it to the group: weft "
                       "harvest --publish");
    else
        tell_given(out, harvest);
    out_line(out, "%zu %s", harvesting->actions, harvesting->actions == 1 ? "action" : "actions");
    out_record(out, harvest_json(harvesting, file));
}

static enum status harvest_with_view(struct harvesting *harvesting)
{
    const char *file = arguments_value(&harvesting->invocation->arguments, "out");
    TRY(choose(harvesting));
    enum status status = make_page(harvesting);
    if (status == STATUS_OK && file != NULL)
        status = write_file(harvesting, file);
    if (status == STATUS_OK)
        show(harvesting, file);
    return status;
}

enum status harvest_run(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    struct engine *engine = invocation->engine;
    struct harvesting harvesting = {.invocation = invocation, .page = BUFFER_INIT(PAGE_BYTES_MAX)};
    TRY(own_channel_find(invocation,
                         arguments->positional_count == 0 ? NULL : arguments->positional[0],
                         &harvesting.channel));
    TRY(channel_log_catch_up(engine, harvesting.channel));
    TRY(session_refresh(engine, harvesting.channel));
    TRY(session_view_open(engine, harvesting.channel, &harvesting.view));
    enum status status = harvest_with_view(&harvesting);
    session_harvest_clear(&harvesting.harvest);
    session_view_clear(&harvesting.view);
    buffer_clear(&harvesting.page);
    return status;
}
