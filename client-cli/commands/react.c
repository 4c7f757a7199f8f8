/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft react [CHANNEL] NUMBER EMOJI|WORD: answers a message with a sign; --undo takes it back. */
#include "client-cli/commands/own_message.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/session.h"
#include "protocol/codec/utf8.h"

#include <string.h>

static enum status check_text(struct invocation *invocation, struct span text)
{
    if (!utf8_is_valid(text))
        return command_explain(invocation, STATUS_NOT_UTF8, "this is not UTF-8 text");
    if (text.len == 0 || text.len > LIMIT_REACTION_BYTES || memchr(text.ptr, ' ', text.len) != NULL)
        return command_explain(invocation, STATUS_USAGE,
                               "a reaction is an emoji or one short word; to say more: weft say "
                               "--reply NUMBER");
    return STATUS_OK;
}

enum status react_run(struct invocation *invocation)
{
    CLEANUP(own_message_clear) struct own_message message = OWN_MESSAGE_INIT;
    struct channel *channel = NULL;
    struct channel_said said;
    size_t at;
    TRY(own_message_take(invocation, 1, &at, &channel, &message));
    struct span text = span_from_text(invocation->arguments.positional[at]);
    bool on = !arguments_has(&invocation->arguments, "undo");
    struct content_reaction reaction = {.text = text, .on = on};
    TRY(check_text(invocation, text));
    TRY(session_say(invocation->engine, channel, CONTENT_REACTION, &message.entry.message,
                    &reaction, &said));
    out_line(invocation->out, "%s %.*s on %s", on ? "put" : "took back", OUT_SPAN(text),
             message_number(message.entry.sequence).text);
    out_record(invocation->out,
               json_pack("{s:s, s:I, s:o, s:b, s:I}", "type", "reacted", "sequence",
                         (json_int_t)said.sequence, "reaction", out_json_text(text), "on", on,
                         "target", (json_int_t)message.entry.sequence));
    return STATUS_OK;
}
