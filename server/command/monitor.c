/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/monitor.h"

#include "server/command/metrics.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* Prometheus asks with some 300 bytes. */
#define REQUEST_BYTES_MAX 4096

/* A whole answer: some 150 lines and a line for each kind of request and result. */
#define ANSWER_BYTES_MAX (256u << 10)

/* More than a scraper and a health check ever open. */
#define CONNECTIONS_MAX 16

/* For the request to arrive and the answer to leave, on one machine. */
#define CONNECTION_MS 5000

/* libuv hands over no other connection until one is accepted for which there was no memory. */
#define ACCEPT_AGAIN_MS 100

struct monitor_connection {
    uv_tcp_t socket;
    uv_timer_t timer;
    uv_write_t write;
    struct monitor *monitor;
    struct monitor_connection *next;
    int handles;
    char request[REQUEST_BYTES_MAX + 1];
    size_t len;
    struct buffer answer;
};

struct monitor {
    uv_tcp_t listener;
    uv_timer_t again; /* a connection waits for memory */
    struct uv_loop_s *loop;
    struct app *app;
    const struct transport *transport;
    struct monitor_connection *connections;
    size_t count;
    int handles; /* of its own that are open */
};

/* ---- what is answered ---- */

struct answer {
    int http_status;
    const char *reason;
    const char *type;
};

static const struct answer answer_ok = {200, "OK", "text/plain; charset=utf-8"};
static const struct answer answer_metrics = {200, "OK", "text/plain; version=0.0.4; charset=utf-8"};
static const struct answer answer_not_ready = {503, "Service Unavailable",
                                               "text/plain; charset=utf-8"};
static const struct answer answer_unknown = {404, "Not Found", "text/plain; charset=utf-8"};
static const struct answer answer_method = {405, "Method Not Allowed", "text/plain; charset=utf-8"};
static const struct answer answer_failed = {500, "Internal Server Error",
                                            "text/plain; charset=utf-8"};

static const struct answer *healthz(struct monitor *monitor, struct buffer *body)
{
    (void)monitor;
    return buffer_append(body, SPAN_LITERAL("alive\n")) == STATUS_OK ? &answer_ok : &answer_failed;
}

static const struct answer *readyz(struct monitor *monitor, struct buffer *body)
{
    bool ready = app_is_ready(monitor->app);
    struct span text = ready ? SPAN_LITERAL("ready\n") : SPAN_LITERAL("not ready\n");
    if (buffer_append(body, text) != STATUS_OK)
        return &answer_failed;
    return ready ? &answer_ok : &answer_not_ready;
}

static const struct answer *metrics(struct monitor *monitor, struct buffer *body)
{
    if (metrics_write(monitor->app, monitor->transport, body) == STATUS_OK)
        return &answer_metrics;
    buffer_truncate(body, 0);
    return &answer_failed;
}

static const struct {
    const char *path;
    const struct answer *(*make)(struct monitor *monitor, struct buffer *body);
} pages[] = {
    {"/healthz", healthz},
    {"/readyz", readyz},
    {"/metrics", metrics},
};

/* By the request line alone; the header is read to its end and not looked at. */
static const struct answer *
make_answer(struct monitor *monitor, const char *request, struct buffer *body)
{
    if (strncmp(request, "GET ", 4) != 0)
        return &answer_method;
    const char *path = request + 4;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        size_t len = strlen(pages[i].path);
        if (strncmp(path, pages[i].path, len) == 0 && (path[len] == ' ' || path[len] == '?'))
            return pages[i].make(monitor, body);
    }
    return &answer_unknown;
}

static enum status write_answer(struct monitor_connection *connection)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(ANSWER_BYTES_MAX);
    char header[256];
    const struct answer *answer = make_answer(connection->monitor, connection->request, &body);
    int len = snprintf(header, sizeof header,
                       "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                       "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
                       answer->http_status, answer->reason, answer->type, body.len);
    TRY(buffer_append(&connection->answer, span_of(header, (size_t)len)));
    return buffer_append(&connection->answer, buffer_span(&body));
}

/* ---- connections ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct monitor_connection *connection = handle->data;
    struct monitor *monitor = connection->monitor;
    if (--connection->handles > 0)
        return;
    struct monitor_connection **at = &monitor->connections;
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    monitor->count--;
    buffer_clear(&connection->answer);
    free(connection);
}

static void close_connection(struct monitor_connection *connection)
{
    if (uv_is_closing((uv_handle_t *)&connection->socket))
        return;
    uv_close((uv_handle_t *)&connection->socket, on_handle_closed);
    uv_close((uv_handle_t *)&connection->timer, on_handle_closed);
}

static void on_timer(uv_timer_t *timer)
{
    close_connection(timer->data);
}

static void on_written(uv_write_t *write, int result)
{
    (void)result; /* whoever asked may have gone */
    close_connection(write->data);
}

