/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long a search takes in a vault of many messages: the first one, which reads all of them and
 * makes the index, and one after it.
 *
 *     bench_search [MESSAGES]
 */
#include "client-cli/core/search.h"
#include "protocol/crypto/random_system.h"

#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS_A_MESSAGE 20
#define BATCH 2000

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void must(enum status status)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_search: %s\n", status_text(status));
        exit(EXIT_FAILURE);
    }
}

/* Words of a vocabulary in which some are much more frequent than others, as in a language. */
static void make_text(uint32_t *seed, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < WORDS_A_MESSAGE; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        uint32_t a = (*seed >> 8) % 200;
        *seed = *seed * 1664525u + 1013904223u;
        uint32_t word = a * ((*seed >> 8) % 200);
        used += (size_t)snprintf(text + used, size - used, "w%x%c ", word * 2654435761u % 0xfffffu,
                                 'a' + (int)(word % 26));
    }
}

static void store_message(struct engine *engine,
                          const struct channel *channel,
                          uint32_t number,
                          const char *text)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct content_text said = {span_from_text(text)};
    must(content_encode_body(CONTENT_TEXT, &said, &body));
    struct content content = {
        .version = CONTENT_VERSION, .kind = CONTENT_TEXT, .body = buffer_span(&body)};
    must(content_encode(&content, &bytes));
    struct stored_entry entry = {.sequence = number,
                                 .generation = 1,
                                 .fate = ENTRY_READ,
                                 .content = buffer_span(&bytes),
                                 .authenticated = buffer_span(&bytes)};
    must(id_random(random_system(), &entry.message));
    must(entry_store(engine, &channel->id, &entry));
}

static void fill(struct engine *engine, struct channel *channel, uint32_t messages)
{
    uint32_t seed = 7;
    for (uint32_t number = 1; number <= messages; number++) {
        char text[WORDS_A_MESSAGE * 12];
        make_text(&seed, text, sizeof text);
        if (number % BATCH == 1)
            must(vault_begin(engine->vault));
        store_message(engine, channel, number, number == messages / 2 ? "one needle" : text);
        if (number % BATCH == 0 || number == messages)
            must(vault_commit(engine->vault));
    }
    channel->cursor = messages;
}

static enum status count(void *context, struct channel *channel, const struct stored_entry *entry)
{
    (void)channel;
    (void)entry;
    ++*(size_t *)context;
    return STATUS_OK;
}

static void measure(struct engine *engine, const char *name, const char *words)
{
    size_t shown = 0;
    size_t found = 0;
    struct search_query query = {
        .words = span_from_text(words), .count_max = 20, .visit = count, .context = &shown};
    double before = now_ms();
    must(search_find(engine, &query, &found));
    printf("%s_ms %.2f ms\n%s_found %zu messages\n", name, now_ms() - before, name, found);
}

int main(int argc, char **argv)
{
    uint32_t messages = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    char directory[] = "/tmp/weft-bench-XXXXXX";
    char command[64];
    struct engine *engine = NULL;
    struct channel *channel = NULL;
    struct id id;
    pid_t holder;
    must(crypto_start());
    if (mkdtemp(directory) == NULL)
        return EXIT_FAILURE;
    struct engine_options options = {.directory = directory, .random = random_system()};
    must(engine_create(&options, &engine, &holder));
    must(id_random(random_system(), &id));
    must(channel_new(engine, &id, &channel));
    fill(engine, channel, messages);
    size_t before = mallinfo2().uordblks;
    printf("messages %u messages\n", messages);
    measure(engine, "first_search", "one needle");
    printf("index_size %.1f MiB\n", (double)(mallinfo2().uordblks - before) / (1 << 20));
    measure(engine, "rare_word", "needle");
    measure(engine, "two_beginnings", "wa wb");
    measure(engine, "frequent", "w");
    engine_close(&engine);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
