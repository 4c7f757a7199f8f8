/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Somebody says so much that another has a lot to catch up: a thousand processes of `weft say` in
 * one, with the profile of a person who is in the channel.
 *
 *   say_many PROFILE CHANNEL COUNT      says "message 0" to "message COUNT-1"
 */
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "protocol/content/kinds.h"
#include "protocol/crypto/random_system.h"
#include "tests/bench/must.h"

static void say(struct engine *engine, struct channel *channel, unsigned long number)
{
    char text[32];
    struct channel_said said;
    (void)snprintf(text, sizeof text, "message %lu", number);
    struct content_text body = {.text = span_from_text(text)};
    MUST(channel_say(engine, channel, CONTENT_TEXT, NULL, &body, &said));
}

int main(int argc, char **argv)
{
    struct engine *engine = NULL;
    struct id id;
    pid_t holder = 0;
    if (argc != 4) {
        (void)fprintf(stderr, "say_many PROFILE CHANNEL COUNT\n");
        return 2;
    }
    struct engine_options options = {.directory = argv[1], .random = random_system()};
    unsigned long count = strtoul(argv[3], NULL, 10);
    MUST(crypto_start());
    MUST(id_parse(span_from_text(argv[2]), &id));
    MUST(engine_open(&options, &engine, &holder));
    MUST(engine_connect(engine));
    struct channel *channel = channel_find(engine, &id);
    MUST_BE(channel != NULL);
    MUST(channel_log_catch_up(engine, channel));
    for (unsigned long number = 0; number < count; number++)
        say(engine, channel, number);
    engine_close(&engine);
    return 0;
}
