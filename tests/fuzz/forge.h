/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a malicious member or server can make: a small group all of whose secrets are known here,
 * and messages, Welcomes and GroupInfos of it that are changed as an input says before they are
 * signed, tagged and encrypted, so that the change is met behind every authentication.
 *
 * The group: Ann (leaf 0, the attacker), Ben (1, the victim) and Cat (2); Dan and Eve are outside.
 * Eve is an external sender. In the present epoch, 2, these proposals wait, in this order: Ann's
 * PSK, Cat's Update, Eve's Remove of Cat, Dan's Add of himself.
 *
 * The choice 0 of the tape is always the honest one, and nothing depends on anything but the tape.
 * Ownership: a forge owns all it shows, until the next forge_begin. A call that must work aborts
 * when it does not. Thread rule: one thread.
 */
#ifndef WEFT_FUZZ_FORGE_H
#define WEFT_FUZZ_FORGE_H

#include "protocol/base/arena.h"
#include "protocol/mls/member/group.h"
#include "tests/fuzz/tape.h"

#define FORGE_ROWS_MAX 64
#define FORGE_BYTES_MAX ((size_t)4 << 20)

/* ---- people and their group ---- */

enum { FORGE_ANN, FORGE_BEN, FORGE_CAT, FORGE_DAN, FORGE_EVE, FORGE_PEOPLE };

struct forge_person {
    struct secret signature_private;
    struct secret prepared_key; /* the same, as signature_prepare gives it */
    struct signature_public signature_public;
    struct mls_identity identity;
};

struct forge_rows {
    struct mls_row_key keys[FORGE_ROWS_MAX];
    struct buffer bytes[FORGE_ROWS_MAX];
    size_t count;
    size_t next;
};
void forge_rows_clear(struct forge_rows *rows);
void forge_rows_of(struct mls_group *group, struct forge_rows *rows);
/* But for the secret tree, which may have been derived further without losing anything. */
bool forge_rows_equal(const struct forge_rows *a, const struct forge_rows *b);
/* The source starts at the first row. */
struct mls_row_source forge_rows_source(struct forge_rows *rows);

/* Honest messages of the present epoch, from Ann unless told. */
enum {
    FORGE_APPLICATION, /* PrivateMessage, her first */
    FORGE_PROPOSAL,
    FORGE_COMMIT, /* adds Dan, with a path */
    FORGE_COMMIT_OF_CAT,
    FORGE_LATE, /* an application message of the epoch before */
    FORGE_MESSAGES
};

/* A KeyPackage variant: all are signed, some should not be believed. */
#define FORGE_PACKAGES 12

struct forge {
    const struct suite *suite;
    uint64_t random_state;
    struct random_source random;
    struct mls_options options;
    struct mls_psk_store psk_store;
    struct forge_person people[FORGE_PEOPLE];
    struct mls_group *ann;
    struct mls_group *ben;
    struct forge_rows rows[2]; /* theirs, at the beginning */
    bool stale[2];             /* which of theirs must be made anew: whoever changes one says so */
    struct buffer messages[FORGE_MESSAGES];
    struct buffer packages[FORGE_PACKAGES];      /* bare KeyPackages */
    struct mls_key_package read[FORGE_PACKAGES]; /* the same, lending from them */
    /* Of the honest commit that adds Dan. */
    struct buffer dan_package; /* MLSMessage */
    struct buffer dan_private;
    struct buffer welcome;
    /* Of the present epoch. */
    struct buffer group_info; /* MLSMessage, without the tree */
    struct buffer tree;
};

/* The group as it was at the beginning, which the first call makes. An execution that only had
 * something refused needs nothing made anew. */
struct forge *forge_begin(void);

/* The one whose signature key this is; NULL when it is nobody's. */
const struct forge_person *forge_person_of(const struct forge *forge, struct span signature_key);

/* Signs a leaf again, with the key that belongs to it if there is one; `signature` holds it. */
void forge_sign_leaf(const struct forge *forge,
                     struct span group_id,
                     uint32_t leaf_index,
                     struct mls_leaf_node *leaf,
                     struct signature *signature);

/* ---- messages (forge_message.c) ---- */

/* What a forged message is of: a group as anybody sees it, and what only members know, which may
 * be NULL and then is random. */
struct forge_base {
    const struct mls_public_group *group;
    struct mls_group *member;
};

/* A forged message, and whether it is Ann's own commit as `member` would stage it. */
struct forge_made {
    struct buffer message; /* MLSMessage */
    struct mls_next *next; /* Ann's next epoch, when her own checks let the commit pass */
    bool is_commit;
};
void forge_made_clear(struct forge_made *made);

/* A proposal or commit of a member, an external sender or a newcomer. */
void forge_handshake(struct forge *forge,
                     const struct forge_base *base,
                     struct tape *tape,
                     struct forge_made *made);

/* Application data in a PrivateMessage of Ann's. */
void forge_application(struct forge *forge, struct tape *tape, struct buffer *message);

/* ---- what newcomers get (forge_join.c) ---- */

/* Changes a GroupInfo (bare) and the tree that goes with it, and makes hash, tag and signature fit
 * again as far as the tape says. `joiner_secret` and `psk_secret` are those of its epoch, from
 * which the tag follows; empty: the tag stays. True when anything was changed. */
bool forge_group_info(struct forge *forge,
                      struct tape *tape,
                      struct span joiner_secret,
                      struct span psk_secret,
                      struct buffer *group_info,
                      struct buffer *tree);

/* Dan's Welcome, changed inside its encryption. True when anything was changed. */
bool forge_welcome(struct forge *forge,
                   struct tape *tape,
                   struct buffer *welcome,
                   struct buffer *tree);

#endif
