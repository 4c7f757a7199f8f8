/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/people.h"
#include "server/handler/task.h"
#include "server/store/key_packages.h"

struct count {
    struct task task;
    struct wire_key_packages_count_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct count *count = (struct count *)(void *)task;
    struct store_key_package_counts counts;
    TRY(store_key_packages_count(db, &task->call->device, task->now_ms, &counts));
    count->response.one_time = counts.one_time;
    /* One that was given out is to be replaced: as if there were none. */
    count->response.last_resort = counts.last_resort && !counts.last_resort_used;
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct count *)(void *)task)->response);
}

void key_packages_count_handle(struct services *services, struct call *call)
{
    struct count *count = task_new(services, NULL, call, sizeof *count);
    if (count == NULL)
        return;
    count->task.run = run;
    count->task.finish = finish;
    task_read(&count->task);
}
