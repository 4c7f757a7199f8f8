/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Members of a channel commit in the same epoch, again and again: one wins each, and nobody is left
 * in a state of their own.
 *
 *   commit_races --races N [--racers M] [--directory DIR] [--vaults DIR]
 *
 * A real weftd, and M (default 5) real engines over TLS, a thread and a vault each. In each race
 * all have made their commit for the epoch that they are in before one of them is sent. Then: one
 * won, all are in the next epoch with the same secrets (epoch authenticator), at the same place of
 * the log. Who lost notices by itself, and makes nothing that is not wanted any more. After a
 * hundred races one of them speaks and all hear it.
 *
 * The server's store is in --directory (here unless said), the vaults are in --vaults (likewise).
 * Prints one figure a line, `name value unit`; exit code 0 only if every race went so.
 */
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_enter.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/engine.h"
#include "client-cli/core/entry.h"
#include "protocol/content/kinds.h"
#include "protocol/crypto/random_system.h"
#include "tests/bench/fan_server.h"
#include "tests/bench/must.h"
#include "tests/bench/storm_client.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define RACERS_MAX 32
#define AUTHENTICATOR_BYTES_MAX 64

/* A hundred races, and then a word. */
#define WORD_INTERVAL 100

struct racer {
    size_t number;
    struct engine *engine;
    struct channel *channel;
    pthread_t thread;
    /* Of the race that is on: */
    uint64_t from; /* the epoch that is raced for is the one after it */
    bool made;     /* a commit was to be made, in `from` */
    bool won;
    /* After it: */
    uint64_t epoch;
    uint64_t cursor;
    uint8_t authenticator[AUTHENTICATOR_BYTES_MAX];
    size_t words; /* heard */
};

static struct {
    struct fan_server server;
    struct storm_scene *scene;
    struct racer racers[RACERS_MAX];
    size_t count;
    size_t races;
    pthread_barrier_t barrier;
    size_t lost_races; /* commits that were sent and lost */
    size_t none_won, two_won, forks, words;
} all;

static void together(void)
{
    int waited = pthread_barrier_wait(&all.barrier);
    MUST_BE(waited == 0 || waited == PTHREAD_BARRIER_SERIAL_THREAD);
}

static void must(const struct racer *racer, enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    (void)fprintf(stderr, "racer %zu: %s\n", racer->number, engine_explanation(racer->engine));
    must_stop(__FILE__, __LINE__, what, status_text(status));
}

/* ---- one racer ---- */

/* A fresh path, wanted in this epoch only: who was too late wants nothing any more. */
static enum status propose(struct engine *engine,
                           struct channel *channel,
                           void *context,
                           struct channel_proposals *proposals)
{
    struct racer *racer = context;
    (void)engine;
    proposals->path = mls_group_epoch(channel->group) == racer->from;
    if (proposals->path) {
        racer->made = true;
        together(); /* nobody has sent one yet */
    }
    return STATUS_OK;
}

static void race(struct racer *racer)
{
    struct channel_change change = {.propose = propose, .context = racer};
    must(racer, channel_need_group(racer->engine, racer->channel), "opening the group");
    racer->from = mls_group_epoch(racer->channel->group);
    racer->made = racer->won = false;
    together(); /* all know where they are */
    must(racer, channel_commit(racer->engine, racer->channel, &change, &racer->won), "committing");
    together(); /* all have won or lost */
}

static void tell_state(struct racer *racer)
{
    must(racer, channel_log_catch_up(racer->engine, racer->channel), "catching up");
    must(racer, channel_need_group(racer->engine, racer->channel), "opening the group");
    struct span authenticator = mls_group_epoch_authenticator(racer->channel->group);
    MUST_BE(authenticator.len <= sizeof racer->authenticator);
    memset(racer->authenticator, 0, sizeof racer->authenticator);
    memcpy(racer->authenticator, authenticator.ptr, authenticator.len);
    racer->epoch = mls_group_epoch(racer->channel->group);
    racer->cursor = racer->channel->cursor;
}

static void judge(void)
{
    const struct racer *first = &all.racers[0];
    size_t won = 0;
    for (size_t i = 0; i < all.count; i++) {
        const struct racer *racer = &all.racers[i];
        won += racer->won;
        all.lost_races += racer->made && !racer->won;
        MUST_BE(racer->made && racer->from == first->from);
        if (racer->epoch != first->from + 1 || racer->cursor != first->cursor ||
            memcmp(racer->authenticator, first->authenticator, sizeof first->authenticator) != 0)
            all.forks++;
    }
    all.none_won += won == 0;
    all.two_won += won > 1;
}

static void on_entry(void *context, const struct channel *channel, const struct stored_entry *entry)
{
    struct racer *racer = context;
    struct content content;
    (void)channel;
    racer->words += entry->fate == ENTRY_READ && entry_content(entry, &content) == STATUS_OK &&
                    content.kind == CONTENT_TEXT;
}

static void speak(struct racer *racer)
{
    struct content_text body = {.text = SPAN_LITERAL("and on")};
    struct channel_said said;
    must(racer, channel_say(racer->engine, racer->channel, CONTENT_TEXT, NULL, &body, &said),
         "speaking");
}

