/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft review start, reveal, approve: what an after-action review has besides its stages. Answers
 * are said by say.c, stages moved by stage.c. */
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/session_flags.h"
#include "client-cli/commands/show_session.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/people.h"
#include "client-cli/core/sealed_answers.h"
#include "client-cli/core/session_record.h"
#include "protocol/format/catalogue.h"

static enum status find_channel(struct invocation *invocation, struct channel **channel)
{
    const struct arguments *arguments = &invocation->arguments;
    TRY(own_channel_find(
        invocation, arguments->positional_count == 0 ? NULL : arguments->positional[0], channel));
    TRY(channel_log_catch_up(invocation->engine, *channel));
    return session_refresh(invocation->engine, *channel);
}

/* ---- start ---- */

static enum status start_in(struct invocation *invocation,
                            const char *name,
                            const struct format *format,
                            struct channel **channel)
{
    struct engine *engine = invocation->engine;
    TRY(own_channel_find(invocation, name, channel));
    TRY(channel_log_catch_up(engine, *channel));
    TRY(session_refresh(engine, *channel));
    if ((*channel)->has_session && (*channel)->session.state != SESSION_ENDED)
        return command_explain(invocation, STATUS_EXISTS,
                               "this channel has a session already: weft stage show, weft stage "
                               "end");
    TRY(session_agree(engine, *channel, format));
    return session_create(engine, *channel, format, 0);
}

static enum status
start_new(struct invocation *invocation, const struct format *format, struct channel **channel)
{
    CLEANUP(buffer_clear) struct buffer title = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct session_plan plan = {.format = format};
    TRY(session_flags_title(invocation, &title));
    TRY(session_flags_brief(invocation, &plan.brief));
    TRY(session_flags_visibility(invocation, &plan.visibility));
    plan.title = buffer_span(&title);
    return session_create_with_channel(invocation->engine, &plan, channel);
}

enum status review_start_run(struct invocation *invocation)
{
    const char *in = arguments_value(&invocation->arguments, "in");
    const struct format *format = format_catalogue_find(SPAN_LITERAL("after-action-review"));
    struct channel *channel = NULL;
    if (format == NULL)
        return STATUS_INTERNAL;
    if (in == NULL && invocation->arguments.positional_count == 0)
        return command_explain(invocation, STATUS_USAGE,
                               "give it a title, or the channel that it is in: weft review start "
                               "TITLE..., or --in CHANNEL");
    if (in != NULL)
        TRY(start_in(invocation, in, format, &channel));
    else
        TRY(start_new(invocation, format, &channel));
    TRY(show_session(invocation->out, invocation->engine, channel, SHOW_SESSION_CHANGE));
    out_prose(invocation->out, "Let people in (weft channel add CHANNEL PERSON), then begin: weft "
                               "stage start");
    return STATUS_OK;
}

/* ---- reveal ---- */

static const char *reveal_name(enum floor_reveal reveal)
{
    switch (reveal) {
    case REVEAL_WAITING:
        return "waiting";
    case REVEAL_OPEN:
        return "open";
    case REVEAL_FALSE:
        return "false";
    }
    return "unknown";
}

static void show_answer(struct invocation *invocation,
                        const struct sealed_answer *answer,
                        const struct format_stage *stage)
{
    struct people_name name;
    char message[ID_TEXT_SIZE];
    char person[ID_TEXT_SIZE];
    id_text(&answer->message, message);
    id_text(&answer->person, person);
    people_name(invocation->engine, &answer->person, &name);
    if (answer->reveal == REVEAL_OPEN)
        out_line(invocation->out, "  %s:", name.name);
    else if (answer->reveal == REVEAL_WAITING)
        out_line(invocation->out, "  %s: (not revealed yet)", name.name);
    else
        out_prose(invocation->out, "  !! %s: the key that came does not open what was written",
                  name.name);
    out_text(invocation->out, "    ", answer->text);
    out_record(invocation->out,
               json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:o}", "type", "answer", "message",
                         message, "person", person, "name",
                         out_json_text(span_from_text(name.name)), "stage",
                         out_json_text(stage == NULL ? SPAN_EMPTY : stage->name), "state",
                         reveal_name(answer->reveal), "sequence", (json_int_t)answer->sequence,
                         "text", out_json_text(answer->text)));
}

static void show_answers(struct invocation *invocation,
                         const struct sealed_answer_list *list,
                         const struct session_steps *steps)
{
    const struct format_stage *before = NULL;
    size_t waiting = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct format_stage *stage = session_steps_stage(steps, list->items[i].stage_counter);
        if (stage != NULL && stage != before)
            out_heading(invocation->out, "%.*s", OUT_SPAN(stage->title));
        before = stage;
        waiting += list->items[i].reveal == REVEAL_WAITING;
        show_answer(invocation, &list->items[i], stage);
    }
    if (list->count == 0)
        out_line(invocation->out, "Nobody has written an answer yet.");
    else if (waiting != 0)
        out_prose(invocation->out,
                  "%zu not revealed. Answers open together when the next stage begins, as soon as "
                  "their authors are online.",
                  waiting);
}

enum status review_reveal_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    struct session_view view;
    struct session_steps steps;
    struct sealed_answer_list list;
    TRY(find_channel(invocation, &channel)); /* which sends our own keys, when they are due */
    TRY(session_view_open(engine, channel, &view));
    enum status status = session_record_steps(engine, channel, &view, &steps);
    if (status == STATUS_OK) {
        status = sealed_answers_list(engine, channel, &list);
        if (status == STATUS_OK) {
            show_answers(invocation, &list, &steps);
            sealed_answer_list_clear(&list);
        }
        session_steps_clear(&steps);
    }
    session_view_clear(&view);
    return status;
}

/* ---- approve ---- */

static enum status
find_given(struct engine *engine, struct channel *channel, struct session_harvest *harvest)
{
    struct session_view view;
    TRY(session_view_open(engine, channel, &view));
    enum status status = session_record_given(engine, channel, &view, harvest);
    session_view_clear(&view);
    if (status == STATUS_NOT_FOUND)
        return engine_explain(engine, status,
                              "there is no harvest to approve yet. The conductor gives it to the "
                              "group: weft harvest --publish");
    return status;
}

enum status review_approve_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    struct session_harvest harvest;
    struct channel_said said;
    const struct content_mark mark = {.on = !arguments_has(&invocation->arguments, "no")};
    TRY(find_channel(invocation, &channel));
    TRY(find_given(engine, channel, &harvest));
    struct id message = harvest.message;
    session_harvest_clear(&harvest);
    TRY(session_say(engine, channel, CONTENT_APPROVAL, &message, &mark, &said));
    TRY(find_given(engine, channel, &harvest));
    out_prose(invocation->out, "%s. %zu said yes, %zu said no, %zu have not answered yet%s.",
              mark.on ? "You approved the harvest"
                      : "You said no: say what to change with weft say",
              harvest.said_yes, harvest.said_no, harvest.waiting_count,
              harvest.approved ? ": it is approved" : "");
    out_record(invocation->out,
               json_pack("{s:s, s:b, s:b, s:I, s:I, s:I}", "type", "approval", "on", (int)mark.on,
                         "approved", (int)harvest.approved, "yes", (json_int_t)harvest.said_yes,
                         "no", (json_int_t)harvest.said_no, "waiting",
                         (json_int_t)harvest.waiting_count));
    session_harvest_clear(&harvest);
    return STATUS_OK;
}
