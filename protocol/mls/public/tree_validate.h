/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a tree is a valid tree of a group: what a newcomer checks, and what holds after each
 * commit.
 * Errors: STATUS_INVALID_TREE, STATUS_INVALID_LEAF, STATUS_BAD_SIGNATURE, what the application's
 * credential check returns.
 * Source: RFC 9420, 7.3, 12.4.3.1. Thread rule: as tree.h.
 */
#ifndef WEFT_MLS_PUBLIC_TREE_VALIDATE_H
#define WEFT_MLS_PUBLIC_TREE_VALIDATE_H

#include "protocol/mls/public/group_context.h"
#include "protocol/mls/public/tree.h"

/* Everything: tree hash, parent hashes, unmerged leaves, and every leaf with its signature and
 * credential: one signature verification a member. The lifetime is checked where leaves come in
 * and not here: one of a member of long standing may be over. */
MUST_CHECK enum status mls_tree_validate(const struct mls_tree *tree,
                                         const struct mls_group_context *context,
                                         const struct mls_options *options);

/* Every leaf signature (7.3). */
MUST_CHECK enum status mls_tree_verify_leaves(const struct mls_tree *tree, struct span group_id);

/* The entries of unmerged_leaves of every parent (12.4.3.1). */
MUST_CHECK enum status mls_tree_check_unmerged(const struct mls_tree *tree);

/* What depends on all leaves together: each supports every credential type in use and everything
 * that `group_extensions` asks for (7.3, 13.4). */
MUST_CHECK enum status mls_tree_check_support(const struct mls_tree *tree,
                                              struct mls_extensions group_extensions);

#endif
