/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/channels.h"
#include "server/handler/task.h"
#include "server/store/welcomes.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_welcome_done_request *request = task->call->request;
    return store_welcomes_done(db, &task->call->device, &request->channel, request->generation,
                               request->epoch);
}

void welcome_done_handle(struct services *services, struct call *call)
{
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task_write(task);
}
