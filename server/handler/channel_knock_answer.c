/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/channels.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"
#include "server/store/knocks.h"
#include "server/store/people.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_channel_knock_answer_request *request = task->call->request;
    struct store_person person;
    TRY(store_people_get(db, &request->person, &task->call->arena, &person));
    if (person.state != STORE_PERSON_JOINED)
        return STATUS_NOT_FOUND;
    struct store_knock knock;
    if (request->accept)
        TRY(store_knocks_add(db, &request->channel, &request->person, task->now_ms, &knock));
    return store_knocks_answer(db, &request->channel, &request->person, request->accept,
                               &task->call->person, task->now_ms);
}

static void finish(struct task *task)
{
    const struct wire_channel_knock_answer_request *request = task->call->request;
    struct services *services = task->services;
    struct channel *channel = task->channel;
    bool accept = request->accept;
    task_answer_empty(task);
    if (accept)
        work_gather(services->delivery, channel);
}

void channel_knock_answer_handle(struct services *services,
                                 struct channel *channel,
                                 struct call *call)
{
    if (!channel_is_open(channel) &&
        (channel_roles(channel, &call->person) & CHANNEL_ROLES_ADDING) == 0) {
        call_fail(call, STATUS_DENIED, "only a facilitator or sponsor lets people in");
        return;
    }
    struct task *task = task_new(services, channel, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->finish = finish;
    task_write(task);
}
