/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether people met after an introduction: a tie of the network, and what acceptance is learned
 * from. May be said at any time once it is agreed, and said anew. */
#include "protocol/wire/network.h"
#include "server/handler/task.h"
#include "server/store/introductions.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_suggestion_met_request *request = task->call->request;
    return store_introductions_set_met(db, &request->suggestion, &task->call->person,
                                       (enum store_answer)request->met,
                                       (enum store_answer)request->useful, task->now_ms);
}

static const char *explain(enum status status)
{
    return status == STATUS_CONFLICT ? "not all have said yes to this introduction" : NULL;
}

void suggestion_met_handle(struct services *services, struct call *call)
{
    const struct wire_suggestion_met_request *request = call->request;
    if (request->met < SUGGESTION_YES || request->met > SUGGESTION_NO ||
        request->useful > SUGGESTION_NO) {
        call_fail(call, STATUS_INVALID, NULL);
        return;
    }
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->explain = explain;
    task_write(task);
}
