/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ties between people that do not come from channels: imported ones, and introductions that both
 * sides accepted. A tie has no direction; it is kept once. Errors, results and thread rule:
 * store.h.
 */
#ifndef WEFT_STORE_TIES_H
#define WEFT_STORE_TIES_H

#include "server/store/store.h"

enum store_tie_kind {
    STORE_TIE_IMPORTED = 1,
    STORE_TIE_ACCEPTED = 2,
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

/* Deletes all of this kind, for an import that replaces the one before. */
MUST_CHECK enum status store_ties_clear(struct store_db *db, enum store_tie_kind kind);

#endif
