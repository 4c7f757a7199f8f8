/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/replica.h"

#include "client-cli/core/devices.h"
#include "client-cli/core/lost_entries.h"
#include "client-cli/core/records.h"
#include "protocol/directory/restore.h"
#include "protocol/wire/accounts.h"
#include "protocol/wire/generations.h"

static enum status load_entry(void *context, const struct vault_place *place, struct span value)
{
    struct engine *engine = context;
    if (place->major != directory_log_of(engine->directory)->size)
        return STATUS_CORRUPT;
    return status_of_stored(directory_follow_again(engine->directory, value));
}

enum status replica_load(struct engine *engine)
{
    struct vault_walk walk = {
        .kind = RECORD_LOG_ENTRY, .to = UINT64_MAX, .visit = load_entry, .context = engine};
    return vault_walk(engine->vault, &walk);
}

/* As the vault has it. */
static enum status reload(struct engine *engine)
{
    struct directory *fresh = NULL;
    TRY(directory_new(&fresh));
    directory_free(&engine->directory);
    engine->directory = fresh;
    return replica_load(engine);
}

/* ---- a server that was put back from a backup ---- */

static struct vault_place restore_place(void)
{
    return (struct vault_place){.kind = RECORD_RESTORE};
}

/* The number of the last restore that we know; 0 for none. */
static enum status last_restore(struct engine *engine, uint32_t *number)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct vault_place place = restore_place();
    struct directory_restore known;
    enum status found = vault_get(engine->vault, &place, &bytes);
    *number = 0;
    if (found == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(found);
    TRY(directory_restore_open(buffer_span(&bytes), SPAN_OF(engine->account.log_key), &known));
    *number = known.number;
    return STATUS_OK;
}

static enum status note_lost(void *context, const struct vault_place *place, struct span value)
{
    (void)place;
    return lost_entries_note(context, value);
}

static enum status delete_lost(struct engine *engine, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at++) {
        struct vault_place place = {.kind = RECORD_LOG_ENTRY, .major = at};
        TRY(vault_delete(engine->vault, &place));
    }
    return STATUS_OK;
}

/* Goes back to where the log went on, if it is a restore that is new to us and changes nothing of
 * what came before. */
static enum status
take_restore(struct engine *engine, struct span bytes, uint32_t *number, struct lost_entries *lost)
{
    struct directory_restore restore;
    struct vault_place place = restore_place();
    uint64_t size = directory_log_of(engine->directory)->size;
    TRY(directory_restore_open(bytes, SPAN_OF(engine->account.log_key), &restore));
    if (restore.number <= *number)
        return STATUS_UNTRUSTED;
    *number = restore.number;
    TRY(vault_put(engine->vault, &place, bytes));
    if (restore.size >= size)
        return STATUS_OK;
    TRY(directory_check_root(engine->directory, restore.size, restore.root));
    struct vault_walk walk = {.kind = RECORD_LOG_ENTRY,
                              .from = restore.size,
                              .to = UINT64_MAX,
                              .visit = note_lost,
                              .context = lost};
    TRY(vault_walk(engine->vault, &walk));
    TRY(delete_lost(engine, restore.size, size));
    return reload(engine);
}

/* Asks whether the server was put back since we saw it last. */
static enum status take_restores(struct engine *engine, struct lost_entries *lost, bool *taken)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_log_restores_request request;
    struct wire_log_restores_response response;
    TRY(last_restore(engine, &request.after));
    TRY(engine_call(engine, WIRE_LOG_RESTORES, &request, &reply, &response));
    *taken = response.restore_count != 0;
    if (!*taken)
        return STATUS_OK;
    TRY(vault_begin(engine->vault));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < response.restore_count && status == STATUS_OK; i++)
        status = take_restore(engine, response.restores[i].bytes, &request.after, lost);
    status = vault_end(engine->vault, status);
    if (status != STATUS_OK)
        TRY(reload(engine));
    return status;
}

static enum status refuse(struct engine *engine)
{
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server's directory of devices does not fit what it showed and "
                          "signed before. Tell the people who run it; nothing was sent");
}

/* What could not be looked at, for want of memory, says nothing about the server. */
static enum status judge(struct engine *engine, enum status status)
{
    return status == STATUS_OK || status_passes(status) ? status : refuse(engine);
}

static enum status open_head(struct engine *engine, struct span bytes, struct directory_head *head)
{
    TRY(judge(engine, directory_head_open(bytes, SPAN_OF(engine->account.log_key), head)));
    return head->size < directory_log_of(engine->directory)->size ? refuse(engine) : STATUS_OK;
}

static enum status store_entry(struct engine *engine, struct span entry)
{
    struct vault_place place = {.kind = RECORD_LOG_ENTRY,
                                .major = directory_log_of(engine->directory)->size};
    TRY(judge(engine, directory_follow(engine->directory, entry, &engine->account.person)));
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
    return *done ? judge(engine, directory_head_match(&head, directory_log_of(engine->directory)))
                 : STATUS_OK;
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
    status = vault_end(engine->vault, status);
    /* Whoever sees the directory for the first time has not missed anything. */
    if (status == STATUS_OK)
        return from == 0 ? STATUS_OK : devices_tell(engine, from);
    TRY(reload(engine));
    return status;
}

static enum status update(struct engine *engine, struct span head_bytes)
{
    struct directory_head head;
    if (head_bytes.len == 0)
        return fetch(engine);
    TRY(open_head(engine, head_bytes, &head));
    if (head.size > directory_log_of(engine->directory)->size)
        return fetch(engine);
    return judge(engine, directory_head_match(&head, directory_log_of(engine->directory)));
}

enum status replica_hear(struct engine *engine, struct span head_bytes)
{
    struct directory_head head;
    TRY(judge(engine, directory_head_open(head_bytes, SPAN_OF(engine->account.log_key), &head)));
    if (head.size > directory_log_of(engine->directory)->size)
        return replica_update(engine, head_bytes);
    return judge(engine, directory_check_root(engine->directory, head.size, head.root));
}

enum status replica_update(struct engine *engine, struct span head_bytes)
{
    CLEANUP(lost_entries_clear) struct lost_entries lost = LOST_ENTRIES_INIT;
    bool put_back = false;
    enum status status = update(engine, head_bytes);
    if (status != STATUS_UNTRUSTED)
        return status;
    enum status restored = take_restores(engine, &lost, &put_back);
    if (status_passes(restored))
        return restored;
    if (restored != STATUS_OK || !put_back)
        return refuse(engine);
    engine_forget_explanation(engine);
    TRY(update(engine, SPAN_EMPTY));
    return lost_entries_repeat(engine, &lost);
}
