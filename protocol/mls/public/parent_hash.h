/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parent hashes, and merging a path into the tree, which computes them.
 * Errors: STATUS_INVALID_TREE, STATUS_CRYPTO, STATUS_NO_MEMORY.
 * Source: RFC 9420, 7.5, 7.9. Thread rule: as tree.h.
 */
#ifndef WEFT_MLS_PUBLIC_PARENT_HASH_H
#define WEFT_MLS_PUBLIC_PARENT_HASH_H

#include "protocol/mls/public/tree.h"

/* Hash(ParentHashInput). */
MUST_CHECK enum status mls_parent_hash(const struct suite *suite,
                                       struct span encryption_key,
                                       struct span parent_hash,
                                       struct span original_sibling_tree_hash,
                                       struct digest *hash);

/* Merges new keys into the filtered direct path of `leaf` (7.5): blanks the direct path, sets the
 * `count` keys from the leaf up with no unmerged leaves and their parent hashes, and gives the
 * parent hash that the leaf itself must carry (empty when the path has no node). The leaf is
 * the caller's to set. STATUS_INVALID_TREE when `count` is not the length of the filtered path or
 * a key is in the tree already. Tree hashes are brought up to date as far as they are needed. */
MUST_CHECK enum status mls_tree_merge_path(struct mls_tree *tree,
                                           uint32_t leaf,
                                           const struct span *keys,
                                           size_t count,
                                           struct digest *leaf_parent_hash);

/* Every non-blank parent is parent-hash valid (7.9.2), for a tree whose hashes are up to date. */
MUST_CHECK enum status mls_tree_verify_parent_hashes(const struct mls_tree *tree);

#endif
