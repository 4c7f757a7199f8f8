/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "server/handler/log_entry.h"
#include "server/handler/reach.h"
#include "server/handler/task.h"

/* Entries of one page; the client's window is in bytes. */
#define PAGE_ENTRIES 500

/* More than a frame's worth is pulled in pieces: fewer round trips on a long catch-up. */
#define PAGE_BYTES_MAX (512u << 10)

struct page {
    struct task task;
    struct reach reach;
    struct wire_channel_page_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct page *page = (struct page *)(void *)task;
    const struct wire_channel_page_request *request = task->call->request;
    struct store_log_query query = {
        .channel = request->channel,
        .generation = request->after.generation == 0 ? 1 : request->after.generation,
        .after_sequence = request->after.sequence,
        .count_max = PAGE_ENTRIES,
        .bytes_max = request->bytes_max < PAGE_BYTES_MAX ? request->bytes_max : PAGE_BYTES_MAX,
        .inline_bytes_max = LIMIT_ENTRY_BYTES,
    };
    struct store_log_page stored;
    struct store_channel row;
    void *items = NULL;
    TRY(reach_find(db, &request->channel, query.generation, &page->reach));
    query.until_sequence = page->reach.last;
    TRY(store_log_page(db, &query, &task->call->arena, &stored));
    TRY(store_channels_get(db, &request->channel, &task->call->arena, &row));
    TRY(arena_take(&task->call->arena, stored.count, sizeof(struct wire_entry), &items));
    page->response = (struct wire_channel_page_response){
        .entries = items,
        .entry_count = stored.count,
        .last_sequence = page->reach.member ? row.last_sequence : page->reach.last,
        .frozen = page->reach.member && row.state == STORE_CHANNEL_FROZEN,
    };
    for (size_t i = 0; i < stored.count; i++)
        log_entry_describe(&request->channel, &stored.items[i], &page->response.entries[i]);
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct page *)(void *)task)->response);
}

void channel_page_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct page *page = task_new(services, channel, call, sizeof *page);
    if (page == NULL)
        return;
    reach_begin(channel, call, &page->reach);
    page->task.run = run;
    page->task.explain = reach_explain;
    page->task.finish = finish;
    task_read(&page->task);
}
