/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_share.h"

#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/history_fetch.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/history_seal.h"
#include "client-cli/core/records.h"
#include "protocol/base/secret.h"
#include "protocol/content/file_chunk.h"
#include "protocol/content/segment.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/files.h"
#include "protocol/wire/generations.h"
#include "protocol/wire/history.h"

#include <stdlib.h>
#include <string.h>

/* Somebody deletes what we are sealing: it is sealed anew, but not for ever. */
#define SEALING_TRIES 5

struct sharing {
    struct engine *engine;
    struct channel *channel;
    struct wire_history_show_response shown;
    uint64_t wanted; /* as far as whoever asked needs it; 0: nobody asked */
    struct content_history_segment *keys;
    size_t key_count;
    size_t key_room;
    bool sealed; /* something that others do not have the key of */
    bool again;  /* whoever asks has had our answer already: it may not have opened */
};

static void sharing_clear(struct sharing *sharing)
{
    for (size_t i = 0; i < sharing->key_count; i++)
        secret_wipe(sharing->keys[i].key, sizeof sharing->keys[i].key);
    free(sharing->keys);
}

/* ---- one segment on its way ---- */

struct upload {
    struct history_key key;
    struct buffer bytes;  /* the encoded segment */
    struct buffer plain;  /* one chunk, padded */
    struct buffer sealed; /* the same, encrypted */
    struct buffer hashes; /* of the encrypted chunks */
};

static void upload_clear(struct upload *upload)
{
    secret_wipe(&upload->key, sizeof upload->key);
    buffer_clear(&upload->bytes);
    buffer_clear(&upload->plain);
    buffer_clear(&upload->sealed);
    buffer_clear(&upload->hashes);
}

/* What RECORD_SEALING has: key and id of what is not complete yet. */
static const struct field sealing_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct history_key, first),
    FIELD_ID(struct history_key, file),
    FIELD_ID(struct history_key, key),
    FIELD_ID(struct history_key, sha256),
};
static const struct schema sealing_schema = SCHEMA("sealing", struct history_key, sealing_fields);

#define SEALING_BYTES_MAX 128

static struct vault_place place_of(const struct channel *channel)
{
    return (struct vault_place){.kind = RECORD_SEALING, .scope = channel->id};
}

static enum status put_sealing(struct engine *engine, struct channel *channel, void *context)
{
    const struct upload *upload = context;
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(SEALING_BYTES_MAX);
    struct vault_place place = place_of(channel);
    TRY(schema_encode(&sealing_schema, &upload->key, &record));
    return vault_put(engine->vault, &place, buffer_span(&record));
}

static enum status drop_file(struct sharing *sharing, const struct id *file)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_drop_request request = {.channel = sharing->channel->id, .file = *file};
    enum status dropped = engine_call(sharing->engine, WIRE_FILE_DROP, &request, &reply, NULL);
    /* Gone, or complete: then it is one of those that are shown. */
    if (dropped != STATUS_NOT_FOUND && dropped != STATUS_EXISTS && dropped != STATUS_DENIED)
        return dropped;
    engine_forget_explanation(sharing->engine);
    return STATUS_OK;
}

/* Goes on with what was broken off if it has the same contents; else under a fresh key. */
static enum status choose_key(struct sharing *sharing, struct upload *upload)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(SEALING_BYTES_MAX);
    struct vault_place place = place_of(sharing->channel);
    struct arena none = ARENA_INIT(0);
    struct history_key before = {.first = 0};
    enum status found = vault_get(sharing->engine->vault, &place, &record);
    if (found == STATUS_OK)
        found =
            status_of_stored(schema_decode(&sealing_schema, buffer_span(&record), &none, &before));
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    bool same = before.first == upload->key.first &&
                span_equal(SPAN_OF(before.sha256), SPAN_OF(upload->key.sha256));
    if (same) {
        upload->key.file = before.file;
        memcpy(upload->key.key, before.key, sizeof before.key);
    }
    secret_wipe(before.key, sizeof before.key);
    if (same)
        return STATUS_OK;
    if (before.first != 0)
        TRY(drop_file(sharing, &before.file));
    TRY(id_random(sharing->engine->random, &upload->key.file));
    TRY(random_fill(sharing->engine->random, upload->key.key, sizeof upload->key.key));
    return channel_transact(sharing->engine, sharing->channel, put_sealing, upload);
}

