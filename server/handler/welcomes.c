/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/welcomes.h"
#include "protocol/wire/channels.h"
#include "server/handler/task.h"

struct welcomes {
    struct task task;
    struct wire_welcomes_response response;
};

static void describe(const struct store_welcome *welcome, struct wire_welcome_item *item)
{
    *item = (struct wire_welcome_item){
        .channel = welcome->channel,
        .generation = welcome->generation,
        .epoch = welcome->epoch,
        .sequence = welcome->sequence,
        .tree_hash = welcome->tree_hash,
        .welcome = welcome->bytes,
        .added_by = welcome->added_by,
    };
}

static enum status run(struct store_db *db, struct task *task)
{
    struct welcomes *welcomes = (struct welcomes *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_welcome_list list;
    void *items = NULL;
    TRY(store_welcomes_list(db, &task->call->device, task->now_ms, arena, &list));
    TRY(arena_take(arena, list.count, sizeof(struct wire_welcome_item), &items));
    welcomes->response.welcomes = items;
    welcomes->response.welcome_count = list.count;
    for (size_t i = 0; i < list.count; i++)
        describe(&list.items[i], &welcomes->response.welcomes[i]);
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct welcomes *)(void *)task)->response);
}

void welcomes_handle(struct services *services, struct call *call)
{
    struct welcomes *welcomes = task_new(services, NULL, call, sizeof *welcomes);
    if (welcomes == NULL)
        return;
    welcomes->task.run = run;
    welcomes->task.finish = finish;
    task_read(&welcomes->task);
}
