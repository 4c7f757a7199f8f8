/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"
#include "server/handler/task.h"

/* Of one answer: some hundred entries, in a frame. */
#define ENTRIES_BYTES (48u << 10)

struct log_entries {
    struct task task;
    struct wire_log_entries_response response;
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
    list->response.head = community_head(task->services->hub->community);
    call_answer(task->call, &list->response);
}

void log_entries_handle(struct services *services, struct call *call)
{
    struct log_entries *list = task_new(services, NULL, call, sizeof *list);
    if (list == NULL)
        return;
    list->task.run = run;
    list->task.finish = finish;
    task_read(&list->task);
}
