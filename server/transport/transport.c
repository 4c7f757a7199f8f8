/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only file of the server that knows libwebsockets. */
#include "server/transport/transport.h"

#include "server/limits.h"
#include "server/transport/address.h"
#include "server/transport/handshake.h"
#include "server/transport/rehearsal.h"

#include <dlfcn.h>
#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define TICK_MS 1000

/* Header of a handshake and of its answer, never more. */
#define HANDSHAKE_BUFFER_MAX (LIMIT_HANDSHAKE_BYTES + 1024)

enum connection_state {
    CONNECTION_HANDSHAKE, /* TLS and HTTP */
    CONNECTION_OPEN,
    CONNECTION_CLOSING, /* a close frame or an HTTP refusal is on its way; input is ignored */
    CONNECTION_DEAD,    /* libwebsockets has given it up */
};

struct connection {
    /* What a delivery touches stands together: with a thousand receivers the rest of a connection
     * is not in the cache. */
    struct transport *transport;
    struct lws *wsi;
    struct connection *next_hot;
    enum connection_state state;
    bool hot; /* in the list of those with something to write */
    bool counted_open;
    bool one_too_many; /* of its address: told so and closed */
    bool ping_pending;
    struct outbox outbox;
    int64_t stalled_ms; /* since when its socket took no whole write; 0: nothing is left of one */
    void *user;
    struct connection *previous;
    struct connection *next;
    int64_t since_ms; /* of its state */
    int64_t heard_ms; /* of its last bytes */
    struct admission_address *address;
    struct buffer handshake;
    struct inbound inbound;
};

struct transport {
    struct uv_loop_s *loop;
    struct transport_options options;
    struct transport_handler handler;
    struct handshake_rules rules;
    struct lws_context *context;
    struct lws_vhost *vhost;
    SSL_CTX *tls; /* libwebsockets' */
    struct lws_protocols protocols[2];
    struct admission *admission;
    struct connection *connections;
    struct connection *hot;
    struct packet *ping;
    struct buffer gathered;
    size_t open_count;
    struct transport_figures counts; /* of what is not now */
    bool draining;
    uv_prepare_t prepare;
    uv_timer_t timer;
    int handles; /* of ours, still open */
};

static int64_t now_ms(const struct transport *transport)
{
    return clock_monotonic_ms(transport->options.clock);
}

static void set_state(struct connection *connection, enum connection_state state)
{
    connection->state = state;
    connection->since_ms = now_ms(connection->transport);
}

/* libwebsockets closes it from its own timer, never below our feet. On libuv it looks at its
 * timers only after an event of its own: without the wake-up a quiet server would close a dead
 * connection half a minute late. */
static void kill_later(struct connection *connection)
{
    if (connection->wsi == NULL)
        return;
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    lws_cancel_service(connection->transport->context);
}

static void make_hot(struct connection *connection)
{
    if (connection->hot)
        return;
    connection->hot = true;
    connection->next_hot = connection->transport->hot;
    connection->transport->hot = connection;
}

static void
send_packet(struct connection *connection, struct packet *packet, enum outbox_class class)
{
    bool was_behind = connection->outbox.behind;
    enum status status = outbox_push(&connection->outbox, packet, class);
    if (connection->outbox.behind && !was_behind)
        connection->transport->counts.fell_behind++;
    if (status != STATUS_OK) {
        connection->transport->counts.overran++;
        JOURNAL(connection->transport->options.journal, JOURNAL_WARNING, "outbox_full",
                JOURNAL_S(status));
        set_state(connection, CONNECTION_CLOSING);
        kill_later(connection);
        return;
    }
    make_hot(connection);
}

void transport_send(struct connection *connection, struct packet *packet, enum outbox_class class)
{
    if (connection->state == CONNECTION_OPEN)
        send_packet(connection, packet, class);
}

void transport_close(struct connection *connection, uint16_t code)
{
    if (connection->state != CONNECTION_OPEN)
        return;
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    struct packet *close = NULL;
    if (packet_new_control(PACKET_CLOSE, SPAN_OF(payload), &close) != STATUS_OK) {
        kill_later(connection);
        return;
    }
    set_state(connection, CONNECTION_CLOSING);
    send_packet(connection, close, OUTBOX_ANSWER);
    packet_free(&close);
}

/* Writes one batch. False when the connection must end. */
static bool write_batch(struct connection *connection)
{
    struct transport *transport = connection->transport;
    buffer_truncate(&transport->gathered, 0);
    if (outbox_gather(&connection->outbox, LIMIT_WRITE_BYTES, &transport->gathered) != STATUS_OK)
        return false;
    size_t len = transport->gathered.len;
    transport->counts.sent_bytes += len;
    return lws_write(connection->wsi, transport->gathered.ptr, len, LWS_WRITE_RAW) >= (int)len;
}

