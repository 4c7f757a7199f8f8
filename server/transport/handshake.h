/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The opening handshake of a WebSocket connection, read strictly and answered: pure functions over
 * the bytes so far.
 *
 * Weft answers one request a connection, GET / with an upgrade to websocket and subprotocol
 * weft.1, and refuses all else with an HTTP status and a closed connection: other paths 404, other
 * methods 405, a plain GET or another upgrade (h2c) 426, a foreign Origin 403, a header over
 * LIMIT_HANDSHAKE_BYTES 431, what is not well-formed 400.
 * Source: RFC 6455, 4.2; RFC 9112. Thread rule: pure functions.
 */
#ifndef WEFT_TRANSPORT_HANDSHAKE_H
#define WEFT_TRANSPORT_HANDSHAKE_H

#include "protocol/base/buffer.h"

/* Base64 of a SHA-1 hash and the end of the string. */
#define HANDSHAKE_ACCEPT_SIZE 29

struct handshake_rules {
    const char *const *origins; /* browsers' origins that may connect, exact */
    size_t origin_count;
};

struct handshake_result {
    enum { HANDSHAKE_MORE, HANDSHAKE_ACCEPTED, HANDSHAKE_REFUSED } kind;
    int http_status; /* when refused */
    char accept[HANDSHAKE_ACCEPT_SIZE];
};

/* `bytes` is everything received so far. A client may not send anything after its handshake
 * before it is answered: bytes after the header are refused. */
struct handshake_result handshake_read(struct span bytes, const struct handshake_rules *rules);

/* Appends the HTTP answer to a result that is not HANDSHAKE_MORE. */
MUST_CHECK enum status handshake_answer(const struct handshake_result *result, struct buffer *out);

#endif
