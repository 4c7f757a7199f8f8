/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For how many days the server keeps a channel's messages, as a facilitator says. */
#include "protocol/wire/channels.h"
#include "server/handler/task.h"
#include "server/store/audit.h"
#include "server/store/retention.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_channel_keep_request *request = task->call->request;
    struct store_audit_entry entry = {
        .at_ms = task->now_ms,
        .actor = channel_actor(task->channel, &task->call->person),
        .act = SPAN_LITERAL("channel.keep"),
        .subject = request->channel,
        .amount = request->days,
    };
    TRY(store_retention_set(db, &request->channel, request->days));
    return store_audit_add(db, &entry);
}

static void finish(struct task *task)
{
    const struct wire_channel_keep_request *request = task->call->request;
    task->channel->row.keep_days = request->days;
    task_answer_empty(task);
}

void channel_keep_handle(struct services *services, struct channel *channel, struct call *call)
{
    if (!channel_facilitates(channel, &call->person)) {
        call_fail(call, STATUS_DENIED, "only a facilitator says how long messages are kept");
        return;
    }
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->finish = finish;
    task_write(task);
}
