/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/connection.h"

#include "client-cli/core/limits.h"
#include "client-cli/core/websocket.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/accounts.h"
#include "protocol/wire/code.h"
#include "protocol/wire/frame.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define SOFTWARE "weft/" WEFT_VERSION

enum phase {
    PHASE_CLOSED,
    PHASE_CONNECTING,
    PHASE_TLS,    /* waiting for the server's hello; we have said nothing */
    PHASE_GREETED /* the server is who it should be */
};

struct event {
    struct event *next;
    enum wire_event kind;
    struct buffer body;
};

struct connection {
    struct uv_loop_s *loop;
    struct connection_server server;
    struct websocket *websocket;
    uv_timer_t timer;
    bool timer_fired;
    bool woken;
    enum phase phase;
    enum status failure; /* why it is closed */
    int64_t now_ms;      /* at connection_open */
    char reason[160];    /* what the network said, for people */

    uint8_t tls_key_sha256[32];
    struct buffer hello_bytes;
    struct arena hello_arena;
    struct wire_server_hello hello; /* lends from the two above */

    uint32_t last_request;
    uint32_t awaited; /* 0: none */
    bool answered;
    struct buffer answer; /* the body after the code */
    uint16_t answer_code;
    struct buffer detail;
    uint32_t retry_after_ms;

    struct event *first_event;
    struct event **last_event;
    size_t event_count;
    bool lost_events;
};

static void fail(struct connection *connection, enum status status)
{
    if (connection->failure == STATUS_OK)
        connection->failure = status;
    websocket_cancel(connection->websocket);
}

static void drop_events(struct connection *connection)
{
    while (connection->first_event != NULL) {
        struct event *event = connection->first_event;
        connection->first_event = event->next;
        buffer_clear(&event->body);
        free(event);
    }
    connection->last_event = &connection->first_event;
    connection->event_count = 0;
}

/* ---- what comes from the network ---- */

static void on_opened(void *context, struct span tls_key_sha256)
{
    struct connection *connection = context;
    memcpy(connection->tls_key_sha256, tls_key_sha256.ptr, sizeof connection->tls_key_sha256);
    connection->phase = PHASE_TLS;
}

#define HTTP_TOO_MANY_REQUESTS 429

static void on_closed(void *context, const struct websocket_end *end)
{
    struct connection *connection = context;
    bool too_many = end->http_status == HTTP_TOO_MANY_REQUESTS;
    connection->phase = PHASE_CLOSED;
    if (connection->failure == STATUS_OK)
        connection->failure = too_many ? STATUS_RATE_LIMITED : STATUS_NETWORK;
    if (end->http_status != 0)
        connection->retry_after_ms = end->retry_after_ms;
    strncpy(connection->reason, end->reason, sizeof connection->reason - 1);
}

static enum status take_hello(struct connection *connection, const struct frame *frame)
{
    if (frame->type != FRAME_SERVER_HELLO)
        return STATUS_UNTRUSTED;
    buffer_clear(&connection->hello_bytes);
    arena_clear(&connection->hello_arena);
    TRY(buffer_append(&connection->hello_bytes, frame->body));
    struct wire_server_hello hello;
    TRY(schema_decode(&wire_server_hello_schema, buffer_span(&connection->hello_bytes),
                      &connection->hello_arena, &hello));
    TRY(wire_server_hello_verify(&hello, SPAN_OF(connection->server.log_key),
                                 SPAN_OF(connection->tls_key_sha256), connection->now_ms));
    connection->hello = hello;
    return STATUS_OK;
}

static enum status take_event(struct connection *connection, const struct frame *frame)
{
    if (connection->event_count == CORE_EVENTS_MAX) {
        connection->lost_events = true;
        return STATUS_OK;
    }
    struct event *event = calloc(1, sizeof *event);
    if (event == NULL)
        return STATUS_NO_MEMORY;
    event->kind = (enum wire_event)frame->kind;
    buffer_init(&event->body, LIMIT_FRAME_BYTES);
    enum status status = buffer_append(&event->body, frame->body);
    if (status != STATUS_OK) {
        free(event);
        return status;
    }
    *connection->last_event = event;
    connection->last_event = &event->next;
    connection->event_count++;
    return STATUS_OK;
}

static enum status take_response(struct connection *connection, const struct frame *frame)
{
    if (frame->request != connection->awaited || connection->answered)
        return STATUS_OK; /* of a request whose caller gave up waiting */
    struct reader reader = reader_of(frame->body);
    uint16_t code;
    struct span body;
    TRY(reader_u16(&reader, &code));
    TRY(reader_bytes(&reader, reader_left(&reader), &body));
    buffer_truncate(&connection->answer, 0);
    TRY(buffer_append(&connection->answer, body));
    connection->answer_code = code;
    connection->answered = true;
    return STATUS_OK;
}

