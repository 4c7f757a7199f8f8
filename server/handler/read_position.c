/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/channels.h"
#include "server/handler/task.h"
#include "server/store/reads.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_read_position_request *request = task->call->request;
    return store_reads_set(db, &task->call->person, &request->channel, request->position.generation,
                           request->position.sequence);
}

void read_position_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task_write(task);
}
