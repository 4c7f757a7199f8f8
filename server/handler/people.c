/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/lookup.h"
#include "server/handler/task.h"

/* Of one page: a screen or two. */
#define PAGE_PEOPLE 50

struct people {
    struct task task;
    struct wire_people_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct people *people = (struct people *)(void *)task;
    const struct wire_people_request *request = task->call->request;
    struct store_people_query query = {
        .only_visible = true,
        .text = request->query,
        .after = request->after,
        .count_max = PAGE_PEOPLE,
    };
    struct store_person_list list;
    void *items = NULL;
    TRY(store_people_list(db, &query, &task->call->arena, &list));
    TRY(arena_take(&task->call->arena, list.count, sizeof(struct wire_person), &items));
    people->response = (struct wire_people_response){
        .people = items,
        .person_count = list.count,
        .more = list.more,
    };
    for (size_t i = 0; i < list.count; i++)
        TRY(lookup_person(db, &list.items[i].person, false, &task->call->arena,
                          &people->response.people[i]));
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct people *)(void *)task)->response);
}

void people_handle(struct services *services, struct call *call)
{
    const struct wire_people_request *request = call->request;
    /* A page of everybody is read by id and costs nothing. */
    if (request->query.len > 0 && !hub_spend_for(call, BUDGET_SEARCHES, 1))
        return;
    struct people *people = task_new(services, NULL, call, sizeof *people);
    if (people == NULL)
        return;
    people->task.run = run;
    people->task.finish = finish;
    task_read(&people->task);
}
