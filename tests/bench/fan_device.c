/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/fan_device.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/directory/entry.h"
#include "protocol/wire/accounts.h"
#include "protocol/wire/hello.h"
#include "tests/bench/must.h"

#include <string.h>
#include <time.h>

/* Connections that are being made at once: enough to keep the server busy. */
#define CONNECTING_MAX 64

static const uint8_t *secret_of_all;

static int64_t wall_ms(void)
{
    struct timespec now;
    MUST_BE(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void fan_device_init(struct fan_device *device)
{
    *device = (struct fan_device){.answer = BUFFER_INIT(LIMIT_OBJECT_BYTES)};
    MUST(id_random(random_system(), &device->person));
    MUST(id_random(random_system(), &device->device));
    MUST(signature_generate(SIGNATURE_ED25519, random_system(), &device->login_private,
                            &device->login_public));
    MUST(signature_generate(SIGNATURE_ED25519, random_system(), &device->leaf_private,
                            &device->leaf_public));
}

void fan_device_clear(struct fan_device *device)
{
    fan_socket_close(&device->socket);
    buffer_clear(&device->answer);
    secret_clear(&device->login_private);
    secret_clear(&device->leaf_private);
}

static uint32_t send_request(struct fan_device *device, enum wire_request kind, const void *request)
{
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    device->requests++;
    struct writer writer = writer_of(&frame);
    frame_write_header(&writer, FRAME_REQUEST, device->requests, (uint16_t)kind);
    schema_write(wire_request_find((uint16_t)kind)->request, &writer, request);
    MUST(writer_finish(&writer));
    for (size_t at = 0; frame.len > LIMIT_FRAME_BYTES && at < frame.len;) {
        CLEANUP(buffer_clear) struct buffer piece = BUFFER_INIT(LIMIT_FRAME_BYTES);
        size_t len = frame.len - at < LIMIT_PART_BYTES ? frame.len - at : LIMIT_PART_BYTES;
        struct wire_part part = {(uint32_t)at, (uint32_t)frame.len, span_of(frame.ptr + at, len)};
        MUST(frame_encode(FRAME_PART, device->requests, 0, &wire_part_schema, &part, &piece));
        fan_socket_send(device->socket, buffer_span(&piece));
        at += len;
    }
    if (frame.len <= LIMIT_FRAME_BYTES)
        fan_socket_send(device->socket, buffer_span(&frame));
    fan_socket_flush(device->socket);
    return device->requests;
}

/* ---- coming on line ---- */

static void redeem(struct fan_device *device)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = DIRECTORY_BY_FIRST,
        .time = wall_ms(),
        .person = device->person,
        .device = device->device,
        .login_key = signature_public_span(&device->login_public),
        .leaf_key = signature_public_span(&device->leaf_public),
    };
    struct directory_signers signers = {.login_private_key = secret_span(&device->login_private),
                                        .leaf_private_key = secret_span(&device->leaf_private)};
    MUST(directory_entry_sign(&entry, &signers, &bytes));
    struct wire_redeem_request request = {.name = SPAN_LITERAL("Load"),
                                          .entry = buffer_span(&bytes)};
    memcpy(request.secret, secret_of_all, sizeof request.secret);
    device->state = FAN_DEVICE_REDEEMING;
    device->awaited = send_request(device, WIRE_REDEEM, &request);
}

/* The hello is kept in `answer` for the login's proof. */
static void log_in(struct fan_device *device)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    struct wire_server_hello hello;
    struct wire_login_proof proof;
    MUST(schema_decode(&wire_server_hello_schema, buffer_span(&device->answer), &arena, &hello));
    wire_login_proof_init(&proof, &hello, device->device.bytes);
    MUST(wire_login_sign(&proof, secret_span(&device->login_private), &signature));
    struct wire_login_request request = {
        .device = device->device,
        .signature = buffer_span(&signature),
        .vault_counter = ++device->logins,
    };
    device->state = FAN_DEVICE_LOGGING_IN;
    device->awaited = send_request(device, WIRE_LOGIN, &request);
}

static void take_hello(struct fan_device *device, struct span body)
{
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct wire_client_hello hello = {.version = WIRE_VERSION, .software = SPAN_LITERAL("bench")};
    MUST(frame_encode(FRAME_CLIENT_HELLO, 0, 0, &wire_client_hello_schema, &hello, &frame));
    fan_socket_send(device->socket, buffer_span(&frame));
    buffer_truncate(&device->answer, 0);
    MUST(buffer_append(&device->answer, body));
    if (device->enrolled)
        log_in(device);
    else
        redeem(device);
}

static void must_be_ok(const struct frame *frame)
{
    unsigned code =
        frame->body.len >= 2 ? (unsigned)frame->body.ptr[0] << 8 | frame->body.ptr[1] : UINT16_MAX;
    if (code != 0) {
        (void)fprintf(stderr, "request %u was refused with code %u: %.*s\n", frame->kind, code,
                      frame->body.len > 3 ? (int)frame->body.len - 7 : 0,
                      (const char *)frame->body.ptr + 3);
        exit(1);
    }
}

static void take_answer(struct fan_device *device, const struct frame *frame)
{
    must_be_ok(frame);
    switch (device->state) {
    case FAN_DEVICE_REDEEMING:
        device->enrolled = true;
        log_in(device);
        break;
    case FAN_DEVICE_LOGGING_IN:
        device->state = FAN_DEVICE_READY;
        break;
    case FAN_DEVICE_READY:
        buffer_truncate(&device->answer, 0);
        MUST(buffer_append(&device->answer, span_of(frame->body.ptr + 2, frame->body.len - 2)));
        device->answered = true;
        break;
    case FAN_DEVICE_NEW:
    case FAN_DEVICE_GREETING:
        MUST_BE(false);
    }
}

void fan_device_message(void *owner, struct span bytes)
{
    struct fan_device *device = owner;
    struct frame frame;
    MUST(frame_read(bytes, &frame));
    if (frame.type == FRAME_SERVER_HELLO)
        take_hello(device, frame.body);
    else if (frame.type == FRAME_RESPONSE && frame.request == device->awaited)
        take_answer(device, &frame);
    else if (device->take != NULL)
        device->take(device, &frame, bytes);
}

void fan_device_connect_all(struct fan_loop *loop,
                            struct fan_device *devices,
                            size_t count,
                            const uint8_t secret[INVITE_SECRET_SIZE])
{
    secret_of_all = secret;
    for (size_t begun = 0, done = 0; done < count;) {
        while (begun < count && begun - done < CONNECTING_MAX) {
            devices[begun].state = FAN_DEVICE_GREETING;
            devices[begun].socket = fan_socket_open(loop, &devices[begun]);
            begun++;
        }
        fan_loop_run(loop, 1000);
        MUST_BE(loop->ended == 0);
        while (done < begun && devices[done].state == FAN_DEVICE_READY)
            done++;
    }
}

void fan_device_ask(struct fan_device *device, enum wire_request kind, const void *request)
{
    device->answered = false;
    device->awaited = send_request(device, kind, request);
}

struct span fan_device_answer(struct fan_loop *loop, struct fan_device *device)
{
    while (!device->answered) {
        fan_loop_run(loop, 1000);
        MUST_BE(loop->ended == 0);
    }
    device->awaited = 0;
    return buffer_span(&device->answer);
}

struct span fan_device_call(struct fan_loop *loop,
                            struct fan_device *device,
                            enum wire_request kind,
                            const void *request)
{
    fan_device_ask(device, kind, request);
    return fan_device_answer(loop, device);
}