/* Input is left where it is while the socket takes no output: libwebsockets would not read it, and
 * be told of it again at once, without end. */
static void stall(struct connection *connection)
{
    if (connection->stalled_ms == 0)
        (void)lws_rx_flow_control(connection->wsi, 0);
    connection->stalled_ms = now_ms(connection->transport);
}

static void go_on(struct connection *connection)
{
    if (connection->stalled_ms == 0)
        return;
    connection->stalled_ms = 0;
    connection->heard_ms = now_ms(connection->transport); /* nobody listened until now */
    (void)lws_rx_flow_control(connection->wsi, 1);
}

/* Writes until the socket takes no more or nothing waits. False when the connection must end. */
static bool flush(struct connection *connection)
{
    bool was_taken = !lws_partial_buffered(connection->wsi); /* all that was written before */
    while (!outbox_is_empty(&connection->outbox) && !lws_partial_buffered(connection->wsi)) {
        if (!write_batch(connection))
            return false;
    }
    if (lws_partial_buffered(connection->wsi)) {
        if (was_taken)
            stall(connection);
        lws_callback_on_writable(connection->wsi);
        return true;
    }
    go_on(connection);
    if (connection->state == CONNECTION_CLOSING)
        lws_callback_on_writable(connection->wsi); /* which then closes it */
    return true;
}

/* Before the loop sleeps: one write for each connection that was given something in this round. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct transport *transport = prepare->data;
    while (transport->hot != NULL) {
        struct connection *connection = transport->hot;
        transport->hot = connection->next_hot;
        connection->hot = false;
        if (connection->wsi != NULL && !flush(connection))
            kill_later(connection);
    }
}

static void answer_handshake(struct connection *connection, const struct handshake_result *result)
{
    struct transport *transport = connection->transport;
    buffer_truncate(&transport->gathered, 0);
    if (handshake_answer(result, &transport->gathered) != STATUS_OK)
        return;
    lws_write(connection->wsi, transport->gathered.ptr, transport->gathered.len, LWS_WRITE_RAW);
}

static void open_connection(struct connection *connection)
{
    struct transport *transport = connection->transport;
    lws_set_timeout(connection->wsi, NO_PENDING_TIMEOUT, 0);
    buffer_clear(&connection->handshake);
    outbox_init(&connection->outbox, transport->options.behind);
    set_state(connection, CONNECTION_OPEN);
    connection->counted_open = true;
    transport->open_count++;
    connection->user = transport->handler.opened(transport->handler.context, connection);
    if (connection->user == NULL)
        transport_close(connection, CLOSE_TRY_LATER);
}

/* False: close the socket once what was written has left. */
static bool receive_handshake(struct connection *connection, struct span bytes)
{
    struct transport *transport = connection->transport;
    struct handshake_result result = {.kind = HANDSHAKE_REFUSED, .http_status = 431};
    if (buffer_append(&connection->handshake, bytes) == STATUS_OK)
        result = handshake_read(buffer_span(&connection->handshake), &transport->rules);
    if (result.kind == HANDSHAKE_MORE)
        return true;
    if (connection->one_too_many)
        result = (struct handshake_result){.kind = HANDSHAKE_REFUSED, .http_status = 429};
    if (transport->draining)
        result = (struct handshake_result){.kind = HANDSHAKE_REFUSED, .http_status = 503};
    answer_handshake(connection, &result);
    if (result.kind == HANDSHAKE_ACCEPTED) {
        open_connection(connection);
        return true;
    }
    transport->counts.refused_handshakes++;
    JOURNAL(transport->options.journal, JOURNAL_INFO, "handshake_refused",
            JOURNAL_N("http", result.http_status));
    set_state(connection, CONNECTION_CLOSING);
    return false;
}

static void answer_ping(struct connection *connection, struct span payload)
{
    struct packet *pong = NULL;
    if (packet_new_control(PACKET_PONG, payload, &pong) != STATUS_OK)
        return;
    /* As an event, so that a flood of pings that nobody reads the answers of is dropped. */
    send_packet(connection, pong, OUTBOX_EVENT);
    packet_free(&pong);
}

