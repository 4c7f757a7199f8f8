/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_validate.h"

#include "protocol/mls/public/parent_hash.h"

enum status mls_tree_verify_leaves(const struct mls_tree *tree, struct span group_id)
{
    uint32_t leaf = mls_tree_next_member(tree, 0);
    for (; leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1))
        TRY(mls_leaf_node_verify(mls_tree_suite(tree), mls_tree_leaf(tree, leaf), group_id, leaf));
    return STATUS_OK;
}

/* One entry of unmerged_leaves of the parent at `node`. */
static enum status check_entry(const struct mls_tree *tree, uint32_t node, uint32_t leaf)
{
    /* RFC 9420, 12.4.3.1: "Verify that the entry represents a non-blank leaf node that is a
     * descendant of the parent node." */
    if (mls_tree_leaf(tree, leaf) == NULL || !mls_node_is_under(mls_node_of_leaf(leaf), node))
        return STATUS_INVALID_TREE;
    uint32_t leaf_count = mls_tree_leaf_count(tree);
    uint32_t between = mls_node_parent(mls_node_of_leaf(leaf), leaf_count);
    for (; between != node; between = mls_node_parent(between, leaf_count)) {
        const struct mls_parent_node *parent = mls_tree_parent(tree, between);
        /* RFC 9420, 12.4.3.1: "Verify that every non-blank intermediate node between the leaf node
         * and the parent node also has an entry for the leaf node in its `unmerged_leaves`." */
        if (parent != NULL && !mls_parent_node_has_unmerged(parent, leaf))
            return STATUS_INVALID_TREE;
    }
    return STATUS_OK;
}

enum status mls_tree_check_unmerged(const struct mls_tree *tree)
{
    uint32_t count = mls_node_count(mls_tree_leaf_count(tree));
    for (uint32_t node = 1; node < count; node += 2) {
        const struct mls_parent_node *parent = mls_tree_parent(tree, node);
        for (size_t i = 0; parent != NULL && i < mls_parent_node_unmerged_count(parent); i++)
            TRY(check_entry(tree, node, mls_parent_node_unmerged_at(parent, i)));
    }
    return STATUS_OK;
}

enum status mls_tree_check_support(const struct mls_tree *tree,
                                   struct mls_extensions group_extensions)
{
    /* RFC 9420, 7.3: "Verify that the credential type is supported by all members of the group, as
     * specified by the `capabilities` field of each member's LeafNode, and that the
     * `capabilities` field of this LeafNode indicates support for all the credential types
     * currently in use by other members." */
    if (!mls_tree_credentials_supported(tree))
        return STATUS_INVALID_LEAF;
    if (group_extensions.bytes.len == 0)
        return STATUS_OK;
    uint32_t leaf = mls_tree_next_member(tree, 0);
    for (; leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1))
        TRY(mls_leaf_node_check_extensions(mls_tree_leaf(tree, leaf), group_extensions));
    return STATUS_OK;
}

static enum status
check_leaves(const struct mls_tree *tree, struct span group_id, const struct mls_options *options)
{
    const struct suite *suite = mls_tree_suite(tree);
    uint32_t leaf = mls_tree_next_member(tree, 0);
    for (; leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1)) {
        const struct mls_leaf_node *node = mls_tree_leaf(tree, leaf);
        TRY(mls_leaf_node_check_alone(suite, node));
        TRY(mls_leaf_node_verify(suite, node, group_id, leaf));
        /* RFC 9420, 5.3.1: "When a member receives a GroupInfo object that it will use to join a
         * group, either via a Welcome or via an external Commit" */
        TRY(mls_options_check_credential(options, &node->credential, node->signature_key, NULL));
    }
    return STATUS_OK;
}

/* A tree that 12.1.3 would have truncated is no tree of a group. */
static bool is_truncated(const struct mls_tree *tree)
{
    uint32_t leaf_count = mls_tree_leaf_count(tree);
    return leaf_count == 1 ||
           (leaf_count > 1 && mls_tree_next_member(tree, leaf_count / 2) != MLS_NO_LEAF);
}

/* The signatures come last, as they cost most: a tree must first be the one that was asked for.
 * That every key is in one node only, the tree itself keeps (12.4.3.1, 7.3). */
enum status mls_tree_validate(const struct mls_tree *tree,
                              const struct mls_group_context *context,
                              const struct mls_options *options)
{
    if (mls_tree_member_count(tree) == 0 || !is_truncated(tree))
        return STATUS_INVALID_TREE;
    /* RFC 9420, 12.4.3.3: "Regardless of how the client obtains the tree, the client MUST verify
     * that the root hash of the ratchet tree matches the `tree_hash` of the GroupContext before
     * using the tree for MLS operations." RFC 9420, 12.4.3.1: "Verify that the tree hash of the
     * ratchet tree matches the `tree_hash` field in GroupInfo." */
    if (!span_equal(mls_tree_root_hash(tree), context->tree_hash))
        return STATUS_INVALID_TREE;
    TRY(mls_tree_check_unmerged(tree));
    /* RFC 9420, 7.9.2: "When joining a group, the new member MUST authenticate that each non-blank
     * parent node P is parent-hash valid." RFC 9420, 12.4.3.1: "For each non-empty parent node,
     * verify that it is "parent-hash valid", as described in" 7.9.2. */
    TRY(mls_tree_verify_parent_hashes(tree));
    TRY(mls_tree_check_support(tree, context->extensions));
    /* RFC 9420, 12.4.3.1: "For each non-empty leaf node, validate the LeafNode as described in"
     * 7.3. */
    return check_leaves(tree, context->group_id, options);
}
