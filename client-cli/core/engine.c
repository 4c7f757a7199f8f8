/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/engine.h"

#include "client-cli/core/channel.h"
#include "client-cli/core/channel_join.h"
#include "client-cli/core/key_pool.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/read_mark.h"
#include "client-cli/core/replica.h"
#include "client-cli/core/search.h"
#include "protocol/base/secret.h"
#include "protocol/channel/policy.h"
#include "protocol/wire/accounts.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A day for clocks that are off; a KeyPackage of last resort lives 400 days and a day either side.
 */
#define LIFETIME_TOLERANCE_SECONDS 86400u
#define LIFETIME_SECONDS_MAX (402u * 86400u)

/* A message may be in it, of two texts. */
#define NOTICE_BYTES_MAX (2 * LIMIT_TEXT_BYTES + 600)

/* A wait that ended so shortly before its time was not interrupted. */
#define CLOCK_TOLERANCE_MS 50

/* ---- explanations ---- */

enum status engine_explain(struct engine *engine, enum status status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(engine->explanation, sizeof engine->explanation, format, values);
    va_end(values);
    return status;
}

enum status engine_explain_broken_off(struct engine *engine, enum status status)
{
    if (status != STATUS_NETWORK && status != STATUS_TIMEOUT)
        return status;
    return engine_explain(engine, status,
                          "the server cannot be reached any more: the same command goes on where "
                          "this one stopped");
}

const char *engine_explanation(const struct engine *engine)
{
    return engine->explanation;
}

void engine_forget_explanation(struct engine *engine)
{
    engine->explanation[0] = '\0';
}

void engine_notice(struct engine *engine, const struct channel *channel, const char *format, ...)
{
    char text[NOTICE_BYTES_MAX];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (engine->listener.notice != NULL)
        engine->listener.notice(engine->listener.context, channel, text);
}

void engine_listen(struct engine *engine, const struct engine_listener *listener)
{
    engine->listener = *listener;
}

/* ---- time ---- */

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t engine_wall_ms(void)
{
    return read_clock_ms(CLOCK_REALTIME);
}

/* Since this machine started, the time that it slept included: nobody sets that. */
static int64_t running_ms(void)
{
    return read_clock_ms(CLOCK_BOOTTIME);
}

int64_t engine_now_ms(const struct engine *engine)
{
    return engine->start_ms + running_ms();
}

bool engine_is_time(int64_t time_ms)
{
    return time_ms >= -CORE_TIME_MAX_MS && time_ms <= CORE_TIME_MAX_MS;
}

void engine_mls_options(const struct engine *engine, struct mls_options *options)
{
    *options = (struct mls_options){.now_seconds = (uint64_t)(engine_now_ms(engine) / 1000),
                                    .tolerance_seconds = LIFETIME_TOLERANCE_SECONDS,
                                    .lifetime_seconds_max = LIFETIME_SECONDS_MAX};
    channel_policy_options(engine->directory, options);
}

/* ---- opening ---- */

static enum status engine_new(const struct engine_options *options, struct engine **engine)
{
    struct engine *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->random = options->random;
    fresh->start_ms = engine_wall_ms() - running_ms();
    fresh->account = ACCOUNT_INIT;
    if (uv_loop_init(&fresh->loop) != 0) {
        free(fresh);
        return STATUS_NO_MEMORY;
    }
    enum status status = directory_new(&fresh->directory);
    if (status != STATUS_OK)
        engine_close(&fresh);
    else
        *engine = fresh;
    return status;
}

static void vault_options_of(const struct engine_options *options, struct vault_options *vault)
{
    *vault = (struct vault_options){.directory = options->directory,
                                    .passphrase = options->passphrase,
                                    .random = options->random};
}

enum status
engine_create(const struct engine_options *options, struct engine **engine, pid_t *holder)
{
    struct vault_options vault;
    vault_options_of(options, &vault);
    struct engine *fresh = NULL;
    TRY(engine_new(options, &fresh));
    enum status status = vault_create(&vault, &fresh->vault, holder);
    if (status != STATUS_OK)
        engine_close(&fresh);
    else
        *engine = fresh;
    return status;
}

