/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/channels.h"
#include "server/handler/task.h"
#include "server/store/knocks.h"
#include "server/store/sessions.h"

/* Of one page. */
#define PAGE_CHANNELS 100

struct list {
    struct task task;
    struct wire_channel_list_response response;
};

static enum status
has_knocked(struct store_db *db, struct task *task, const struct id *channel, bool *knocked)
{
    struct store_knock_list knocks;
    TRY(store_knocks_list(db, channel, STORE_KNOCK_WAITING, &task->call->arena, &knocks));
    *knocked = false;
    for (size_t i = 0; i < knocks.count; i++)
        *knocked = *knocked || id_equal(&knocks.items[i].person, &task->call->person);
    return STATUS_OK;
}

static enum status describe(struct store_db *db,
                            struct task *task,
                            const struct store_channel *row,
                            struct wire_channel *described)
{
    struct store_session_list sessions;
    uint32_t people = 0;
    bool is_member = false;
    TRY(store_channels_count_people(db, &row->channel, &people));
    TRY(store_channels_is_member(db, &row->channel, &task->call->device, &is_member));
    TRY(store_sessions_of_channel(db, &row->channel, &task->call->arena, &sessions));
    *described = (struct wire_channel){
        .channel = row->channel,
        .visibility = (uint8_t)row->visibility,
        .history = row->history,
        .title = row->title,
        .brief = row->brief,
        .generation = row->generation,
        .epoch = row->epoch,
        .last_sequence = row->last_sequence,
        .member_count = people,
        .member = is_member,
        .session = sessions.count > 0,
        .created = row->created_at_ms,
        .keep_days = row->keep_days,
    };
    return has_knocked(db, task, &row->channel, &described->knocked);
}

static enum status run(struct store_db *db, struct task *task)
{
    struct list *list = (struct list *)(void *)task;
    const struct wire_channel_list_request *request = task->call->request;
    struct arena *arena = &task->call->arena;
    struct store_channel_list rows = {0};
    if (request->mine)
        TRY(store_channels_of_device(db, &task->call->device, arena, &rows));
    else
        TRY(store_channels_listed(db, &request->after, PAGE_CHANNELS, arena, &rows));
    size_t count = rows.count < LIMIT_LIST_ITEMS ? rows.count : LIMIT_LIST_ITEMS;
    void *items = NULL;
    TRY(arena_take(arena, count, sizeof(struct wire_channel), &items));
    list->response = (struct wire_channel_list_response){
        .channels = items,
        .channel_count = count,
        .more = !request->mine && rows.more,
    };
    for (size_t i = 0; i < count; i++)
        TRY(describe(db, task, &rows.items[i], &list->response.channels[i]));
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct list *)(void *)task)->response);
}

void channel_list_handle(struct services *services, struct call *call)
{
    struct list *list = task_new(services, NULL, call, sizeof *list);
    if (list == NULL)
        return;
    list->task.run = run;
    list->task.finish = finish;
    task_read(&list->task);
}
