/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The client's connection to weftd: hellos, requests and their answers, events.
 *
 * Calls look as if they blocked: they run the libuv loop until their answer is there. Events that
 * arrive meanwhile are kept in order for connection_next_event; nothing is called back, so that
 * whoever uses a connection has one straight line of control.
 *
 * The server proves who it is before a single frame of ours leaves: its hello must be signed by
 * the pinned key over the key of this very TLS connection. There is no way around it.
 *
 * Errors: STATUS_NETWORK, STATUS_TIMEOUT, STATUS_RATE_LIMITED (too many from this address),
 * STATUS_UNTRUSTED (the server is not the one that the link names), STATUS_UNSUPPORTED (no common
 * version), what the server answered, and decoding errors. Thread rule: the loop's thread.
 */
#ifndef WEFT_CORE_CONNECTION_H
#define WEFT_CORE_CONNECTION_H

#include "protocol/base/id.h"
#include "protocol/base/limits.h"
#include "protocol/wire/hello.h"
#include "protocol/wire/invite_link.h"
#include "protocol/wire/requests.h"

struct uv_loop_s;
struct connection;

struct connection_server {
    char host[INVITE_HOST_SIZE_MAX + 1];
    uint16_t port;
    uint8_t log_key[32]; /* the pin */
};

/* A connection that is not open yet. The loop must outlive it. */
MUST_CHECK enum status connection_new(struct uv_loop_s *loop,
                                      const struct connection_server *server,
                                      struct connection **connection);

/* Ends it and frees. NULL is allowed. */
void connection_free(struct connection **connection);

/* Connects, checks the server, sends our hello. May be called again after the connection failed;
 * events of the old one are dropped. */
MUST_CHECK enum status connection_open(struct connection *connection, int64_t now_ms);

bool connection_is_open(const struct connection *connection);

/* Signs the login structure of this connection for `device`; the signature is appended. */
MUST_CHECK enum status connection_sign_login(const struct connection *connection,
                                             const struct id *device,
                                             struct span login_private_key,
                                             struct buffer *signature);

/* The bytes of an answer and the lists decoded from it: what a response struct lends from. */
struct connection_reply {
    struct buffer bytes;
    struct arena arena;
};

#define CONNECTION_REPLY_INIT                                                                      \
    ((struct connection_reply){BUFFER_INIT(LIMIT_OBJECT_BYTES + LIMIT_FRAME_BYTES),                \
                               ARENA_INIT(LIMIT_DECODED_BYTES)})

void connection_reply_clear(struct connection_reply *reply);

/* Makes a request and waits for its answer. `request` and `response` are the structs of `kind`;
 * `response` may be NULL. What `reply` held before is dropped. */
MUST_CHECK enum status connection_call(struct connection *connection,
                                       enum wire_request kind,
                                       const void *request,
                                       struct connection_reply *reply,
                                       void *response);

/* What the server said of the last failed call, or of a connection that it refused, and how long to
 * wait. Empty and 0 when it said nothing. Lent until the next call. */
struct span connection_detail(const struct connection *connection);
uint32_t connection_retry_after_ms(const struct connection *connection);

/* Runs the loop until an event is there, the connection failed, connection_wake was called, or
 * `timeout_ms` has passed; returns at once when one of the first two is so already. */
void connection_wait(struct connection *connection, uint64_t timeout_ms);

/* Runs the loop for `timeout_ms`, or until connection_wake: the time between two attempts. */
void connection_pause(struct connection *connection, uint64_t timeout_ms);

/* Ends the present or next connection_wait or connection_pause: for other users of the loop. */
void connection_wake(struct connection *connection);

/* Takes the oldest event: its kind, and its body, which is moved to `body` (cleared first). False
 * when there is none. */
bool connection_next_event(struct connection *connection,
                           enum wire_event *kind,
                           struct buffer *body);

/* Whether events were dropped because too many came, since the last time this was asked. */
bool connection_lost_events(struct connection *connection);

#endif
