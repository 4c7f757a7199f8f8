/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A WebSocket over TLS 1.3 to a server, on a libuv loop: whole binary messages out and in.
 *
 * Certificates are not checked here: who the server is shows from its first frame, which signs
 * the TLS key; `opened` hands that key's hash over. Nothing but the WebSocket
 * handshake is sent before the owner of this object sends it.
 *
 * Ownership: spans are lent for the call. Callbacks come from inside uv_run; they may send and
 * close, and must not free.
 * Errors: STATUS_NETWORK, STATUS_NO_MEMORY. Thread rule: the loop's thread.
 */
#ifndef WEFT_CORE_WEBSOCKET_H
#define WEFT_CORE_WEBSOCKET_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

struct uv_loop_s;
struct websocket;

/* Why a connection ended. */
struct websocket_end {
    const char *reason;      /* for people; may be empty */
    unsigned http_status;    /* of a handshake that was refused; 0: it was not */
    uint32_t retry_after_ms; /* what that answer asked for; 0: nothing */
};

struct websocket_handler {
    /* `tls_key_sha256`: 32 bytes, of the SubjectPublicKeyInfo of the server's certificate. */
    void (*opened)(void *context, struct span tls_key_sha256);
    void (*received)(void *context, struct span frame);
    /* It could not be opened, or ended. Once for each websocket_begin. */
    void (*closed)(void *context, const struct websocket_end *end);
    void *context;
};

/* `handler` is copied; `loop` must outlive the object. */
MUST_CHECK enum status websocket_new(struct uv_loop_s *loop,
                                     const struct websocket_handler *handler,
                                     struct websocket **websocket);

/* Ends the connection without a word and frees; runs the loop until libwebsockets let go of it.
 * NULL is allowed. */
void websocket_free(struct websocket **websocket);

/* Begins to connect; `opened` or `closed` follows. One connection at a time. */
MUST_CHECK enum status
websocket_begin(struct websocket *websocket, const char *host, uint16_t port);

/* Queues one binary message, at most LIMIT_FRAME_BYTES. STATUS_NETWORK when it is not open. */
MUST_CHECK enum status websocket_send(struct websocket *websocket, struct span frame);

/* Drops the connection; `closed` follows from the loop. */
void websocket_cancel(struct websocket *websocket);

#endif
