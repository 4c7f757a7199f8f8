/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/knocks.h"

#include "client-cli/core/channel.h"
#include "protocol/wire/channels.h"

static void tell(struct engine *engine,
                 const struct channel *channel,
                 const struct wire_knock *first,
                 size_t count)
{
    char channel_id[ID_TEXT_SIZE];
    char person[ID_TEXT_SIZE];
    id_text(&channel->id, channel_id);
    id_text(&first->person, person);
    if (count == 1)
        engine_notice(engine, channel,
                      "%.*s asks to be let in: weft channel add %.8s %.8s, or weft channel refuse",
                      (int)first->name.len, (const char *)first->name.ptr, channel_id, person);
    else
        engine_notice(engine, channel, "%zu people ask to be let in: weft channel knocks %.8s",
                      count, channel_id);
}

static enum status look(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_knocks_request request = {.channel = channel->id};
    struct wire_channel_knocks_response response;
    if (channel->state != CHANNEL_STATE_MEMBER ||
        (channel_own_roles(engine, channel) & CHANNEL_ROLES_ADDING) == 0)
        return STATUS_OK;
    enum status status = engine_call(engine, WIRE_CHANNEL_KNOCKS, &request, &reply, &response);
    if (status != STATUS_OK && engine_is_connected(engine)) {
        engine_forget_explanation(engine); /* such as: we were removed meanwhile */
        return STATUS_OK;
    }
    TRY(status);
    if (response.knock_count != 0)
        tell(engine, channel, &response.knocks[0], response.knock_count);
    return STATUS_OK;
}

enum status knocks_look(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        TRY(look(engine, channel));
    return STATUS_OK;
}
