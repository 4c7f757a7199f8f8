/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/channels.h"
#include "server/handler/handler.h"

static enum status list_members(const struct channel *channel,
                                struct call *call,
                                struct wire_channel_show_response *response)
{
    void *items = NULL;
    TRY(arena_take(&call->arena, channel->members.count, sizeof(struct wire_member), &items));
    response->members = items;
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&channel->members, &at);
         member != NULL && response->member_count < LIMIT_LIST_ITEMS;
         member = id_map_next(&channel->members, &at))
        response->members[response->member_count++] = (struct wire_member){
            .person = member->person,
            .device = member->device,
            .leaf = member->leaf,
            .since = member->since_ms,
        };
    return STATUS_OK;
}

void channel_show_handle(struct services *services, struct channel *channel, struct call *call)
{
    (void)services;
    struct wire_channel_show_response response = {0};
    channel_describe(channel, &call->device, &response.info);
    enum status status = STATUS_OK;
    if (response.info.member || channel_is_open(channel))
        status = list_members(channel, call, &response);
    if (status == STATUS_OK)
        call_answer(call, &response);
    else
        call_fail(call, status, NULL);
}
