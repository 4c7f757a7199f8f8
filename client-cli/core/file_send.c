/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/file_send.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/events.h"
#include "client-cli/core/file_patience.h"
#include "client-cli/core/records.h"
#include "client-cli/core/session.h"
#include "protocol/content/file_chunk.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An upload that is not announced yet. */
struct upload {
    struct id file;
    struct id message;
    uint8_t key[FILE_KEY_SIZE];
    uint8_t contents[32]; /* the hash over the hashes of the plain chunks */
};
static const struct field upload_fields[] = {
    FIELD_ID(struct upload, file),
    FIELD_ID(struct upload, message),
    FIELD_ID(struct upload, key),
    FIELD_ID(struct upload, contents),
};
static const struct schema upload_schema = SCHEMA("upload", struct upload, upload_fields);

struct sending {
    struct engine *engine;
    struct channel *channel;
    const struct file_to_send *file;
    uint64_t size;
    uint32_t chunk_count;
    struct upload upload;
    uint64_t number; /* of the vault's record */
    struct file_patience patience;
    struct buffer plain;                                 /* one chunk */
    struct buffer sealed;                                /* the same, encrypted */
    uint8_t plain_hashes[LIMIT_FILE_CHUNKS][32];         /* as they were read first */
    struct content_file_chunk hashes[LIMIT_FILE_CHUNKS]; /* of the encrypted chunks */
};

static void sending_clear(struct sending *sending)
{
    buffer_clear(&sending->plain);
    buffer_clear(&sending->sealed);
    secret_wipe(&sending->upload, sizeof sending->upload);
}

/* ---- the file ---- */

/* Reads a chunk into `plain`, its padding included. */
static enum status read_chunk(struct sending *sending, uint32_t index)
{
    size_t length = file_chunk_size(sending->size, index);
    uint64_t offset = (uint64_t)index * LIMIT_FILE_CHUNK_BYTES;
    uint64_t left = offset < sending->size ? sending->size - offset : 0;
    size_t wanted = left < length ? (size_t)left : length;
    uint8_t *bytes = NULL;
    buffer_truncate(&sending->plain, 0);
    TRY(buffer_extend(&sending->plain, length, &bytes));
    for (size_t got = 0; got < wanted;) {
        ssize_t part =
            pread(sending->file->descriptor, bytes + got, wanted - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return engine_explain(sending->engine, STATUS_IO, "the file cannot be read: %s",
                                  strerror(errno));
        if (part == 0)
            return engine_explain(sending->engine, STATUS_CONFLICT,
                                  "the file became shorter while it was read");
        got += (size_t)part;
    }
    return STATUS_OK;
}

static enum status hash_into(struct span bytes, uint8_t out[32])
{
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, bytes, &digest));
    memcpy(out, digest.bytes, 32);
    return STATUS_OK;
}

static enum status hash_list(const void *hashes, uint32_t count, uint8_t out[32])
{
    return hash_into(span_of(hashes, 32 * (size_t)count), out);
}

static enum status measure(struct sending *sending)
{
    struct stat found;
    if (fstat(sending->file->descriptor, &found) != 0 || !S_ISREG(found.st_mode))
        return engine_explain(sending->engine, STATUS_USAGE, "%.*s is not a plain file",
                              (int)sending->file->name.len, (const char *)sending->file->name.ptr);
    if ((uint64_t)found.st_size > LIMIT_FILE_BYTES)
        return engine_explain(sending->engine, STATUS_LIMIT,
                              "this file is too large: %llu bytes, at most %u (%u MiB)",
                              (unsigned long long)found.st_size, LIMIT_FILE_BYTES,
                              LIMIT_FILE_BYTES >> 20);
    sending->size = (uint64_t)found.st_size;
    sending->chunk_count = file_chunk_count(sending->size);
    for (uint32_t i = 0; i < sending->chunk_count; i++) {
        TRY(read_chunk(sending, i));
        TRY(hash_into(buffer_span(&sending->plain), sending->plain_hashes[i]));
    }
    return hash_list(sending->plain_hashes, sending->chunk_count, sending->upload.contents);
}

/* ---- the vault ---- */

