/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/history_share.h"
#include "client-cli/core/history_take.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/people.h"
#include "client-cli/core/replica.h"
#include "protocol/base/secret.h"
#include "protocol/content/file_chunk.h"
#include "protocol/content/segment.h"
#include "protocol/wire/files.h"
#include "protocol/wire/generations.h"
#include "protocol/wire/history.h"

/* The last chunk comes with its padding. */
#define SEGMENT_PADDED_MAX (LIMIT_SEGMENT_BYTES + LIMIT_SEGMENT_BYTES / 8)

/* ---- counting ---- */

struct counting {
    struct history_figures *figures;
    uint64_t from; /* of this generation, before our joining */
    uint64_t to;
    uint64_t found;
};

static enum status count_entry(void *context, const struct stored_entry *entry)
{
    struct counting *counting = context;
    if (entry->sequence >= counting->from && entry->sequence <= counting->to)
        counting->found++;
    if (id_is_none(&entry->shared_by))
        return STATUS_OK;
    counting->figures->messages += entry->fate == ENTRY_READ ? 1 : 0;
    counting->figures->withheld += entry->fate == ENTRY_WITHHELD ? 1 : 0;
    counting->figures->refused += entry->fate == ENTRY_UNREADABLE ? 1 : 0;
    return STATUS_OK;
}

enum status
history_count(struct engine *engine, const struct channel *channel, struct history_figures *figures)
{
    uint64_t base = generation_base(channel->generation);
    *figures = (struct history_figures){.messages = 0};
    struct counting counting = {figures, base + 1, channel->joined_sequence, 0};
    struct entry_walk walk = {
        .channel = channel->id, .to = UINT64_MAX, .visit = count_entry, .context = &counting};
    TRY(entry_walk(engine, &walk));
    if (channel->joined_sequence > base)
        figures->missing = channel->joined_sequence - base - counting.found;
    return STATUS_OK;
}

/* ---- taking ---- */

static enum status first_untaken(void *context, const struct history_key *key)
{
    if (key->taken)
        return STATUS_OK;
    *(struct history_key *)context = *key;
    return STATUS_CANCELLED;
}

struct segment_bytes {
    struct history_key key;
    struct buffer bytes; /* the segment, with its padding until the last chunk is there */
    const char *problem;
};

static void segment_bytes_clear(struct segment_bytes *segment)
{
    secret_wipe(&segment->key, sizeof segment->key);
    buffer_clear(&segment->bytes);
}

static enum status pull_chunk(struct engine *engine,
                              const struct channel *channel,
                              struct segment_bytes *segment,
                              uint32_t index)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_get_request request = {
        .channel = channel->id, .file = segment->key.file, .index = index};
    struct wire_file_get_response response;
    TRY(engine_call(engine, WIRE_FILE_GET, &request, &reply, &response));
    enum status opened = file_chunk_open(segment->key.key, segment->key.size, index, response.bytes,
                                         &segment->bytes);
    if (opened != STATUS_NOT_DECRYPTED)
        return opened;
    segment->problem = "it is not what was sealed with this key";
    return STATUS_UNTRUSTED;
}

static enum status
pull(struct engine *engine, const struct channel *channel, struct segment_bytes *segment)
{
    for (uint32_t i = 0; i < file_chunk_count(segment->key.size); i++)
        TRY(pull_chunk(engine, channel, segment, i));
    buffer_truncate(&segment->bytes, (size_t)segment->key.size);
    return STATUS_OK;
}

static enum status take(struct engine *engine, struct channel *channel, void *context)
{
    struct segment_bytes *segment = context;
    struct history_taken taken = {.messages = 0};
    TRY(history_take(engine, channel, &segment->key, buffer_span(&segment->bytes), &taken,
                     &segment->problem));
    segment->key.taken = true;
    segment->key.outdated = segment->key.outdated || taken.revised != 0;
    return history_keys_put(engine, channel, &segment->key);
}

/* What does not verify is not asked for again, and its key goes to nobody. */
static enum status give_up(struct engine *engine, struct channel *channel, void *context)
{
    struct segment_bytes *segment = context;
    segment->key.taken = true;
    segment->key.outdated = true;
    return history_keys_put(engine, channel, &segment->key);
}

