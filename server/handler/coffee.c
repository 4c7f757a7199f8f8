/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signs a person up for coffee rounds, or off. */
#include "server/store/coffee.h"
#include "protocol/wire/network.h"
#include "server/handler/task.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_coffee_request *request = task->call->request;
    return store_coffee_set(db, &task->call->person, request->on, task->now_ms);
}

static const char *explain(enum status status)
{
    return status == STATUS_DENIED ? "coffee is for people who opted in: weft profile set --opt-in"
                                   : NULL;
}

void coffee_handle(struct services *services, struct call *call)
{
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->explain = explain;
    task_write(task);
}
