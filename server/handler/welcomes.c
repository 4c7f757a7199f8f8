/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/welcomes.h"
#include "protocol/wire/channels.h"
#include "server/handler/task.h"
#include "server/store/devices.h"
#include "server/store/log.h"

/* Asked for again until all are done. */
#define WELCOMES_AT_ONCE 20

struct welcomes {
    struct task task;
    struct wire_welcomes_response response;
};

static enum status describe(struct store_db *db,
                            struct task *task,
                            const struct store_welcome *welcome,
                            struct wire_welcome_item *item)
{
    struct arena *arena = &task->call->arena;
    struct store_entry commit;
    struct store_device adder;
    *item = (struct wire_welcome_item){
        .channel = welcome->channel,
        .generation = welcome->generation,
        .epoch = welcome->epoch,
        .sequence = welcome->sequence,
        .tree_hash = welcome->tree_hash,
        .welcome = welcome->bytes,
    };
    TRY(store_log_entry(db, &welcome->channel, welcome->generation, welcome->sequence, arena,
                        &commit));
    TRY(store_devices_get(db, &commit.device, &adder));
    item->added_by = adder.person;
    return STATUS_OK;
}

static enum status run(struct store_db *db, struct task *task)
{
    struct welcomes *welcomes = (struct welcomes *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_welcome_list list;
    void *items = NULL;
    TRY(store_welcomes_list(db, &task->call->device, task->now_ms, WELCOMES_AT_ONCE, arena, &list));
    TRY(arena_take(arena, list.count, sizeof(struct wire_welcome_item), &items));
    welcomes->response.welcomes = items;
    welcomes->response.welcome_count = list.count;
    for (size_t i = 0; i < list.count; i++)
        TRY(describe(db, task, &list.items[i], &welcomes->response.welcomes[i]));
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
