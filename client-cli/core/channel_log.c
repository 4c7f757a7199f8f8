/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_log.h"

#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_continue.h"
#include "client-cli/core/channel_enter.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_out.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/entry_take.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/people.h"
#include "client-cli/core/replica.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/generations.h"

#include <string.h>

enum status channel_log_head(const struct engine *engine, struct message_header *header)
{
    const struct directory_log *log = directory_log_of(engine->directory);
    header->log_size = log->size;
    return directory_log_root(log, header->log_root);
}

/* ---- a batch of entries ---- */

struct batch {
    const struct wire_entry *entries;
    size_t count;
};

/* Whether the next entry can be taken. */
static bool reads_on(const struct channel *channel)
{
    return channel->state == CHANNEL_STATE_MEMBER && !channel->outrun;
}

static enum status take_batch(struct engine *engine, struct channel *channel, void *context)
{
    const struct batch *batch = context;
    for (size_t i = 0; i < batch->count && reads_on(channel); i++)
        TRY(entry_take(engine, channel, &batch->entries[i]));
    return STATUS_OK;
}

static enum status tell(void *context, const struct stored_entry *entry)
{
    struct engine *engine = ((void **)context)[0];
    const struct channel *channel = ((void **)context)[1];
    engine->listener.entry(engine->listener.context, channel, entry);
    return STATUS_OK;
}

/* Shows what is durable now, with or without names: it is not new another time. */
static enum status tell_new(struct engine *engine, struct channel *channel, uint64_t before)
{
    if (engine->listener.entry == NULL || channel->cursor == before)
        return STATUS_OK;
    enum status learned = people_learn_from(engine, &channel->id, before + 1, channel->cursor);
    void *context[] = {engine, channel};
    struct entry_walk walk = {.channel = channel->id,
                              .from = before + 1,
                              .to = channel->cursor,
                              .visit = tell,
                              .context = context};
    TRY(entry_walk(engine, &walk));
    return learned;
}

/* Whether the directory must be brought up to date before this entry is taken: whoever is added
 * must be in it, and what its sender saw of it is compared with ours. */
static bool needs_directory(const struct engine *engine, const struct wire_entry *entry)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message_head head;
    struct message_header header;
    if (entry->kind == ENTRY_COMMIT)
        return true;
    return mls_message_peek(entry->bytes, &head) == STATUS_OK &&
           message_header_decode(head.authenticated_data, &arena, &header) == STATUS_OK &&
           header.log_size > directory_log_of(engine->directory)->size;
}

static enum status
commit_batch(struct engine *engine, struct channel *channel, const struct batch *batch)
{
    uint64_t before = channel->cursor;
    bool behind = false;
    for (size_t i = 0; i < batch->count && !behind; i++)
        behind = needs_directory(engine, &batch->entries[i]);
    if (behind)
        TRY(replica_update(engine, SPAN_EMPTY));
    TRY(channel_need_group(engine, channel));
    struct batch copy = *batch;
    TRY(channel_transact(engine, channel, take_batch, &copy));
    enum status told = tell_new(engine, channel, before);
    if (channel->state == CHANNEL_STATE_STUCK)
        engine_notice(engine, channel,
                      "This channel is stuck: the server accepted a change that must not be "
                      "followed. It is reported; weft channel resync takes you back in alone");
    if (channel->state == CHANNEL_STATE_REMOVED)
        channel_out_tell(engine, channel);
    if (channel->outrun)
        engine_notice(engine, channel,
                      "This channel was changed with this profile's keys, and this device cannot "
                      "follow: an older copy was put back, somebody else uses one, or the server "
                      "made a change that it had said it refused");
    return told;
}

/* ---- entries that do not fit a frame ---- */

static bool is_elsewhere(const struct wire_entry *entry)
{
    return entry->kind != ENTRY_TOMBSTONE && entry->bytes.len == 0 && entry->size != 0;
}

static enum status
pull_entry(struct engine *engine, struct channel *channel, const struct wire_entry *announced)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_entry_request request = {.channel = channel->id,
                                                 .generation = announced->generation,
                                                 .sequence = announced->sequence};
    struct wire_channel_entry_response response;
    struct digest digest;
    TRY(engine_call(engine, WIRE_CHANNEL_ENTRY, &request, &reply, &response));
    TRY(hash_bytes(HASH_SHA256, response.entry.bytes, &digest));
    if (response.entry.sequence != announced->sequence ||
        !span_equal(digest_span(&digest), SPAN_OF(announced->sha256)))
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "the server sent another entry than it announced");
    struct batch batch = {&response.entry, 1};
    return commit_batch(engine, channel, &batch);
}

/* Splits at entries that must be pulled. */
static enum status take_entries(struct engine *engine,
                                struct channel *channel,
                                const struct wire_entry *entries,
                                size_t count)
{
    size_t at = 0;
    while (at < count && reads_on(channel)) {
        struct batch batch = {&entries[at], 0};
        while (at + batch.count < count && !is_elsewhere(&entries[at + batch.count]))
            batch.count++;
        if (batch.count == 0) {
            TRY(pull_entry(engine, channel, &entries[at]));
            at++;
        } else {
            TRY(commit_batch(engine, channel, &batch));
            at += batch.count;
        }
    }
    return STATUS_OK;
}

