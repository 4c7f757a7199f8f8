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

#define WELCOMES_LOOKED_AT 64

struct group {
    struct task task;
    struct wire_channel_group_response response;
};

static enum status find_by_hash(struct store_db *db, struct group *group, struct span wanted)
{
    struct task *task = &group->task;
    struct arena *arena = &task->call->arena;
    struct store_welcome_list welcomes;
    TRY(store_welcomes_list(db, &task->call->device, task->now_ms, WELCOMES_LOOKED_AT, arena,
                            &welcomes));
    for (size_t i = 0; i < welcomes.count; i++) {
        const struct store_welcome *welcome = &welcomes.items[i];
        struct span tree;
        if (!id_equal(&welcome->channel, &task->channel->id) ||
            !span_equal(welcome->tree_hash, wanted))
            continue;
        TRY(store_channels_tree(db, &welcome->channel, welcome->generation, welcome->epoch, arena,
                                &tree));
        group->response = (struct wire_channel_group_response){
            .generation = welcome->generation,
            .epoch = welcome->epoch,
            .sequence = welcome->sequence,
            .ratchet_tree = tree,
        };
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
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