static enum status look_at(void *context, const struct vault_place *place, struct span value)
{
    struct sending *sending = context;
    struct arena none = ARENA_INIT(0);
    struct upload upload;
    if (schema_decode(&upload_schema, value, &none, &upload) != STATUS_OK)
        return STATUS_CORRUPT;
    bool same = span_equal(SPAN_OF(upload.contents), SPAN_OF(sending->upload.contents));
    if (same)
        sending->upload = upload;
    sending->number = place->major;
    secret_wipe(&upload, sizeof upload);
    return same ? STATUS_CANCELLED : STATUS_OK;
}

static enum status put_upload(struct engine *engine, struct channel *channel, void *context)
{
    const struct sending *sending = context;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(256);
    struct vault_place place = {
        .kind = RECORD_UPLOAD, .scope = channel->id, .major = sending->number};
    TRY(schema_encode(&upload_schema, &sending->upload, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

static enum status forget_upload(struct engine *engine, struct channel *channel, void *context)
{
    const struct sending *sending = context;
    struct vault_place place = {
        .kind = RECORD_UPLOAD, .scope = channel->id, .major = sending->number};
    return vault_delete(engine->vault, &place);
}

/* Whether the message that was to announce the upload stands in the channel. One that was killed
 * after it had said so may have been deleted since, with the file: STATUS_CONFLICT then. */
static enum status find_announcement(struct sending *sending, uint64_t *sequence)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    TRY(entry_get_message(sending->engine, &sending->channel->id, &sending->upload.message, &record,
                          &arena, &entry));
    if (entry.fate != ENTRY_READ || !id_equal(&entry.device, &sending->engine->account.device))
        return STATUS_CONFLICT;
    *sequence = entry.sequence;
    return STATUS_OK;
}

static enum status begin_anew(struct sending *sending)
{
    struct engine *engine = sending->engine;
    TRY(id_random(engine->random, &sending->upload.file));
    TRY(id_random(engine->random, &sending->upload.message));
    TRY(random_fill(engine->random, sending->upload.key, sizeof sending->upload.key));
    return channel_transact(engine, sending->channel, put_upload, sending);
}

/* What the vault has of an upload of these contents, or a new one. */
static enum status find_or_begin(struct sending *sending)
{
    struct engine *engine = sending->engine;
    uint64_t sequence;
    struct vault_walk walk = {.kind = RECORD_UPLOAD,
                              .scope = sending->channel->id,
                              .to = UINT64_MAX,
                              .visit = look_at,
                              .context = sending};
    TRY(vault_walk(engine->vault, &walk));
    if (id_is_none(&sending->upload.file)) {
        sending->number++; /* after the last */
        return begin_anew(sending);
    }
    enum status announced = find_announcement(sending, &sequence);
    if (announced == STATUS_CONFLICT)
        return begin_anew(sending); /* in its place */
    return announced == STATUS_NOT_FOUND ? STATUS_OK : announced;
}

/* ---- to the server ---- */

static enum status begin(struct sending *sending, struct wire_file_begin_response *where)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_begin_request request = {.channel = sending->channel->id,
                                              .file = sending->upload.file,
                                              .message = sending->upload.message,
                                              .size = file_sealed_size(sending->size)};
    return engine_call(sending->engine, WIRE_FILE_BEGIN, &request, &reply, where);
}

static enum status put(struct sending *sending, uint32_t index)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_put_request request = {.channel = sending->channel->id,
                                            .file = sending->upload.file,
                                            .index = index,
                                            .bytes = buffer_span(&sending->sealed)};
    return engine_call(sending->engine, WIRE_FILE_PUT, &request, &reply, NULL);
}

static enum status finish(struct sending *sending)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_done_request request = {.channel = sending->channel->id,
                                             .file = sending->upload.file};
    TRY(hash_list(sending->hashes, sending->chunk_count, request.sha256));
    return engine_call(sending->engine, WIRE_FILE_DONE, &request, &reply, NULL);
}

