/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/events.h"
#include "server/handler/task.h"
#include "server/store/reads.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_read_position_request *request = task->call->request;
    return store_reads_set(db, &task->call->person, &request->channel, request->position.generation,
                           request->position.sequence);
}

/* For the person's other devices. */
static void finish(struct task *task)
{
    const struct wire_read_position_request *request = task->call->request;
    struct hub *hub = task->services->hub;
    struct wire_own_event event = {
        .what = WIRE_OWN_READ, .channel = request->channel, .position = request->position};
    hub_tell_person(hub, &task->call->person, WIRE_EVENT_OWN, &event);
    task_answer_empty(task);
}

void read_position_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->finish = finish;
    task_write(task);
}
