/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One outgoing WebSocket message with its header in front, built once and shared by every
 * connection that it goes to (fan-out: no second copy before the write).
 *
 * Ownership: reference-counted; a packet never changes after packet_new. A server does not mask.
 * Source: RFC 6455, 5.2. Thread rule: loop thread only, the count is not atomic.
 */
#ifndef WEFT_TRANSPORT_PACKET_H
#define WEFT_TRANSPORT_PACKET_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

struct packet {
    uint32_t references;
    uint32_t len;
    uint8_t bytes[];
};

/* A binary message of `payload`, with one reference. STATUS_LIMIT over LIMIT_FRAME_BYTES. */
MUST_CHECK enum status packet_new(struct span payload, struct packet **packet);

enum packet_control { PACKET_CLOSE = 8, PACKET_PING = 9, PACKET_PONG = 10 };

/* A control frame; STATUS_LIMIT over its 125 bytes. */
MUST_CHECK enum status
packet_new_control(enum packet_control opcode, struct span payload, struct packet **packet);

/* A second owner of the same packet. */
struct packet *packet_share(struct packet *packet);

/* Gives one reference back; `*packet` becomes NULL. NULL is allowed. */
void packet_free(struct packet **packet);

static inline struct span packet_span(const struct packet *packet)
{
    return (struct span){packet->bytes, packet->len};
}

#endif