static void answer_request(struct monitor_connection *connection)
{
    uv_read_stop((uv_stream_t *)&connection->socket);
    connection->write.data = connection;
    if (write_answer(connection) != STATUS_OK) {
        close_connection(connection);
        return;
    }
    uv_buf_t bytes = uv_buf_init((char *)connection->answer.ptr, (unsigned)connection->answer.len);
    if (uv_write(&connection->write, (uv_stream_t *)&connection->socket, &bytes, 1, on_written) !=
        0)
        close_connection(connection);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *bytes)
{
    (void)suggested;
    struct monitor_connection *connection = handle->data;
    *bytes = uv_buf_init(connection->request + connection->len,
                         (unsigned)(REQUEST_BYTES_MAX - connection->len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct monitor_connection *connection = stream->data;
    (void)bytes;
    if (len < 0) { /* also a request that has filled its room */
        close_connection(connection);
        return;
    }
    connection->len += (size_t)len;
    connection->request[connection->len] = '\0';
    if (strstr(connection->request, "\r\n\r\n") != NULL)
        answer_request(connection);
}

static void begin_connection(struct monitor *monitor, struct monitor_connection *connection)
{
    connection->monitor = monitor;
    buffer_init(&connection->answer, ANSWER_BYTES_MAX + 1024);
    uv_tcp_init(monitor->loop, &connection->socket); /* neither can fail */
    uv_timer_init(monitor->loop, &connection->timer);
    connection->socket.data = connection->timer.data = connection;
    connection->handles = 2;
    connection->next = monitor->connections;
    monitor->connections = connection;
    monitor->count++;
}

static void on_connection(uv_stream_t *listener, int result);

static void on_again(uv_timer_t *again)
{
    struct monitor *monitor = again->data;
    on_connection((uv_stream_t *)&monitor->listener, 0);
}

static void on_connection(uv_stream_t *listener, int result)
{
    struct monitor *monitor = listener->data;
    if (result != 0)
        return;
    struct monitor_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        uv_timer_start(&monitor->again, on_again, ACCEPT_AGAIN_MS, 0);
        return;
    }
    begin_connection(monitor, connection);
    uv_stream_t *socket = (uv_stream_t *)&connection->socket;
    bool reading = uv_accept(listener, socket) == 0 && monitor->count <= CONNECTIONS_MAX &&
                   uv_timer_start(&connection->timer, on_timer, CONNECTION_MS, 0) == 0 &&
                   uv_read_start(socket, on_allocate, on_read) == 0;
    if (!reading)
        close_connection(connection);
}

/* ---- the listener ---- */

static void on_own_handle_closed(uv_handle_t *handle)
{
    struct monitor *monitor = handle->data;
    monitor->handles--;
}

enum status monitor_open(struct uv_loop_s *loop,
                         struct app *app,
                         const struct transport *transport,
                         uint16_t port,
                         struct monitor **monitor)
{
    struct monitor *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    opened->loop = loop;
    opened->app = app;
    opened->transport = transport;
    uv_tcp_init(loop, &opened->listener); /* neither can fail */
    uv_timer_init(loop, &opened->again);
    opened->listener.data = opened->again.data = opened;
    opened->handles = 2;
    *monitor = opened; /* from here on it is stopped and freed like a running one */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool bound = uv_tcp_bind(&opened->listener, (struct sockaddr *)&address, 0) == 0 &&
                 uv_listen((uv_stream_t *)&opened->listener, CONNECTIONS_MAX, on_connection) == 0;
    return bound ? STATUS_OK : STATUS_IO;
}

void monitor_stop(struct monitor *monitor)
{
    if (!uv_is_closing((uv_handle_t *)&monitor->listener)) {
        uv_close((uv_handle_t *)&monitor->listener, on_own_handle_closed);
        uv_close((uv_handle_t *)&monitor->again, on_own_handle_closed);
    }
    for (struct monitor_connection *c = monitor->connections; c != NULL; c = c->next)
        close_connection(c);
}

bool monitor_is_idle(const struct monitor *monitor)
{
    return monitor->handles == 0 && monitor->count == 0;
}

void monitor_free(struct monitor **monitor)
{
    free(*monitor);
    *monitor = NULL;
}
