/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/replica.h"

#include "client-cli/core/devices.h"
#include "client-cli/core/records.h"
#include "protocol/wire/accounts.h"

static enum status load_entry(void *context, const struct vault_place *place, struct span value)
{
    struct engine *engine = context;
    if (place->major != directory_log_of(engine->directory)->size)
        return STATUS_CORRUPT;
    return directory_apply(engine->directory, value, true) == STATUS_OK ? STATUS_OK
                                                                        : STATUS_CORRUPT;
}

enum status replica_load(struct engine *engine)
{
    struct vault_walk walk = {
        .kind = RECORD_LOG_ENTRY, .to = UINT64_MAX, .visit = load_entry, .context = engine};
    return vault_walk(engine->vault, &walk);
}

static enum status refuse(struct engine *engine)
{
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server's directory of devices does not fit what it showed and "
                          "signed before. Tell the people who run it; nothing was sent");
}

static enum status open_head(struct engine *engine, struct span bytes, struct directory_head *head)
{
    if (directory_head_open(bytes, SPAN_OF(engine->account.log_key), head) != STATUS_OK)
        return refuse(engine);
    if (head->size < directory_log_of(engine->directory)->size)
        return refuse(engine);
    return STATUS_OK;
}

static enum status store_entry(struct engine *engine, struct span entry)
{
    struct vault_place place = {.kind = RECORD_LOG_ENTRY,
                                .major = directory_log_of(engine->directory)->size};
    /* Which admins there are is not in the log; that the entry was made is what counts. */
    if (directory_apply(engine->directory, entry, true) != STATUS_OK)
        return refuse(engine);
    return vault_put(engine->vault, &place, entry);
}

static enum status store_page(struct engine *engine, const struct wire_log_entries_response *page)
{
    for (size_t i = 0; i < page->entry_count; i++)
        TRY(store_entry(engine, page->entries[i].entry));
    return STATUS_OK;
}

/* Fetches one page, and whether it reached the head that came with it. */
static enum status take_page(struct engine *engine, bool *done)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_log_entries_request request = {.from = directory_log_of(engine->directory)->size};
    struct wire_log_entries_response page;
    struct directory_head head;
    TRY(engine_call(engine, WIRE_LOG_ENTRIES, &request, &reply, &page));
    TRY(open_head(engine, page.head, &head));
    TRY(store_page(engine, &page));
    uint64_t size = directory_log_of(engine->directory)->size;
    if (size > head.size || (size < head.size && page.entry_count == 0))
        return refuse(engine);
    *done = size == head.size;
    if (*done && directory_head_match(&head, directory_log_of(engine->directory)) != STATUS_OK)
        return refuse(engine);
    return STATUS_OK;
}

/* All pages in one transaction: nothing is kept of a log whose end does not verify. After a
 * failure the replica in memory is rebuilt from what is on disk. */
static enum status fetch(struct engine *engine)
{
    uint64_t from = directory_log_of(engine->directory)->size;
    TRY(vault_begin(engine->vault));
    bool done = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !done)
        status = take_page(engine, &done);
    if (status == STATUS_OK)
        status = vault_commit(engine->vault);
    /* Whoever sees the directory for the first time has not missed anything. */
    if (status == STATUS_OK)
        return from == 0 ? STATUS_OK : devices_tell(engine, from);
    vault_rollback(engine->vault);
    struct directory *fresh = NULL;
    TRY(directory_new(&fresh));
    directory_free(&engine->directory);
    engine->directory = fresh;
    TRY(replica_load(engine));
    return status;
}

enum status replica_update(struct engine *engine, struct span head_bytes)
{
    struct directory_head head;
    if (head_bytes.len == 0)
        return fetch(engine);
    TRY(open_head(engine, head_bytes, &head));
    if (head.size > directory_log_of(engine->directory)->size)
        return fetch(engine);
    return directory_head_match(&head, directory_log_of(engine->directory)) == STATUS_OK
               ? STATUS_OK
               : refuse(engine);
}