static void receive_event(struct connection *connection, const struct inbound_event *event)
{
    struct transport *transport = connection->transport;
    switch (event->kind) {
    case INBOUND_MESSAGE:
        transport->handler.frame(transport->handler.context, connection->user, event->bytes);
        break;
    case INBOUND_PING:
        answer_ping(connection, event->bytes);
        break;
    case INBOUND_CLOSE:
        transport_close(connection, event->code);
        break;
    case INBOUND_ERROR:
        JOURNAL(transport->options.journal, JOURNAL_INFO, "bad_websocket",
                JOURNAL_N("code", event->code));
        transport_close(connection, event->code);
        break;
    case INBOUND_PONG:
    case INBOUND_MORE:
        break;
    }
}

/* False: close the socket. */
static bool receive(struct connection *connection, struct span bytes)
{
    connection->transport->counts.received_bytes += bytes.len;
    connection->heard_ms = now_ms(connection->transport);
    connection->ping_pending = false;
    if (connection->state == CONNECTION_HANDSHAKE)
        return receive_handshake(connection, bytes);
    struct inbound_event event = {.kind = INBOUND_MESSAGE};
    while (connection->state == CONNECTION_OPEN && event.kind != INBOUND_MORE) {
        event = inbound_next(&connection->inbound, &bytes);
        receive_event(connection, &event);
    }
    return true;
}

static void link_connection(struct connection *connection)
{
    struct transport *transport = connection->transport;
    connection->next = transport->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    transport->connections = connection;
}

static void unlink_connection(struct connection *connection)
{
    struct transport *transport = connection->transport;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        transport->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    for (struct connection **at = &transport->hot; connection->hot && *at != NULL;) {
        if (*at == connection)
            *at = connection->next_hot;
        else
            at = &(*at)->next_hot;
    }
}

/* Where that cannot be set, more is held and nothing else changes. */
static void bound_kernel_queue(struct lws *wsi)
{
    const int bytes_max = LIMIT_UNSENT_BYTES;
    (void)setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes_max,
                     sizeof bytes_max);
}

/* A TCP connection was accepted. False refuses it. */
static bool accept_connection(struct transport *transport, struct lws *wsi)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&peer, &len) != 0)
        return false;
    struct admission_address *address = NULL;
    bool one_too_many = false;
    int64_t now = now_ms(transport);
    enum status status = admission_enter(transport->admission, &peer, now, &address, &one_too_many);
    if (status != STATUS_OK) {
        JOURNAL(transport->options.journal, JOURNAL_DEBUG, "connection_refused", JOURNAL_S(status));
        if (status == STATUS_RATE_LIMITED)
            transport->counts.refused_rate++;
        else
            transport->counts.refused_full++;
        return false;
    }
    transport->counts.accepted++;
    transport->counts.refused_address += one_too_many ? 1 : 0;
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        admission_leave(transport->admission, &address);
        return false;
    }
    connection->transport = transport;
    connection->wsi = wsi;
    connection->address = address;
    connection->one_too_many = one_too_many;
    connection->since_ms = connection->heard_ms = now;
    buffer_init(&connection->handshake, HANDSHAKE_BUFFER_MAX);
    inbound_init(&connection->inbound);
    link_connection(connection);
    lws_set_opaque_user_data(wsi, connection);
    bound_kernel_queue(wsi);
    return true;
}

static void end_connection(struct connection *connection)
{
    struct transport *transport = connection->transport;
    connection->wsi = NULL;
    connection->state = CONNECTION_DEAD;
    unlink_connection(connection);
    if (connection->counted_open)
        transport->open_count--;
    if (connection->user != NULL)
        transport->handler.closed(transport->handler.context, connection->user);
    admission_leave(transport->admission, &connection->address);
    buffer_clear(&connection->handshake);
    inbound_clear(&connection->inbound);
    outbox_clear(&connection->outbox);
    free(connection);
}

static int on_writeable(struct connection *connection)
{
    if (!flush(connection))
        return -1;
    bool finished = connection->state == CONNECTION_CLOSING &&
                    outbox_is_empty(&connection->outbox) && connection->stalled_ms == 0;
    return finished ? -1 : 0;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct connection *connection = lws_get_opaque_user_data(wsi);
    /* Events of the whole listener have no connection and need nothing from us. */
    switch ((int)reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        ((struct transport *)lws_context_user(lws_get_context(wsi)))->tls = user;
        return 0;
    case LWS_CALLBACK_RAW_ADOPT:
        return accept_connection(lws_context_user(lws_get_context(wsi)), wsi) ? 0 : -1;
    case LWS_CALLBACK_RAW_RX:
        return connection != NULL && receive(connection, span_of(in, len)) ? 0 : -1;
    case LWS_CALLBACK_RAW_WRITEABLE:
        return connection != NULL ? on_writeable(connection) : 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (connection != NULL)
            end_connection(connection);
        lws_set_opaque_user_data(wsi, NULL);
        return 0;
    default:
        return 0;
    }
}

