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

struct message_header {
    uint8_t version;
    struct id message;      /* unique, the same in every retry */
    uint8_t lane;           /* enum lane */
    uint32_t stage_counter; /* of the session as the sender saw it; 0 without one */
    uint64_t log_size;      /* the sender's head of the directory log */
    uint8_t log_root[32];
};
extern const struct schema message_header_schema;

/* Decodes and checks version and lane; needs no arena, the header has no lists. */
MUST_CHECK enum status message_header_decode(struct span bytes, struct message_header *header);

MUST_CHECK enum status message_header_encode(const struct message_header *header,
                                             struct buffer *out);

#endif