/* ---- to the end of the log ---- */

/* Whether the server says that there is more in our generation and shows nothing of it. */
static bool shows_less(const struct channel *channel, const struct wire_channel_page_response *page)
{
    return reads_on(channel) && !page->frozen && channel->cursor < page->last_sequence &&
           page->last_sequence <= generation_base(channel->generation + 1);
}

/* Sequences rise over all generations, so that a later one shows in how far the log goes. */
static bool goes_beyond(const struct channel *channel,
                        const struct wire_channel_page_response *page)
{
    return reads_on(channel) && page->last_sequence >= generation_base(channel->generation + 1);
}

/* `promised` is how far the server said that the log goes when its page showed nothing: it may have
 * grown while the page was made, and that is so once. */
static enum status
take_page(struct engine *engine, struct channel *channel, uint64_t *promised, bool *more)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_page_request request = {
        .channel = channel->id,
        .after = {.generation = channel->generation, .sequence = channel->cursor},
        .bytes_max = CORE_PAGE_BYTES};
    struct wire_channel_page_response page;
    TRY(engine_call(engine, WIRE_CHANNEL_PAGE, &request, &reply, &page));
    channel->frozen = page.frozen;
    /* A server that was put back knows less than we do: the channel goes on in another generation,
     * and nothing of this one is lost here. */
    if (page.frozen && page.last_sequence < channel->cursor) {
        *more = false;
        return STATUS_OK;
    }
    if (page.last_sequence < channel->cursor)
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "the server's log of this channel is shorter than it was");
    uint64_t before = channel->cursor;
    TRY(take_entries(engine, channel, page.entries, page.entry_count));
    channel->overtaken = channel->overtaken || goes_beyond(channel, &page);
    *more = channel->cursor < page.last_sequence && reads_on(channel);
    if (channel->cursor > before)
        return STATUS_OK;
    *more = shows_less(channel, &page);
    if (*more && *promised > channel->cursor)
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "the server says that more was said in this channel, and does not "
                              "show it to you. Tell whoever runs the server");
    *promised = page.last_sequence;
    return STATUS_OK;
}

/* `from` is where the log stood when this catch-up began, `told` when somebody was told last. */
static void
tell_progress(struct engine *engine, const struct channel *channel, uint64_t from, uint64_t *told)
{
    if (channel->cursor < *told + CORE_ENTRIES_TOLD)
        return;
    *told = channel->cursor;
    engine_notice(engine, channel,
                  "%llu entries were read, and the server says that there are more",
                  (unsigned long long)(channel->cursor - from));
}

enum status channel_log_take_new(struct engine *engine, struct channel *channel)
{
    bool more = reads_on(channel);
    uint64_t promised = 0;
    const uint64_t from = channel->cursor;
    uint64_t told = from;
    while (more) {
        tell_progress(engine, channel, from, &told);
        enum status status = take_page(engine, channel, &promised, &more);
        if (status == STATUS_NOT_FOUND || status == STATUS_DENIED)
            return channel_out_explain_unproven(engine);
        TRY(status);
    }
    return STATUS_OK;
}

enum status channel_log_make_ready(struct engine *engine, struct channel *channel)
{
    TRY(channel_log_take_new(engine, channel));
    /* Before a key is used: somebody else, or we ourselves before a restore, may have used it. */
    if (!channel->distrusted || channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    TRY(channel_enter_resync(engine, channel, false));
    return channel_log_take_new(engine, channel);
}

/* Whether the group may not go on as it is. */
static bool needs_look(const struct channel *channel)
{
    return channel->frozen || channel->overtaken || channel->state == CHANNEL_STATE_STUCK ||
           channel->state == CHANNEL_STATE_CONTINUING || channel->state == CHANNEL_STATE_AWAITING;
}

bool channel_log_is_settled(const struct channel *channel)
{
    return !needs_look(channel) && !channel->distrusted;
}

enum status channel_log_catch_up(struct engine *engine, struct channel *channel)
{
    if (channel->state == CHANNEL_STATE_CREATING)
        TRY(channel_join_create_again(engine, channel));
    enum status status = channel_log_make_ready(engine, channel);
    if (status == STATUS_REMOVED || (status == STATUS_OK && needs_look(channel))) {
        TRY(channel_continue_look(engine, channel));
        status = channel_log_make_ready(engine, channel);
    }
    TRY(status);
    if (channel->state == CHANNEL_STATE_REMOVED || channel->state == CHANNEL_STATE_LEFT)
        return channel_say_give_up(engine, channel);
    if (channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    TRY(channel_commit_again(engine, channel));
    return channel_say_again(engine, channel);
}

enum status channel_log_take_event(struct engine *engine,
                                   struct channel *channel,
                                   const struct wire_entry *entry)
{
    if (!reads_on(channel) || entry->sequence <= channel->cursor)
        return STATUS_OK;
    if (entry->generation != channel->generation || entry->sequence != channel->cursor + 1)
        return channel_log_take_new(engine, channel);
    return take_entries(engine, channel, entry, 1);
}
