/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/client.h"

#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"
#include "server/limits.h"
#include "server/session/hub.h"

#include <stdlib.h>
#include <string.h>

static const struct wire_capability_item capabilities[] = {
    {WIRE_CAPABILITY_SESSIONS},
    {WIRE_CAPABILITY_ASSISTERS},
};

static void send_bytes(struct client *client, struct span bytes, enum outbox_class class)
{
    struct packet *packet = NULL;
    if (packet_new(bytes, &packet) != STATUS_OK) {
        client_close(client, CLOSE_INTERNAL);
        return;
    }
    transport_send(client->connection, packet, class);
    packet_free(&packet);
}

void client_send_answer(struct client *client, struct span frame)
{
    send_bytes(client, frame, OUTBOX_ANSWER);
}

void client_send_error(struct client *client,
                       uint32_t number,
                       uint16_t kind,
                       enum status status,
                       const char *detail,
                       uint32_t retry_after_ms)
{
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    traffic_count(&client->hub->traffic, kind, wire_code_of(status));
    struct wire_error error = {
        .detail = span_from_text(detail != NULL ? detail : status_text(status)),
        .retry_after_ms = retry_after_ms,
    };
    struct writer writer = writer_of(&frame);
    frame_write_header(&writer, FRAME_RESPONSE, number, kind);
    writer_u16(&writer, (uint16_t)wire_code_of(status));
    schema_write(&wire_error_schema, &writer, &error);
    if (writer_finish(&writer) != STATUS_OK) {
        client_close(client, CLOSE_INTERNAL);
        return;
    }
    JOURNAL(client->hub->journal, JOURNAL_DEBUG, "refused", JOURNAL_N("kind", kind),
            JOURNAL_S(status));
    send_bytes(client, buffer_span(&frame), OUTBOX_ANSWER);
}

void client_send_event(struct client *client, enum wire_event kind, const void *event)
{
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    const struct wire_event_kind *found = wire_event_find((uint16_t)kind);
    if (frame_encode(FRAME_EVENT, 0, (uint16_t)kind, found->schema, event, &frame) != STATUS_OK) {
        JOURNAL(client->hub->journal, JOURNAL_ERROR, "event_lost", JOURNAL_N("kind", kind));
        client_close(client, CLOSE_INTERNAL); /* it asks for everything when it comes back */
        return;
    }
    send_bytes(client, buffer_span(&frame), OUTBOX_EVENT);
}

void client_close(struct client *client, uint16_t code)
{
    transport_close(client->connection, code);
}

static enum status send_hello(struct client *client)
{
    struct hub *hub = client->hub;
    TRY(random_fill(hub->random, client->nonce, sizeof client->nonce));
    struct wire_server_hello hello = {0};
    TRY(hub_fill_hello(hub, &hello));
    memcpy(hello.nonce, client->nonce, sizeof hello.nonce);
    struct wire_capability_item items[sizeof capabilities / sizeof *capabilities];
    memcpy(items, capabilities, sizeof items);
    hello.capabilities = items;
    hello.capability_count = sizeof items / sizeof *items;
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(frame_encode(FRAME_SERVER_HELLO, 0, 0, &wire_server_hello_schema, &hello, &frame));
    send_bytes(client, buffer_span(&frame), OUTBOX_ANSWER);
    return STATUS_OK;
}

struct client *client_new(struct hub *hub, struct connection *connection)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->hub = hub;
    client->connection = connection;
    client->since_ms = clock_monotonic_ms(hub->clock);
    bucket_init(&client->anonymous, &hub_anonymous_rate, client->since_ms);
    upload_init(&client->upload);
    if (send_hello(client) != STATUS_OK) {
        free(client);
        return NULL;
    }
    return client;
}

void client_free(struct client **client)
{
    struct client *ending = *client;
    for (struct call *call = ending->calls; call != NULL; call = call->next)
        call->client = NULL;
    upload_clear(&ending->upload);
    large_clear(&ending->large);
    free(ending);
    *client = NULL;
}

