/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/history.h"
#include "server/delivery/history.h"
#include "server/handler/task.h"
#include "server/store/segments.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_history_shared_request *request = task->call->request;
    return store_segments_clear_asker(db, &request->channel, &request->asked_by);
}

static void finish(struct task *task)
{
    const struct wire_history_shared_request *request = task->call->request;
    history_done(task->services->delivery, task->channel, &request->asked_by);
    task_answer_empty(task);
}

void history_shared_handle(struct services *services, struct channel *channel, struct call *call)
{
    /* Anybody else could keep a newcomer waiting. */
    if (!history_holds(channel, &call->device)) {
        call_fail(call, STATUS_CONFLICT, "another member was asked to share");
        return;
    }
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->finish = finish;
    task_write(task);
}
