/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"
#include "server/handler/task.h"

/* Of one answer: some hundred entries, in a frame. */
#define ENTRIES_BYTES (48u << 10)

struct log_entries {
    struct task task;
    struct wire_log_entries_response response;
    uint64_t size; /* of the log at its head */
};

static enum status run(struct store_db *db, struct task *task)
{
    struct log_entries *list = (struct log_entries *)(void *)task;
    const struct wire_log_entries_request *request = task->call->request;
    struct arena *arena = &task->call->arena;
    struct store_directory_page page = {0};
    TRY(store_directory_log_entries(db, request->from, LIMIT_LIST_ITEMS, ENTRIES_BYTES, arena,
                                    &page));
    void *entries = NULL;
    TRY(arena_take(arena, page.count, sizeof(struct wire_log_entry), &entries));
    list->response.entries = entries;
    list->response.entry_count = page.count;
    for (size_t i = 0; i < page.count; i++)
        list->response.entries[i].entry = page.entries[i];
    return STATUS_OK;
}

static void finish(struct task *task)
{
    struct log_entries *list = (struct log_entries *)(void *)task;
    const struct wire_log_entries_request *request = task->call->request;
    uint64_t covered = request->from < list->size ? list->size - request->from : 0;
    if (list->response.entry_count > covered)
        list->response.entry_count = (size_t)covered;
    call_answer(task->call, &list->response);
}

/* The head is the one of before the read, and the entries are those under it: the log grows
 * meanwhile, and whoever gets a head without its entries, or entries without their head, has to
 * take that for a lie. */
void log_entries_handle(struct services *services, struct call *call)
{
    const struct community *community = services->hub->community;
    struct log_entries *list = task_new(services, NULL, call, sizeof *list);
    if (list == NULL)
        return;
    list->size = directory_log_of(community_directory(community))->size;
    enum status status = arena_copy(&call->arena, community_head(community), &list->response.head);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    list->task.run = run;
    list->task.finish = finish;
    task_read(&list->task);
}