void client_keep_call(struct client *client, struct call *call)
{
    call->client = client;
    call->next = client->calls;
    if (call->next != NULL)
        call->next->previous = call;
    client->calls = call;
    client->call_count++;
    call->device = client->device;
    if (client->account != NULL) {
        call->person = client->account->person;
        call->role = client->account->role;
    }
}

void client_forget_call(struct client *client, struct call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        client->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    client->call_count--;
}

static void receive_hello(struct client *client, const struct frame *frame)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct wire_client_hello hello;
    enum status status = schema_decode(&wire_client_hello_schema, frame->body, &arena, &hello);
    if (status != STATUS_OK || hello.version != WIRE_VERSION) {
        client_close(client, CLOSE_PROTOCOL);
        return;
    }
    client->state = CLIENT_GREETED;
    client->since_ms = clock_monotonic_ms(client->hub->clock);
}

static size_t waiting_bytes(const struct client *client)
{
    size_t bytes = 0;
    for (const struct call *call = client->calls; call != NULL; call = call->next)
        bytes += call->bytes.len;
    return bytes;
}

/* Of a frame, or of a whole upload before its first part is kept. */
static bool take_bytes(struct client *client, uint32_t bytes, uint32_t *wait_ms)
{
    struct hub *hub = client->hub;
    const uint32_t kib = (uint32_t)(((uint64_t)bytes + 1023) / 1024);
    return client->account == NULL ||
           bucket_take(&client->account->budgets[BUDGET_BYTES], &hub->rates[BUDGET_BYTES],
                       clock_monotonic_ms(hub->clock), kib, wait_ms);
}

/* Whether a request may be begun now; otherwise it has been answered. */
static bool admit(struct client *client, const struct frame *frame)
{
    struct hub *hub = client->hub;
    int64_t now_ms = clock_monotonic_ms(hub->clock);
    uint32_t wait_ms = 0;
    bool allowed = client->account == NULL
                       ? bucket_take(&client->anonymous, &hub_anonymous_rate, now_ms, 1, &wait_ms)
                       : bucket_take(&client->account->budgets[BUDGET_REQUESTS],
                                     &hub->rates[BUDGET_REQUESTS], now_ms, 1, &wait_ms);
    const char *detail = budget_rows[BUDGET_REQUESTS].detail;
    /* An upload has paid for its bytes already. */
    bool uploaded = frame->body.len > LIMIT_FRAME_BYTES;
    if (allowed && !uploaded && !take_bytes(client, (uint32_t)frame->body.len, &wait_ms)) {
        allowed = false;
        detail = budget_rows[BUDGET_BYTES].detail;
    }
    if (client->call_count >= LIMIT_CALLS_PER_CLIENT ||
        waiting_bytes(client) + frame->body.len > LIMIT_CALLS_BYTES_PER_CLIENT) {
        allowed = false;
        wait_ms = 100;
        detail = "too many requests at once: wait for answers";
    }
    if (!allowed)
        client_send_error(client, frame->request, frame->kind, STATUS_RATE_LIMITED, detail,
                          wait_ms);
    return allowed;
}

/* What a stranger may get wrong only so often, by address. */
static const struct {
    enum wire_request kind;
    enum admission_act act;
    const char *detail;
} counted_requests[] = {
    {WIRE_LOGIN, ADMISSION_REFUSED_LOGIN, "too many refused logins from this address"},
    {WIRE_INVITE_SHOW, ADMISSION_REFUSED_INVITE, "too many wrong invites from this address"},
    {WIRE_REDEEM, ADMISSION_REFUSED_INVITE, "too many wrong invites from this address"},
};

/* Counts the call until it turns out to be right. False when it has been refused. */
static bool count_request(struct client *client, struct call *call)
{
    for (size_t i = 0; i < sizeof counted_requests / sizeof *counted_requests; i++) {
        if (counted_requests[i].kind != call->kind->number)
            continue;
        uint32_t wait_ms = 0;
        if (!transport_take(client->connection, counted_requests[i].act, &wait_ms)) {
            call_fail_later(call, STATUS_RATE_LIMITED, counted_requests[i].detail, wait_ms);
            return false;
        }
        call->counted = true;
        call->counted_as = counted_requests[i].act;
    }
    return true;
}

