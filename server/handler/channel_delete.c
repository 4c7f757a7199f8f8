/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/send.h"
#include "server/handler/handler.h"

void channel_delete_handle(struct services *services, struct channel *channel, struct call *call)
{
    const struct wire_channel_delete_request *request = call->request;
    struct send_request asked = {.generation = request->generation,
                                 .message = request->message,
                                 .deleted = request->deleted,
                                 .deleted_count = request->deleted_count};
    send_begin(services->delivery, channel, call, &asked);
}