static void check_stalled(struct connection *connection, int64_t now)
{
    struct transport *transport = connection->transport;
    if (now - connection->stalled_ms < LIMIT_STALL_MS)
        return;
    transport->counts.stalled++;
    JOURNAL(transport->options.journal, JOURNAL_INFO, "stalled",
            JOURNAL_N("waiting_bytes", connection->outbox.bytes));
    transport_close(connection, CLOSE_TRY_LATER);
}

static void check_open(struct connection *connection, int64_t now)
{
    struct transport *transport = connection->transport;
    if (connection->stalled_ms != 0) {
        check_stalled(connection, now);
        return; /* it may be silent only because nobody listens */
    }
    int64_t silence_ms = now - connection->heard_ms;
    if (silence_ms >= LIMIT_PING_MS + LIMIT_PONG_MS && connection->ping_pending) {
        kill_later(connection);
    } else if (silence_ms >= LIMIT_PING_MS && !connection->ping_pending) {
        connection->ping_pending = true;
        send_packet(connection, transport->ping, OUTBOX_ANSWER);
    }
}

static void check_deadlines(struct connection *connection, int64_t now)
{
    switch (connection->state) {
    case CONNECTION_HANDSHAKE:
        if (now - connection->since_ms >= LIMIT_HANDSHAKE_MS)
            kill_later(connection);
        break;
    case CONNECTION_OPEN:
        check_open(connection, now);
        break;
    case CONNECTION_CLOSING:
        if (now - connection->since_ms >= LIMIT_CLOSE_MS)
            kill_later(connection);
        else if (connection->wsi != NULL)
            lws_callback_on_writable(connection->wsi);
        break;
    case CONNECTION_DEAD:
        break;
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct transport *transport = timer->data;
    int64_t now = now_ms(transport);
    for (struct connection *c = transport->connections; c != NULL; c = c->next)
        check_deadlines(c, now);
    admission_sweep(transport->admission, now);
    transport->handler.tick(transport->handler.context);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct transport *transport = handle->data;
    transport->handles--;
}

static enum status start_handles(struct transport *transport)
{
    if (uv_prepare_init(transport->loop, &transport->prepare) != 0)
        return STATUS_INTERNAL;
    transport->prepare.data = transport;
    transport->handles++;
    if (uv_timer_init(transport->loop, &transport->timer) != 0)
        return STATUS_INTERNAL;
    transport->timer.data = transport;
    transport->handles++;
    bool started = uv_prepare_start(&transport->prepare, on_prepare) == 0 &&
                   uv_timer_start(&transport->timer, on_tick, TICK_MS, TICK_MS) == 0;
    return started ? STATUS_OK : STATUS_INTERNAL;
}

bool transport_take(struct connection *connection, enum admission_act act, uint32_t *wait_ms)
{
    struct transport *transport = connection->transport;
    return admission_take(transport->admission, connection->address, act, now_ms(transport),
                          wait_ms);
}

void transport_give_back(struct connection *connection, enum admission_act act)
{
    admission_give_back(connection->transport->admission, connection->address, act);
}

/* What libwebsockets has for libuv is loaded with a context and unloaded with it, though handles of
 * its may still wait for their close callbacks, as after a connection that failed for want of
 * memory: kept, it is there when they come. Where it is no library of its own, nothing is lost. */
static void keep_loop_library(void)
{
    (void)dlopen("libwebsockets-evlib_uv.so", RTLD_NOW | RTLD_NODELETE);
}

static void find_listener(uv_handle_t *handle, void *found)
{
    int file = -1;
    int listens = 0;
    socklen_t size = sizeof listens;
    if (handle->type == UV_POLL && uv_is_active(handle) && uv_fileno(handle, &file) == 0 &&
        getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0)
        *(bool *)found = true;
}

/* libwebsockets goes on where memory ends before the loop watches its listening socket: it would
 * listen and accept nobody. */
static enum status check_listening(struct transport *transport)
{
    bool found = false;
    uv_walk(transport->loop, find_listener, &found);
    return found ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status listen_now(struct transport *transport)
{
    const struct transport_options *options = &transport->options;
    transport->protocols[0] = (struct lws_protocols){
        .name = "weft",
        .callback = on_event,
        .rx_buffer_size = LIMIT_WRITE_BYTES,
        .tx_packet_size = 2 * LIMIT_WRITE_BYTES,
    };
    void *loops[1] = {transport->loop};
    struct lws_context_creation_info info = {0};
    info.port = options->port;
    info.iface = options->address;
    info.protocols = transport->protocols;
    info.user = transport;
    info.gid = -1;
    info.uid = -1;
    info.pt_serv_buf_size = LIMIT_WRITE_BYTES;
    info.foreign_loops = loops;
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                   LWS_SERVER_OPTION_ONLY_RAW | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
    if (options->address != NULL && strchr(options->address, ':') == NULL)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    info.ssl_cert_filepath = options->certificate_path;
    info.ssl_private_key_filepath = options->key_path;
    /* A name of ours: on "http/1.1" libwebsockets would make the connection an HTTP one. A client
     * that offers others gets none. */
    info.alpn = "weft";
    info.ssl_options_set = (long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                                  SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (!options->allow_tls_1_2)
        info.ssl_options_set |= (long)SSL_OP_NO_TLSv1_2;
    keep_loop_library();
    transport->context = lws_create_context(&info);
    if (transport->context == NULL)
        return STATUS_IO;
    transport->vhost = lws_get_vhost_by_name(transport->context, "default");
    return transport->vhost != NULL ? check_listening(transport) : STATUS_INTERNAL;
}

enum status transport_open(struct uv_loop_s *loop,
                           const struct transport_options *options,
                           const struct transport_handler *handler,
                           struct transport **transport)
{
    struct transport *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->loop = loop;
    fresh->options = *options;
    fresh->options.behind = packet_share(options->behind);
    fresh->handler = *handler;
    fresh->rules = (struct handshake_rules){options->origins, options->origin_count};
    /* One batch: a whole write and the packet that did not fit it. */
    buffer_init(&fresh->gathered, 3 * LIMIT_WRITE_BYTES);
    lws_set_log_level(LLL_ERR, NULL);
    enum status status = address_check(options->address, options->port);
    if (status == STATUS_OK)
        status = packet_new_control(PACKET_PING, SPAN_EMPTY, &fresh->ping);
    if (status == STATUS_OK)
        status = admission_new(&options->admission, &fresh->admission);
    if (status == STATUS_OK)
        status = start_handles(fresh);
    if (status == STATUS_OK)
        status = listen_now(fresh);
    if (status != STATUS_OK) {
        transport_close_all(&fresh);
        return status;
    }
    *transport = fresh;
    return STATUS_OK;
}

enum status
transport_use_certificate(struct transport *transport, const char *certificate, const char *key)
{
    if (transport->tls == NULL)
        return STATUS_UNSUPPORTED;
    bool taken = SSL_CTX_use_certificate_chain_file(transport->tls, certificate) == 1 &&
                 SSL_CTX_use_PrivateKey_file(transport->tls, key, SSL_FILETYPE_PEM) == 1;
    return taken ? STATUS_OK : STATUS_BAD_KEY;
}

enum status transport_rehearse(struct transport *transport)
{
    return transport->tls == NULL ? STATUS_OK : rehearsal_run(transport->tls);
}

uint16_t transport_port(const struct transport *transport)
{
    return (uint16_t)lws_get_vhost_listen_port(transport->vhost);
}

size_t transport_count(const struct transport *transport)
{
    return transport->open_count;
}

void transport_figures(const struct transport *transport, struct transport_figures *figures)
{
    *figures = transport->counts;
    figures->connections = admission_count(transport->admission);
    figures->open = transport->open_count;
}

void transport_drain(struct transport *transport, uint16_t code)
{
    transport->draining = true;
    for (struct connection *c = transport->connections; c != NULL; c = c->next)
        transport_close(c, code);
}

static void close_handle(struct transport *transport, uv_handle_t *handle)
{
    if (handle->data == transport && !uv_is_closing(handle))
        uv_close(handle, on_handle_closed);
}

void transport_close_all(struct transport **transport)
{
    struct transport *ending = *transport;
    if (ending == NULL)
        return;
    close_handle(ending, (uv_handle_t *)&ending->prepare);
    close_handle(ending, (uv_handle_t *)&ending->timer);
    while (ending->handles > 0)
        uv_run(ending->loop, UV_RUN_ONCE);
    if (ending->context != NULL) {
        /* With a loop that is not its own, the first call starts the closing of its handles and
         * the second frees, once the loop has run them down. */
        lws_context_destroy(ending->context);
        for (int rounds = 0; rounds < 100 && ending->connections != NULL; rounds++)
            uv_run(ending->loop, UV_RUN_NOWAIT);
        for (int rounds = 0; rounds < 10; rounds++)
            uv_run(ending->loop, UV_RUN_NOWAIT);
        lws_context_destroy(ending->context);
    }
    admission_free(&ending->admission);
    packet_free(&ending->ping);
    packet_free(&ending->options.behind);
    buffer_clear(&ending->gathered);
    free(ending);
    *transport = NULL;
}
