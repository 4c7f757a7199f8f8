/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_fetch.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/history_count.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/history_take.h"
#include "client-cli/core/history_tries.h"
#include "client-cli/core/message_number.h"
#include "client-cli/core/people.h"
#include "client-cli/core/replica.h"
#include "protocol/base/secret.h"
#include "protocol/content/file_chunk.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/files.h"

/* The last chunk comes with its padding. */
#define SEGMENT_PADDED_MAX (LIMIT_SEGMENT_BYTES + LIMIT_SEGMENT_BYTES / 8)

/* ---- the bytes ---- */

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

enum status history_fetch_opens(struct engine *engine,
                                const struct channel *channel,
                                const struct history_key *key,
                                bool *opens)
{
    CLEANUP(segment_bytes_clear)
    struct segment_bytes segment = {.key = *key, .bytes = BUFFER_INIT(SEGMENT_PADDED_MAX)};
    struct digest digest;
    enum status pulled = pull(engine, channel, &segment);
    *opens = false;
    if (pulled == STATUS_NOT_FOUND)
        engine_forget_explanation(engine);
    if (pulled == STATUS_NOT_FOUND || (pulled == STATUS_UNTRUSTED && segment.problem != NULL))
        return STATUS_OK;
    TRY(pulled);
    TRY(hash_bytes(HASH_SHA256, buffer_span(&segment.bytes), &digest));
    *opens = span_equal(digest_span(&digest), SPAN_OF(key->sha256));
    return STATUS_OK;
}

/* ---- one segment ---- */

struct here {
    uint64_t count;
    bool shared_commits; /* are among them */
};

static enum status count_here(void *context, const struct stored_entry *entry)
{
    struct here *here = context;
    here->count += entry_is_lacking(entry) ? 0 : 1;
    here->shared_commits = here->shared_commits || entry_is_shared_commit(entry);
    return STATUS_OK;
}

/* Whether some of what is here as commits cannot be any: looked at once a message, if at all. */
struct doubt {
    bool looked;
    bool of_commits;
};

static enum status
look_for_doubt(struct engine *engine, const struct channel *channel, struct doubt *doubt)
{
    struct history_figures figures;
    if (doubt->looked)
        return STATUS_OK;
    TRY(history_count(engine, channel, &figures));
    *doubt = (struct doubt){.looked = true, .of_commits = figures.commits_too_many != 0};
    return STATUS_OK;
}

/* Whether an entry of before we joined that the segment has is not here, or may not be what it is
 * said to be. */
static enum status is_lacking(struct engine *engine,
                              const struct channel *channel,
                              const struct history_key *key,
                              struct doubt *doubt,
                              bool *is)
{
    struct here here = {.count = 0};
    uint64_t last = key->last < channel->joined_sequence ? key->last : channel->joined_sequence;
    struct entry_walk walk = {.channel = channel->id,
                              .from = key->first,
                              .to = last,
                              .visit = count_here,
                              .context = &here};
    *is = false;
    if (key->first > last)
        return STATUS_OK;
    TRY(entry_walk(engine, &walk));
    *is = here.count != last - key->first + 1;
    if (*is || !here.shared_commits)
        return STATUS_OK;
    TRY(look_for_doubt(engine, channel, doubt));
    *is = doubt->of_commits;
    return STATUS_OK;
}

static enum status take(struct engine *engine, struct channel *channel, void *context)
{
    struct segment_bytes *segment = context;
    struct history_taken taken = {.messages = 0};
    TRY(history_take(engine, channel, &segment->key, buffer_span(&segment->bytes), &taken,
                     &segment->problem));
    TRY(history_tries_note(engine, channel, &segment->key));
    return history_keys_note_taken(engine, channel, &segment->key, taken.revised != 0);
}

/* What does not verify is not the next that is fetched on the same word today, and its key goes to
 * nobody. */
static enum status give_up(struct engine *engine, struct channel *channel, void *context)
{
    const struct segment_bytes *segment = context;
    TRY(history_tries_note(engine, channel, &segment->key));
    return history_keys_note_refused(engine, channel, &segment->key);
}

