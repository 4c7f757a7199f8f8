/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_keys.h"

#include "client-cli/core/records.h"
#include "client-cli/core/revision.h"
#include "protocol/base/secret.h"
#include "protocol/content/segment.h"

#include <string.h>

#define KEY_BYTES_MAX 256

static const struct field key_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct history_key, first),
    FIELD_PLAIN(FIELD_U64, struct history_key, last),
    FIELD_ID(struct history_key, file),
    FIELD_ID(struct history_key, key),
    FIELD_PLAIN(FIELD_U64, struct history_key, size),
    FIELD_ID(struct history_key, sha256),
    FIELD_ID(struct history_key, shared_by),
    FIELD_PLAIN(FIELD_BOOL, struct history_key, outdated),
    FIELD_PLAIN(FIELD_BOOL, struct history_key, taken),
    FIELD_PLAIN(FIELD_BOOL, struct history_key, refused),
};
static const struct schema key_schema = SCHEMA("history_key", struct history_key, key_fields);

/* ---- keys ---- */

static struct vault_place place_of(const struct channel *channel, uint64_t first)
{
    return (struct vault_place){.kind = RECORD_SEGMENT, .scope = channel->id, .major = first};
}

enum status history_keys_put(struct engine *engine,
                             const struct channel *channel,
                             const struct history_key *key)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(KEY_BYTES_MAX);
    struct vault_place place = place_of(channel, key->first);
    TRY(schema_encode(&key_schema, key, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

static enum status decode(struct span bytes, struct history_key *key)
{
    struct arena none = ARENA_INIT(0);
    return status_of_stored(schema_decode(&key_schema, bytes, &none, key));
}

enum status history_keys_get(struct engine *engine,
                             const struct channel *channel,
                             uint64_t first,
                             struct history_key *key)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(KEY_BYTES_MAX);
    struct vault_place place = place_of(channel, first);
    TRY(vault_get(engine->vault, &place, &bytes));
    return decode(buffer_span(&bytes), key);
}

struct walking {
    enum status (*visit)(void *context, const struct history_key *key);
    void *context;
};

static enum status visit_record(void *context, const struct vault_place *place, struct span value)
{
    const struct walking *walking = context;
    struct history_key key;
    (void)place;
    TRY(decode(value, &key));
    enum status status = walking->visit(walking->context, &key);
    secret_wipe(&key, sizeof key);
    return status;
}

enum status history_keys_walk(struct engine *engine,
                              const struct channel *channel,
                              enum status (*visit)(void *context, const struct history_key *key),
                              void *context)
{
    struct walking walking = {visit, context};
    struct vault_walk walk = {.kind = RECORD_SEGMENT,
                              .scope = channel->id,
                              .to = UINT64_MAX,
                              .visit = visit_record,
                              .context = &walking};
    return vault_walk(engine->vault, &walk);
}

enum status
history_keys_outdate(struct engine *engine, const struct channel *channel, uint64_t sequence)
{
    struct history_key key;
    enum status found = history_keys_get(engine, channel, segment_block(sequence), &key);
    if (found == STATUS_OK && key.last >= sequence && !key.outdated) {
        key.outdated = true;
        found = history_keys_put(engine, channel, &key);
    }
    secret_wipe(&key, sizeof key);
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

/* ---- what came of a key ---- */

static bool is_same(const struct history_key *a, const struct history_key *b)
{
    return a->first == b->first && a->last == b->last && a->size == b->size &&
           id_equal(&a->file, &b->file) && secret_equal(SPAN_OF(a->key), SPAN_OF(b->key)) &&
           span_equal(SPAN_OF(a->sha256), SPAN_OF(b->sha256));
}

enum status history_keys_was_taken(struct engine *engine,
                                   const struct channel *channel,
                                   const struct history_key *key,
                                   bool *was)
{
    struct history_key known;
    enum status found = history_keys_get(engine, channel, key->first, &known);
    *was = found == STATUS_OK && known.taken && is_same(&known, key);
    secret_wipe(&known, sizeof known);
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

enum status history_keys_note_taken(struct engine *engine,
                                    const struct channel *channel,
                                    const struct history_key *key,
                                    bool revised)
{
    struct history_key known;
    enum status found = history_keys_get(engine, channel, key->first, &known);
    if (found == STATUS_OK && id_equal(&known.file, &key->file)) {
        struct history_key taken = *key;
        taken.taken = true;
        taken.outdated = known.outdated || revised;
        found = history_keys_put(engine, channel, &taken);
        secret_wipe(&taken, sizeof taken);
    }
    secret_wipe(&known, sizeof known);
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

enum status history_keys_note_refused(struct engine *engine,
                                      const struct channel *channel,
                                      const struct history_key *key)
{
    struct history_key known;
    enum status found = history_keys_get(engine, channel, key->first, &known);
    if (found == STATUS_OK && !known.taken && is_same(&known, key)) {
        known.refused = true;
        found = history_keys_put(engine, channel, &known);
    }
    secret_wipe(&known, sizeof known);
    return found == STATUS_NOT_FOUND ? STATUS_OK : found;
}

/* ---- what a message gives ---- */

static bool is_segment(const struct content_history_segment *segment)
{
    return segment->first != 0 && segment->first <= INT64_MAX &&
           segment->first == segment_block(segment->first) && segment->last >= segment->first &&
           segment->last - segment->first < LIMIT_SEGMENT_ENTRIES &&
           segment_generation(segment->last) == segment_generation(segment->first) &&
           segment->size != 0 && segment->size <= LIMIT_SEGMENT_BYTES;
}

static bool has_twice(const struct history_offer *offer, size_t at)
{
    for (size_t i = 0; i < offer->count; i++)
        if (i != at && (id_equal(&offer->keys[i].file, &offer->keys[at].file) ||
                        offer->keys[i].first == offer->keys[at].first))
            return true;
    return false;
}

/* A file that was taken for another block: `size` 0 marks its key. */
static enum status mark_known(void *context, const struct history_key *known)
{
    struct history_offer *offer = context;
    for (size_t i = 0; i < offer->count && known->taken; i++)
        if (id_equal(&offer->keys[i].file, &known->file) && offer->keys[i].first != known->first)
            offer->keys[i].size = 0;
    return STATUS_OK;
}

static enum status
drop_doubles(struct engine *engine, const struct channel *channel, struct history_offer *offer)
{
    size_t kept = 0;
    for (size_t i = 0; i < offer->count; i++)
        if (has_twice(offer, i))
            offer->keys[i].size = 0;
    TRY(history_keys_walk(engine, channel, mark_known, offer));
    for (size_t i = 0; i < offer->count; i++)
        if (offer->keys[i].size != 0)
            offer->keys[kept++] = offer->keys[i];
    offer->count = kept;
    return STATUS_OK;
}

static void take_key(const struct content_history_segment *segment,
                     const struct id *person,
                     struct history_key *key)
{
    *key = (struct history_key){.first = segment->first,
                                .last = segment->last,
                                .file = segment->file,
                                .size = segment->size,
                                .shared_by = *person};
    memcpy(key->key, segment->key, sizeof key->key);
    memcpy(key->sha256, segment->sha256, sizeof key->sha256);
}

static enum status
decode_said(const struct content *content, struct arena *arena, struct content_history *history)
{
    if (content->kind != CONTENT_HISTORY)
        return STATUS_NOT_FOUND;
    enum status decoded = content_decode_body(content, arena, history);
    return decoded == STATUS_OK || status_is_local(decoded) ? decoded : STATUS_NOT_FOUND;
}

enum status history_keys_said(const struct stored_entry *entry,
                              struct arena *arena,
                              struct content_history *history)
{
    struct content content;
    return entry_content(entry, &content) == STATUS_OK ? decode_said(&content, arena, history)
                                                       : STATUS_NOT_FOUND;
}

enum status history_keys_read(struct engine *engine,
                              const struct channel *channel,
                              const struct id *person,
                              const struct content *content,
                              struct arena *arena,
                              struct history_offer *offer)
{
    struct content_history history;
    void *keys = NULL;
    TRY(decode_said(content, arena, &history));
    TRY(arena_take(arena, history.segment_count, sizeof *offer->keys, &keys));
    *offer = (struct history_offer){.keys = keys,
                                    .seen = history.seen,
                                    .complete = !id_is_none(&history.asked_by) && !history.more};
    for (size_t i = 0; i < history.segment_count; i++)
        if (is_segment(&history.segments[i]))
            take_key(&history.segments[i], person, &offer->keys[offer->count++]);
    return drop_doubles(engine, channel, offer);
}

/* Of the same file, what is known stays; another file of the block is a newer one. */
static enum status
keep_one(struct engine *engine, const struct channel *channel, const struct history_key *offered)
{
    struct history_key key;
    enum status found = history_keys_get(engine, channel, offered->first, &key);
    bool known = found == STATUS_OK && id_equal(&key.file, &offered->file);
    secret_wipe(&key, sizeof key);
    if (known || (found != STATUS_OK && found != STATUS_NOT_FOUND))
        return found;
    return history_keys_put(engine, channel, offered);
}

struct since {
    struct engine *engine;
    const struct channel *channel;
};

static enum status outdate_target(void *context, const struct id *message)
{
    const struct since *since = context;
    uint64_t target = 0;
    enum status found = entry_find_message(since->engine, &since->channel->id, message, &target);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    return history_keys_outdate(since->engine, since->channel, target);
}

static enum status outdate_edited(void *context, const struct stored_entry *entry)
{
    return revision_each_target(entry, outdate_target, context);
}

/* What was edited or deleted before the keys came, and after whoever sealed it looked. */
static enum status outdate_since(struct engine *engine,
                                 const struct channel *channel,
                                 uint64_t seen,
                                 const struct stored_entry *entry)
{
    struct since since = {engine, channel};
    struct entry_walk walk = {.channel = channel->id,
                              .from = seen >= entry->sequence ? entry->sequence : seen + 1,
                              .to = entry->sequence,
                              .visit = outdate_edited,
                              .context = &since};
    return entry_walk(engine, &walk);
}

enum status history_keys_take(struct engine *engine,
                              struct channel *channel,
                              const struct stored_entry *entry,
                              const struct content *content)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct history_offer offer;
    bool shares = false;
    if (content->kind != CONTENT_HISTORY)
        return STATUS_OK;
    TRY(channel_has_history(engine, channel, &shares));
    if (!shares)
        return STATUS_OK;
    enum status read = history_keys_read(engine, channel, &entry->person, content, &arena, &offer);
    if (read != STATUS_OK)
        return read == STATUS_NOT_FOUND ? STATUS_OK : read;
    for (size_t i = 0; i < offer.count; i++)
        TRY(keep_one(engine, channel, &offer.keys[i]));
    /* Whoever asked: what one is given is readable to all who are here. */
    if (channel->history == CHANNEL_HISTORY_HERE)
        channel->history_read = entry->sequence;
    else
        channel->history_due = true;
    return outdate_since(engine, channel, offer.seen, entry);
}

/* ---- epochs ---- */

static struct vault_place
place_of_epoch(const struct channel *channel, uint32_t generation, uint64_t epoch)
{
    return (struct vault_place){
        .kind = RECORD_EPOCH, .scope = channel->id, .major = epoch, .minor = generation};
}

enum status history_keys_context(struct engine *engine,
                                 const struct channel *channel,
                                 uint32_t generation,
                                 uint64_t epoch,
                                 struct buffer *context)
{
    struct vault_place place = place_of_epoch(channel, generation, epoch);
    return vault_get(engine->vault, &place, context);
}

enum status history_keys_put_context(struct engine *engine,
                                     const struct channel *channel,
                                     uint32_t generation,
                                     uint64_t epoch,
                                     struct span context)
{
    CLEANUP(buffer_clear) struct buffer known = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct vault_place place = place_of_epoch(channel, generation, epoch);
    enum status found = vault_get(engine->vault, &place, &known);
    if (found != STATUS_NOT_FOUND)
        return found;
    return vault_put(engine->vault, &place, context);
}

static enum status forget_all(struct engine *engine, struct channel *channel)
{
    struct vault_place sealing = {.kind = RECORD_SEALING, .scope = channel->id};
    channel->history = CHANNEL_HISTORY_HERE;
    TRY(vault_delete_range(engine->vault, RECORD_SEGMENT, &channel->id, 0, INT64_MAX));
    TRY(vault_delete_range(engine->vault, RECORD_EPOCH, &channel->id, 0, INT64_MAX));
    TRY(vault_delete_range(engine->vault, RECORD_TRIES, &channel->id, 0, INT64_MAX));
    return vault_delete(engine->vault, &sealing);
}

enum status history_keys_note_epoch(struct engine *engine, struct channel *channel)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&bytes);
    bool shares = false;
    TRY(channel_has_history(engine, channel, &shares));
    if (!shares)
        return forget_all(engine, channel);
    mls_group_context_write(&writer, mls_public_group_context(mls_group_public(channel->group)));
    TRY(writer_finish(&writer));
    struct vault_place place =
        place_of_epoch(channel, channel->generation, mls_group_epoch(channel->group));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

enum status history_keys_join(struct engine *engine, struct channel *channel)
{
    bool shares = false;
    TRY(history_keys_note_epoch(engine, channel));
    TRY(channel_has_history(engine, channel, &shares));
    channel->history = shares ? CHANNEL_HISTORY_WANTED : CHANNEL_HISTORY_HERE;
    channel->history_due = shares;
    channel->history_ask_ms = 0;
    channel->history_asks = 0;
    channel->history_awaited = false;
    return STATUS_OK;
}
