/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a member can do about a channel's history that weft never does, with the profile of somebody
 * who is in the channel. Prints the status and, where the server says so, the milliseconds to wait.
 *
 *   forge_history PROFILE CHANNEL answer PERSON [FILE FIRST LAST]...  says keys of PERSON's wish
 *   forge_history PROFILE CHANNEL ask                                asks for the keys
 *   forge_history PROFILE CHANNEL begin FILE LAST                    begins the first segment
 *   forge_history PROFILE CHANNEL done FILE                          says that it is all there
 *   forge_history PROFILE CHANNEL get FILE                           fetches its first chunk
 *   forge_history PROFILE CHANNEL shared PERSON                      says that PERSON was answered
 *   forge_history PROFILE CHANNEL lock PERSON    seals what was said as anybody would, and answers
 *                                                PERSON with all that is true of it but the key
 *   forge_history PROFILE CHANNEL leave-out PERSON NUMBER KIND
 *                                                seals what was said as anybody would, but for one
 *                                                entry, which is said to be of that kind of a
 *                                                segment, and answers PERSON with its key
 *   forge_history PROFILE CHANNEL hide PERSON    seals the first block as if all in it had been
 *                                                commits, and answers PERSON with its key
 */
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/history_seal.h"
#include "protocol/content/file_chunk.h"
#include "protocol/content/kinds.h"
#include "protocol/content/segment.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/wire/files.h"
#include "protocol/wire/history.h"
#include "tests/bench/must.h"

#include <string.h>

#define KEYS_MAX 8

static struct id id_of(const char *text)
{
    struct id id;
    MUST(id_parse(span_from_text(text), &id));
    return id;
}

static void say(struct engine *engine,
                struct channel *channel,
                struct id asked_by,
                struct content_history_segment *keys,
                size_t count)
{
    struct channel_said said;
    struct content_history history = {
        .asked_by = asked_by, .segments = keys, .segment_count = count, .seen = channel->cursor};
    MUST(channel_say(engine, channel, CONTENT_HISTORY, NULL, &history, &said));
}

static void answer(struct engine *engine, struct channel *channel, int count, char **words)
{
    struct content_history_segment keys[KEYS_MAX] = {{.first = 0}};
    size_t key_count = 0;
    for (int i = 1; i + 2 < count; i += 3) {
        MUST_BE(key_count < KEYS_MAX);
        keys[key_count++] =
            (struct content_history_segment){.first = strtoull(words[i + 1], NULL, 10),
                                             .last = strtoull(words[i + 2], NULL, 10),
                                             .file = id_of(words[i]),
                                             .size = 1000};
    }
    say(engine, channel, id_of(words[0]), keys, key_count);
}

static enum status call(struct engine *engine, enum wire_request kind, const void *request)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    union {
        struct wire_history_ask_response ask;
        struct wire_history_begin_response begin;
        struct wire_history_show_response show;
        struct wire_file_get_response get;
        struct wire_empty nothing;
    } response;
    return engine_call_once(engine, kind, request, &reply, &response);
}

/* As anybody seals what was said in the range. */
static void seal(struct engine *engine,
                 struct channel *channel,
                 const struct content_history_segment *key,
                 struct buffer *bytes)
{
    const struct history_range range = {key->first, key->last, 0};
    MUST(history_seal(engine, channel, &range, bytes));
}

/* As `seal`, but for one entry, of which nothing is left but its place. */
static void seal_without(struct engine *engine,
                         struct channel *channel,
                         const struct content_history_segment *key,
                         char **words,
                         struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer whole = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct segment segment;
    seal(engine, channel, key, &whole);
    MUST(segment_decode(buffer_span(&whole), &arena, &segment));
    struct segment_item *item = &segment.items[strtoull(words[0], NULL, 10) - key->first];
    item->kind = (uint8_t)strtoull(words[1], NULL, 10);
    item->authenticated = SPAN_EMPTY;
    MUST(segment_encode(&segment, bytes));
}

/* Every entry a commit, whatever it was. */
static void seal_commits(struct engine *engine,
                         struct channel *channel,
                         const struct content_history_segment *key,
                         struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer whole = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct segment segment;
    seal(engine, channel, key, &whole);
    MUST(segment_decode(buffer_span(&whole), &arena, &segment));
    for (size_t i = 0; i < segment.item_count; i++)
        segment.items[i] = (struct segment_item){.kind = SEGMENT_COMMIT};
    segment.epoch_count = 0;
    MUST(segment_encode(&segment, bytes));
}

/* The only chunk of the segment, encrypted; `key` has the hash and the size. */
static void make_chunk(const struct engine *engine,
                       struct buffer *bytes,
                       struct content_history_segment *key,
                       struct buffer *chunk)
{
    struct digest digest;
    uint8_t *padding = NULL;
    MUST(id_random(engine->random, &key->file));
    MUST(random_fill(engine->random, key->key, sizeof key->key));
    MUST(hash_bytes(HASH_SHA256, buffer_span(bytes), &digest));
    memcpy(key->sha256, digest.bytes, sizeof key->sha256);
    key->size = bytes->len;
    MUST_BE(file_chunk_count(key->size) == 1);
    MUST(buffer_extend(bytes, file_chunk_size(key->size, 0) - bytes->len, &padding));
    MUST(file_chunk_seal(key->key, key->size, 0, buffer_span(bytes), chunk));
}

