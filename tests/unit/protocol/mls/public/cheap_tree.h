/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Trees of which only the form is right: no leaf is signed, so that a thousand cost little.
 * Every function fails the test when it cannot do its work.
 */
#ifndef WEFT_TESTS_MLS_PUBLIC_CHEAP_TREE_H
#define WEFT_TESTS_MLS_PUBLIC_CHEAP_TREE_H

#include "tests/unit/protocol/mls/public/fixture.h"

/* An encoded leaf that is well formed, with keys that no other number has; replaces what was there.
 */
void cheap_tree_leaf(uint32_t number, struct buffer *out);

/* A tree of the leaves 0 to count - 1, its hashes up to date. */
struct mls_tree *cheap_tree_new(uint32_t count);

/* As if this leaf had committed. */
void cheap_tree_merge_path(struct mls_tree *tree, uint32_t leaf);

#endif
