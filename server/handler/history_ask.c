/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/history.h"
#include "server/delivery/history.h"
#include "server/handler/task.h"
#include "server/store/segments.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_history_ask_request *request = task->call->request;
    return store_segments_set_asker(db, &request->channel, &task->call->person);
}

static void finish(struct task *task)
{
    struct channel *channel = task->channel;
    struct wire_history_ask_response response = {.online = false};
    /* The policy may have changed meanwhile, and with it nobody waits any more. */
    if (history_is_shared(channel)) {
        channel->row.history_asked_by = task->call->person;
        response.online = history_ask(task->services->delivery, channel, &task->call->device,
                                      task->call->request);
    }
    call_answer(task->call, &response);
}

void history_ask_handle(struct services *services, struct channel *channel, struct call *call)
{
    if (!history_is_shared(channel)) {
        call_fail(call, STATUS_DENIED, "newcomers see what is said from their joining on");
        return;
    }
    uint32_t wait_ms = history_spend_ask(services->delivery, channel, &call->person);
    if (wait_ms != 0) {
        call_fail_later(call, STATUS_RATE_LIMITED, "asked for it a moment ago: wait for an answer",
                        wait_ms);
        return;
    }
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->finish = finish;
    task_write(task);
}
