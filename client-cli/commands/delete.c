/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft delete [CHANNEL] NUMBER: deletes a message of one's own; a facilitator deletes any. */
#include "client-cli/commands/own_message.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/revision.h"
#include "protocol/wire/message_header.h"

enum status delete_run(struct invocation *invocation)
{
    CLEANUP(own_message_clear) struct own_message message = OWN_MESSAGE_INIT;
    struct channel *channel = NULL;
    struct channel_said said;
    size_t at;
    TRY(own_message_take(invocation, 0, &at, &channel, &message));
    if (message.entry.lane == LANE_CONTROL)
        return command_explain(invocation, STATUS_DENIED,
                               "number %s is part of how the channel went, and stays",
                               message_number(message.entry.sequence).text);
    TRY(revision_delete(invocation->engine, channel, &message.entry, &said));
    out_prose(invocation->out,
              "deleted number %s, here and on the server; others' devices delete it when they "
              "next connect",
              message_number(message.entry.sequence).text);
    out_record(invocation->out,
               json_pack("{s:s, s:I, s:I}", "type", "deleted", "sequence",
                         (json_int_t)said.sequence, "target", (json_int_t)message.entry.sequence));
    return STATUS_OK;
}
