/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft edit [CHANNEL] NUMBER TEXT: puts something of one's own in better words. */
#include "client-cli/commands/mentions.h"
#include "client-cli/commands/own_message.h"
#include "client-cli/commands/saying.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/revision.h"
#include "client-cli/core/session.h"

static enum status check_may(struct invocation *invocation,
                             struct channel *channel,
                             const struct stored_entry *entry,
                             const struct content *content)
{
    struct engine *engine = invocation->engine;
    size_t newcomers = 0;
    if (!id_equal(&entry->person, &engine->account.person))
        return command_explain(invocation, STATUS_DENIED,
                               "this is not yours: only who said something edits it");
    if (!revision_is_text(content->kind))
        return command_explain(invocation, STATUS_DENIED,
                               "this cannot be edited; it can be deleted: weft delete %s",
                               message_number(entry->sequence).text);
    TRY(session_refresh(engine, channel));
    TRY(session_check_own_turn(engine, channel, content->kind));
    TRY(revision_newcomers(engine, channel, entry->sequence, &newcomers));
    if (newcomers != 0 && !arguments_has(&invocation->arguments, "for-newcomers"))
        return command_explain(invocation, STATUS_CONFLICT,
                               "%zu %s since and cannot read what you said then, but would read "
                               "this: if they may, say it again with --for-newcomers",
                               newcomers, newcomers == 1 ? "person came" : "people came");
    return STATUS_OK;
}

/* What is not said anew (a reason, an owner, a day) stays. */
static enum status
keep_rest(const struct content *content, struct arena *arena, struct saying *saying)
{
    struct saying old = {0};
    if (content->kind == CONTENT_IDEA || content->kind == CONTENT_LAST_IDEA) {
        TRY(content_decode_body(content, arena, &old.body.idea));
        if (saying->body.idea.reason.len == 0)
            saying->body.idea.reason = old.body.idea.reason;
    }
    if (content->kind == CONTENT_ACTION || content->kind == CONTENT_COMMITMENT) {
        TRY(content_decode_body(content, arena, &old.body.action));
        if (saying->body.action.owner.len == 0)
            saying->body.action.owner = old.body.action.owner;
        if (saying->body.action.due == 0)
            saying->body.action.due = old.body.action.due;
    }
    return STATUS_OK;
}

static enum status say_edit(struct invocation *invocation,
                            struct channel *channel,
                            struct own_message *message,
                            const struct content *content,
                            struct span text,
                            struct channel_said *said)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    struct saying saying;
    TRY(saying_body(invocation, content->kind, text, &saying));
    TRY(keep_rest(content, &message->arena, &saying));
    TRY(content_encode_body(content->kind, &saying.body, &body));
    struct content_edit edit = {.kind = content->kind, .body = buffer_span(&body)};
    return session_say(invocation->engine, channel, CONTENT_EDIT, &message->entry.message, &edit,
                       said);
}

enum status edit_run(struct invocation *invocation)
{
    CLEANUP(own_message_clear) struct own_message message = OWN_MESSAGE_INIT;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(4 * LIMIT_TEXT_BYTES);
    CLEANUP(buffer_clear) struct buffer resolved = BUFFER_INIT(LIMIT_TEXT_BYTES);
    struct channel *channel = NULL;
    struct content content;
    struct channel_said said;
    size_t at;
    TRY(own_message_take(invocation, 1, &at, &channel, &message));
    TRY(saying_text(invocation, at, &text));
    TRY(entry_content(&message.entry, &content));
    TRY(check_may(invocation, channel, &message.entry, &content));
    TRY(mentions_resolve(invocation, channel, buffer_span(&text), &resolved));
    TRY(say_edit(invocation, channel, &message, &content, buffer_span(&resolved), &said));
    out_line(invocation->out, "edited number %s", message_number(message.entry.sequence).text);
    out_record(invocation->out,
               json_pack("{s:s, s:I, s:I}", "type", "edited", "sequence", (json_int_t)said.sequence,
                         "target", (json_int_t)message.entry.sequence));
    return STATUS_OK;
}
