/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a channel stands, also for those who are to be let in again. Whoever is neither, and may not
 * know of the channel, learns nothing. */
#include "protocol/base/limits.h"
#include "protocol/wire/generations.h"
#include "server/handler/task.h"
#include "server/store/generations.h"
#include "server/store/knocks.h"

struct generation {
    struct task task;
    struct wire_channel_generation_response response;
};

static enum status is_awaited(struct store_db *db, const struct task *task, bool *awaited)
{
    const struct wire_channel_generation_request *request = task->call->request;
    struct store_knock knock;
    enum status status = store_knocks_get(db, &request->channel, &task->call->person, &knock);
    *awaited = status == STATUS_OK && knock.state == STORE_KNOCK_ACCEPTED;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status
fill_reports(struct store_db *db, struct generation *generation, uint32_t reported)
{
    const struct wire_channel_generation_request *request = generation->task.call->request;
    struct arena *arena = &generation->task.call->arena;
    struct store_report_list list;
    void *items = NULL;
    TRY(store_generations_reports(db, &request->channel, reported, arena, &list));
    TRY(arena_take(arena, list.count, sizeof(struct message_report), &items));
    generation->response.reports = items;
    for (size_t i = 0; i < list.count; i++)
        TRY(schema_decode(&message_report_schema, list.items[i], arena,
                          &generation->response.reports[i]));
    generation->response.report_count = list.count;
    return STATUS_OK;
}

static enum status fill_awaited(struct store_db *db, struct generation *generation)
{
    const struct wire_channel_generation_request *request = generation->task.call->request;
    struct arena *arena = &generation->task.call->arena;
    struct store_knock_list list;
    void *items = NULL;
    TRY(store_knocks_list(db, &request->channel, STORE_KNOCK_ACCEPTED, arena, &list));
    size_t count = list.count < LIMIT_LIST_ITEMS ? list.count : LIMIT_LIST_ITEMS;
    TRY(arena_take(arena, count, sizeof(struct wire_id_item), &items));
    generation->response.awaited_people = items;
    for (size_t i = 0; i < count; i++)
        generation->response.awaited_people[i].id = list.items[i].person;
    generation->response.awaited_person_count = count;
    return STATUS_OK;
}

static enum status run(struct store_db *db, struct task *task)
{
    struct generation *generation = (struct generation *)(void *)task;
    const struct wire_channel_generation_request *request = task->call->request;
    struct wire_channel_generation_response *response = &generation->response;
    struct store_channel row;
    TRY(store_channels_get(db, &request->channel, &task->call->arena, &row));
    TRY(store_channels_is_member(db, &request->channel, &task->call->device, &response->member));
    TRY(is_awaited(db, task, &response->awaited));
    bool listed =
        row.visibility == STORE_VISIBILITY_OPEN || row.visibility == STORE_VISIBILITY_RESTRICTED;
    if (!response->member && !response->awaited && !listed)
        return STATUS_NOT_FOUND;
    response->generation = row.generation;
    response->frozen = row.state == STORE_CHANNEL_FROZEN;
    TRY(store_generations_begun_by(db, &request->channel, row.generation, &response->begun_by));
    if (!response->member && !response->awaited)
        return STATUS_OK;
    if (response->member)
        TRY(fill_awaited(db, generation));
    return fill_reports(db, generation, response->frozen ? row.generation : row.generation - 1);
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct generation *)(void *)task)->response);
}

void channel_generation_handle(struct services *services, struct call *call)
{
    struct generation *generation = task_new(services, NULL, call, sizeof *generation);
    if (generation == NULL)
        return;
    generation->task.run = run;
    generation->task.finish = finish;
    task_read(&generation->task);
}