static enum status seal_chunk(struct upload *upload, uint32_t index)
{
    size_t length = file_chunk_size(upload->key.size, index);
    size_t at = (size_t)index * LIMIT_FILE_CHUNK_BYTES;
    size_t left = at < upload->bytes.len ? upload->bytes.len - at : 0;
    struct digest digest;
    uint8_t *bytes = NULL;
    buffer_truncate(&upload->plain, 0);
    buffer_truncate(&upload->sealed, 0);
    TRY(buffer_extend(&upload->plain, length, &bytes));
    memset(bytes, 0, length);
    if (left != 0)
        memcpy(bytes, upload->bytes.ptr + at, left < length ? left : length);
    TRY(file_chunk_seal(upload->key.key, upload->key.size, index, buffer_span(&upload->plain),
                        &upload->sealed));
    TRY(hash_bytes(HASH_SHA256, buffer_span(&upload->sealed), &digest));
    return buffer_append(&upload->hashes, digest_span(&digest));
}

static enum status begin(struct sharing *sharing,
                         const struct upload *upload,
                         struct wire_history_begin_response *where)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_history_begin_request request = {.channel = sharing->channel->id,
                                                 .file = upload->key.file,
                                                 .first = upload->key.first,
                                                 .last = upload->key.last,
                                                 .seen = sharing->channel->cursor,
                                                 .size = file_sealed_size(upload->key.size)};
    return engine_call(sharing->engine, WIRE_HISTORY_BEGIN, &request, &reply, where);
}

static enum status put(struct sharing *sharing, const struct upload *upload, uint32_t index)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_put_request request = {.channel = sharing->channel->id,
                                            .file = upload->key.file,
                                            .index = index,
                                            .bytes = buffer_span(&upload->sealed)};
    return engine_call(sharing->engine, WIRE_FILE_PUT, &request, &reply, NULL);
}

static enum status finish(struct sharing *sharing, const struct upload *upload)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_done_request request = {.channel = sharing->channel->id,
                                             .file = upload->key.file};
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, buffer_span(&upload->hashes), &digest));
    memcpy(request.sha256, digest.bytes, sizeof request.sha256);
    return engine_call(sharing->engine, WIRE_FILE_DONE, &request, &reply, NULL);
}

static enum status send_chunks(struct sharing *sharing, struct upload *upload)
{
    struct wire_history_begin_response where;
    TRY(begin(sharing, upload, &where));
    for (uint32_t i = 0; i < file_chunk_count(upload->key.size); i++) {
        TRY(seal_chunk(upload, i));
        if (!where.complete && i >= where.chunks)
            TRY(put(sharing, upload, i));
    }
    return where.complete ? STATUS_OK : finish(sharing, upload);
}

static enum status put_key(struct engine *engine, struct channel *channel, void *context)
{
    const struct upload *upload = context;
    struct vault_place place = place_of(channel);
    TRY(vault_delete(engine->vault, &place));
    return history_keys_put(engine, channel, &upload->key);
}

static enum status forget_sealing(struct engine *engine, struct channel *channel, void *context)
{
    struct vault_place place = place_of(channel);
    (void)context;
    return vault_delete(engine->vault, &place);
}

