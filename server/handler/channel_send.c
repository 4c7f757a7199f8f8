/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/send.h"
#include "server/handler/handler.h"

void channel_send_handle(struct services *services, struct channel *channel, struct call *call)
{
    const struct wire_channel_send_request *request = call->request;
    struct send_request asked = {.generation = request->generation, .message = request->message};
    send_begin(services->delivery, channel, call, &asked);
}