static void *live(void *context)
{
    struct racer *racer = context;
    for (size_t number = 1; number <= all.races; number++) {
        bool speaks = number % WORD_INTERVAL == 0;
        race(racer);
        if (speaks && racer->number == number / WORD_INTERVAL % all.count)
            speak(racer);
        together();
        tell_state(racer);
        together();
        if (racer->number == 0) {
            judge();
            all.words += speaks;
            if (speaks)
                (void)fprintf(stderr, "races: %zu of %zu\n", number, all.races);
        }
        together();
    }
    return NULL;
}

/* ---- before and after ---- */

static void open_racer(struct racer *racer)
{
    char path[8192];
    pid_t holder = 0;
    (void)snprintf(path, sizeof path, "%s/%zu", all.scene->directory, racer->number);
    struct engine_options options = {.directory = path, .random = random_system()};
    struct engine_listener listener = {.entry = on_entry, .context = racer};
    MUST(engine_open(&options, &racer->engine, &holder));
    engine_listen(racer->engine, &listener);
    must(racer, engine_connect(racer->engine), "connecting");
}

/* One after another, while nobody else is there: each by an external commit. */
static void enter(struct racer *racer)
{
    storm_client_enrol(all.scene, racer->number);
    open_racer(racer);
    if (racer->number == 0) {
        struct channel_plan plan = {.title = SPAN_LITERAL("Races"), .visibility = CHANNEL_OPEN};
        must(racer, channel_join_create(racer->engine, &plan, &racer->channel), "creating");
        all.scene->channel = racer->channel->id;
    } else {
        CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
        struct wire_channel_show_request request = {.channel = all.scene->channel};
        struct wire_channel_show_response shown;
        must(racer, engine_call(racer->engine, WIRE_CHANNEL_SHOW, &request, &reply, &shown),
             "looking");
        must(racer, channel_enter_open(racer->engine, &shown.info, &racer->channel), "joining");
    }
    engine_close(&racer->engine);
}

static void come_back(struct racer *racer)
{
    open_racer(racer);
    racer->channel = channel_find(racer->engine, &all.scene->channel);
    MUST_BE(racer->channel != NULL);
    must(racer, channel_log_catch_up(racer->engine, racer->channel), "catching up");
}

static const char *text_after(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

static void prepare(const char *directory, const char *vaults)
{
    all.scene = storm_scene_new(all.count, 0);
    storm_scene_make_directory(all.scene, vaults);
    fan_server_init(&all.server, directory, true, "");
    fan_server_invite_link(&all.server, all.count, &all.scene->link);
    fan_server_start(&all.server, -1);
    all.scene->link.port = all.server.port;
    (void)strcpy(all.scene->link.host, "127.0.0.1");
    MUST_BE(pthread_barrier_init(&all.barrier, NULL, (unsigned)all.count) == 0);
    for (size_t i = 0; i < all.count; i++) {
        all.racers[i].number = i;
        enter(&all.racers[i]);
    }
}

static void run_all(void)
{
    for (size_t i = 0; i < all.count; i++)
        come_back(&all.racers[i]);
    for (size_t i = 0; i < all.count; i++)
        MUST_BE(pthread_create(&all.racers[i].thread, NULL, live, &all.racers[i]) == 0);
    for (size_t i = 0; i < all.count; i++)
        MUST_BE(pthread_join(all.racers[i].thread, NULL) == 0);
}

static void clean_up(void)
{
    for (size_t i = 0; i < all.count; i++)
        engine_close(&all.racers[i].engine);
    fan_server_clear(&all.server);
    storm_scene_remove_directory(all.scene);
}

int main(int argc, char **argv)
{
    size_t unheard = 0;
    all.races = strtoul(text_after(argc, argv, "--races", "0"), NULL, 10);
    all.count = strtoul(text_after(argc, argv, "--racers", "5"), NULL, 10);
    if (all.races == 0 || all.count < 2 || all.count > RACERS_MAX) {
        (void)fprintf(stderr,
                      "usage: commit_races --races N [--racers 2..%d] [--directory DIR] "
                      "[--vaults DIR]\n",
                      RACERS_MAX);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    MUST(crypto_start());
    const char *directory = text_after(argc, argv, "--directory", ".");
    prepare(directory, text_after(argc, argv, "--vaults", directory));
    int64_t begun_ns = storm_now_ns();
    run_all();
    double seconds = (double)(storm_now_ns() - begun_ns) / 1e9;
    for (size_t i = 0; i < all.count; i++)
        unheard += all.words - all.racers[i].words;
    clean_up();
    (void)printf("races %zu races\n", all.races);
    (void)printf("lost %zu commits\n", all.lost_races);
    (void)printf("without_winner %zu races\n", all.none_won);
    (void)printf("two_winners %zu races\n", all.two_won);
    (void)printf("forks %zu states\n", all.forks);
    (void)printf("unheard %zu messages\n", unheard);
    (void)printf("seconds %.1f s\n", seconds);
    (void)fflush(stdout);
    /* What libwebsockets keeps of a connection that ended is no leak of a client, which ends with
     * its process. */
    _exit(all.none_won + all.two_won + all.forks + unheard == 0 ? 0 : 1);
}
