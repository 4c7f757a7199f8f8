/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Accounts of a load test: real keys, real directory entries, real logins; one device a person and
 * one connection a device. Errors end the program (must.h). Thread rule: one thread.
 */
#ifndef WEFT_BENCH_FAN_DEVICE_H
#define WEFT_BENCH_FAN_DEVICE_H

#include "protocol/base/id.h"
#include "protocol/crypto/signature.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/invite_link.h"
#include "protocol/wire/requests.h"
#include "tests/bench/fan_socket.h"

enum fan_device_state {
    FAN_DEVICE_NEW,      /* without a connection */
    FAN_DEVICE_GREETING, /* until the server's hello */
    FAN_DEVICE_REDEEMING,
    FAN_DEVICE_LOGGING_IN,
    FAN_DEVICE_READY,
};

struct fan_device {
    struct fan_socket *socket;
    enum fan_device_state state;
    bool enrolled;
    struct id person;
    struct id device;
    struct secret login_private, leaf_private;
    struct signature_public login_public, leaf_public;
    uint64_t logins;
    uint32_t requests; /* number of the last one */
    /* The answer that fan_device_call waits for. */
    uint32_t awaited;
    bool answered;
    struct buffer answer;
    /* Events, and answers that nobody waits for; lent for the call. NULL: dropped. */
    void (*take)(struct fan_device *device, const struct frame *frame, struct span bytes);
    void *owner;
};

/* A device that knows nobody yet. */
void fan_device_init(struct fan_device *device);
void fan_device_clear(struct fan_device *device);

/* For loop->message: the owner of a socket is its device. */
void fan_device_message(void *owner, struct span bytes);

/* Brings all of them on line, a bounded number at a time: those that are new redeem `secret`, and
 * all log in. */
void fan_device_connect_all(struct fan_loop *loop,
                            struct fan_device *devices,
                            size_t count,
                            const uint8_t secret[INVITE_SECRET_SIZE]);

/* Makes a request; then waits for its answer, which must be OK: the response's bytes, lent until
 * the device's next request. One at a time a device. */
void fan_device_ask(struct fan_device *device, enum wire_request kind, const void *request);
struct span fan_device_answer(struct fan_loop *loop, struct fan_device *device);

/* Both at once. */
struct span fan_device_call(struct fan_loop *loop,
                            struct fan_device *device,
                            enum wire_request kind,
                            const void *request);

#endif
