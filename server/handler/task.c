/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/task.h"

#include "server/store/members.h"

static void fail(struct task *task, enum status status)
{
    call_fail(task->call, status, task->explain == NULL ? NULL : task->explain(status));
}

static enum status run(struct store_db *db, struct store_job *job)
{
    struct task *task = (struct task *)(void *)job;
    return task->run(db, task);
}

/* A request may wait behind the job that suspends, erases or revokes whoever asks. */
static enum status run_write(struct store_db *db, struct store_job *job)
{
    struct task *task = (struct task *)(void *)job;
    if (!id_is_none(&task->call->person))
        TRY(store_members_check_device(db, &task->call->device, &task->call->person));
    return task->run(db, task);
}

static void done(struct store_job *job, enum status status)
{
    struct task *task = (struct task *)(void *)job;
    if (status != STATUS_OK)
        fail(task, status);
    else if (task->finish != NULL)
        task->finish(task);
    else
        task_answer_empty(task);
}

void *task_new(struct services *services, struct channel *channel, struct call *call, size_t size)
{
    void *taken = NULL;
    enum status status = call_take(call, size, &taken);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return NULL;
    }
    struct task *task = taken;
    task->job = (struct store_job){.run = run, .done = done};
    task->services = services;
    task->channel = channel;
    task->call = call;
    task->now_ms = clock_wall_ms(services->hub->clock);
    return taken;
}

void task_read(struct task *task)
{
    enum status status = store_read(task->services->hub->store, &task->job);
    if (status != STATUS_OK)
        fail(task, status);
}

void task_write(struct task *task)
{
    task->job.run = run_write;
    enum status status = store_write(task->services->hub->store, &task->job);
    if (status != STATUS_OK)
        fail(task, status);
}

void task_answer_empty(struct task *task)
{
    struct wire_empty nothing = {0};
    call_answer(task->call, &nothing);
}
