/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd serve: store, pools, network and admin socket around one loop; and their orderly end.
 */
#include "protocol/wire/events.h"
#include "server/command/admin_message.h"
#include "server/command/admin_server.h"
#include "server/command/exit_code.h"
#include "server/command/local.h"
#include "server/command/monitor.h"
#include "server/command/own_certificate.h"
#include "server/delivery/look.h"
#include "server/figures/figures.h"
#include "server/introduce/rounds.h"
#include "server/limits.h"
#include "server/stage/stage.h"
#include "server/store/files.h"
#include "server/transport/address.h"
#include "server/transport/certificate.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

/* Clients are told when to come back, a little apart. */
#define CLOSING_RETRY_MS 2000

/* For outboxes to empty after SIGTERM; what is acknowledged is durable long before. */
#define DRAIN_MS 5000
#define DRAIN_STEP_MS 20

struct serve {
    struct app app;
    uv_loop_t loop;
    uv_async_t store_ready;
    uv_async_t pool_ready;
    uv_async_t failed;
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uv_signal_t hangup;
    uv_timer_t drain;
    int64_t drain_until_ms;
    struct transport *transport;
    struct admin_server *admin;
    struct monitor *monitor; /* NULL: none */
    enum status failure;
    bool stopping;
    bool threads_ended; /* what they had done has been handed back, and they are gone */
};

/* ---- between the threads and the loop ---- */

static void notify_store(void *context)
{
    struct serve *serve = context;
    uv_async_send(&serve->store_ready);
}

static void notify_pool(void *context)
{
    struct serve *serve = context;
    uv_async_send(&serve->pool_ready);
}

static void fail(void *context)
{
    struct serve *serve = context;
    uv_async_send(&serve->failed);
}

static void notify_failure(void *context, enum status status)
{
    (void)status; /* the jobs that fail carry it too */
    fail(context);
}

static void on_store_ready(uv_async_t *async)
{
    struct serve *serve = async->data;
    if (!serve->threads_ended)
        store_drain_completed(serve->app.store);
}

static void on_pool_ready(uv_async_t *async)
{
    struct serve *serve = async->data;
    if (serve->threads_ended)
        return;
    pool_drain_completed(serve->app.validators);
    pool_drain_completed(serve->app.figures);
    pool_drain_completed(serve->app.disk);
    pool_drain_completed(serve->app.copier);
}

/* ---- the end ---- */

static void stop_now(struct serve *serve)
{
    uv_stop(&serve->loop);
}

static void on_drain(uv_timer_t *timer)
{
    struct serve *serve = timer->data;
    bool late = clock_monotonic_ms(clock_system()) >= serve->drain_until_ms;
    if (late || transport_count(serve->transport) == 0)
        stop_now(serve);
}

static void begin_stop(struct serve *serve)
{
    if (serve->stopping)
        return;
    serve->stopping = true;
    serve->app.hub.closing = true;
    atomic_store(&serve->app.stopping, true);
    JOURNAL(&serve->app.journal, JOURNAL_INFO, "stopping",
            JOURNAL_N("connections", transport_count(serve->transport)));
    struct wire_closing_event event = {.retry_after_ms = CLOSING_RETRY_MS};
    hub_tell_all(&serve->app.hub, WIRE_EVENT_CLOSING, &event);
    transport_drain(serve->transport, CLOSE_GOING_AWAY);
    admin_server_stop(serve->admin);
    serve->drain_until_ms = clock_monotonic_ms(clock_system()) + DRAIN_MS;
    if (uv_timer_start(&serve->drain, on_drain, DRAIN_STEP_MS, DRAIN_STEP_MS) != 0)
        stop_now(serve);
}

static void on_signal(uv_signal_t *signal_handle, int number)
{
    (void)number;
    begin_stop(signal_handle->data);
}

/* Nothing is certain but what was acknowledged: no more answers. */
static void on_failed(uv_async_t *async)
{
    struct serve *serve = async->data;
    serve->failure = STATUS_IO;
    if (store_has_failed(serve->app.store))
        JOURNAL(&serve->app.journal, JOURNAL_ERROR, "store_failed", JOURNAL_S(STATUS_IO));
    stop_now(serve);
}

/* ---- the beginning ---- */

