/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/own_message.h"

#include "client-cli/commands/own_channel.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/revision.h"

void own_message_clear(struct own_message *message)
{
    buffer_clear(&message->record);
    arena_clear(&message->arena);
}

static enum status get(struct engine *engine,
                       const struct channel *channel,
                       const char *text,
                       struct own_message *message)
{
    struct id id;
    uint64_t number = 0;
    if (id_parse(span_from_text(text), &id) == STATUS_OK)
        return entry_get_message(engine, &channel->id, &id, &message->record, &message->arena,
                                 &message->entry);
    if (!message_number_read(text, &number))
        return STATUS_NOT_FOUND;
    return entry_get(engine, &channel->id, number, &message->record, &message->arena,
                     &message->entry);
}

/* People see the edit's number too, and mean the message. */
static enum status
go_to_edited(struct engine *engine, const struct channel *channel, struct own_message *message)
{
    struct content content;
    struct id edited;
    if (entry_content(&message->entry, &content) != STATUS_OK || content.kind != CONTENT_EDIT ||
        revision_target(&message->entry, &edited) != STATUS_OK)
        return STATUS_OK;
    return entry_get_message(engine, &channel->id, &edited, &message->record, &message->arena,
                             &message->entry);
}

enum status own_message_find(struct invocation *invocation,
                             struct channel *channel,
                             const char *text,
                             struct own_message *message)
{
    enum status found = get(invocation->engine, channel, text, message);
    if (found == STATUS_OK)
        found = go_to_edited(invocation->engine, channel, message);
    if (found == STATUS_NOT_FOUND || (found == STATUS_OK && message->entry.fate == ENTRY_CHANGED))
        return command_explain(invocation, STATUS_NOT_FOUND,
                               "there is no message %s in this channel: weft read shows the "
                               "numbers",
                               text);
    TRY(found);
    if (message->entry.fate == ENTRY_DELETED)
        return command_explain(invocation, STATUS_NOT_FOUND, "message %s was deleted", text);
    return STATUS_OK;
}

enum status own_message_take(struct invocation *invocation,
                             size_t words,
                             size_t *at,
                             struct channel **channel,
                             struct own_message *message)
{
    const struct arguments *arguments = &invocation->arguments;
    *at = 0;
    if (arguments->positional_count == words + 1)
        TRY(own_channel_find(invocation, NULL, channel));
    else
        TRY(own_channel_find(invocation, arguments->positional[(*at)++], channel));
    TRY(channel_log_catch_up(invocation->engine, *channel));
    return own_message_find(invocation, *channel, arguments->positional[(*at)++], message);
}
