/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One connected client, from its hello to its last frame: greeted, logged in, what it waits for,
 * what it may ask.
 *
 *     opened -> server_hello sent -> client_hello -> GREETED -> login -> LOGGED_IN
 *
 * Ownership: the hub's, until the transport's closed event. Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_CLIENT_H
#define WEFT_SESSION_CLIENT_H

#include "protocol/wire/hello.h"
#include "server/base/bucket.h"
#include "server/session/account.h"
#include "server/session/call.h"
#include "server/session/large.h"
#include "server/session/upload.h"
#include "server/transport/transport.h"

struct subscription;

enum client_state {
    CLIENT_OPENED,    /* waits for its client_hello */
    CLIENT_GREETED,   /* may show an invite, redeem, log in */
    CLIENT_LOGGED_IN, /* may ask everything that its account may */
};

struct client {
    struct hub *hub;
    struct connection *connection;
    enum client_state state;
    int64_t since_ms; /* monotonic, of its state */
    uint8_t nonce[WIRE_NONCE_SIZE];
    struct bucket anonymous; /* requests before a login */
    struct account *account;
    struct client *account_next;
    struct id device;
    struct call *calls;
    size_t call_count;
    struct upload upload;
    struct large large;
    struct subscription *subscriptions; /* delivery's */
    struct client *previous;            /* of the hub's clients */
    struct client *next;
};

/* Sends the server_hello. NULL when that fails. */
struct client *client_new(struct hub *hub, struct connection *connection);

/* Calls under way end without an answer; `*client` becomes NULL. */
void client_free(struct client **client);

/* A whole frame from the client. */
void client_receive(struct client *client, struct span bytes);

/* A login has been verified. */
void client_log_in(struct client *client, struct account *account, const struct id *device);

/* Closes the connection with a code of inbound.h; the client lives until the closed event. */
void client_close(struct client *client, uint16_t code);

/* Closes who has not said hello or logged in in time. */
void client_check_deadline(struct client *client, int64_t now_ms);

void client_send_answer(struct client *client, struct span frame);
void client_send_error(struct client *client,
                       uint32_t number,
                       uint16_t kind,
                       enum status status,
                       const char *detail,
                       uint32_t retry_after_ms);

/* An event for this client alone. */
void client_send_event(struct client *client, enum wire_event kind, const void *event);

/* For call.c. */
void client_keep_call(struct client *client, struct call *call);
void client_forget_call(struct client *client, struct call *call);

#endif
