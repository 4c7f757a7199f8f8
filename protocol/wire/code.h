/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a response says what became of its request (PROTOCOL.md, 4): a stable code, and for an
 * error a text for people and, where waiting helps, for how long.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WIRE_CODE_H
#define WEFT_WIRE_CODE_H

#include "protocol/codec/schema.h"

/* CODE(number, name, status): the numbers are never used again for something else. */
#define WIRE_CODE_LIST(CODE)                                                                       \
    CODE(0, OK, OK)                                                                                \
    CODE(1, LARGE, OK) /* the body is a wire_large: pull the response with WIRE_READ */            \
    CODE(2, MALFORMED, MALFORMED)                                                                  \
    CODE(3, UNSUPPORTED, UNSUPPORTED)                                                              \
    CODE(4, LIMIT, LIMIT)                                                                          \
    CODE(5, UNAUTHENTICATED, UNAUTHENTICATED)                                                      \
    CODE(6, DENIED, DENIED)                                                                        \
    CODE(7, NOT_FOUND, NOT_FOUND)                                                                  \
    CODE(8, EXISTS, EXISTS)                                                                        \
    CODE(9, CONFLICT, CONFLICT)                                                                    \
    CODE(10, NOT_NOW, NOT_NOW)                                                                     \
    CODE(11, RATE_LIMITED, RATE_LIMITED)                                                           \
    CODE(12, EXPIRED, EXPIRED)                                                                     \
    CODE(13, WRONG_EPOCH, WRONG_EPOCH) /* the channel moved on: catch up and try again */          \
    CODE(14, INVALID, INVALID)         /* breaks a rule of MLS or of the channel */                \
    CODE(15, BAD_SIGNATURE, BAD_SIGNATURE)                                                         \
    CODE(16, FULL, FULL)                                                                           \
    CODE(17, INTERNAL, INTERNAL)

#define WIRE_CODE_ENUM(number, name, status) WIRE_CODE_##name = number,
enum wire_code { WIRE_CODE_LIST(WIRE_CODE_ENUM) };
#undef WIRE_CODE_ENUM

/* The code that tells `status` to the other side; what has none is INTERNAL or INVALID. */
enum wire_code wire_code_of(enum status status);

/* What a received code means here; an unknown one is STATUS_INTERNAL. */
enum status wire_code_status(uint16_t code);

/* The body of a response whose code is an error. */
struct wire_error {
    struct span detail;      /* for people: what is wrong and what to do */
    uint32_t retry_after_ms; /* 0: waiting does not help */
};
extern const struct schema wire_error_schema;

/* The body of a response with WIRE_CODE_LARGE: pull `size` bytes with WIRE_READ. */
struct wire_large {
    uint32_t size;
    uint8_t sha256[32];
};
extern const struct schema wire_large_schema;

#endif