/* It was sealed anew, or is not kept any more: whoever shares next has other keys. */
static enum status forget(struct engine *engine, struct channel *channel, void *context)
{
    const struct segment_bytes *segment = context;
    channel->history = CHANNEL_HISTORY_WANTED;
    return history_keys_drop(engine, channel, segment->key.first);
}

static enum status
take_segment(struct engine *engine, struct channel *channel, struct segment_bytes *segment)
{
    struct people_name name;
    enum status status = pull(engine, channel, segment);
    if (status == STATUS_NOT_FOUND) {
        engine_forget_explanation(engine);
        return channel_transact(engine, channel, forget, segment);
    }
    if (status == STATUS_OK)
        status = channel_transact(engine, channel, take, segment);
    if (status != STATUS_UNTRUSTED || segment->problem == NULL)
        return status;
    people_name(engine, &segment->key.shared_by, &name);
    engine_notice(engine, channel,
                  "What %s shared of numbers %llu to %llu was not taken: %s. Ask another member, "
                  "and tell whoever runs the server",
                  name.name, (unsigned long long)segment->key.first,
                  (unsigned long long)segment->key.last, segment->problem);
    return channel_transact(engine, channel, give_up, segment);
}

static enum status take_next(struct engine *engine, struct channel *channel, bool *more)
{
    CLEANUP(segment_bytes_clear)
    struct segment_bytes segment = {.bytes = BUFFER_INIT(SEGMENT_PADDED_MAX)};
    TRY(history_keys_walk(engine, channel, first_untaken, &segment.key));
    *more = segment.key.first != 0;
    return *more ? take_segment(engine, channel, &segment) : STATUS_OK;
}

static enum status become_here(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    (void)context;
    channel->history = CHANNEL_HISTORY_HERE;
    return STATUS_OK;
}

static enum status take_all(struct engine *engine, struct channel *channel)
{
    struct history_figures figures;
    bool more = true;
    TRY(replica_update(engine, SPAN_EMPTY));
    while (more && channel->history == CHANNEL_HISTORY_ANSWERED)
        TRY(take_next(engine, channel, &more));
    if (channel->history != CHANNEL_HISTORY_ANSWERED)
        return STATUS_OK;
    TRY(channel_transact(engine, channel, become_here, NULL));
    TRY(history_count(engine, channel, &figures));
    engine_notice(
        engine, channel,
        "What was said before you joined is here: %zu messages, %zu withheld, %zu refused, "
        "%llu not shared. weft read shows them, and by whom each was shared",
        figures.messages, figures.withheld, figures.refused, (unsigned long long)figures.missing);
    return STATUS_OK;
}

/* ---- asking ---- */

static bool may_ask(const struct engine *engine, const struct channel *channel)
{
    int64_t since_ms = engine_now_ms(engine) - channel->asked_history_ms;
    return channel->asked_history_ms == 0 || since_ms < 0 ||
           since_ms >= CORE_ASK_HISTORY_INTERVAL_MS;
}

static enum status ask(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_history_ask_request request = {.channel = channel->id};
    struct wire_history_ask_response response;
    bool first = channel->asked_history_ms == 0;
    channel->asked_history_ms = engine_now_ms(engine);
    TRY(engine_call(engine, WIRE_HISTORY_ASK, &request, &reply, &response));
    if (first && !response.online)
        engine_notice(engine, channel,
                      "What was said before you joined comes when a member who has it is online.");
    return STATUS_OK;
}

/* ---- what is due ---- */

enum status history_work(struct engine *engine, struct channel *channel)
{
    bool shares = false;
    if (channel->state != CHANNEL_STATE_MEMBER || channel->distrusted)
        return STATUS_OK;
    channel->history_due = false;
    TRY(channel_has_history(engine, channel, &shares));
    if (!shares)
        return STATUS_OK;
    if (channel->history == CHANNEL_HISTORY_ANSWERED)
        TRY(take_all(engine, channel));
    if (channel->history == CHANNEL_HISTORY_HERE)
        return history_share(engine, channel);
    return may_ask(engine, channel) ? ask(engine, channel) : STATUS_OK;
}

bool history_is_due(const struct engine *engine, const struct channel *channel)
{
    if (channel->state != CHANNEL_STATE_MEMBER)
        return false;
    return channel->history_due ||
           (channel->history == CHANNEL_HISTORY_WANTED && may_ask(engine, channel));
}