static void on_tick(void *context)
{
    struct hub *hub = context;
    struct services *services = hub->dispatch_context;
    hub_tick(hub);
    delivery_tick(services->delivery);
    stage_tick(services->stage);
    rounds_tick(services->rounds);
    figures_tick(services->figures);
}

static enum status start_services(struct serve *serve)
{
    struct services *services = &serve->app.services;
    serve->app.hub.dispatch = handler_dispatch;
    serve->app.hub.arrived = handler_arrived;
    serve->app.hub.left = handler_left;
    serve->app.hub.dispatch_context = services;
    TRY(delivery_new(&serve->app.hub, &services->delivery));
    TRY(stage_new(services->delivery, &services->stage));
    TRY(stage_restore(services->stage));
    return rounds_restore(services->rounds);
}

static enum status
read_tls(struct serve *serve, char certificate[APP_PATH_MAX], char key[APP_PATH_MAX])
{
    struct app *app = &serve->app;
    struct certificate_facts facts;
    TRY(app_path(&app->place, app->config.certificate, certificate));
    TRY(app_path(&app->place, app->config.key, key));
    TRY(certificate_read(certificate, &facts));
    TRY(certificate_check_key(certificate, key));
    hub_set_tls_key(&app->hub, facts.key_sha256);
    return STATUS_OK;
}

/* `then`: what follows from it. */
static void tell_tls_problem(const char *certificate, const char *key, const char *then)
{
    char problem[CERTIFICATE_PROBLEM_SIZE];
    certificate_problem(certificate, key, problem);
    fprintf(stderr, "weftd: %s%s\n",
            problem[0] == '\0' ? "the TLS certificate and key cannot be used" : problem, then);
}

static enum status reload_certificate(struct serve *serve)
{
    char certificate[APP_PATH_MAX] = "";
    char key[APP_PATH_MAX] = "";
    uint8_t before[sizeof serve->app.hub.tls_key_sha256];
    memcpy(before, serve->app.hub.tls_key_sha256, sizeof before);
    enum status status = read_tls(serve, certificate, key);
    if (status == STATUS_OK)
        status = transport_use_certificate(serve->transport, certificate, key);
    if (status != STATUS_OK) {
        hub_set_tls_key(&serve->app.hub, before);
        tell_tls_problem(certificate, key, ": the one in use stays");
    }
    return status;
}

/* A renewed certificate. What is wrong with it is said, and the one in use stays. */
static void on_hangup(uv_signal_t *signal_handle, int number)
{
    struct serve *serve = signal_handle->data;
    (void)number;
    if (serve->transport == NULL || serve->stopping)
        return;
    enum status status = reload_certificate(serve);
    JOURNAL(&serve->app.journal, status == STATUS_OK ? JOURNAL_INFO : JOURNAL_ERROR,
            "certificate_read", JOURNAL_S(status));
}

static enum status start_handles(struct serve *serve)
{
    uv_async_t *asyncs[] = {&serve->store_ready, &serve->pool_ready, &serve->failed};
    uv_async_cb callbacks[] = {on_store_ready, on_pool_ready, on_failed};
    for (size_t i = 0; i < sizeof asyncs / sizeof *asyncs; i++) {
        asyncs[i]->data = serve;
        if (uv_async_init(&serve->loop, asyncs[i], callbacks[i]) != 0)
            return STATUS_INTERNAL;
    }
    serve->terminate.data = serve->interrupt.data = serve->hangup.data = serve->drain.data = serve;
    bool ok = uv_signal_init(&serve->loop, &serve->terminate) == 0 &&
              uv_signal_init(&serve->loop, &serve->interrupt) == 0 &&
              uv_signal_init(&serve->loop, &serve->hangup) == 0 &&
              uv_timer_init(&serve->loop, &serve->drain) == 0 &&
              uv_signal_start(&serve->terminate, on_signal, SIGTERM) == 0 &&
              uv_signal_start(&serve->interrupt, on_signal, SIGINT) == 0 &&
              uv_signal_start(&serve->hangup, on_hangup, SIGHUP) == 0;
    return ok ? STATUS_OK : STATUS_INTERNAL;
}

