/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/work.h"
#include "server/handler/handler.h"

void work_list_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct wire_work_list_response response;
    enum status status =
        work_take(services->delivery, channel, &call->device, &call->arena, &response.work);
    if (status == STATUS_OK)
        call_answer(call, &response);
    else
        call_fail(call, status, NULL);
}
