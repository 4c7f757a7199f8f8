/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/handler.h"
#include "server/stage/stage.h"

void session_show_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct wire_session_show_response response;
    const struct stage_session *session = stage_of_channel(channel);
    if (session == NULL) {
        call_fail(call, STATUS_NOT_FOUND, "the channel has no session");
        return;
    }
    stage_describe(services->stage, session, &response.session);
    call_answer(call, &response);
}
