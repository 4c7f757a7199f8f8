/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/channels.h"
#include "server/handler/handler.h"

void channel_subscribe_handle(struct services *services, struct channel *channel, struct call *call)
{
    (void)services;
    const struct wire_channel_subscribe_request *request = call->request;
    struct wire_channel_subscribe_response response = {
        .generation = channel->row.generation,
        .last_sequence = channel->row.last_sequence,
    };
    enum status status = STATUS_OK;
    if (request->on)
        status = delivery_subscribe(channel, call->client);
    else
        delivery_unsubscribe(channel, call->client);
    if (status == STATUS_OK)
        call_answer(call, &response);
    else
        call_fail(call, status, NULL);
}