static enum status upload(struct engine *engine,
                          struct channel *channel,
                          struct content_history_segment *key,
                          struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer chunk = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES);
    struct wire_history_show_request show = {channel->id};
    struct digest digest;
    make_chunk(engine, bytes, key, &chunk);
    struct wire_history_begin_request begin = {.channel = channel->id,
                                               .file = key->file,
                                               .first = key->first,
                                               .last = key->last,
                                               .seen = channel->cursor,
                                               .size = chunk.len};
    struct wire_file_put_request put = {
        .channel = channel->id, .file = key->file, .bytes = buffer_span(&chunk)};
    struct wire_file_done_request done = {.channel = channel->id, .file = key->file};
    MUST(hash_bytes(HASH_SHA256, buffer_span(&chunk), &digest));
    MUST(hash_bytes(HASH_SHA256, digest_span(&digest), &digest));
    memcpy(done.sha256, digest.bytes, sizeof done.sha256);
    TRY(call(engine, WIRE_HISTORY_SHOW, &show)); /* whose turn it is is found out by asking */
    TRY(call(engine, WIRE_HISTORY_BEGIN, &begin));
    TRY(call(engine, WIRE_FILE_PUT, &put));
    return call(engine, WIRE_FILE_DONE, &done);
}

static enum status end_turn(struct engine *engine,
                            struct channel *channel,
                            const char *person,
                            struct content_history_segment *key)
{
    say(engine, channel, id_of(person), key, 1);
    struct wire_history_shared_request shared = {channel->id, id_of(person)};
    return call(engine, WIRE_HISTORY_SHARED, &shared);
}

static enum status lock(struct engine *engine, struct channel *channel, const char *person)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    struct content_history_segment key = {.first = 1, .last = channel->cursor};
    seal(engine, channel, &key, &bytes);
    TRY(upload(engine, channel, &key, &bytes));
    key.key[0] ^= 1;
    return end_turn(engine, channel, person, &key);
}

static enum status
leave_out(struct engine *engine, struct channel *channel, const char *person, char **words)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    struct content_history_segment key = {.first = 1, .last = channel->cursor};
    seal_without(engine, channel, &key, words, &bytes);
    TRY(upload(engine, channel, &key, &bytes));
    return end_turn(engine, channel, person, &key);
}

static enum status hide(struct engine *engine, struct channel *channel, const char *person)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    struct content_history_segment key = {.first = 1, .last = LIMIT_SEGMENT_ENTRIES};
    seal_commits(engine, channel, &key, &bytes);
    TRY(upload(engine, channel, &key, &bytes));
    return end_turn(engine, channel, person, &key);
}

static enum status
forge(struct engine *engine, struct channel *channel, const char *what, int count, char **words)
{
    struct wire_history_ask_request ask = {.channel = channel->id};
    if (strcmp(what, "ask") == 0)
        return call(engine, WIRE_HISTORY_ASK, &ask);
    MUST_BE(count > 0);
    struct wire_history_shared_request shared = {channel->id, id_of(words[0])};
    if (strcmp(what, "shared") == 0)
        return call(engine, WIRE_HISTORY_SHARED, &shared);
    if (strcmp(what, "answer") == 0) {
        answer(engine, channel, count, words);
        return STATUS_OK;
    }
    if (strcmp(what, "lock") == 0)
        return lock(engine, channel, words[0]);
    if (strcmp(what, "leave-out") == 0 && count == 3)
        return leave_out(engine, channel, words[0], words + 1);
    if (strcmp(what, "hide") == 0)
        return hide(engine, channel, words[0]);
    struct wire_file_done_request done = {.channel = channel->id, .file = id_of(words[0])};
    if (strcmp(what, "done") == 0)
        return call(engine, WIRE_FILE_DONE, &done);
    struct wire_file_get_request get = {.channel = channel->id, .file = done.file};
    if (strcmp(what, "get") == 0)
        return call(engine, WIRE_FILE_GET, &get);
    MUST_BE(strcmp(what, "begin") == 0 && count == 2);
    struct wire_history_begin_request begin = {.channel = channel->id,
                                               .file = id_of(words[0]),
                                               .first = 1,
                                               .last = strtoull(words[1], NULL, 10),
                                               .seen = channel->cursor,
                                               .size = 1000};
    return call(engine, WIRE_HISTORY_BEGIN, &begin);
}

int main(int argc, char **argv)
{
    struct engine *engine = NULL;
    pid_t holder = 0;
    if (argc < 4) {
        (void)fprintf(stderr, "forge_history PROFILE CHANNEL "
                              "answer|ask|begin|done|get|shared|lock|leave-out|hide ...\n");
        return 2;
    }
    struct engine_options options = {.directory = argv[1], .random = random_system()};
    MUST(crypto_start());
    struct id id = id_of(argv[2]);
    MUST(engine_open(&options, &engine, &holder));
    MUST(engine_connect(engine));
    struct channel *channel = channel_find(engine, &id);
    MUST_BE(channel != NULL);
    MUST(channel_log_catch_up(engine, channel));
    enum status status = forge(engine, channel, argv[3], argc - 4, argv + 4);
    (void)printf("%s %u\n", status_name(status),
                 status == STATUS_OK ? 0 : connection_retry_after_ms(engine->connection));
    engine_close(&engine);
    return 0;
}
