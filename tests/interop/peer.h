/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Our side of the interop histories: members by name, each with its identity, KeyPackage, group and
 * the rows of that group.
 * Errors: those of the member API; STATUS_USAGE for a request that makes no sense.
 * Thread rule: one thread.
 */
#ifndef WEFT_TESTS_INTEROP_PEER_H
#define WEFT_TESTS_INTEROP_PEER_H

#include "tests/interop/fields.h"
#include "tests/interop/memory_rows.h"

#define PEER_MEMBERS_MAX 256
#define PEER_PSKS_MAX 64
#define PEER_BYTES_MAX ((size_t)16 << 20)

/* The application's GroupContext extension in the histories. */
#define PEER_EXTENSION 0xF0C1

struct peer_member {
    char name[32];
    char identity_name[32];
    struct mls_identity identity;
    struct secret signature_private;
    struct signature_public signature_public;
    struct mls_grease grease;
    const struct suite *suite;
    struct buffer package;
    struct buffer package_private;
    struct mls_group *group;
    struct memory_rows rows;
};

struct peer_psk {
    struct buffer id;
    struct buffer value;
};

struct peer {
    const struct random_source *random;
    struct mls_options options;
    struct mls_psk_store psk_store;
    struct peer_member *members[PEER_MEMBERS_MAX];
    size_t member_count;
    struct peer_psk psks[PEER_PSKS_MAX];
    size_t psk_count;
};

void peer_init(struct peer *peer, uint64_t now_seconds);
void peer_clear(struct peer *peer);

/* The member of this name; NULL when there is none. */
struct peer_member *peer_find(struct peer *peer, const char *name);

/* The same, made when there is none. */
MUST_CHECK enum status
peer_find_or_add(struct peer *peer, const char *name, struct peer_member **member);

/* Forgets the member; nothing happens when there is none. */
void peer_forget(struct peer *peer, const char *name);

/* Answers one request, {"do": command, ...}, by setting fields of `answer`. */
MUST_CHECK enum status peer_answer(struct peer *peer, const json_t *request, json_t *answer);

#endif