static enum status take_frame(struct connection *connection, struct span bytes)
{
    struct frame frame;
    TRY(frame_read(bytes, &frame));
    if (connection->phase == PHASE_TLS) {
        TRY(take_hello(connection, &frame));
        connection->phase = PHASE_GREETED;
        return STATUS_OK;
    }
    /* PROTOCOL.md, 2: a server sends nothing else after its hello. */
    if (frame.type == FRAME_EVENT)
        return take_event(connection, &frame);
    return frame.type == FRAME_RESPONSE ? take_response(connection, &frame) : STATUS_MALFORMED;
}

static void on_received(void *context, struct span bytes)
{
    struct connection *connection = context;
    bool proven = connection->phase == PHASE_GREETED;
    enum status status = take_frame(connection, bytes);
    if (status == STATUS_OK)
        return;
    /* Whoever cannot speak the hello properly has not proven anything either; what could not be
     * looked at, for want of memory, says nothing about the server. */
    bool said = proven || status == STATUS_UNSUPPORTED || status_passes(status);
    fail(connection, said ? status : STATUS_UNTRUSTED);
}

/* ---- waiting ---- */

static void on_timer(uv_timer_t *timer)
{
    struct connection *connection = timer->data;
    connection->timer_fired = true;
}

static void timer_begin(struct connection *connection, uint64_t timeout_ms)
{
    connection->timer_fired = false;
    uv_update_time(connection->loop);
    uv_timer_start(&connection->timer, on_timer, timeout_ms, 0);
}

static bool is_ended(const struct connection *connection)
{
    return connection->phase == PHASE_CLOSED || connection->failure != STATUS_OK;
}

/* ---- opening ---- */

static enum status send_hello(struct connection *connection)
{
    struct wire_capability_item capabilities[] = {{WIRE_CAPABILITY_SESSIONS},
                                                  {WIRE_CAPABILITY_ASSISTERS}};
    struct wire_client_hello hello = {.version = WIRE_VERSION,
                                      .software = SPAN_LITERAL(SOFTWARE),
                                      .capabilities = capabilities,
                                      .capability_count =
                                          sizeof capabilities / sizeof *capabilities};
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(frame_encode(FRAME_CLIENT_HELLO, 0, 0, &wire_client_hello_schema, &hello, &frame));
    return websocket_send(connection->websocket, buffer_span(&frame));
}

static const struct websocket_handler callbacks = {
    .opened = on_opened, .received = on_received, .closed = on_closed};

/* Gives the socket time to end, so that it can be begun again; one that does not is left to its own
 * context, and another takes its place. */
static enum status finish_closing(struct connection *connection)
{
    if (connection->phase != PHASE_CLOSED)
        websocket_cancel(connection->websocket);
    timer_begin(connection, CORE_CLOSE_TIMEOUT_MS);
    while (connection->phase != PHASE_CLOSED && !connection->timer_fired)
        uv_run(connection->loop, UV_RUN_ONCE);
    uv_timer_stop(&connection->timer);
    if (connection->phase == PHASE_CLOSED)
        return STATUS_OK;
    struct websocket_handler handler = callbacks;
    struct websocket *fresh = NULL;
    handler.context = connection;
    TRY(websocket_new(connection->loop, &handler, &fresh));
    websocket_free(&connection->websocket);
    connection->websocket = fresh;
    connection->phase = PHASE_CLOSED;
    return STATUS_OK;
}

enum status connection_open(struct connection *connection, int64_t now_ms)
{
    TRY(finish_closing(connection));
    drop_events(connection);
    connection->now_ms = now_ms;
    connection->failure = STATUS_OK;
    connection->reason[0] = '\0';
    connection->retry_after_ms = 0;
    buffer_truncate(&connection->detail, 0);
    connection->phase = PHASE_CONNECTING;
    enum status status =
        websocket_begin(connection->websocket, connection->server.host, connection->server.port);
    timer_begin(connection, CORE_CONNECT_TIMEOUT_MS);
    while (status == STATUS_OK && !is_ended(connection) && connection->phase != PHASE_GREETED &&
           !connection->timer_fired)
        uv_run(connection->loop, UV_RUN_ONCE);
    uv_timer_stop(&connection->timer);
    if (status == STATUS_OK)
        status = connection->failure;
    if (status == STATUS_OK && connection->phase != PHASE_GREETED)
        status = STATUS_TIMEOUT;
    if (status == STATUS_OK)
        status = send_hello(connection);
    if (status != STATUS_OK)
        fail(connection, status);
    return status;
}

bool connection_is_open(const struct connection *connection)
{
    return connection->phase == PHASE_GREETED && connection->failure == STATUS_OK;
}

