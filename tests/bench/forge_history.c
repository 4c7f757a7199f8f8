/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a member can do about a channel's history that weft never does, with the profile of somebody
 * who is in the channel. Prints the status and, where the server says so, the milliseconds to wait.
 *
 *   forge_history PROFILE CHANNEL answer PERSON [FILE FIRST LAST]...  says keys of PERSON's wish
 *   forge_history PROFILE CHANNEL ask                                asks for the keys
 *   forge_history PROFILE CHANNEL begin FILE LAST                    begins the first segment
 *   forge_history PROFILE CHANNEL done FILE                          says that it is all there
 *   forge_history PROFILE CHANNEL shared PERSON                      says that PERSON was answered
 */
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "protocol/content/kinds.h"
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

static void answer(struct engine *engine, struct channel *channel, int count, char **words)
{
    struct content_history_segment keys[KEYS_MAX] = {{.first = 0}};
    struct channel_said said;
    struct content_history history = {
        .asked_by = id_of(words[0]), .segments = keys, .seen = channel->cursor};
    for (int i = 1; i + 2 < count; i += 3) {
        MUST_BE(history.segment_count < KEYS_MAX);
        keys[history.segment_count++] =
            (struct content_history_segment){.first = strtoull(words[i + 1], NULL, 10),
                                             .last = strtoull(words[i + 2], NULL, 10),
                                             .file = id_of(words[i]),
                                             .size = 1000};
    }
    MUST(channel_say(engine, channel, CONTENT_HISTORY, NULL, &history, &said));
}

static enum status call(struct engine *engine, enum wire_request kind, const void *request)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    union {
        struct wire_history_ask_response ask;
        struct wire_history_begin_response begin;
        struct wire_empty nothing;
    } response;
    return engine_call_once(engine, kind, request, &reply, &response);
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
    struct wire_file_done_request done = {.channel = channel->id, .file = id_of(words[0])};
    if (strcmp(what, "done") == 0)
        return call(engine, WIRE_FILE_DONE, &done);
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
        (void)fprintf(stderr, "forge_history PROFILE CHANNEL answer|ask|begin|done|shared ...\n");
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
