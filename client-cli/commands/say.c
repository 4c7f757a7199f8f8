/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft say [CHANNEL] TEXT: says something, as the kind that the session's stage asks for; weft
 * note, weft question and so on: as that kind. */
#include "client-cli/commands/mentions.h"
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/own_message.h"
#include "client-cli/commands/saying.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/revision.h"
#include "client-cli/core/sealed_answers.h"
#include "client-cli/core/session.h"
#include "client-cli/core/session_turn.h"

#include <stdio.h>
#include <string.h>

/* The kind whose command this is (`weft note`, `weft review answer`); 0 for `weft say`. */
static uint16_t kind_of_command(const struct command *command)
{
    char name[2 * SESSION_TURN_COMMAND_SIZE];
    snprintf(name, sizeof name, "%s%s%s", command->noun, command->verb == NULL ? "" : " ",
             command->verb == NULL ? "" : command->verb);
    for (size_t i = 0; i < content_kind_count; i++) {
        char text[SESSION_TURN_COMMAND_SIZE];
        session_turn_command(content_kinds[i].number, text);
        if (content_kinds[i].number != CONTENT_TEXT && strcmp(text, name) == 0)
            return content_kinds[i].number;
    }
    return 0;
}

/* What the session's stage asks for: an asker answers where others ask. */
static enum status kind_of_stage(struct engine *engine, struct channel *channel, uint16_t *kind)
{
    struct session_view view;
    *kind = CONTENT_TEXT;
    TRY(session_refresh(engine, channel));
    if (!channel->has_session)
        return STATUS_OK;
    TRY(session_view_open(engine, channel, &view));
    const struct format_stage *stage = view.stage;
    if (stage != NULL && stage->kind_count != 0) {
        bool host = (channel_own_roles(engine, channel) & CHANNEL_ROLE_HOST) != 0;
        bool answers = host && format_allows_kind(stage, CONTENT_ANSWER);
        *kind = answers ? CONTENT_ANSWER : stage->kinds[0].kind;
    }
    session_view_clear(&view);
    return STATUS_OK;
}

static enum status
choose_kind(struct invocation *invocation, struct channel *channel, uint16_t *kind)
{
    const char *given = arguments_value(&invocation->arguments, "kind");
    *kind = kind_of_command(invocation->command);
    if (*kind != 0)
        return STATUS_OK;
    if (given == NULL)
        return kind_of_stage(invocation->engine, channel, kind);
    const struct content_kind_row *row = content_kind_named(span_from_text(given));
    if (row == NULL || !revision_is_text(row->number))
        return command_explain(invocation, STATUS_USAGE, "\"%s\" is nothing to say; one of: %s",
                               given, saying_kind_names());
    *kind = row->number;
    return STATUS_OK;
}

/* --reply: the number or the id of a message; none of them without it. */
static enum status
choose_reply(struct invocation *invocation, struct channel *channel, struct id *reply_to)
{
    CLEANUP(own_message_clear) struct own_message message = OWN_MESSAGE_INIT;
    const char *given = arguments_value(&invocation->arguments, "reply");
    *reply_to = (struct id){{0}};
    if (given == NULL)
        return STATUS_OK;
    TRY(own_message_find(invocation, channel, given, &message));
    *reply_to = message.entry.message;
    return STATUS_OK;
}

static void show_said(struct out *out,
                      const struct channel *channel,
                      uint16_t kind,
                      const struct channel_said *said)
{
    char id[ID_TEXT_SIZE];
    char message[ID_TEXT_SIZE];
    id_text(&channel->id, id);
    id_text(&said->message, message);
    out_line(out, "said, number %s", message_number(said->sequence).text);
    out_record(out, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "type", "said", "channel", id,
                              "message", message, "sequence", (json_int_t)said->sequence, "time",
                              (json_int_t)said->time, "kind", content_kind_find(kind)->name));
}

static enum status say_it(struct invocation *invocation,
                          struct channel *channel,
                          uint16_t kind,
                          const struct id *reply_to,
                          struct span text,
                          struct channel_said *said)
{
    CLEANUP(buffer_clear) struct buffer resolved = BUFFER_INIT(LIMIT_TEXT_BYTES);
    struct saying saying = {0};
    if (kind == CONTENT_SEALED)
        return sealed_answers_say(invocation->engine, channel, text, said);
    TRY(mentions_resolve(invocation, channel, text, &resolved));
    TRY(saying_body(invocation, kind, buffer_span(&resolved), &saying));
    return session_say(invocation->engine, channel, kind, reply_to, &saying.body, said);
}

/* Somebody with one channel may have left out both the channel and the quotes. */
static enum status take_channel(struct invocation *invocation, size_t *at, struct channel **channel)
{
    enum status status = own_channel_take(invocation, at, channel);
    const struct channel *only = own_channel_only(invocation->engine);
    if (status != STATUS_NOT_FOUND || only == NULL)
        return status;
    return command_explain(invocation, status,
                           "you are in no channel called \"%s\", but in \"%.*s\": say which "
                           "channel, or put the whole text in quotes to say it there",
                           invocation->arguments.positional[0], OUT_SPAN(only->title));
}

enum status say_run(struct invocation *invocation)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(4 * LIMIT_TEXT_BYTES);
    struct engine *engine = invocation->engine;
    struct channel *channel = NULL;
    struct channel_said said;
    struct id reply_to;
    uint16_t kind;
    size_t at = 0;
    TRY(take_channel(invocation, &at, &channel));
    TRY(saying_text(invocation, at, &text));
    TRY(channel_log_catch_up(engine, channel));
    TRY(choose_kind(invocation, channel, &kind));
    TRY(choose_reply(invocation, channel, &reply_to));
    TRY(say_it(invocation, channel, kind, &reply_to, buffer_span(&text), &said));
    show_said(invocation->out, channel, kind, &said);
    return STATUS_OK;
}
