/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * GroupInfo and tree: of the present epoch for members and, in open channels, for whoever wants to
 * join; of an earlier one for a device whose Welcome leads there.
 */
#include "protocol/mls/public/registry.h"
#include "protocol/wire/channels.h"
#include "server/handler/task.h"
#include "server/store/channels.h"
#include "server/store/welcomes.h"

struct group {
    struct task task;
    struct wire_channel_group_response response;
};

static enum status find_by_hash(struct store_db *db, struct group *group, struct span wanted)
{
    struct task *task = &group->task;
    struct store_welcome welcome = {.channel = task->channel->id, .tree_hash = wanted};
    struct span tree;
    TRY(store_welcomes_find(db, &task->call->device, task->now_ms, &welcome));
    TRY(store_channels_tree(db, &welcome.channel, welcome.generation, welcome.epoch,
                            &task->call->arena, &tree));
    group->response = (struct wire_channel_group_response){
        .generation = welcome.generation,
        .epoch = welcome.epoch,
        .sequence = welcome.sequence,
        .ratchet_tree = tree,
    };
    return STATUS_OK;
}

static enum status run(struct store_db *db, struct task *task)
{
    struct group *group = (struct group *)(void *)task;
    const struct wire_channel_group_request *request = task->call->request;
    if (request->tree_hash.len > 0)
        return find_by_hash(db, group, request->tree_hash);
    struct store_group_state state;
    struct store_channel row;
    TRY(store_channels_get(db, &task->channel->id, &task->call->arena, &row));
    TRY(store_channels_group(db, &task->channel->id, &task->call->arena, &state));
    group->response = (struct wire_channel_group_response){
        .generation = state.generation,
        .epoch = state.epoch,
        .sequence = row.last_sequence,
        .group_info = state.group_info,
        .ratchet_tree = state.tree,
    };
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct group *)(void *)task)->response);
}

void channel_group_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct group *group = task_new(services, channel, call, sizeof *group);
    if (group == NULL)
        return;
    group->task.run = run;
    group->task.finish = finish;
    task_read(&group->task);
}
