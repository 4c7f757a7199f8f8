/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A change of stage names its session only: the store says which channel that is. */
#include "protocol/wire/sessions.h"
#include "server/handler/task.h"
#include "server/stage/stage.h"
#include "server/store/sessions.h"

struct find {
    struct task task;
    struct delivery_waiter waiter;
    struct id channel;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct find *find = (struct find *)(void *)task;
    const struct wire_session_stage_request *request = task->call->request;
    struct store_session session;
    TRY(store_sessions_get(db, &request->session, &task->call->arena, &session));
    find->channel = session.channel;
    return STATUS_OK;
}

static void ready(struct delivery_waiter *waiter, struct channel *channel, enum status status)
{
    struct find *find = (struct find *)(void *)((char *)waiter - offsetof(struct find, waiter));
    struct call *call = find->task.call;
    if (status == STATUS_OK && channel_member(channel, &call->device) == NULL)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        stage_change(find->task.services->stage, channel, call);
    else
        call_fail(call, status, NULL);
}

static void finish(struct task *task)
{
    struct find *find = (struct find *)(void *)task;
    find->waiter.ready = ready;
    delivery_load(task->services->delivery, &find->channel, &find->waiter);
}

void session_stage_handle(struct services *services, struct call *call)
{
    struct find *find = task_new(services, NULL, call, sizeof *find);
    if (find == NULL)
        return;
    find->task.run = run;
    find->task.finish = finish;
    task_read(&find->task);
}
