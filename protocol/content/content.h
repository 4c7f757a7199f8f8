/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What members say to each other inside the encryption: one envelope, typed and versioned, around
 * a body of its kind (PROTOCOL.md, 10).
 *
 * An unknown kind is carried and stored as it is, and shown as something a newer client said. A
 * later version of a kind only appends fields: a reader takes those it knows and leaves the rest.
 *
 * Ownership: decoding lends from the input. Errors: those of schema.h; STATUS_UNSUPPORTED for
 * another version of the envelope. Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_CONTENT_H
#define WEFT_CONTENT_CONTENT_H

#include "protocol/base/id.h"
#include "protocol/codec/schema.h"
#include "protocol/content/kinds.h"

#define CONTENT_VERSION 1
#define CONTENT_HASH_SIZE 32

/* What the sender had seen when it spoke. Receivers compare it with what they saw: another hash at
 * the same place means that the server shows different logs to different people. */
struct content_seen {
    uint64_t epoch;
    uint64_t sequence;                       /* of the last entry that the sender had processed */
    uint8_t running_hash[CONTENT_HASH_SIZE]; /* running_hash.h, after that entry */
    struct span epoch_authenticator;         /* of that epoch (RFC 9420, 8.7) */
};

struct content {
    uint8_t version;
    uint16_t kind;      /* enum content_kind, or a later one */
    struct id reply_to; /* the message that it answers, or none */
    struct content_seen seen;
    struct span body; /* of the kind's schema */
};
extern const struct schema content_schema;

MUST_CHECK enum status content_decode(struct span bytes, struct content *content);

MUST_CHECK enum status content_encode(const struct content *content, struct buffer *bytes);

/* Decodes the body into the struct of its kind. Bytes after the known fields are a later
 * version's and are left alone. STATUS_UNSUPPORTED for an unknown kind. */
MUST_CHECK enum status
content_decode_body(const struct content *content, struct arena *arena, void *body);

/* Encodes the body of `kind` from its struct. */
MUST_CHECK enum status content_encode_body(uint16_t kind, const void *body, struct buffer *bytes);

#endif
