/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Invites: only the SHA-256 of the secret is kept. An invite is bound to a role and to a group, or
 * to an imported person, and can be redeemed a given number of times before it expires.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_INVITES_H
#define WEFT_STORE_INVITES_H

#include "server/store/people.h"

struct store_invite {
    /* What lists show and `revoke` names; says nothing about the secret. */
    struct id invite;
    struct store_hash secret_hash;
    enum store_role role;
    /* None: the person has to be bound. */
    struct id group;
    /* The imported person whose account this makes; none for a new person. Then uses_max is 1. */
    struct id person;
    /* None: made at the console. */
    struct id created_by;
    int64_t created_at_ms;
    int64_t expires_at_ms;
    uint32_t uses_max;
    uint32_t uses;
    bool revoked;
};

struct store_invite_list {
    struct store_invite *items;
    size_t count;
    bool more;
};

/* `uses` and `revoked` start at 0. STATUS_EXISTS for an id or a hash that is taken;
 * STATUS_USAGE for no uses, or several uses of one that is bound to a person. */
MUST_CHECK enum status store_invites_add(struct store_db *db, const struct store_invite *invite);

/* What an invite is for, before it is used. Errors as store_invites_redeem, and nothing changes. */
MUST_CHECK enum status store_invites_show(struct store_db *db,
                                          const struct store_hash *secret_hash,
                                          int64_t now_ms,
                                          struct store_invite *invite);

struct store_redemption {
    struct store_invite invite;
    /* The invite's imported person, or the fresh id that the first call gave. */
    struct id person;
    /* The same device has redeemed this invite before: nothing was changed now, and the person
     * and device exist already. */
    bool again;
};

/*
 * Uses an invite for one device. The caller makes person and device in the same job, so that a
 * failure there gives the use back. STATUS_NOT_FOUND for an unknown hash, STATUS_EXPIRED,
 * STATUS_DENIED when revoked, STATUS_REPLAYED when all uses are gone. In this order, so that an
 * unknown secret learns nothing.
 */
MUST_CHECK enum status store_invites_redeem(struct store_db *db,
                                            const struct store_hash *secret_hash,
                                            const struct id *fresh_person,
                                            const struct id *device,
                                            int64_t now_ms,
                                            struct store_redemption *redemption);

/* Repeating it changes nothing. STATUS_NOT_FOUND. */
MUST_CHECK enum status store_invites_revoke(struct store_db *db, const struct id *invite);

/* The one invite whose id starts with these hex digits (at least 6). Errors as
 * store_people_by_prefix. */
MUST_CHECK enum status
store_invites_by_prefix(struct store_db *db, struct span hex_digits, struct id *invite);

/* Newest first; `count_max` at most. */
MUST_CHECK enum status store_invites_list(struct store_db *db,
                                          uint32_t count_max,
                                          struct arena *arena,
                                          struct store_invite_list *invites);

#endif