static enum status start_threads(struct serve *serve)
{
    struct app *app = &serve->app;
    struct pool_options options = {
        .threads = app->config.validation_threads,
        .notify = notify_pool,
        .context = serve,
    };
    pool_free(&app->validators);
    pool_free(&app->figures);
    pool_free(&app->disk);
    pool_free(&app->copier);
    TRY(pool_new(&options, &app->validators));
    options.threads = 1;
    TRY(pool_new(&options, &app->disk));
    options.low_priority = true;
    TRY(pool_new(&options, &app->figures));
    TRY(pool_new(&options, &app->copier));
    app->hub.validators = app->validators;
    app->hub.figures = app->figures;
    app->hub.disk = app->disk;
    struct store_callbacks callbacks = {
        .notify = notify_store,
        .failed = notify_failure,
        .context = serve,
    };
    app->fail = fail;
    app->fail_context = serve;
    return store_start(app->store, &callbacks);
}

static enum status start_network(struct serve *serve, const char *certificate, const char *key)
{
    struct app *app = &serve->app;
    const struct config *config = &app->config;
    struct packet *behind = NULL;
    TRY(hub_behind_packet(&behind));
    /* What is on its way is counted until it is known to be right, and everybody behind an address
     * may be at their login at once. Afterwards one refusal a second: guessing gains nothing, this
     * only keeps the log and the disk quiet. */
    const struct bucket_rate refused = {3600, config->handshakes_per_minute};
    struct transport_options options = {
        .address = config->address[0] == '\0' ? NULL : config->address,
        .port = (uint16_t)config->port,
        .certificate_path = config->tls ? certificate : NULL,
        .key_path = config->tls ? key : NULL,
        .allow_tls_1_2 = config->allow_tls_1_2,
        .origins = config->origins,
        .origin_count = config->origin_count,
        .admission =
            {
                .connections_max = config->connections_max,
                .connections_per_address_max = config->connections_per_address_max,
                .rates =
                    {
                        [ADMISSION_HANDSHAKE] = {60 * config->handshakes_per_minute,
                                                 config->handshakes_per_minute},
                        [ADMISSION_REFUSED_LOGIN] = refused,
                        [ADMISSION_REFUSED_INVITE] = refused,
                    },
            },
        .behind = behind,
        .clock = app->hub.clock,
        .journal = &app->journal,
    };
    struct transport_handler handler = hub_transport_handler(&app->hub, on_tick);
    enum status status = transport_open(&serve->loop, &options, &handler, &serve->transport);
    packet_free(&behind);
    return status;
}

static enum status start_monitor(struct serve *serve)
{
    uint32_t port = serve->app.config.monitor_port;
    if (port == 0)
        return STATUS_OK;
    return monitor_open(&serve->loop, &serve->app, serve->transport, (uint16_t)port,
                        &serve->monitor);
}

static enum status start_admin(struct serve *serve)
{
    char path[APP_PATH_MAX];
    TRY(app_path(&serve->app.place, ADMIN_SOCKET_NAME, path));
    return admin_server_open(&serve->loop, &serve->app, path, &serve->admin);
}

struct sweep {
    struct store_job job;
    struct id file;
    bool known;
    enum status status;
};

static enum status run_known(struct store_db *db, struct store_job *job)
{
    struct sweep *sweep = (struct sweep *)(void *)job;
    return store_files_has(db, &sweep->file, &sweep->known);
}

static void done_known(struct store_job *job, enum status status)
{
    ((struct sweep *)(void *)job)->status = status;
}

/* Before the threads start, jobs run in place. */
static enum status is_known(void *context, const struct id *file, bool *known)
{
    struct serve *serve = context;
    struct sweep sweep = {.job = {.run = run_known, .done = done_known}, .file = *file};
    TRY(store_read(serve->app.store, &sweep.job));
    *known = sweep.known;
    return sweep.status;
}

