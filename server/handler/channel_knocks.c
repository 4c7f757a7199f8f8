/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/channels.h"
#include "server/handler/lookup.h"
#include "server/handler/task.h"
#include "server/store/knocks.h"

struct knocks {
    struct task task;
    struct wire_channel_knocks_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct knocks *knocks = (struct knocks *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_knock_list list;
    void *items = NULL;
    TRY(store_knocks_list(db, &task->channel->id, STORE_KNOCK_WAITING, arena, &list));
    size_t count = list.count < LIMIT_LIST_ITEMS ? list.count : LIMIT_LIST_ITEMS;
    TRY(arena_take(arena, count, sizeof(struct wire_knock), &items));
    knocks->response.knocks = items;
    knocks->response.knock_count = count;
    for (size_t i = 0; i < count; i++) {
        struct wire_person person;
        TRY(lookup_person(db, &list.items[i].person, false, arena, &person));
        knocks->response.knocks[i] = (struct wire_knock){
            .person = person.person,
            .name = person.name,
            .group_name = person.group_name,
            .time = list.items[i].knocked_at_ms,
        };
    }
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct knocks *)(void *)task)->response);
}

void channel_knocks_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct knocks *knocks = task_new(services, channel, call, sizeof *knocks);
    if (knocks == NULL)
        return;
    knocks->task.run = run;
    knocks->task.finish = finish;
    task_read(&knocks->task);
}
