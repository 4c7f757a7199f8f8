/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame: one binary WebSocket message of subprotocol "weft.1" (PROTOCOL.md, 2).
 *
 *     struct { uint8 type; uint32 request; uint16 kind; opaque body[rest]; } Frame;
 *
 * Ownership: reading lends the input. Errors: those of reader.h, STATUS_UNSUPPORTED for a type
 * that does not exist. Thread rule: pure functions.
 */
#ifndef WEFT_WIRE_FRAME_H
#define WEFT_WIRE_FRAME_H

#include "protocol/codec/schema.h"

#define WIRE_SUBPROTOCOL "weft.1"
#define WIRE_FRAME_HEADER_SIZE 7

enum frame_type {
    FRAME_SERVER_HELLO = 1, /* the server's first frame */
    FRAME_CLIENT_HELLO = 2, /* the client's first frame */
    FRAME_REQUEST = 3,
    FRAME_RESPONSE = 4,
    FRAME_EVENT = 5,
    FRAME_PART = 6, /* a piece of a request that is larger than a frame */
};

struct frame {
    enum frame_type type;
    uint32_t request; /* chosen by the client, echoed in the response; 0 in hellos and events */
    uint16_t kind;    /* enum wire_request or enum wire_event; 0 in hellos and parts */
    struct span body;
};

MUST_CHECK enum status frame_read(struct span bytes, struct frame *frame);

/* Appends the header alone; the body is written after it. */
void frame_write_header(struct writer *writer,
                        enum frame_type type,
                        uint32_t request,
                        uint16_t kind);

/* Appends a whole frame with `value` of `schema` as its body (a NULL schema: no body). On an
 * error, STATUS_LIMIT over LIMIT_FRAME_BYTES included, `out` is as it was. */
MUST_CHECK enum status frame_encode(enum frame_type type,
                                    uint32_t request,
                                    uint16_t kind,
                                    const struct schema *schema,
                                    const void *value,
                                    struct buffer *out);

/* The body of a FRAME_PART. Pieces come in order; when offset + len reaches total, the pieces
 * together are the bytes of a FRAME_REQUEST frame. */
struct wire_part {
    uint32_t offset;
    uint32_t total;
    struct span bytes;
};
extern const struct schema wire_part_schema;

#endif
