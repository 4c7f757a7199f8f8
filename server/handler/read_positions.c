/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/devices.h"
#include "server/handler/task.h"
#include "server/store/reads.h"

struct read_positions {
    struct task task;
    struct wire_read_positions_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct read_positions *list = (struct read_positions *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_read_list reads;
    void *items = NULL;
    TRY(store_reads_of_person(db, &task->call->person, LIMIT_LIST_ITEMS, arena, &reads));
    TRY(arena_take(arena, reads.count, sizeof(struct wire_read_item), &items));
    list->response.items = items;
    list->response.item_count = reads.count;
    for (size_t i = 0; i < reads.count; i++)
        list->response.items[i] = (struct wire_read_item){
            .channel = reads.items[i].channel,
            .position = {reads.items[i].generation, reads.items[i].sequence},
        };
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct read_positions *)(void *)task)->response);
}

void read_positions_handle(struct services *services, struct call *call)
{
    struct read_positions *list = task_new(services, NULL, call, sizeof *list);
    if (list == NULL)
        return;
    list->task.run = run;
    list->task.finish = finish;
    task_read(&list->task);
}