/* The same bytes as before, or none: the key has encrypted them already. */
static enum status seal(struct sending *sending, uint32_t index)
{
    uint8_t hash[32];
    TRY(read_chunk(sending, index));
    TRY(hash_into(buffer_span(&sending->plain), hash));
    if (memcmp(hash, sending->plain_hashes[index], sizeof hash) != 0)
        return engine_explain(sending->engine, STATUS_CONFLICT,
                              "the file changed while it was sent: send it again");
    buffer_truncate(&sending->sealed, 0);
    TRY(file_chunk_seal(sending->upload.key, sending->size, index, buffer_span(&sending->plain),
                        &sending->sealed));
    return hash_into(buffer_span(&sending->sealed), sending->hashes[index].sha256);
}

static void tell(const struct sending *sending, uint32_t chunks)
{
    const struct file_progress *progress = &sending->file->progress;
    uint64_t done = (uint64_t)chunks * LIMIT_FILE_CHUNK_BYTES;
    if (progress->tell != NULL)
        progress->tell(progress->context, done < sending->size ? done : sending->size,
                       sending->size);
}

/* All chunks; those that the server has are only hashed. What others say meanwhile is shown. */
static enum status put_all(struct sending *sending, bool *complete)
{
    struct wire_file_begin_response where;
    TRY(begin(sending, &where));
    for (uint32_t i = 0; i < sending->chunk_count; i++) {
        TRY(seal(sending, i));
        if (where.complete || i < where.chunks)
            continue;
        tell(sending, i);
        TRY(put(sending, i));
        file_patience_renew(&sending->patience);
        TRY(events_handle_all(sending->engine));
    }
    tell(sending, sending->chunk_count);
    *complete = where.complete;
    return STATUS_OK;
}

static enum status upload_once(struct sending *sending)
{
    bool complete = false;
    TRY(put_all(sending, &complete));
    return complete ? STATUS_OK : finish(sending);
}

static enum status upload(struct sending *sending)
{
    bool sent_again = false;
    enum status status = upload_once(sending);
    while (status != STATUS_OK) {
        /* The disk lost something of it, as after a power cut: once more from the beginning. */
        if (status == STATUS_INVALID && !sent_again)
            sent_again = true;
        else
            TRY(file_patience_wait(&sending->patience, sending->engine, status));
        status = upload_once(sending);
    }
    return STATUS_OK;
}

/* ---- to the members ---- */

static enum status announce(struct sending *sending, struct channel_said *said)
{
    struct engine *engine = sending->engine;
    struct content_file body = {.file = sending->upload.file,
                                .size = sending->size,
                                .name = sending->file->name,
                                .media_type = sending->file->media_type,
                                .chunks = sending->hashes,
                                .chunk_count = sending->chunk_count};
    memcpy(body.key, sending->upload.key, sizeof body.key);
    said->message = sending->upload.message;
    enum status known = find_announcement(sending, &said->sequence);
    if (known == STATUS_NOT_FOUND)
        known = session_say_as(engine, sending->channel, &sending->upload.message, CONTENT_FILE,
                               NULL, &body, said);
    secret_wipe(body.key, sizeof body.key);
    TRY(known);
    return channel_transact(engine, sending->channel, forget_upload, sending);
}

static enum status give_up(struct sending *sending)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_drop_request request = {.channel = sending->channel->id,
                                             .file = sending->upload.file};
    TRY(channel_transact(sending->engine, sending->channel, forget_upload, sending));
    return engine_call(sending->engine, WIRE_FILE_DROP, &request, &reply, NULL);
}

static enum status send_all(struct sending *sending, struct channel_said *said)
{
    TRY(measure(sending));
    TRY(find_or_begin(sending));
    enum status sent = upload(sending);
    if (sent == STATUS_CONFLICT) {
        enum status given_up = give_up(sending);
        (void)given_up; /* what is left of it ends by itself after a week */
    }
    TRY(sent);
    return announce(sending, said);
}

enum status file_send(struct engine *engine,
                      struct channel *channel,
                      const struct file_to_send *file,
                      struct channel_said *said)
{
    struct sending *sending = calloc(1, sizeof *sending);
    if (sending == NULL)
        return STATUS_NO_MEMORY;
    sending->engine = engine;
    sending->channel = channel;
    sending->file = file;
    buffer_init(&sending->plain, LIMIT_FILE_CHUNK_BYTES);
    buffer_init(&sending->sealed, LIMIT_SEALED_CHUNK_BYTES);
    enum status status = send_all(sending, said);
    sending_clear(sending);
    free(sending);
    return status;
}
