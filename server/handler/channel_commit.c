/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/commit.h"
#include "server/handler/handler.h"

void channel_commit_handle(struct services *services, struct channel *channel, struct call *call)
{
    commit_begin(services->delivery, channel, call);
}