static enum status
seal_once(struct sharing *sharing, const struct history_range *range, struct history_key *sealed)
{
    CLEANUP(upload_clear)
    struct upload upload = {.key = {.first = range->first,
                                    .last = range->last,
                                    .shared_by = sharing->engine->account.person,
                                    .taken = true},
                            .bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES),
                            .plain = BUFFER_INIT(LIMIT_FILE_CHUNK_BYTES),
                            .sealed = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES),
                            .hashes = BUFFER_INIT(32u * LIMIT_FILE_CHUNKS)};
    struct digest digest;
    TRY(history_seal(sharing->engine, sharing->channel, range, &upload.bytes));
    TRY(hash_bytes(HASH_SHA256, buffer_span(&upload.bytes), &digest));
    memcpy(upload.key.sha256, digest.bytes, sizeof upload.key.sha256);
    upload.key.size = upload.bytes.len;
    TRY(choose_key(sharing, &upload));
    enum status sent = send_chunks(sharing, &upload);
    if (sent == STATUS_NOT_FOUND || sent == STATUS_CONFLICT || sent == STATUS_INVALID) {
        TRY(channel_transact(sharing->engine, sharing->channel, forget_sealing, NULL));
        return STATUS_CONFLICT;
    }
    TRY(sent);
    TRY(channel_transact(sharing->engine, sharing->channel, put_key, &upload));
    *sealed = upload.key;
    return STATUS_OK;
}

/* STATUS_NOT_FOUND when not all of it is here. */
static enum status
seal(struct sharing *sharing, const struct history_range *range, struct history_key *sealed)
{
    enum status status = STATUS_CONFLICT;
    for (int i = 0; i < SEALING_TRIES && status == STATUS_CONFLICT; i++) {
        TRY(channel_log_take_new(sharing->engine, sharing->channel));
        status = seal_once(sharing, range, sealed);
    }
    return status;
}

/* ---- which ---- */

static enum status take_edge(void *context, const struct stored_entry *entry)
{
    *(uint64_t *)context = entry->sequence;
    return STATUS_CANCELLED;
}

/* The first entry that we have in [from, to], or the last; 0: there is none. */
static enum status
find_edge(struct sharing *sharing, uint64_t from, uint64_t to, bool last, uint64_t *edge)
{
    struct entry_walk walk = {.channel = sharing->channel->id,
                              .from = from,
                              .to = to,
                              .backwards = last,
                              .visit = take_edge,
                              .context = edge};
    *edge = 0;
    return entry_walk(sharing->engine, &walk);
}

static const struct wire_history_sealed *shown_at(const struct sharing *sharing, uint64_t first)
{
    for (size_t i = 0; i < sharing->shown.segment_count; i++)
        if (sharing->shown.segments[i].first == first)
            return &sharing->shown.segments[i];
    return NULL;
}

static enum status add_key(struct sharing *sharing, const struct history_key *key)
{
    if (sharing->key_count == sharing->key_room) {
        size_t room = sharing->key_room == 0 ? 16 : 2 * sharing->key_room;
        struct content_history_segment *grown =
            reallocarray(sharing->keys, room, sizeof *sharing->keys);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        sharing->keys = grown;
        sharing->key_room = room;
    }
    struct content_history_segment *added = &sharing->keys[sharing->key_count++];
    *added = (struct content_history_segment){
        .first = key->first, .last = key->last, .file = key->file, .size = key->size};
    memcpy(added->key, key->key, sizeof added->key);
    memcpy(added->sha256, key->sha256, sizeof added->sha256);
    return STATUS_OK;
}

