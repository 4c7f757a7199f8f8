/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/accounts.h"
#include "server/handler/handler.h"

void ping_handle(struct services *services, struct call *call)
{
    struct wire_ping_response response = {.server_time = clock_wall_ms(services->hub->clock)};
    call_answer(call, &response);
}
