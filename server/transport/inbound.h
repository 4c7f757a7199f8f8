/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reads the frames of a WebSocket client: bytes in, messages and control frames out.
 *
 * Weft speaks binary messages of at most LIMIT_FRAME_BYTES, without extensions. Everything else
 * ends the connection with the close code that RFC 6455 names for it. See DESIGN.md for why this
 * is not libwebsockets' own parser.
 * Source: RFC 6455, 5 and 7.4. Thread rule: one thread at a time.
 */
#ifndef WEFT_TRANSPORT_INBOUND_H
#define WEFT_TRANSPORT_INBOUND_H

#include "protocol/base/buffer.h"

#define INBOUND_CONTROL_MAX 125

enum close_code {
    CLOSE_NORMAL = 1000,
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL = 1002,
    CLOSE_UNSUPPORTED = 1003,
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_POLICY = 1008,
    CLOSE_TOO_BIG = 1009,
    CLOSE_INTERNAL = 1011,
    CLOSE_TRY_LATER = 1013,
};

enum inbound_kind {
    INBOUND_MORE,    /* the input is used up */
    INBOUND_MESSAGE, /* `bytes` is a whole binary message */
    INBOUND_PING,    /* `bytes` is to be sent back */
    INBOUND_PONG,
    INBOUND_CLOSE, /* the client closes, with `code` */
    INBOUND_ERROR, /* close with `code`; the reader is not to be used again */
};

struct inbound_event {
    enum inbound_kind kind;
    struct span bytes; /* lent until the next call */
    uint16_t code;
};

struct inbound {
    uint8_t header[14]; /* 2, then 0, 2 or 8 of length, then 4 of mask */
    size_t header_len;
    bool in_payload;
    uint64_t payload_len;
    uint64_t payload_read;
    uint8_t control[INBOUND_CONTROL_MAX];
    struct buffer message;
    bool message_begun; /* a first fragment has come, its last has not */
    bool message_lent;
    uint32_t fragments;
};

void inbound_init(struct inbound *inbound);
void inbound_clear(struct inbound *inbound);

/* Consumes from the front of `*input` up to the next event. */
struct inbound_event inbound_next(struct inbound *inbound, struct span *input);

#endif