enum status engine_open(const struct engine_options *options, struct engine **engine, pid_t *holder)
{
    struct vault_options vault;
    vault_options_of(options, &vault);
    struct engine *fresh = NULL;
    TRY(engine_new(options, &fresh));
    enum status status = vault_open(&vault, &fresh->vault, holder);
    if (status == STATUS_OK)
        status = account_load(fresh->vault, &fresh->account);
    if (status == STATUS_NOT_FOUND && fresh->vault != NULL)
        status = STATUS_OK; /* a join that was broken off at its beginning */
    if (status == STATUS_OK)
        status = replica_load(fresh);
    if (status == STATUS_OK)
        status = channel_load_all(fresh);
    if (status != STATUS_OK)
        engine_close(&fresh);
    else
        *engine = fresh;
    return status;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void engine_close(struct engine **engine)
{
    struct engine *ending = *engine;
    if (ending == NULL)
        return;
    connection_free(&ending->connection);
    search_forget(ending);
    channel_free_all(ending);
    directory_free(&ending->directory);
    account_clear(&ending->account);
    vault_close(&ending->vault);
    uv_walk(&ending->loop, close_handle, NULL);
    uv_run(&ending->loop, UV_RUN_DEFAULT);
    uv_loop_close(&ending->loop);
    secret_wipe(ending, sizeof *ending);
    free(ending);
    *engine = NULL;
}

/* ---- connecting ---- */

static enum status explain_failure(struct engine *engine, enum status status)
{
    struct span host = engine->account.host;
    struct span detail = connection_detail(engine->connection);
    if (status == STATUS_UNTRUSTED)
        return engine_explain(engine, status,
                              "%.*s:%u could not prove that it is the server of your invite link. "
                              "Nothing was sent. Do not go on; ask who invited you",
                              (int)host.len, (const char *)host.ptr, engine->account.port);
    if (status == STATUS_UNSUPPORTED)
        return engine_explain(engine, status,
                              "the server speaks no version of the protocol that this weft speaks: "
                              "update weft");
    if (status == STATUS_RATE_LIMITED)
        return engine_explain(
            engine, status,
            "%.*s:%u has too many connections from your address, and asks to wait "
            "%u s. Try again then, or end another weft",
            (int)host.len, (const char *)host.ptr, engine->account.port,
            (connection_retry_after_ms(engine->connection) + 999) / 1000);
    if (status == STATUS_NETWORK || status == STATUS_TIMEOUT)
        return engine_explain(engine, status, "%.*s:%u cannot be reached%s%.*s. Try again later",
                              (int)host.len, (const char *)host.ptr, engine->account.port,
                              detail.len == 0 ? "" : ": ", (int)detail.len,
                              detail.len == 0 ? "" : (const char *)detail.ptr);
    return status;
}

/* Waits for as long as the server has asked, where it has and that is bearable; says so. False
 * when it is not, or somebody interrupted. */
static bool wait_as_asked(struct engine *engine, int64_t *patience_ms)
{
    struct span detail = connection_detail(engine->connection);
    uint32_t asked_ms = connection_retry_after_ms(engine->connection);
    if (asked_ms == 0 || asked_ms > *patience_ms)
        return false;
    engine_notice(engine, NULL, "The server asks to wait %u s%s%.*s: waiting",
                  (asked_ms + 999) / 1000, detail.len == 0 ? "" : " - ", (int)detail.len,
                  detail.len == 0 ? "" : (const char *)detail.ptr);
    int64_t until = engine_wall_ms() + asked_ms;
    connection_pause(engine->connection, asked_ms);
    *patience_ms -= asked_ms;
    return engine_wall_ms() >= until - CLOCK_TOLERANCE_MS;
}

static enum status open_patiently(struct engine *engine)
{
    int64_t patience_ms = CORE_PATIENCE_MS;
    enum status status = connection_open(engine->connection, engine_wall_ms());
    while ((status == STATUS_RATE_LIMITED || status == STATUS_NETWORK) &&
           wait_as_asked(engine, &patience_ms))
        status = connection_open(engine->connection, engine_wall_ms());
    return status == STATUS_OK ? STATUS_OK : explain_failure(engine, status);
}

static enum status open_connection(struct engine *engine)
{
    const struct account *account = &engine->account;
    if (engine->connection == NULL) {
        struct connection_server server = {.port = account->port};
        memcpy(server.log_key, account->log_key, sizeof server.log_key);
        memcpy(server.host, account->host.ptr, account->host.len);
        TRY(connection_new(&engine->loop, &server, &engine->connection));
    }
    return open_patiently(engine);
}

/* Every login has a counter of its own, so that a copy of the vault which is put back shows at its
 * first login: its counter is one that was used. */
static enum status raise_counter(struct engine *engine)
{
    TRY(vault_begin(engine->vault));
    return vault_end(engine->vault, STATUS_OK);
}

/* Lifetimes, and the time that a stage has left, go by the server's clock; which of the two is
 * right nobody here can know. */
static enum status take_server_time(struct engine *engine, int64_t server_time)
{
    if (!engine_is_time(server_time))
        return engine_explain(engine, STATUS_MALFORMED, "the server's clock shows no time at all");
    int64_t skew_ms = server_time - engine_wall_ms();
    int64_t minutes = (skew_ms < 0 ? -skew_ms : skew_ms) / 60000;
    engine->start_ms = server_time - running_ms();
    if (minutes * 60000 >= CORE_CLOCK_DIFFERENCE_MS)
        engine_notice(
            engine, NULL,
            "The server's clock is %lld minutes %s this computer's: one of them is wrong, "
            "and the times of what is said are the server's",
            (long long)minutes, skew_ms < 0 ? "behind" : "ahead of");
    return STATUS_OK;
}

/* The log that a newcomer is shown first fits nothing that they know but themselves. */
static enum status check_own_device(struct engine *engine)
{
    const struct account *account = &engine->account;
    enum status listed = directory_check_leaf(engine->directory, &account->person, &account->device,
                                              SPAN_OF(account->leaf_public));
    if (listed == STATUS_OK || listed == STATUS_DENIED)
        return STATUS_OK;
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "the server's directory of devices does not have this one: the server "
                          "shows you something else than others, or has lost it. Tell the people "
                          "who run it");
}

