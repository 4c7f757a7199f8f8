/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The tree that a Welcome needs, and its hash, by which the newcomer asks for it. Inside run().
 */
#ifndef WEFT_HANDLER_LOOKUP_TREE_H
#define WEFT_HANDLER_LOOKUP_TREE_H

#include "server/store/channels.h"
#include "server/store/welcomes.h"

MUST_CHECK enum status lookup_tree(struct store_db *db,
                                   const struct store_welcome *welcome,
                                   struct arena *arena,
                                   struct span *tree,
                                   struct span *hash);

#endif
