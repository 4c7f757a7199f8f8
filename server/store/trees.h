/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Ratchet trees by epoch. The current one is always kept; an earlier one while a Welcome to its
 * epoch waits. For this folder only.
 */
#ifndef WEFT_STORE_TREES_H
#define WEFT_STORE_TREES_H

#include "server/store/db.h"

/* Keeps the tree of the epoch that is now the current one. An empty tree keeps nothing. */
MUST_CHECK enum status store_trees_add(struct store_db *db,
                                       const struct id *channel,
                                       uint32_t generation,
                                       uint64_t epoch,
                                       struct span tree);

/* Deletes the channel's trees that nobody needs. */
MUST_CHECK enum status store_trees_prune(struct store_db *db, const struct id *channel);

#endif
