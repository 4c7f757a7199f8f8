/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/invitations.h"

enum status invitations_fetch(struct engine *engine,
                              struct connection_reply *reply,
                              struct wire_invitations_response *all)
{
    const struct wire_empty request = {0};
    return engine_call(engine, WIRE_INVITATIONS, &request, reply, all);
}

void invitations_tell(struct engine *engine, const struct wire_invitation *invitation)
{
    engine_notice(engine, NULL, "%.*s asks for your help: \"%.*s\". weft invitation list shows it",
                  (int)invitation->by_name.len, (const char *)invitation->by_name.ptr,
                  (int)invitation->title.len, (const char *)invitation->title.ptr);
}

enum status invitations_look(struct engine *engine)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_invitations_response all;
    const struct wire_invitation *first = NULL;
    size_t count = 0;
    TRY(invitations_fetch(engine, &reply, &all));
    for (size_t i = 0; i < all.invitation_count; i++) {
        if (all.invitations[i].state != INVITATION_OPEN)
            continue;
        first = count++ == 0 ? &all.invitations[i] : first;
    }
    if (count == 1)
        invitations_tell(engine, first);
    else if (count != 0)
        engine_notice(engine, NULL, "%zu people ask for your help: weft invitation list", count);
    return STATUS_OK;
}
