/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The authenticated_data of every MLS message of a channel: what the server must know of a
 * message it cannot read, signed by the sender (PROTOCOL.md, 7).
 * Errors: those of schema.h; STATUS_UNSUPPORTED for a version or lane that does not exist.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WIRE_MESSAGE_HEADER_H
#define WEFT_WIRE_MESSAGE_HEADER_H

#include "protocol/base/id.h"
#include "protocol/codec/schema.h"

#define MESSAGE_HEADER_VERSION 1

enum lane {
    LANE_FLOOR = 1,   /* what is said to all: gated by the session's stage */
    LANE_SIDE = 2,    /* notes, votes, raised hands: never silenced, rate-limited */
    LANE_CONTROL = 3, /* stage changes, channel state, history keys, commits */
};

/* The request of a leaf to be removed, which whoever commits the Remove passes on: other members
 * check it before they follow. Signed by the leaf's key with LABEL_LEAVE over the fields before
 * the signature. */
struct message_leave {
    struct id channel;
    uint32_t generation;
    struct id device;
    /* The leaf's, as it is when it asks: a later leaf of the same device did not ask. */
    struct span encryption_key;
    int64_t time;
    struct span signature;
};
extern const struct schema message_leave_schema;

/* Signs for the leaf; `signature` is appended. */
MUST_CHECK enum status message_leave_sign(const struct message_leave *leave,
                                          struct span leaf_private_key,
                                          struct buffer *signature);

MUST_CHECK enum status message_leave_verify(const struct message_leave *leave,
                                            struct span leaf_public_key);

struct message_header {
    uint8_t version;
    struct id message;      /* unique, the same in every retry */
    uint8_t lane;           /* enum lane */
    uint32_t stage_counter; /* of the session as the sender saw it; 0 without one */
    uint64_t log_size;      /* the sender's head of the directory log */
    uint8_t log_root[32];
    struct message_leave *leaves; /* in a commit that removes leaves which asked for it */
    size_t leave_count;
};
extern const struct schema message_header_schema;

/* Decodes and checks version and lane. */
MUST_CHECK enum status
message_header_decode(struct span bytes, struct arena *arena, struct message_header *header);

MUST_CHECK enum status message_header_encode(const struct message_header *header,
                                             struct buffer *out);

#endif
