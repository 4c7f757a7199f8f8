/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/handler.h"
#include "server/stage/stage.h"

void session_create_handle(struct services *services, struct channel *channel, struct call *call)
{
    stage_create(services->stage, channel, call);
}
