/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/history.h"
#include "server/base/clock.h"
#include "server/delivery/history.h"
#include "server/handler/task.h"
#include "server/store/segments.h"

struct show {
    struct task task;
    struct wire_history_show_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct show *show = (struct show *)(void *)task;
    const struct wire_history_show_request *request = task->call->request;
    struct store_segment_list list;
    void *items = NULL;
    TRY(store_segments_list(db, &request->channel, LIMIT_LIST_ITEMS, &task->call->arena, &list));
    TRY(arena_take(&task->call->arena, list.count, sizeof *show->response.segments, &items));
    show->response.segments = items;
    show->response.segment_count = list.count;
    for (size_t i = 0; i < list.count; i++)
        show->response.segments[i] = (struct wire_history_sealed){
            list.items[i].first_sequence, list.items[i].last_sequence, list.items[i].file};
    return STATUS_OK;
}

static void finish(struct task *task)
{
    struct show *show = (struct show *)(void *)task;
    const struct channel *channel = task->channel;
    show->response.leased =
        history_take(task->services->delivery, task->channel, &task->call->device);
    show->response.asked_by = channel->row.history_asked_by;
    if (channel->row.keep_days != 0)
        show->response.kept_since = task->now_ms - channel->row.keep_days * CLOCK_DAY_MS;
    call_answer(task->call, &show->response);
}

void history_show_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct show *show = task_new(services, channel, call, sizeof *show);
    if (show == NULL)
        return;
    show->task.run = run;
    show->task.finish = finish;
    task_read(&show->task);
}
