/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/lookup.h"
#include "server/handler/task.h"

struct person_get {
    struct task task;
    struct wire_person_get_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct person_get *get = (struct person_get *)(void *)task;
    const struct wire_person_get_request *request = task->call->request;
    void *people = NULL;
    TRY(arena_take(&task->call->arena, request->person_count, sizeof(struct wire_person), &people));
    get->response.people = people;
    for (size_t i = 0; i < request->person_count; i++) {
        const struct id *person = &request->people[i].id;
        bool own = id_equal(person, &task->call->person);
        enum status status = lookup_person(db, person, own, &task->call->arena,
                                           &get->response.people[get->response.person_count]);
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        get->response.person_count++;
    }
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct person_get *)(void *)task)->response);
}

void person_get_handle(struct services *services, struct call *call)
{
    struct person_get *get = task_new(services, NULL, call, sizeof *get);
    if (get == NULL)
        return;
    get->task.run = run;
    get->task.finish = finish;
    task_read(&get->task);
}