/* Who is refused is not shown the directory, in which they could see by whom they were shut out. */
static enum status explain_refusal(struct engine *engine, enum status status)
{
    struct span detail = connection_detail(engine->connection);
    bool refused = status == STATUS_DENIED || status == STATUS_UNAUTHENTICATED;
    if (!refused || !engine_is_connected(engine) || detail.len == 0)
        return status;
    return engine_explain(engine, status, "the server says: %.*s", (int)detail.len,
                          (const char *)detail.ptr);
}

static enum status log_in(struct engine *engine)
{
    TRY(raise_counter(engine));
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    struct wire_login_request request = {.device = engine->account.device,
                                         .vault_counter = vault_counter(engine->vault)};
    struct wire_login_response response;
    TRY(connection_sign_login(engine->connection, &request.device,
                              SPAN_OF(engine->account.login_private), &signature));
    request.signature = buffer_span(&signature);
    TRY(explain_refusal(engine, engine_call(engine, WIRE_LOGIN, &request, &reply, &response)));
    if (!id_equal(&response.person, &engine->account.person))
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "the server takes this device for somebody else's");
    engine->role = response.role;
    TRY(take_server_time(engine, response.server_time));
    engine->logged_in = true;
    if (response.vault_rolled_back)
        TRY(channel_distrust_all(engine));
    TRY(replica_update(engine, response.head));
    return check_own_device(engine);
}

/* What every login looks after. Nothing that fails here keeps the person from what they came for,
 * unless the connection is gone. */
static enum status look_after(struct engine *engine)
{
    enum status status = key_pool_refill(engine);
    if (status == STATUS_OK)
        status = channel_join_welcomes(engine);
    if (status == STATUS_OK)
        status = read_mark_fetch(engine);
    if (status != STATUS_OK && engine_is_connected(engine)) {
        engine_notice(engine, NULL, "Not everything could be brought up to date: %s",
                      engine->explanation[0] == '\0' ? status_text(status) : engine->explanation);
        engine_forget_explanation(engine);
        return STATUS_OK;
    }
    return status;
}

/* The server keeps them for a connection. */
static void forget_subscriptions(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        channel->subscribed = false;
}

enum status engine_log_in(struct engine *engine)
{
    if (!engine_is_connected(engine)) {
        engine->logged_in = false;
        forget_subscriptions(engine);
        TRY(open_connection(engine));
    }
    if (engine->logged_in || engine->account.joined == 0)
        return STATUS_OK;
    engine->looked_after = false;
    return log_in(engine);
}

enum status engine_connect(struct engine *engine)
{
    TRY(engine_log_in(engine));
    if (!engine->logged_in || engine->looked_after)
        return STATUS_OK;
    engine->looked_after = true;
    return look_after(engine);
}

bool engine_is_connected(const struct engine *engine)
{
    return engine->connection != NULL && connection_is_open(engine->connection);
}

/* What the server said of a request that it refused. */
static enum status explain_answer(struct engine *engine, enum status status)
{
    if (status == STATUS_OK)
        return STATUS_OK;
    struct span detail = connection_detail(engine->connection);
    uint32_t wait_ms = connection_retry_after_ms(engine->connection);
    if (!connection_is_open(engine->connection))
        return explain_failure(engine, status);
    if (wait_ms != 0)
        return engine_explain(engine, status, "%.*s; try again in %u s", (int)detail.len,
                              (const char *)detail.ptr, (wait_ms + 999) / 1000);
    if (detail.len != 0)
        return engine_explain(engine, status, "%.*s", (int)detail.len, (const char *)detail.ptr);
    if (status == STATUS_MALFORMED || status == STATUS_TRUNCATED || status == STATUS_TRAILING)
        return engine_explain(engine, status,
                              "the server's answer cannot be read (%s): update weft, or tell "
                              "whoever runs the server",
                              status_text(status));
    return status;
}

enum status engine_call(struct engine *engine,
                        enum wire_request kind,
                        const void *request,
                        struct connection_reply *reply,
                        void *response)
{
    int64_t patience_ms = CORE_PATIENCE_MS;
    enum status status = connection_call(engine->connection, kind, request, reply, response);
    /* What is refused for its rate was not done, so that it can be asked again as it is. */
    while (status == STATUS_RATE_LIMITED && connection_is_open(engine->connection) &&
           wait_as_asked(engine, &patience_ms))
        status = connection_call(engine->connection, kind, request, reply, response);
    return explain_answer(engine, status);
}

enum status engine_call_once(struct engine *engine,
                             enum wire_request kind,
                             const void *request,
                             struct connection_reply *reply,
                             void *response)
{
    return explain_answer(engine,
                          connection_call(engine->connection, kind, request, reply, response));
}
