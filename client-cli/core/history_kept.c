/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_kept.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/limits.h"
#include "protocol/content/segment.h"
#include "protocol/mls/public/framing.h"
#include "protocol/wire/history.h"
#include "protocol/wire/message_header.h"

#include <string.h>

/* What is left out and not marked yet, by rising sequence. */
struct looking {
    struct engine *engine;
    struct channel *channel;
    uint64_t *wanted;
    size_t count;
    size_t room;
    size_t at;          /* what comes before was looked at */
    int64_t kept_since; /* what was said before is over */
    const struct wire_channel_page_response *page;
    bool changed;
};

static enum status add_wanted(void *context, const struct stored_entry *entry)
{
    struct looking *looking = context;
    bool left_out = entry_is_shared_empty(entry) && !entry_is_kept_back(entry);
    if (left_out && looking->count < looking->room)
        looking->wanted[looking->count++] = entry->sequence;
    return looking->count < looking->room ? STATUS_OK : STATUS_CANCELLED;
}

static enum status list_wanted(struct looking *looking, struct arena *arena)
{
    struct entry_walk walk = {.channel = looking->channel->id,
                              .from = 1,
                              .to = looking->channel->joined_sequence,
                              .visit = add_wanted,
                              .context = looking};
    void *wanted = NULL;
    TRY(arena_take(arena, looking->room, sizeof *looking->wanted, &wanted));
    looking->wanted = wanted;
    return entry_walk(looking->engine, &walk);
}

static enum status find_kept_since(struct looking *looking)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_history_show_request request = {.channel = looking->channel->id};
    struct wire_history_show_response shown;
    TRY(engine_call(looking->engine, WIRE_HISTORY_SHOW, &request, &reply, &shown));
    looking->kept_since = shown.kept_since;
    return STATUS_OK;
}

/* Whether people said it, as far as its head tells: keys of segments are in no segment, and what is
 * called control may also be an edit that another one replaced. */
static bool is_said(const struct stored_entry *entry, const struct wire_entry *wire)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message_head head;
    struct message_header header;
    if (wire->kind != ENTRY_APPLICATION || mls_message_peek(wire->bytes, &head) != STATUS_OK ||
        message_header_decode(head.authenticated_data, &arena, &header) != STATUS_OK)
        return false;
    return entry->fate == ENTRY_CONTROL ? header.lane == LANE_FLOOR : header.lane != LANE_CONTROL;
}

/* Whether these are the bytes that stood there, by the hash before and after. */
static enum status
stood_there(struct looking *looking, const struct stored_entry *entry, struct span bytes, bool *did)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry before;
    uint8_t hash[RUNNING_HASH_SIZE];
    *did = false;
    enum status found = entry_get(looking->engine, &looking->channel->id, entry->sequence - 1,
                                  &record, &arena, &before);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    memcpy(hash, before.running_hash, sizeof hash);
    TRY(running_hash_add(hash, entry->sequence, bytes));
    *did = span_equal(SPAN_OF(hash), SPAN_OF(entry->running_hash));
    return STATUS_OK;
}

static enum status look_at(struct looking *looking, const struct wire_entry *wire)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    bool stood = false;
    TRY(entry_get(looking->engine, &looking->channel->id, wire->sequence, &record, &arena, &entry));
    if (wire->time < looking->kept_since || !is_said(&entry, wire))
        return STATUS_OK;
    TRY(stood_there(looking, &entry, wire->bytes, &stood));
    if (!stood)
        return STATUS_OK;
    entry.warning =
        SPAN_LITERAL("left out by whoever shared the rest, though the server still has it: it "
                     "is neither deleted nor over");
    looking->changed = true;
    return entry_replace(looking->engine, &looking->channel->id, &entry);
}

static enum status look_at_page(struct engine *engine, struct channel *channel, void *context)
{
    struct looking *looking = context;
    (void)engine;
    (void)channel;
    for (size_t i = 0; i < looking->page->entry_count && looking->at < looking->count; i++) {
        const struct wire_entry *wire = &looking->page->entries[i];
        while (looking->at < looking->count && looking->wanted[looking->at] < wire->sequence)
            looking->at++; /* the server passed it over */
        if (looking->at < looking->count && looking->wanted[looking->at] == wire->sequence) {
            TRY(look_at(looking, wire));
            looking->at++;
        }
    }
    return STATUS_OK;
}

static enum status ask_page(struct looking *looking)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    uint64_t first = looking->wanted[looking->at];
    size_t before = looking->at;
    struct wire_channel_page_request request = {
        .channel = looking->channel->id,
        .after = {.generation = segment_generation(first), .sequence = first - 1},
        .bytes_max = CORE_KEPT_PAGE_BYTES};
    struct wire_channel_page_response page;
    TRY(engine_call(looking->engine, WIRE_CHANNEL_PAGE, &request, &reply, &page));
    looking->page = &page;
    TRY(channel_transact(looking->engine, looking->channel, look_at_page, looking));
    if (looking->at == before)
        looking->at++;
    return STATUS_OK;
}

enum status history_kept_look(struct engine *engine,
                              struct channel *channel,
                              const struct history_figures *figures,
                              bool *changed)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    size_t left_out = figures->withheld - (size_t)figures->commits_too_many + figures->control;
    struct looking looking = {.engine = engine,
                              .channel = channel,
                              .room = left_out < CORE_KEPT_ENTRIES ? left_out : CORE_KEPT_ENTRIES};
    *changed = false;
    if (left_out == channel->history_left_out)
        return STATUS_OK;
    TRY(list_wanted(&looking, &arena));
    TRY(find_kept_since(&looking));
    for (int i = 0; i < CORE_KEPT_PAGES && looking.at < looking.count; i++)
        TRY(ask_page(&looking));
    channel->history_left_out = left_out;
    *changed = looking.changed;
    return STATUS_OK;
}
