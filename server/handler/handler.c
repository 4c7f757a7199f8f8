/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/handler.h"

struct handler {
    uint16_t kind;
    enum handler_channel channel;
    void (*handle)(struct services *services, struct call *call);
};

#define HANDLER_ROW(NAME, name, channel_) {WIRE_##NAME, HANDLER_##channel_, name##_handle},
static const struct handler handlers[] = {HANDLER_LIST(HANDLER_ROW)};

static const struct handler *find(uint16_t kind)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        if (handlers[i].kind == kind)
            return &handlers[i];
    }
    return NULL;
}

void handler_dispatch(void *context, struct call *call)
{
    const struct handler *handler = find(call->kind->number);
    if (handler == NULL) {
        call_fail(call, STATUS_UNSUPPORTED, NULL);
        return;
    }
    handler->handle(context, call);
}
