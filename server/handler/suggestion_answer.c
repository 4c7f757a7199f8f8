/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a person says to one of their introductions. The others are told nothing of it, unless it
 * was the last acceptance that was missing: then all are told, and each may open the channel.
 */
#include "protocol/wire/events.h"
#include "server/handler/lookup_suggestion.h"
#include "server/handler/task.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)

/* A year: longer is what declining is for. */
#define SNOOZE_WEEKS_MAX 52

struct answer {
    struct task task;
    struct store_choosing choosing;
    bool agreed;
    struct id others[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t other_count;
    struct wire_suggestion_answer_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct answer *answer = (struct answer *)(void *)task;
    const struct wire_suggestion_answer_request *request = task->call->request;
    const struct id *person = &task->call->person;
    struct store_side side;
    TRY(store_introductions_choose(db, &request->suggestion, person, &answer->choosing,
                                   &answer->agreed));
    TRY(store_introductions_get(db, &request->suggestion, person, &task->call->arena, &side));
    if (answer->agreed)
        TRY(store_introductions_others(db, &side, answer->others, &answer->other_count));
    return lookup_suggestion(db, &side, task->now_ms, &task->call->arena,
                             &answer->response.suggestion);
}

static void finish(struct task *task)
{
    const struct answer *answer = (struct answer *)(void *)task;
    for (size_t i = 0; i < answer->other_count; i++) {
        /* A hint to ask; it names none of the two sides. */
        struct wire_suggestion_event event = {0};
        hub_tell_person(task->services->hub, &answer->others[i], WIRE_EVENT_SUGGESTION, &event);
    }
    call_answer(task->call, &answer->response);
}

static const char *explain(enum status status)
{
    if (status == STATUS_NOT_NOW)
        return "the time to answer this suggestion is over";
    return status == STATUS_CONFLICT ? "this suggestion was answered before" : NULL;
}

static enum status fill(struct answer *answer)
{
    const struct task *task = &answer->task;
    const struct wire_suggestion_answer_request *request = task->call->request;
    struct hub *hub = task->services->hub;
    if (request->choice < SUGGESTION_ACCEPT || request->choice > SUGGESTION_NEVER)
        return STATUS_INVALID;
    if (request->choice == SUGGESTION_SNOOZE &&
        (request->weeks == 0 || request->weeks > SNOOZE_WEEKS_MAX))
        return STATUS_INVALID;
    answer->choosing = (struct store_choosing){
        .choice = (enum store_choice)request->choice,
        .now_ms = task->now_ms,
        .snooze_until_ms = task->now_ms + request->weeks * WEEK_MS,
        .ask_at_ms = task->now_ms + hub->config->introductions_ask_after_ms,
    };
    return id_random(hub->random, &answer->choosing.channel);
}

void suggestion_answer_handle(struct services *services, struct call *call)
{
    struct answer *answer = task_new(services, NULL, call, sizeof *answer);
    if (answer == NULL)
        return;
    answer->task.run = run;
    answer->task.finish = finish;
    answer->task.explain = explain;
    enum status status = fill(answer);
    if (status == STATUS_OK)
        task_write(&answer->task);
    else
        call_fail(call, status, NULL);
}
