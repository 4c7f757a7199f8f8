/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/reach.h"

#include "server/delivery/channel.h"
#include "server/store/departures.h"

void reach_begin(const struct channel *channel, const struct call *call, struct reach *reach)
{
    *reach = (struct reach){
        .device = call->device,
        .member = channel_member(channel, &call->device) != NULL,
        .refusal = channel_is_listed(channel) ? STATUS_DENIED : STATUS_NOT_FOUND,
    };
}

enum status
reach_find(struct store_db *db, const struct id *channel, uint32_t generation, struct reach *reach)
{
    struct store_departure departure;
    if (reach->member)
        return STATUS_OK;
    enum status found = store_departures_get(db, channel, &reach->device, &departure);
    if (found == STATUS_NOT_FOUND || (found == STATUS_OK && departure.generation != generation))
        return reach->refusal;
    TRY(found);
    reach->last = departure.sequence;
    return STATUS_OK;
}

const char *reach_explain(enum status status)
{
    return status == STATUS_DENIED ? HANDLER_NOT_A_MEMBER : NULL;
}
