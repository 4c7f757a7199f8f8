/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"
#include "server/handler/handler.h"

/* Of one answer: some hundred entries, in a frame. */
#define ENTRIES_BYTES (48u << 10)

struct log_entries {
    struct store_job job;
    struct call *call;
    struct hub *hub;
    struct wire_log_entries_response response;
};

static enum status run(struct store_db *db, struct store_job *job)
{
    struct log_entries *list = (struct log_entries *)(void *)job;
    const struct wire_log_entries_request *request = list->call->request;
    struct arena *arena = &list->call->arena;
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

static void done(struct store_job *job, enum status status)
{
    struct log_entries *list = (struct log_entries *)(void *)job;
    if (status != STATUS_OK) {
        call_fail(list->call, status, NULL);
        return;
    }
    list->response.head = community_head(list->hub->community);
    call_answer(list->call, &list->response);
}

void log_entries_handle(struct services *services, struct call *call)
{
    struct log_entries *list = NULL;
    enum status status = call_take(call, sizeof *list, (void **)&list);
    if (status == STATUS_OK) {
        list->job = (struct store_job){.run = run, .done = done};
        list->call = call;
        list->hub = services->hub;
        status = store_read(services->hub->store, &list->job);
    }
    if (status != STATUS_OK)
        call_fail(call, status, NULL);
}
