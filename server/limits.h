/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every maximum of the server alone, each with its reason. Those that client and server share are
 * in protocol/base/limits.h; those that an operator may change are in server/config.
 */
#ifndef WEFT_SERVER_LIMITS_H
#define WEFT_SERVER_LIMITS_H

/* A WebSocket handshake of a browser is about 1 KiB; 8 KiB is what web servers commonly allow. */
#define LIMIT_HANDSHAKE_BYTES (8u << 10)

/* TLS and HTTP together, on a poor mobile link; longer is somebody who holds a slot. */
#define LIMIT_HANDSHAKE_MS 10000

/* Header lines of a handshake; browsers send about 20. */
#define LIMIT_HANDSHAKE_HEADERS 64

/* Fragments of one message: a fragment that carries nothing costs us and not the sender. */
#define LIMIT_MESSAGE_FRAGMENTS 256

/* What waits for a slow client before its events are dropped and it is told to page instead:
 * about 900 messages of 1 KiB. */
#define LIMIT_OUTBOX_BYTES (1u << 20)

/* What a waiting packet takes beside its bytes: its allocation and its place in the ring. Without
 * it, half a million empty pongs would be a mebibyte. */
#define LIMIT_OUTBOX_PACKET_BYTES 64

/* One write to the socket: as much as one frame, so that small frames travel together and a
 * client's progress shows at least once a frame. */
#define LIMIT_WRITE_BYTES (64u << 10)

/* What the kernel may hold of a connection beyond what is on its way: two writes, so that it never
 * waits for us. It would take megabytes otherwise, of each client that does not read, before the
 * outbox learned of it. */
#define LIMIT_UNSENT_BYTES (2 * LIMIT_WRITE_BYTES)

/* Without reading anything for so long, a client is gone or broken. */
#define LIMIT_STALL_MS 60000

/* Home routers forget a silent connection after a few minutes. */
#define LIMIT_PING_MS 45000

/* Silence after a ping that ends a connection. */
#define LIMIT_PONG_MS 20000

/* For a client to verify the server's hello and say its own. */
#define LIMIT_HELLO_MS 15000

/* For a person to read what an invite offers and type a name before they redeem it. */
#define LIMIT_LOGIN_MS 300000

/* Requests of one connection that wait for an answer at once: a client needs a handful. */
#define LIMIT_CALLS_PER_CLIENT 32

/* Bytes of those requests together: one upload of the largest size and some more. Otherwise one
 * connection could have 32 uploads wait in a channel's line. */
#define LIMIT_CALLS_BYTES_PER_CLIENT (12u << 20)

/* A tree from which nobody is added any more, some 20,000 leaves: what fills its blank nodes later
 * (keys, and lists of members not yet merged) makes it half as large again, and newcomers must be
 * able to fetch it as one object (LIMIT_OBJECT_BYTES). */
#define LIMIT_TREE_ADD_BYTES (5u << 20)

/* Between two events that tell of the directory: when a thousand people join at nine o'clock, a
 * thousand clients need not hear of each of them. */
#define LIMIT_DIRECTORY_EVENT_MS 1000

/* For the answer to a close frame. */
#define LIMIT_CLOSE_MS 3000

#endif
