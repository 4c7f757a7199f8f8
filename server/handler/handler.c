/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/handler.h"

#include "protocol/wire/channels.h"
#include "protocol/wire/files.h"
#include "protocol/wire/generations.h"
#include "protocol/wire/history.h"
#include "protocol/wire/sessions.h"
#include "server/delivery/absence.h"
#include "server/delivery/history.h"
#include "server/delivery/work.h"

struct handler {
    uint16_t kind;
    void (*handle)(struct services *services, struct call *call);
    /* The rest is of those that are about a channel. */
    void (*handle_channel)(struct services *services, struct channel *channel, struct call *call);
    enum handler_access access;
    size_t channel_offset;
};

#define HANDLER_ROW(NAME, name) {.kind = WIRE_##NAME, .handle = name##_handle},
#define HANDLER_CHANNEL_ROW(NAME, name, access_, member)                                           \
    {.kind = WIRE_##NAME,                                                                          \
     .handle_channel = name##_handle,                                                              \
     .access = HANDLER_##access_,                                                                  \
     .channel_offset = offsetof(struct wire_##name##_request, member)},

static const struct handler handlers[] = {HANDLER_LIST(HANDLER_ROW)
                                              HANDLER_CHANNEL_LIST(HANDLER_CHANNEL_ROW)};

static const struct handler *find(uint16_t kind)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        if (handlers[i].kind == kind)
            return &handlers[i];
    }
    return NULL;
}

/* A call that waits for its channel. */
struct waiting {
    struct delivery_waiter waiter;
    struct services *services;
    const struct handler *handler;
    struct call *call;
};

/* Whether the device was removed for absence and may still come back by itself. */
static bool
is_dormant(const struct services *services, const struct channel *channel, const struct id *device)
{
    const struct channel_dormant *dormant = channel_extension_dormant(&channel->extension, device);
    return dormant != NULL && dormant->until >= clock_wall_ms(services->hub->clock);
}

static enum status check_access(const struct services *services,
                                const struct channel *channel,
                                const struct call *call,
                                enum handler_access access)
{
    if (channel_member(channel, &call->device) != NULL)
        return STATUS_OK;
    bool listed = channel_is_listed(channel);
    bool dormant = is_dormant(services, channel, &call->device);
    bool allowed = (access == HANDLER_VISIBLE && listed) ||
                   (access == HANDLER_MEMBER_OR_FORMER && !dormant) ||
                   (access == HANDLER_MEMBER_OR_OPEN && (channel_is_open(channel) || dormant));
    if (allowed)
        return STATUS_OK;
    return listed ? STATUS_DENIED : STATUS_NOT_FOUND;
}

static void ready(struct delivery_waiter *waiter, struct channel *channel, enum status status)
{
    struct waiting *waiting = (struct waiting *)(void *)waiter;
    struct call *call = waiting->call;
    if (call->client == NULL)
        status = STATUS_CANCELLED;
    if (status == STATUS_OK)
        status = check_access(waiting->services, channel, call, waiting->handler->access);
    if (status == STATUS_OK) {
        delivery_hold(channel);
        call->release = delivery_release;
        call->held = channel;
        waiting->handler->handle_channel(waiting->services, channel, call);
        return;
    }
    call_fail(call, status, status == STATUS_DENIED ? HANDLER_NOT_A_MEMBER : NULL);
}

static void
wait_for_channel(struct services *services, const struct handler *handler, struct call *call)
{
    struct waiting *waiting = NULL;
    enum status status = call_take(call, sizeof *waiting, (void **)&waiting);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    waiting->waiter.ready = ready;
    waiting->services = services;
    waiting->handler = handler;
    waiting->call = call;
    const struct id *channel =
        (const struct id *)(const void *)((const char *)call->request + handler->channel_offset);
    delivery_load(services->delivery, channel, &waiting->waiter);
}

void handler_dispatch(void *context, struct call *call)
{
    const struct handler *handler = find(call->kind->number);
    if (handler == NULL)
        call_fail(call, STATUS_UNSUPPORTED, NULL);
    else if (handler->handle != NULL)
        handler->handle(context, call);
    else
        wait_for_channel(context, handler, call);
}

void handler_arrived(void *context, struct client *client)
{
    struct services *services = context;
    absence_over(services->delivery, &client->device);
    work_client_arrived(services->delivery, client);
    history_client_arrived(services->delivery, client);
}

void handler_left(void *context, struct client *client)
{
    (void)context;
    delivery_unsubscribe_all(client);
}