/* `*refused` when it is not what it should be. */
static enum status take_segment(struct engine *engine,
                                struct channel *channel,
                                struct segment_bytes *segment,
                                bool *refused)
{
    struct people_name name;
    enum status status = pull(engine, channel, segment);
    if (status == STATUS_NOT_FOUND) {
        /* It was sealed anew, or is not kept any more: whoever shares next has other keys. */
        engine_forget_explanation(engine);
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = channel_transact(engine, channel, take, segment);
    if (status != STATUS_UNTRUSTED || segment->problem == NULL)
        return status;
    *refused = true;
    people_name(engine, &segment->key.shared_by, &name);
    engine_notice(engine, channel,
                  "What %s shared of numbers %s to %s was not taken: %s. Another member is "
                  "asked; tell whoever runs the server",
                  name.name, message_number(segment->key.first).text,
                  message_number(segment->key.last).text, segment->problem);
    return channel_transact(engine, channel, give_up, segment);
}

static enum status take_offered(struct engine *engine,
                                struct channel *channel,
                                const struct history_key *offered,
                                struct doubt *doubt,
                                bool *refused)
{
    CLEANUP(segment_bytes_clear)
    struct segment_bytes segment = {.key = *offered, .bytes = BUFFER_INIT(SEGMENT_PADDED_MAX)};
    bool taken = false;
    bool left = false;
    bool lacking = false;
    TRY(history_keys_was_taken(engine, channel, offered, &taken));
    if (taken)
        return STATUS_OK;
    TRY(history_tries_left(engine, channel, offered, &left));
    if (!left)
        return STATUS_OK;
    TRY(is_lacking(engine, channel, offered, doubt, &lacking)); /* reads the whole block */
    return lacking ? take_segment(engine, channel, &segment, refused) : STATUS_OK;
}

/* ---- one message ---- */

struct said {
    uint64_t sequence; /* 0: none */
    struct id person;
    struct buffer content;
};

static void said_clear(struct said *said)
{
    buffer_clear(&said->content);
}

static enum status find_said(void *context, const struct stored_entry *entry)
{
    struct said *said = context;
    struct content content;
    if (entry_content(entry, &content) != STATUS_OK || content.kind != CONTENT_HISTORY)
        return STATUS_OK;
    said->sequence = entry->sequence;
    said->person = entry->person;
    TRY(buffer_append(&said->content, entry->content));
    return STATUS_CANCELLED;
}

static enum status note_read(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->history_read = *(const uint64_t *)context;
    return STATUS_OK;
}

/* Of whoever shared something that is not what it should be, the rest is left. */
static enum status take_said(struct engine *engine,
                             struct channel *channel,
                             const struct said *said,
                             struct history_fetched *fetched)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content content;
    struct history_offer offer;
    struct doubt doubt = {.looked = false};
    bool refused = false;
    TRY(status_of_stored(content_decode(buffer_span(&said->content), &content)));
    enum status read = history_keys_read(engine, channel, &said->person, &content, &arena, &offer);
    if (read != STATUS_OK)
        return read == STATUS_NOT_FOUND ? STATUS_OK : read;
    for (size_t i = 0; i < offer.count && !refused; i++)
        TRY(take_offered(engine, channel, &offer.keys[i], &doubt, &refused));
    fetched->answered = fetched->answered || offer.complete;
    return STATUS_OK;
}

static enum status take_next(struct engine *engine,
                             struct channel *channel,
                             struct history_fetched *fetched,
                             bool *more)
{
    CLEANUP(said_clear) struct said said = {.content = BUFFER_INIT(LIMIT_FRAME_BYTES)};
    struct entry_walk walk = {.channel = channel->id,
                              .from = channel->history_read + 1,
                              .to = channel->cursor,
                              .visit = find_said,
                              .context = &said};
    TRY(entry_walk(engine, &walk));
    *more = said.sequence != 0;
    if (!*more)
        return STATUS_OK;
    if (!fetched->looked)
        TRY(replica_update(engine, SPAN_EMPTY));
    fetched->looked = true;
    TRY(take_said(engine, channel, &said, fetched));
    return channel_transact(engine, channel, note_read, &said.sequence);
}

enum status
history_fetch(struct engine *engine, struct channel *channel, struct history_fetched *fetched)
{
    bool more = true;
    *fetched = (struct history_fetched){.looked = false};
    while (more)
        TRY(take_next(engine, channel, fetched, &more));
    return STATUS_OK;
}
