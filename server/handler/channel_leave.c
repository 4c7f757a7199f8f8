/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A request to leave, signed by the leaf; kept as it is for whoever commits the Remove. It speaks
 * for every device that the person has in the channel. */
#include "protocol/base/limits.h"
#include "protocol/channel/leave.h"
#include "protocol/wire/channels.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"
#include "server/store/removals.h"
#include "server/store/wants.h"

struct leave {
    struct task task;
    struct span request;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct leave *leave = (struct leave *)(void *)task;
    struct store_device_list devices;
    TRY(store_devices_of_person(db, &task->call->person, &task->call->arena, &devices));
    TRY(store_wants_end(db, &task->channel->id, &task->call->person));
    enum status left = STATUS_NOT_FOUND;
    for (size_t i = 0; i < devices.count; i++) {
        struct store_removal removal = {
            .channel = task->channel->id,
            .device = devices.items[i].device,
            .reason = STORE_REMOVAL_LEFT,
            .request = leave->request,
            .asked_at_ms = task->now_ms,
        };
        enum status added = store_removals_add(db, &removal);
        if (added != STATUS_OK && added != STATUS_NOT_FOUND)
            return added;
        left = added == STATUS_OK ? STATUS_OK : left;
    }
    return left;
}

static void finish(struct task *task)
{
    struct services *services = task->services;
    struct channel *channel = task->channel;
    if (task->call->client != NULL)
        delivery_unsubscribe(channel, task->call->client);
    struct id person = task->call->person;
    task_answer_empty(task);
    work_left(services->delivery, channel, &person);
}

static enum status check(const struct services *services,
                         const struct channel *channel,
                         struct call *call,
                         struct span *request_bytes)
{
    const struct wire_channel_leave_request *request = call->request;
    const struct directory_device *device =
        directory_find(community_directory(services->hub->community), &call->device);
    if (device == NULL || !id_equal(&request->leave.device, &call->device) ||
        request->leave.generation != channel->row.generation)
        return STATUS_INVALID;
    TRY(message_leave_verify(&request->leave, SPAN_OF(device->leaf_key)));
    const struct directory *directory = community_directory(services->hub->community);
    if (!channel_leave_is_of(&request->leave, &channel->id, channel->row.generation,
                             mls_public_group_tree(channel->group), directory,
                             directory_log_of(directory)->size, &call->person))
        return STATUS_WRONG_EPOCH;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(&message_leave_schema, &request->leave, &bytes));
    return arena_copy(&call->arena, buffer_span(&bytes), request_bytes);
}

void channel_leave_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct leave *leave = task_new(services, channel, call, sizeof *leave);
    if (leave == NULL)
        return;
    leave->task.run = run;
    leave->task.finish = finish;
    enum status status = check(services, channel, call, &leave->request);
    if (status == STATUS_OK)
        task_write(&leave->task);
    else
        call_fail(call, status, NULL);
}