/* `what` could not be done; NULL when it was told already. */
static enum status start(struct serve *serve, const char **what)
{
    char certificate[APP_PATH_MAX] = "";
    char key[APP_PATH_MAX] = "";
    *what = "the loop";
    TRY(start_handles(serve));
    *what = "making a certificate";
    if (own_certificate_is_missing(&serve->app.place, &serve->app.config)) {
        TRY(own_certificate_make(&serve->app.place, serve->app.config.public_host));
        fprintf(stderr, "made a certificate, as there was none\n");
    }
    *what = NULL;
    enum status status = read_tls(serve, certificate, key);
    if (status != STATUS_OK) {
        tell_tls_problem(certificate, key, "");
        return status;
    }
    *what = "weftd.conf: `tls = no` is for loopback addresses";
    if (!serve->app.config.tls && !address_is_loopback(serve->app.config.address))
        return STATUS_DENIED;
    *what = "the sessions";
    TRY(start_services(serve));
    *what = "the folder of files";
    TRY(file_disk_sweep(&serve->app.files, is_known, serve));
    *what = "the threads";
    TRY(start_threads(serve));
    look_for_work(serve->app.services.delivery);
    *what = "listening on the address and port of weftd.conf";
    TRY(start_network(serve, certificate, key));
    serve->app.hub.port = transport_port(serve->transport);
    *what = "a TLS connection with itself";
    TRY(transport_rehearse(serve->transport));
    *what = "listening on the monitor_port of weftd.conf";
    TRY(start_monitor(serve));
    *what = "the admin socket";
    return start_admin(serve);
}

static void announce(struct serve *serve)
{
    const struct config *config = &serve->app.config;
    JOURNAL(&serve->app.journal, JOURNAL_INFO, "listening", JOURNAL_N("port", serve->app.hub.port));
    printf("listening on %s port %u\n",
           config->address[0] == '\0' ? "all addresses" : config->address,
           (unsigned)serve->app.hub.port);
    fflush(stdout);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Commands that have finished say so to whoever asked. */
static void let_admin_answer(struct serve *serve)
{
    if (serve->admin == NULL)
        return;
    admin_server_stop(serve->admin);
    for (int i = 0; i < 100 && !admin_server_is_idle(serve->admin); i++)
        uv_run(&serve->loop, UV_RUN_NOWAIT);
}

/* In the order of the arrows: first nobody asks any more, then what was asked is done. */
static void stop(struct serve *serve)
{
    serve->stopping = true; /* a signal that comes now finds nothing to begin */
    atomic_store(&serve->app.stopping, true);
    uv_timer_stop(&serve->drain); /* it asks the transport, which goes before the loop */
    let_admin_answer(serve);
    if (serve->monitor != NULL) {
        monitor_stop(serve->monitor);
        while (!monitor_is_idle(serve->monitor))
            uv_run(&serve->loop, UV_RUN_ONCE);
        monitor_free(&serve->monitor);
    }
    transport_close_all(&serve->transport);
    rounds_cancel(serve->app.services.rounds);
    store_stop(serve->app.store); /* its lock is kept: files are written to until the pools end */
    pool_free(&serve->app.validators);
    pool_free(&serve->app.figures);
    pool_free(&serve->app.disk);
    pool_free(&serve->app.copier);
    serve->threads_ended = true;
    let_admin_answer(serve);             /* a backup that was broken off ends only now */
    uv_run(&serve->loop, UV_RUN_NOWAIT); /* what failed meanwhile is told */
    stage_free(&serve->app.services.stage);
    delivery_free(&serve->app.services.delivery);
    uv_walk(&serve->loop, close_handle, NULL);
    uv_run(&serve->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&serve->loop) == 0)
        admin_server_free(&serve->admin);
}

/* One connection takes one descriptor. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* then fewer fit, which accept() will show */
}

int serve_run(const struct app_place *place, bool json, int argc, const char **argv)
{
    (void)json; /* it is for people */
    (void)argv;
    static struct serve serve; /* too large for the stack, and there is one */
    struct app_problem problem;
    const char *what = "";
    if (argc > 0)
        return EXIT_CODE_USAGE;
    enum status status = app_open(place, &serve.app, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: %s\n", problem.text);
        return exit_code_of(status);
    }
    raise_descriptor_limit();
    signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&serve.loop) != 0) {
        fprintf(stderr, "weftd: the loop: %s\n", status_text(STATUS_NO_MEMORY));
        app_close(&serve.app);
        return EXIT_CODE_INTERNAL;
    }
    status = start(&serve, &what);
    if (status == STATUS_OK) {
        announce(&serve);
        uv_run(&serve.loop, UV_RUN_DEFAULT);
    } else if (what != NULL) {
        fprintf(stderr, "weftd: %s: %s\n", what, status_text(status));
    }
    stop(&serve);
    app_close(&serve.app);
    return exit_code_of(status != STATUS_OK ? status : serve.failure);
}
