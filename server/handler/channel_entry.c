/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/log_entry.h"
#include "server/handler/reach.h"
#include "server/handler/task.h"

struct entry {
    struct task task;
    struct reach reach;
    struct wire_channel_entry_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct entry *entry = (struct entry *)(void *)task;
    const struct wire_channel_entry_request *request = task->call->request;
    struct store_entry stored;
    TRY(reach_find(db, &request->channel, request->generation, &entry->reach));
    if (!entry->reach.member && request->sequence > entry->reach.last)
        return entry->reach.refusal;
    TRY(store_log_entry(db, &request->channel, request->generation, request->sequence,
                        &task->call->arena, &stored));
    log_entry_describe(&request->channel, &stored, &entry->response.entry);
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct entry *)(void *)task)->response);
}

void channel_entry_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct entry *entry = task_new(services, channel, call, sizeof *entry);
    if (entry == NULL)
        return;
    reach_begin(channel, call, &entry->reach);
    entry->task.run = run;
    entry->task.explain = reach_explain;
    entry->task.finish = finish;
    task_read(&entry->task);
}
