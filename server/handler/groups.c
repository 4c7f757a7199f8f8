/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/people.h"
#include "server/handler/task.h"
#include "server/store/people.h"

struct groups {
    struct task task;
    struct wire_groups_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct groups *groups = (struct groups *)(void *)task;
    struct store_group_list list;
    void *items = NULL;
    TRY(store_groups_list(db, &task->call->arena, &list));
    size_t count = list.count < LIMIT_LIST_ITEMS ? list.count : LIMIT_LIST_ITEMS;
    TRY(arena_take(&task->call->arena, count, sizeof(struct wire_group), &items));
    groups->response = (struct wire_groups_response){.groups = items, .group_count = count};
    for (size_t i = 0; i < count; i++)
        groups->response.groups[i].name = list.items[i].name;
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct groups *)(void *)task)->response);
}

void groups_handle(struct services *services, struct call *call)
{
    struct groups *groups = task_new(services, NULL, call, sizeof *groups);
    if (groups == NULL)
        return;
    groups->task.run = run;
    groups->task.finish = finish;
    task_read(&groups->task);
}
