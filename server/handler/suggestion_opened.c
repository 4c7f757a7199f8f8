/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The channel of an introduction stands: nobody of it need make one any more. */
#include "protocol/wire/network.h"
#include "server/handler/task.h"
#include "server/store/introductions.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_suggestion_opened_request *request = task->call->request;
    return store_introductions_set_opened(db, &request->suggestion, &task->call->person);
}

void suggestion_opened_handle(struct services *services, struct call *call)
{
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task_write(task);
}
