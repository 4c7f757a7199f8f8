/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/events.h"
#include "server/handler/task.h"
#include "server/store/knocks.h"

static enum status run(struct store_db *db, struct task *task)
{
    struct store_knock knock;
    return store_knocks_add(db, &task->channel->id, &task->call->person, task->now_ms, &knock);
}

/* Those who may let somebody in hear of it. */
static void finish(struct task *task)
{
    const uint16_t adders = CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_SPONSOR;
    struct wire_knock_event event = {.channel = task->channel->id};
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&task->channel->members, &at);
         member != NULL; member = id_map_next(&task->channel->members, &at)) {
        struct client *client = hub_client_of_device(task->services->hub, &member->device);
        if (client != NULL && (channel_roles(task->channel, &member->person) & adders) != 0)
            client_send_event(client, WIRE_EVENT_KNOCK, &event);
    }
    task_answer_empty(task);
}

void channel_knock_handle(struct services *services, struct channel *channel, struct call *call)
{
    if (channel_member(channel, &call->device) != NULL) {
        call_fail(call, STATUS_EXISTS, "this device is a member already");
        return;
    }
    if (!hub_spend_for(call, BUDGET_KNOCKS, 1))
        return;
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->finish = finish;
    task_write(task);
}
