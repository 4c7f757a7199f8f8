/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/storm_client.h"

#include "client-cli/core/channel_enter.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/engine.h"
#include "client-cli/core/enrol.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/events.h"
#include "client-cli/core/history.h"
#include "client-cli/core/history_count.h"
#include "client-cli/core/key_pool.h"
#include "client-cli/core/limits.h"
#include "protocol/content/kinds.h"
#include "protocol/crypto/random_system.h"
#include "tests/bench/must.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MESSAGE_PREFIX "storm "

/* Somebody speaks so often while others come. */
#define MESSAGE_INTERVAL_NS INT64_C(1000000000)

/* Between two looks at whether the storm is over; while somebody speaks events end the wait anyway.
 */
#define ROUND_MS 1000
#define SPEAKER_ROUND_MS 50

/* A message of the epoch before ours can come after the commit that let us in: nobody can read it
 * here, and it is shown as that (decided so: an epoch is accepted for a minute after its end). */
#define BEFORE_MAX 64

struct storm_client {
    struct storm_scene *scene;
    size_t number;
    struct engine *engine;
    struct channel *channel;
    uint8_t seen[STORM_MESSAGES_MAX];
    uint64_t last_seen;          /* message number + 1 */
    uint64_t before[BEFORE_MAX]; /* sequences of what was sent before we joined */
    size_t before_count;
    int64_t next_ns; /* when the speaker speaks next */
};

static void profile_path(const struct storm_scene *scene, size_t number, char path[8192])
{
    (void)snprintf(path, 8192, "%s/%zu", scene->directory, number);
}

/* With what the engine has to say of it. */
static void must(const struct storm_client *client, enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    (void)fprintf(stderr, "client %zu: %s\n", client->number, engine_explanation(client->engine));
    must_stop(__FILE__, __LINE__, what, status_text(status));
}

void storm_client_enrol(const struct storm_scene *scene, size_t number)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_invite_show_response shown;
    struct engine *engine = NULL;
    pid_t holder = 0;
    char path[8192];
    char name[32];
    profile_path(scene, number, path);
    MUST_BE(mkdir(path, 0700) == 0);
    (void)snprintf(name, sizeof name, "Client %zu", number);
    struct engine_options options = {.directory = path, .random = random_system()};
    MUST(engine_create(&options, &engine, &holder));
    MUST(enrol_show(engine, &scene->link, &reply, &shown));
    MUST(enrol_redeem(engine, &scene->link, &shown, span_from_text(name)));
    MUST(key_pool_refill(engine)); /* as `weft join` does */
    engine_close(&engine);
}

/* ---- what is read ---- */

/* The number of a message of the speaker's, from its text; false for anything else. */
static bool number_of(const struct stored_entry *entry, size_t *number)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content content;
    struct content_text body;
    const size_t prefix = sizeof MESSAGE_PREFIX - 1;
    char text[64] = "";
    if (entry->fate != ENTRY_READ || entry_content(entry, &content) != STATUS_OK ||
        content.kind != CONTENT_TEXT || content_decode_body(&content, &arena, &body) != STATUS_OK ||
        body.text.len >= sizeof text)
        return false;
    memcpy(text, body.text.ptr, body.text.len);
    if (strncmp(text, MESSAGE_PREFIX, prefix) != 0)
        return false;
    *number = strtoul(text + prefix, NULL, 10);
    return *number < STORM_MESSAGES_MAX;
}

static void on_entry(void *context, const struct channel *channel, const struct stored_entry *entry)
{
    struct storm_client *client = context;
    struct storm_scene *scene = client->scene;
    struct storm_client_result *result = &scene->results[client->number];
    size_t number;
    (void)channel;
    if (entry->fate == ENTRY_BEFORE && client->before_count < BEFORE_MAX)
        client->before[client->before_count++] = entry->sequence;
    if (!number_of(entry, &number))
        return;
    if (client->seen[number]++ != 0)
        result->duplicated++;
    else if (number + 1 < client->last_seen)
        result->misordered++;
    client->last_seen = number + 1;
    if (client->number == 0)
        atomic_store(&scene->messages[number].sequence, entry->sequence);
    latencies_add(&scene->latencies, storm_now_ns() - scene->messages[number].said_ns);
}

