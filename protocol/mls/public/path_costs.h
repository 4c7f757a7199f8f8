/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the blank nodes of a tree cost whoever commits with a path, and whose path would spare the
 * most. After an Add of a thousand members every parent is blank, and a path has a ciphertext for
 * each of them; a path that was made fills the blank nodes above its leaf for all that follow.
 *
 * Errors: STATUS_LIMIT, STATUS_NO_MEMORY of the arena.
 * Source: RFC 9420, 4.1.1, 4.1.2, 7.5. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_PATH_COSTS_H
#define WEFT_MLS_PUBLIC_PATH_COSTS_H

#include "protocol/mls/public/tree.h"

struct mls_path_costs {
    uint64_t path_bytes; /* the ciphertexts of one path; the mean over all members, rounded up */
    /* By leaf: ciphertexts that a path of this leaf would spare the next one, the mean over all
     * members, rounded down. 0 for a path without a blank node, and for a blank leaf. */
    const uint32_t *spared;
};

/* Takes time and memory that are linear in the tree. */
MUST_CHECK enum status
mls_path_costs(const struct mls_tree *tree, struct arena *arena, struct mls_path_costs *costs);

/* Bytes of one HPKECiphertext of a path. */
size_t mls_path_ciphertext_bytes(const struct suite *suite);

/* Whether the filtered direct path of a leaf has a blank node, which a path of its would fill. Only
 * Adds and Removes make another one, a few each. */
bool mls_path_has_blank(const struct mls_tree *tree, uint32_t leaf);

#endif
