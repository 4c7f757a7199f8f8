/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/history.h"
#include "server/delivery/history.h"
#include "server/handler/task.h"
#include "server/store/segments.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_history_shared_request *request = task->call->request;
    const struct id nobody = {{0}};
    return store_segments_set_asker(db, &request->channel, &nobody);
}

static void finish(struct task *task)
{
    history_done(task->channel);
    task_answer_empty(task);
}

void history_shared_handle(struct services *services, struct channel *channel, struct call *call)
{
    /* Anybody else could keep a newcomer waiting. */
    if (!id_equal(&channel->sharing.holder, &call->device)) {
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