static bool was_before(const struct storm_client *client, uint64_t sequence)
{
    for (size_t i = 0; i < client->before_count; i++)
        if (client->before[i] == sequence)
            return true;
    return false;
}

/* Every message after our coming is there. */
static void count_lost(const struct storm_client *client)
{
    struct storm_client_result *result = &client->scene->results[client->number];
    size_t count = atomic_load(&client->scene->message_count);
    for (size_t i = 0; i < count; i++) {
        uint64_t sequence = atomic_load(&client->scene->messages[i].sequence);
        if (sequence <= result->joined_sequence || client->seen[i] != 0)
            continue;
        if (was_before(client, sequence))
            result->before++;
        else
            result->lost++;
    }
}

/* ---- life ---- */

static bool may_pass(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED;
}

/* As `weft follow` does: again after a while, half of it chance. */
static void connect_again(struct storm_client *client)
{
    uint32_t backoff_ms = CORE_BACKOFF_FIRST_MS;
    enum status status = engine_connect(client->engine);
    while (may_pass(status)) {
        uint32_t chance = 0;
        MUST(random_fill(random_system(), (uint8_t *)&chance, sizeof chance));
        (void)atomic_fetch_add(&client->scene->reconnects, 1);
        connection_pause(client->engine->connection, backoff_ms + chance % (backoff_ms + 1));
        backoff_ms = backoff_ms < CORE_BACKOFF_LAST_MS / 2 ? backoff_ms * 2 : CORE_BACKOFF_LAST_MS;
        status = engine_connect(client->engine);
    }
    must(client, status, "connecting");
}

/* Goes on as long as `status`, of what was tried last, may pass. */
static void subscribe(struct storm_client *client, enum status status)
{
    while (may_pass(status)) {
        connect_again(client);
        status = events_subscribe_all(client->engine);
    }
    must(client, status, "following");
}

static void open_engine(struct storm_client *client)
{
    struct engine_listener listener = {.entry = on_entry, .context = client};
    pid_t holder = 0;
    char path[8192];
    profile_path(client->scene, client->number, path);
    struct engine_options options = {.directory = path, .random = random_system()};
    MUST(engine_open(&options, &client->engine, &holder));
    engine_listen(client->engine, &listener);
    connect_again(client);
}

static void create(struct storm_client *client)
{
    struct channel_plan plan = {.title = SPAN_LITERAL("Summit"), .visibility = CHANNEL_OPEN};
    if (client->scene->full_history)
        plan.history = CHANNEL_HISTORY_FULL;
    must(client, channel_join_create(client->engine, &plan, &client->channel), "creating");
    client->scene->channel = client->channel->id;
    const struct content_text earlier = {.text = SPAN_LITERAL("said before anybody came")};
    for (size_t i = 0; client->scene->full_history && i < STORM_EARLIER_MESSAGES; i++) {
        struct channel_said said;
        must(client,
             channel_say(client->engine, client->channel, CONTENT_TEXT, NULL, &earlier, &said),
             "saying");
    }
}

static enum status join_once(struct storm_client *client)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_show_request request = {.channel = client->scene->channel};
    struct wire_channel_show_response shown;
    TRY(engine_call(client->engine, WIRE_CHANNEL_SHOW, &request, &reply, &shown));
    return channel_enter_open(client->engine, &shown.info, &client->channel);
}

/* Whoever was added while the connection was gone is in once connected again. */
static void join(struct storm_client *client)
{
    enum status status = join_once(client);
    while (may_pass(status)) {
        connect_again(client);
        client->channel = channel_find(client->engine, &client->scene->channel);
        bool in = client->channel != NULL && client->channel->state == CHANNEL_STATE_MEMBER;
        status = in ? STATUS_OK : join_once(client);
    }
    must(client, status, "joining");
}

