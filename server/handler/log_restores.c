/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/generations.h"
#include "server/handler/task.h"
#include "server/store/restores.h"

struct restores {
    struct task task;
    struct wire_log_restores_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct restores *restores = (struct restores *)(void *)task;
    const struct wire_log_restores_request *request = task->call->request;
    struct arena *arena = &task->call->arena;
    struct store_restore_list list;
    void *items = NULL;
    TRY(store_restores_list(db, request->after, arena, &list));
    TRY(arena_take(arena, list.count, sizeof(struct wire_log_restore), &items));
    restores->response.restores = items;
    for (size_t i = 0; i < list.count; i++)
        restores->response.restores[i].bytes = list.items[i];
    restores->response.restore_count = list.count;
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct restores *)(void *)task)->response);
}

void log_restores_handle(struct services *services, struct call *call)
{
    struct restores *restores = task_new(services, NULL, call, sizeof *restores);
    if (restores == NULL)
        return;
    restores->task.run = run;
    restores->task.finish = finish;
    task_read(&restores->task);
}
