/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GroupContext extension weft_channel: what a channel is, in the one place that every member
 * agrees on and the server cannot forge (PROTOCOL.md, 9).
 *
 *     struct { uint16 type; opaque value<V>; } ChannelField;
 *     struct { uint8 version; ChannelField fields<V>; } ChannelExtension;
 *
 * Fields stand by rising type from 1 on, each once. Whoever rewrites the extension keeps the fields
 * it does not know. Ownership: decoding lends from the input and the arena. Errors: those of
 * reader.h, STATUS_UNSUPPORTED for another version, STATUS_INVALID for values that contradict each
 * other. Thread rule: pure functions.
 */
#ifndef WEFT_CHANNEL_EXTENSION_H
#define WEFT_CHANNEL_EXTENSION_H

#include "protocol/base/id.h"
#include "protocol/codec/schema.h"

/* RFC 9420, 17.3: the private-use range is 0xF000 to 0xFFFF. */
#define CHANNEL_EXTENSION_TYPE 0xF0C1
#define CHANNEL_EXTENSION_VERSION 1
#define CHANNEL_FORMAT_DIGEST_SIZE 32

enum channel_visibility {
    CHANNEL_OPEN = 1,       /* listed, anyone joins by external commit */
    CHANNEL_RESTRICTED = 2, /* listed, knock */
    CHANNEL_PRIVATE = 3,    /* unlisted, invite only */
    /* The same, and nothing of it shows outside: no tie comes of it, no count has it. */
    CHANNEL_CONFIDENTIAL = 4,
};

enum channel_history {
    CHANNEL_HISTORY_FROM_JOINING = 1,
    CHANNEL_HISTORY_FULL = 2, /* whoever joins may read what was said before */
};

/* What a person is in the channel, besides a member: bits. */
enum channel_role {
    CHANNEL_ROLE_FACILITATOR = 1 << 0, /* removes, changes roles, moves the session's clock */
    CHANNEL_ROLE_SPONSOR = 1 << 1,     /* adds people */
    CHANNEL_ROLE_HOST = 1 << 2,        /* who asks for help: the assistee */
    CHANNEL_ROLE_ASSISTER = 1 << 3,    /* who was asked to help */
    CHANNEL_ROLE_NOTE_TAKER = 1 << 4,
};

/* Whoever has one of them lets people in, elsewhere than in an open channel. */
#define CHANNEL_ROLES_ADDING (CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_SPONSOR)

struct channel_role_item {
    struct id person;
    uint16_t roles;
};

/* For so long a dormant device may come back. */
#define CHANNEL_DORMANT_DAYS 365

/* A device that was removed for absence: it may come back by itself, with the same leaf key. */
struct channel_dormant {
    struct id device;
    struct span key; /* its leaf's signature key */
    int64_t until;   /* milliseconds since 1970, by the clock of whoever removed it */
};

/* A field that this version does not know. */
struct channel_field {
    uint16_t type;
    struct span value;
};

struct channel_extension {
    enum channel_visibility visibility;
    enum channel_history history;
    struct span format_digest;       /* SHA-256 of the session's format, or empty */
    struct channel_role_item *roles; /* people without one are not listed */
    size_t role_count;
    struct channel_dormant *dormant; /* by rising device */
    size_t dormant_count;
    struct channel_field *unknown;
    size_t unknown_count;
};

MUST_CHECK enum status channel_extension_decode(struct span bytes,
                                                struct arena *arena,
                                                struct channel_extension *extension);

/* Appends the extension's data. */
MUST_CHECK enum status channel_extension_encode(const struct channel_extension *extension,
                                                struct buffer *bytes);

/* Whether everybody in the community may know of the channel, and its title. */
bool channel_extension_is_listed(const struct channel_extension *extension);

/* Where a device stands in the list; NULL when it does not. */
const struct channel_dormant *channel_extension_dormant(const struct channel_extension *extension,
                                                        const struct id *device);

/* Whether nothing but the list of dormant devices differs. */
bool channel_extension_same_rules(const struct channel_extension *a,
                                  const struct channel_extension *b);

/* The role bits of a person; 0 for a plain member. The roles are in order, as when decoded. */
uint16_t channel_extension_roles(const struct channel_extension *extension,
                                 const struct id *person);

#endif