static enum status say(struct storm_client *client)
{
    struct storm_scene *scene = client->scene;
    size_t number = atomic_load(&scene->message_count);
    struct channel_said said;
    char text[64];
    if (number == STORM_MESSAGES_MAX || storm_now_ns() < client->next_ns)
        return STATUS_OK;
    (void)snprintf(text, sizeof text, MESSAGE_PREFIX "%zu", number);
    struct content_text body = {.text = span_from_text(text)};
    scene->messages[number].said_ns = storm_now_ns();
    client->next_ns = scene->messages[number].said_ns + MESSAGE_INTERVAL_NS;
    atomic_store(&scene->message_count, number + 1);
    return channel_say(client->engine, client->channel, CONTENT_TEXT, NULL, &body, &said);
}

static enum status handle(struct storm_client *client)
{
    struct engine *engine = client->engine;
    if (!engine_is_connected(engine))
        return STATUS_NETWORK;
    TRY(events_subscribe_new(engine));
    return events_handle_all(engine);
}

static void one_round(struct storm_client *client, enum storm_phase phase)
{
    bool speaks = client->number == 0 && phase == STORM_JOIN;
    connection_wait(client->engine->connection, speaks ? SPEAKER_ROUND_MS : ROUND_MS);
    enum status status = handle(client);
    if (status == STATUS_OK && speaks)
        status = say(client);
    subscribe(client, status);
    MUST_BE(client->channel->state == CHANNEL_STATE_MEMBER);
}

/* The log's, and not how far this client has come by events, which may be nowhere yet. */
static void find_end(struct storm_client *client)
{
    struct storm_scene *scene = client->scene;
    enum status status = channel_log_catch_up(client->engine, client->channel);
    subscribe(client, status);
    if (status != STATUS_OK)
        return;
    atomic_store(&scene->last_epoch, mls_group_epoch(client->channel->group));
    atomic_store(&scene->last_sequence, client->channel->cursor);
}

/* Follows the channel, and says when it has come to the end of the log. */
static void follow(struct storm_client *client)
{
    struct storm_scene *scene = client->scene;
    bool settled = false;
    bool read = client->number < scene->members;
    for (enum storm_phase phase = storm_scene_phase(scene); phase != STORM_END;
         phase = storm_scene_phase(scene)) {
        one_round(client, phase);
        uint64_t last = atomic_load(&scene->last_sequence);
        if (phase == STORM_SETTLE && client->number == 0 && last == 0) {
            find_end(client);
        } else if (last != 0 && !settled && client->channel->cursor >= last) {
            settled = true;
            storm_scene_reach(scene);
        }
        if (phase == STORM_READ && !read && history_is_here(client->channel)) {
            struct history_figures figures;
            must(client, history_count(client->engine, client->channel, &figures), "counting");
            MUST_BE(figures.messages >= STORM_EARLIER_MESSAGES);
            read = true;
            storm_scene_reach(scene);
        }
        if (phase == STORM_PATHS && client->number == 0)
            atomic_store(&scene->last_epoch, mls_group_epoch(client->channel->group));
    }
}

static void come(struct storm_client *client)
{
    struct storm_scene *scene = client->scene;
    bool member = client->number < scene->members;
    storm_scene_await(scene, client->number == 0 ? STORM_CREATE
                             : member            ? STORM_GATHER
                                                 : STORM_JOIN);
    open_engine(client);
    if (client->number == 0)
        create(client);
    else
        join(client);
    subscribe(client, events_subscribe_all(client->engine));
    struct storm_client_result *result = &scene->results[client->number];
    result->joined_sequence = client->channel->joined_sequence;
    result->joined_epoch = mls_group_epoch(client->channel->group);
    atomic_store(&result->joined_ns, storm_now_ns());
    storm_scene_reach(scene);
}

void storm_client_live(struct storm_scene *scene, size_t number)
{
    struct storm_client *client = calloc(1, sizeof *client);
    MUST_BE(client != NULL);
    client->scene = scene;
    client->number = number;
    come(client);
    follow(client);
    count_lost(client);
    engine_close(&client->engine);
    free(client);
}