enum status connection_sign_login(const struct connection *connection,
                                  const struct id *device,
                                  struct span login_private_key,
                                  struct buffer *signature)
{
    if (!connection_is_open(connection))
        return STATUS_NETWORK;
    struct wire_login_proof proof;
    wire_login_proof_init(&proof, &connection->hello, device->bytes);
    return wire_login_sign(&proof, login_private_key, signature);
}

/* ---- requests ---- */

/* Sends a request's frame whole, or in parts when it is larger than a frame. */
static enum status send_request(struct connection *connection, uint32_t request, struct span whole)
{
    if (whole.len <= LIMIT_FRAME_BYTES)
        return websocket_send(connection->websocket, whole);
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    for (size_t offset = 0; offset < whole.len; offset += LIMIT_PART_BYTES) {
        size_t left = whole.len - offset;
        size_t size = left < LIMIT_PART_BYTES ? left : LIMIT_PART_BYTES;
        struct wire_part part = {.offset = (uint32_t)offset,
                                 .total = (uint32_t)whole.len,
                                 .bytes = span_of(whole.ptr + offset, size)};
        buffer_truncate(&frame, 0);
        TRY(frame_encode(FRAME_PART, request, 0, &wire_part_schema, &part, &frame));
        TRY(websocket_send(connection->websocket, buffer_span(&frame)));
    }
    return STATUS_OK;
}

static enum status
encode_request(uint32_t number, enum wire_request kind, const void *request, struct buffer *frame)
{
    struct writer writer = writer_of(frame);
    frame_write_header(&writer, FRAME_REQUEST, number, (uint16_t)kind);
    const struct schema *schema = wire_request_find((uint16_t)kind)->request;
    if (schema->field_count != 0)
        schema_write(schema, &writer, request);
    return writer_finish(&writer);
}

static enum status take_error(struct connection *connection)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct wire_error error;
    if (schema_decode(&wire_error_schema, buffer_span(&connection->answer), &arena, &error) ==
        STATUS_OK) {
        connection->retry_after_ms = error.retry_after_ms;
        TRY(buffer_append(&connection->detail, error.detail));
    }
    enum status status = wire_code_status(connection->answer_code);
    return status == STATUS_OK ? STATUS_MALFORMED : status;
}

/* Sends and runs the loop until the answer is in connection->answer. */
static enum status
exchange(struct connection *connection, enum wire_request kind, const void *request)
{
    CLEANUP(buffer_clear)
    struct buffer frame = BUFFER_INIT(LIMIT_OBJECT_BYTES + LIMIT_FRAME_BYTES);
    if (!connection_is_open(connection))
        return connection->failure != STATUS_OK ? connection->failure : STATUS_NETWORK;
    if (++connection->last_request == 0)
        connection->last_request = 1;
    TRY(encode_request(connection->last_request, kind, request, &frame));
    connection->awaited = connection->last_request;
    connection->answered = false;
    TRY(send_request(connection, connection->awaited, buffer_span(&frame)));
    timer_begin(connection, CORE_REQUEST_TIMEOUT_MS);
    while (!connection->answered && !is_ended(connection) && !connection->timer_fired)
        uv_run(connection->loop, UV_RUN_ONCE);
    uv_timer_stop(&connection->timer);
    connection->awaited = 0;
    if (connection->answered)
        return STATUS_OK;
    if (is_ended(connection))
        return connection->failure;
    fail(connection, STATUS_TIMEOUT); /* an answer that comes now would confuse the next call */
    return STATUS_TIMEOUT;
}

static enum status pull_piece(struct connection *connection,
                              const struct wire_read_request *read,
                              struct buffer *bytes,
                              bool *last)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    TRY(exchange(connection, WIRE_READ, read));
    if (connection->answer_code != WIRE_CODE_OK) {
        enum status status = take_error(connection);
        /* What was announced is there: this says nothing of what was asked for. */
        return status == STATUS_NOT_FOUND || status == STATUS_DENIED ? STATUS_MALFORMED : status;
    }
    struct wire_read_response piece;
    TRY(schema_decode(&wire_read_response_schema, buffer_span(&connection->answer), &arena,
                      &piece));
    *last = piece.bytes.len < LIMIT_PART_BYTES;
    return buffer_append(bytes, piece.bytes);
}

/* Pulls a response that did not fit a frame. */
static enum status pull(struct connection *connection, uint32_t request, struct buffer *bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct wire_large large;
    TRY(schema_decode(&wire_large_schema, buffer_span(&connection->answer), &arena, &large));
    if (large.size > bytes->size_bytes_max)
        return STATUS_MALFORMED;
    bool last = false;
    while (bytes->len < large.size && !last) {
        struct wire_read_request read = {.request = request, .offset = (uint32_t)bytes->len};
        TRY(pull_piece(connection, &read, bytes, &last));
    }
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, buffer_span(bytes), &digest));
    bool whole =
        bytes->len == large.size && span_equal(digest_span(&digest), SPAN_OF(large.sha256));
    return whole ? STATUS_OK : STATUS_MALFORMED;
}

