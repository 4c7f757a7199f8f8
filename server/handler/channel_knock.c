/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Somebody asks to be let in. Into an open channel whoever asks may come, so the knock is accepted
 * at once and a member is asked to add them: a thousand people who come together are so some
 * batches of Adds, and not a thousand commits that wait for each other.
 */
#include "protocol/wire/events.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"
#include "server/session/community.h"
#include "server/store/knocks.h"

struct knocking {
    struct task task;
    bool open;     /* nobody need answer */
    bool repeated; /* it was accepted before */
};

static enum status run(struct store_db *db, struct task *task)
{
    struct knocking *knocking = (struct knocking *)(void *)task;
    const struct id *channel = &task->channel->id;
    const struct id *person = &task->call->person;
    struct store_knock knock;
    TRY(store_knocks_add(db, channel, person, task->now_ms, &knock));
    knocking->repeated = knock.state == STORE_KNOCK_ACCEPTED;
    return knocking->open ? store_knocks_answer(db, channel, person, true, person, task->now_ms)
                          : STATUS_OK;
}

/* Those who may let somebody in hear of it. */
static void tell(struct task *task)
{
    struct wire_knock_event event = {.channel = task->channel->id};
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&task->channel->members, &at);
         member != NULL; member = id_map_next(&task->channel->members, &at)) {
        struct client *client = hub_client_of_device(task->services->hub, &member->device);
        if (client != NULL &&
            (channel_roles(task->channel, &member->person) & CHANNEL_ROLES_ADDING) != 0)
            client_send_event(client, WIRE_EVENT_KNOCK, &event);
    }
}

static void answer(struct call *call, bool asked)
{
    struct wire_channel_knock_response response = {.asked = asked};
    call_answer(call, &response);
}

static void finish(struct task *task)
{
    const struct knocking *knocking = (const struct knocking *)(void *)task;
    bool open = knocking->open;
    bool waits = knocking->repeated && task->channel->work != NULL;
    struct delivery *delivery = task->services->delivery;
    struct channel *channel = task->channel;
    if (!open)
        tell(task);
    answer(task->call, open);
    if (open && !waits)
        work_gather_adds(delivery, channel);
}

/* A device that an admin set up, or one that such a device approved, borrows a name: somebody lets
 * it in who has asked the person. */
static bool is_reset(const struct services *services, const struct id *id)
{
    const struct directory_device *device =
        directory_find(community_directory(services->hub->community), id);
    return device != NULL && device->reset_size != 0;
}

void channel_knock_handle(struct services *services, struct channel *channel, struct call *call)
{
    if (channel_member(channel, &call->device) != NULL) {
        call_fail(call, STATUS_EXISTS, "this device is a member already");
        return;
    }
    if (!hub_spend_for(call, BUDGET_KNOCKS, 1))
        return;
    bool open = channel_is_open(channel) && !is_reset(services, &call->device);
    if (open && work_sends_alone(services->delivery, channel)) {
        answer(call, false);
        return;
    }
    struct knocking *knocking = task_new(services, channel, call, sizeof *knocking);
    if (knocking == NULL)
        return;
    knocking->open = open;
    knocking->task.run = run;
    knocking->task.finish = finish;
    task_write(&knocking->task);
}