static void answer_read(struct client *client, struct call *call)
{
    const struct wire_read_request *request = call->request;
    struct wire_read_response response;
    enum status status =
        large_read(&client->large, request->request, request->offset, &response.bytes);
    if (status == STATUS_OK)
        call_answer(call, &response);
    else
        call_fail(call, status, "that answer is not kept any more: ask again");
}

static void receive_request(struct client *client, const struct frame *frame)
{
    const struct wire_request_kind *kind = wire_request_find(frame->kind);
    if (!admit(client, frame))
        return;
    enum status status = STATUS_OK;
    if (kind == NULL)
        status = STATUS_UNSUPPORTED;
    else if (kind->access == WIRE_ACCESS_ACCOUNT && client->state != CLIENT_LOGGED_IN)
        status = STATUS_UNAUTHENTICATED;
    struct call *call = NULL;
    if (status == STATUS_OK)
        status = call_new(client->hub, client, frame->request, kind, frame->body, &call);
    if (status != STATUS_OK)
        client_send_error(client, frame->request, frame->kind, status, NULL, 0);
    else if (kind->number == WIRE_READ)
        answer_read(client, call);
    else if (count_request(client, call))
        client->hub->dispatch(client->hub->dispatch_context, call);
}

static void receive_part(struct client *client, const struct frame *frame)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct wire_part part;
    struct frame request;
    bool whole = false;
    uint32_t wait_ms = 0;
    enum status status = client->state == CLIENT_LOGGED_IN ? STATUS_OK : STATUS_UNAUTHENTICATED;
    if (status == STATUS_OK)
        status = schema_decode(&wire_part_schema, frame->body, &arena, &part);
    if (status == STATUS_OK && part.offset == 0 && !take_bytes(client, part.total, &wait_ms))
        status = STATUS_RATE_LIMITED;
    if (status == STATUS_OK)
        status = upload_take(&client->upload, frame->request, &part, &whole);
    if (status == STATUS_OK && whole) {
        status = frame_read(buffer_span(&client->upload.bytes), &request);
        if (status == STATUS_OK && request.type != FRAME_REQUEST)
            status = STATUS_MALFORMED;
        if (status == STATUS_OK)
            receive_request(client, &request);
        upload_clear(&client->upload);
    }
    if (status != STATUS_OK)
        client_send_error(client, frame->request, frame->kind, status,
                          wait_ms != 0 ? budget_rows[BUDGET_BYTES].detail : NULL, wait_ms);
}

void client_receive(struct client *client, struct span bytes)
{
    struct frame frame;
    bool expected = frame_read(bytes, &frame) == STATUS_OK;
    if (expected && client->state == CLIENT_OPENED && frame.type == FRAME_CLIENT_HELLO)
        receive_hello(client, &frame);
    else if (expected && client->state != CLIENT_OPENED && frame.type == FRAME_REQUEST)
        receive_request(client, &frame);
    else if (expected && client->state != CLIENT_OPENED && frame.type == FRAME_PART)
        receive_part(client, &frame);
    else
        client_close(client, CLOSE_PROTOCOL);
}

void client_log_in(struct client *client, struct account *account, const struct id *device)
{
    client->account = account;
    client->account_next = account->clients;
    account->clients = client;
    client->device = *device;
    client->state = CLIENT_LOGGED_IN;
    client->since_ms = clock_monotonic_ms(client->hub->clock);
}

void client_check_deadline(struct client *client, int64_t now_ms)
{
    int64_t waited_ms = now_ms - client->since_ms;
    bool late = (client->state == CLIENT_OPENED && waited_ms >= LIMIT_HELLO_MS) ||
                (client->state == CLIENT_GREETED && waited_ms >= LIMIT_LOGIN_MS);
    if (late)
        client_close(client, CLOSE_POLICY);
}