enum status connection_call(struct connection *connection,
                            enum wire_request kind,
                            const void *request,
                            struct connection_reply *reply,
                            void *response)
{
    connection_reply_clear(reply);
    buffer_truncate(&connection->detail, 0);
    connection->retry_after_ms = 0;
    TRY(exchange(connection, kind, request));
    if (connection->answer_code == WIRE_CODE_LARGE)
        TRY(pull(connection, connection->last_request, &reply->bytes));
    else if (connection->answer_code == WIRE_CODE_OK)
        TRY(buffer_append(&reply->bytes, buffer_span(&connection->answer)));
    else
        return take_error(connection);
    const struct schema *schema = wire_request_find((uint16_t)kind)->response;
    if (response == NULL || schema->field_count == 0)
        return STATUS_OK;
    return schema_decode(schema, buffer_span(&reply->bytes), &reply->arena, response);
}

void connection_reply_clear(struct connection_reply *reply)
{
    buffer_clear(&reply->bytes);
    arena_clear(&reply->arena);
}

struct span connection_detail(const struct connection *connection)
{
    if (connection->detail.len != 0)
        return buffer_span(&connection->detail);
    return span_from_text(connection->reason);
}

uint32_t connection_retry_after_ms(const struct connection *connection)
{
    return connection->retry_after_ms;
}

/* ---- events ---- */

void connection_wait(struct connection *connection, uint64_t timeout_ms)
{
    timer_begin(connection, timeout_ms);
    while (connection->first_event == NULL && !is_ended(connection) && !connection->woken &&
           !connection->timer_fired)
        uv_run(connection->loop, UV_RUN_ONCE);
    uv_timer_stop(&connection->timer);
    connection->woken = false;
}

void connection_pause(struct connection *connection, uint64_t timeout_ms)
{
    timer_begin(connection, timeout_ms);
    while (!connection->woken && !connection->timer_fired)
        uv_run(connection->loop, UV_RUN_ONCE);
    uv_timer_stop(&connection->timer);
    connection->woken = false;
}

void connection_wake(struct connection *connection)
{
    connection->woken = true;
}

bool connection_next_event(struct connection *connection,
                           enum wire_event *kind,
                           struct buffer *body)
{
    struct event *event = connection->first_event;
    if (event == NULL)
        return false;
    connection->first_event = event->next;
    if (connection->first_event == NULL)
        connection->last_event = &connection->first_event;
    connection->event_count--;
    buffer_clear(body);
    *kind = event->kind;
    *body = event->body;
    free(event);
    return true;
}

bool connection_lost_events(struct connection *connection)
{
    bool lost = connection->lost_events;
    connection->lost_events = false;
    return lost;
}

/* ---- beginning and end ---- */

enum status connection_new(struct uv_loop_s *loop,
                           const struct connection_server *server,
                           struct connection **connection)
{
    struct connection *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->loop = loop;
    fresh->server = *server;
    fresh->last_event = &fresh->first_event;
    buffer_init(&fresh->hello_bytes, LIMIT_FRAME_BYTES);
    arena_init(&fresh->hello_arena, LIMIT_FRAME_BYTES);
    buffer_init(&fresh->answer, LIMIT_FRAME_BYTES);
    buffer_init(&fresh->detail, LIMIT_FRAME_BYTES);
    struct websocket_handler handler = callbacks;
    handler.context = fresh;
    enum status status = websocket_new(loop, &handler, &fresh->websocket);
    if (status != STATUS_OK) {
        free(fresh);
        return status;
    }
    uv_timer_init(loop, &fresh->timer);
    fresh->timer.data = fresh;
    *connection = fresh;
    return STATUS_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    *(bool *)handle->data = true;
}

void connection_free(struct connection **connection)
{
    struct connection *ending = *connection;
    if (ending == NULL)
        return;
    websocket_free(&ending->websocket);
    bool timer_closed = false;
    ending->timer.data = &timer_closed;
    uv_close((uv_handle_t *)&ending->timer, on_timer_closed);
    while (!timer_closed)
        uv_run(ending->loop, UV_RUN_ONCE);
    drop_events(ending);
    buffer_clear(&ending->hello_bytes);
    arena_clear(&ending->hello_arena);
    buffer_clear(&ending->answer);
    buffer_clear(&ending->detail);
    free(ending);
    *connection = NULL;
}
