/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The introductions of the asking person. What is listed here counts as told, so that nobody is
 * told twice, whichever of their devices asks.
 */
#include "protocol/base/limits.h"
#include "server/handler/lookup_suggestion.h"
#include "server/handler/task.h"
#include "server/store/coffee.h"

/* A client that is not back within a day may be gone for good. */
#define OPENING_MS (INT64_C(24) * 3600 * 1000)

struct suggestions {
    struct task task;
    struct wire_suggestions_response response;
};

/* Whoever made the channel has had a day to add the others, and did not come back: another may make
 * one. */
static enum status
give_up_waiting(struct store_db *db, const struct task *task, struct store_side *side)
{
    struct id fresh;
    bool waits = false;
    if (side->agreed_at_ms == 0 || side->opened || task->now_ms < side->agreed_at_ms + OPENING_MS)
        return STATUS_OK;
    TRY(lookup_suggestion_waits(db, side, &waits));
    if (!waits)
        return STATUS_OK;
    TRY(id_random(task->services->hub->random, &fresh));
    TRY(store_introductions_replace_channel(db, side, &fresh));
    side->channel = fresh;
    return STATUS_OK;
}

static enum status
add(struct store_db *db, struct suggestions *suggestions, struct store_side *side)
{
    struct wire_suggestions_response *response = &suggestions->response;
    const struct task *task = &suggestions->task;
    TRY(give_up_waiting(db, task, side));
    uint32_t news = store_side_news(side, task->now_ms);
    TRY(lookup_suggestion(db, side, task->now_ms, &task->call->arena,
                          &response->suggestions[response->suggestion_count++]));
    return news == 0 ? STATUS_OK : store_introductions_set_told(db, &side->side, news);
}

static enum status run(struct store_db *db, struct task *task)
{
    struct suggestions *suggestions = (struct suggestions *)(void *)task;
    const struct id *person = &task->call->person;
    struct arena *arena = &task->call->arena;
    struct store_side_list sides;
    void *items = NULL;
    TRY(store_introductions_of_person(db, person, task->now_ms, arena, &sides));
    /* Of more the newest, which come last. */
    size_t skipped = sides.count > LIMIT_LIST_ITEMS ? sides.count - LIMIT_LIST_ITEMS : 0;
    TRY(arena_take(arena, sides.count - skipped, sizeof(struct wire_suggestion), &items));
    suggestions->response.suggestions = items;
    for (size_t i = skipped; i < sides.count; i++)
        TRY(add(db, suggestions, &sides.items[i]));
    return store_coffee_get(db, person, &suggestions->response.coffee);
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct suggestions *)(void *)task)->response);
}

void suggestions_handle(struct services *services, struct call *call)
{
    struct suggestions *suggestions = task_new(services, NULL, call, sizeof *suggestions);
    if (suggestions == NULL)
        return;
    suggestions->task.run = run;
    suggestions->task.finish = finish;
    task_write(&suggestions->task);
}
