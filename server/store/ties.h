/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ties between people that do not come from channels: imported ones, accepted invitations, and
 * introductions that led to a meeting. A tie has no direction; it is kept once. Errors, results
 * and thread rule: store.h.
 */
#ifndef WEFT_STORE_TIES_H
#define WEFT_STORE_TIES_H

#include "server/store/store.h"

enum store_tie_kind {
    STORE_TIE_IMPORTED = 1,
    /* An invitation that was accepted. */
    STORE_TIE_ACCEPTED = 2,
    /* An introduction after which they met. */
    STORE_TIE_MET = 3,
    /* Sessions in which both took part (snapshot.h): never stored as a tie. */
    STORE_TIE_SESSIONS = 4,
};

struct store_tie {
    struct id a;
    struct id b;
    enum store_tie_kind kind;
    /* More than 0. */
    double weight;
    /* When it was imported or accepted last. */
    int64_t at_ms;
};

/* Adds the tie or, when this kind exists between the two, replaces weight and time. STATUS_USAGE
 * for a tie to oneself or a weight that is not positive and finite; STATUS_CONFLICT when one of
 * them does not exist. */
MUST_CHECK enum status store_ties_set(struct store_db *db, const struct store_tie *tie);

/* Of this kind. */
MUST_CHECK enum status
store_ties_count(struct store_db *db, enum store_tie_kind kind, uint64_t *count);

/* Deletes the tie of this kind between two people, if there is one. */
MUST_CHECK enum status store_ties_remove(struct store_db *db,
                                         const struct id *a,
                                         const struct id *b,
                                         enum store_tie_kind kind);

/* The other end of a person's ties, once a kind. */
struct store_own_tie {
    struct id other;
    enum store_tie_kind kind;
};

struct store_own_tie_list {
    struct store_own_tie *items;
    size_t count;
};

/* Of one person: of more only some are listed. */
#define STORE_OWN_TIES_MAX 4096

/* All of a person, ordered by the other end: also those of sessions with at most
 * `session_people_max` people, where both opted in and the channel is not confidential. That they
 * met is listed for whoever said so, whatever the other said. */
MUST_CHECK enum status store_ties_of_person(struct store_db *db,
                                            const struct id *person,
                                            uint32_t session_people_max,
                                            struct arena *arena,
                                            struct store_own_tie_list *ties);

/* Deletes all of this kind, for an import that replaces the one before. */
MUST_CHECK enum status store_ties_clear(struct store_db *db, enum store_tie_kind kind);

#endif