/* The key of what lies on the server, as it stands: STATUS_NOT_FOUND when we do not have it. */
static enum status known_key(struct sharing *sharing, uint64_t first, struct history_key *key)
{
    const struct wire_history_sealed *shown = shown_at(sharing, first);
    TRY(history_keys_get(sharing->engine, sharing->channel, first, key));
    bool stands = shown != NULL && id_equal(&shown->file, &key->file);
    return stands && !key->outdated && !key->refused ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status put_vouched(struct engine *engine, struct channel *channel, void *context)
{
    return history_keys_put(engine, channel, context);
}

/* Newcomers see our name with what we give the key of: what another member has sealed must be what
 * we would have, and open with the key, else STATUS_NOT_FOUND. Who has not all of it cannot tell
 * the first: gives what there is. What is ours, or was taken, is looked at again for whoever asks
 * again: the server may have spoiled it since. */
static enum status
vouch(struct sharing *sharing, const struct history_range *range, struct history_key *key)
{
    const struct id *own = &sharing->engine->account.person;
    bool ours = false;
    bool opens = key->taken && !sharing->again;
    if (id_equal(&key->shared_by, own) && opens)
        return STATUS_OK;
    if (key->last > range->last) /* one that says more than there is */
        return STATUS_NOT_FOUND;
    enum status compared = history_seal_is_ours(sharing->engine, sharing->channel, key,
                                                sharing->shown.kept_since, &ours);
    bool part = compared == STATUS_NOT_FOUND;
    if (compared != STATUS_OK && !part)
        return compared;
    if (!opens && (part || ours))
        TRY(history_fetch_opens(sharing->engine, sharing->channel, key, &opens));
    if (part)
        return opens ? STATUS_OK : STATUS_NOT_FOUND;
    if (!ours || !opens)
        return STATUS_NOT_FOUND;
    key->taken = true;
    key->shared_by = *own;
    return channel_transact(sharing->engine, sharing->channel, put_vouched, key);
}

static enum status
share_block(struct sharing *sharing, const struct history_range *range, bool whole)
{
    struct history_key key = {.first = 0};
    uint64_t needed = range->last;
    if (sharing->wanted != 0 && sharing->wanted >= range->first && sharing->wanted < needed)
        needed = sharing->wanted;
    enum status known = known_key(sharing, range->first, &key);
    if (known == STATUS_OK)
        known = vouch(sharing, range, &key);
    bool enough = known == STATUS_OK && key.last >= needed;
    enum status status = known;
    if (known != STATUS_OK && known != STATUS_NOT_FOUND)
        return known;
    if (!enough && (whole || sharing->wanted != 0)) {
        enum status sealed = seal(sharing, range, &key);
        sharing->sealed = sharing->sealed || sealed == STATUS_OK;
        /* Not all of it is here: what somebody else sealed is better than nothing. */
        status = sealed == STATUS_NOT_FOUND ? known : sealed;
    }
    if (status == STATUS_OK)
        status = add_key(sharing, &key);
    secret_wipe(&key, sizeof key);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status share_blocks(struct sharing *sharing)
{
    uint64_t first = 0;
    uint64_t last = 0;
    TRY(find_edge(sharing, 1, UINT64_MAX, false, &first));
    while (first != 0) {
        uint64_t block = segment_block(first);
        uint64_t end = block + LIMIT_SEGMENT_ENTRIES - 1;
        if (segment_generation(end) != segment_generation(block)) /* of the last block of one */
            end = generation_base(segment_generation(end));
        TRY(find_edge(sharing, block, end, true, &last));
        struct history_range range = {block, last, sharing->shown.kept_since};
        /* One that is over as a whole too, empty: else it would look like one left out. */
        TRY(share_block(sharing, &range, last == end));
        TRY(find_edge(sharing, end + 1, UINT64_MAX, false, &first));
    }
    return STATUS_OK;
}

/* ---- saying it ---- */

static enum status say(struct sharing *sharing, uint64_t seen)
{
    struct channel_said said;
    bool asked = sharing->wanted != 0;
    size_t at = 0;
    do {
        size_t left = sharing->key_count - at;
        size_t count = left < LIMIT_SEGMENT_KEYS ? left : LIMIT_SEGMENT_KEYS;
        struct content_history history = {
            .asked_by = asked ? sharing->shown.asked_by : (struct id){{0}},
            .segments = sharing->keys == NULL ? NULL : &sharing->keys[at],
            .segment_count = count,
            .seen = seen,
            .more = left > count};
        TRY(channel_say(sharing->engine, sharing->channel, CONTENT_HISTORY, NULL, &history, &said));
        at += count;
    } while (at < sharing->key_count);
    return STATUS_OK;
}

struct arrival {
    const struct id *person;
    uint64_t sequence;
};

static enum status find_arrival(void *context, const struct stored_entry *entry)
{
    struct arrival *arrival = context;
    for (size_t i = 0; i < entry->change_count; i++) {
        const struct entry_change *change = &entry->changes[i];
        if (change->kind != ENTRY_REMOVED && change->kind != ENTRY_DEVICE_REMOVED &&
            change->kind != ENTRY_ROLES && id_equal(&change->person, arrival->person)) {
            arrival->sequence = entry->sequence;
            return STATUS_CANCELLED;
        }
    }
    return STATUS_OK;
}

struct answering {
    const struct sharing *sharing;
    bool done;
};

static enum status find_own_answer(void *context, const struct stored_entry *entry)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct answering *answering = context;
    const struct sharing *sharing = answering->sharing;
    struct content_history history;
    if (!id_equal(&entry->person, &sharing->engine->account.person))
        return STATUS_OK;
    enum status said = history_keys_said(entry, &arena, &history);
    if (said != STATUS_OK)
        return said == STATUS_NOT_FOUND ? STATUS_OK : said;
    answering->done = id_equal(&history.asked_by, &sharing->shown.asked_by);
    return answering->done ? STATUS_CANCELLED : STATUS_OK;
}

/* Whether whoever asks has had our answer: they name who has lately, and ask somebody else. */
static enum status find_answered(struct sharing *sharing)
{
    struct answering answering = {.sharing = sharing};
    struct entry_walk walk = {.channel = sharing->channel->id,
                              .from = sharing->wanted,
                              .to = sharing->channel->cursor,
                              .visit = find_own_answer,
                              .context = &answering};
    TRY(entry_walk(sharing->engine, &walk));
    sharing->again = answering.done;
    return STATUS_OK;
}

/* Where whoever asks came in: what follows they have themselves. Somebody who is not a member as
 * far as we can tell gets nothing. */
static enum status find_wanted(struct sharing *sharing)
{
    const struct id *person = &sharing->shown.asked_by;
    struct arrival arrival = {person, sharing->channel->cursor};
    struct entry_walk walk = {.channel = sharing->channel->id,
                              .to = sharing->channel->cursor,
                              .backwards = true,
                              .visit = find_arrival,
                              .context = &arrival};
    if (id_is_none(person) || !channel_has_person(sharing->engine, sharing->channel, person))
        return STATUS_OK;
    TRY(entry_walk(sharing->engine, &walk));
    sharing->wanted = arrival.sequence;
    return find_answered(sharing);
}

static enum status tell_done(const struct sharing *sharing)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_history_shared_request request = {.channel = sharing->channel->id,
                                                  .asked_by = sharing->shown.asked_by};
    enum status told = engine_call(sharing->engine, WIRE_HISTORY_SHARED, &request, &reply, NULL);
    if (told != STATUS_CONFLICT) /* our time ran out, and somebody else was asked */
        return told;
    engine_forget_explanation(sharing->engine);
    return STATUS_OK;
}

static enum status share(struct sharing *sharing)
{
    /* What is edited or deleted is in no segment that is made from here on. */
    TRY(channel_log_catch_up(sharing->engine, sharing->channel));
    if (sharing->channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    uint64_t seen = sharing->channel->cursor;
    TRY(find_wanted(sharing));
    TRY(share_blocks(sharing));
    if (sharing->wanted != 0 && sharing->key_count == 0)
        return STATUS_OK; /* another has more to give, and is asked when our time has run out */
    if (sharing->wanted != 0 || sharing->sealed)
        TRY(say(sharing, seen));
    return tell_done(sharing);
}

enum status history_share(struct engine *engine, struct channel *channel)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(sharing_clear) struct sharing sharing = {.engine = engine, .channel = channel};
    struct wire_history_show_request request = {.channel = channel->id};
    TRY(engine_call(engine, WIRE_HISTORY_SHOW, &request, &reply, &sharing.shown));
    enum status shared = sharing.shown.leased ? share(&sharing) : STATUS_OK;
    if (shared != STATUS_NOT_NOW) /* our turn was over, and another member's has begun */
        return shared;
    engine_forget_explanation(engine);
    return STATUS_OK;
}
