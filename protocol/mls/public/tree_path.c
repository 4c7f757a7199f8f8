/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include "protocol/mls/public/list.h"

bool mls_tree_resolution_is_empty(const struct mls_tree *tree, uint32_t node)
{
    if (tree_at(tree, node) != NULL)
        return false;
    uint32_t leaf;
    uint32_t end;
    mls_node_leaves(node, &leaf, &end);
    /* Without a leaf below there is no parent either: removing a leaf blanks those above it. */
    while (leaf < end && tree_at(tree, mls_node_of_leaf(leaf)) == NULL)
        leaf++;
    return leaf == end;
}

/* RFC 9420, 4.1.2: the direct path, without the nodes whose child on the copath has an empty
 * resolution. */
size_t
mls_tree_filtered_path(const struct mls_tree *tree, uint32_t leaf, struct mls_path_step *steps)
{
    size_t count = 0;
    uint32_t node = mls_node_of_leaf(leaf);
    for (;;) {
        uint32_t parent = mls_node_parent(node, tree->leaf_count);
        if (parent == MLS_NO_NODE)
            return count;
        uint32_t copath = mls_node_sibling(node, tree->leaf_count);
        if (!mls_tree_resolution_is_empty(tree, copath))
            steps[count++] = (struct mls_path_step){parent, copath};
        node = parent;
    }
}

struct resolving {
    const struct mls_tree *tree;
    const uint32_t *excluded;
    size_t excluded_count;
    struct arena *arena;
    struct mls_list nodes;
};

static bool is_excluded(const struct resolving *resolving, uint32_t leaf)
{
    size_t low = 0;
    size_t high = resolving->excluded_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (resolving->excluded[middle] == leaf)
            return true;
        if (resolving->excluded[middle] < leaf)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static enum status take_node(struct resolving *resolving, uint32_t node)
{
    void *item;
    if (mls_node_is_leaf(node) && is_excluded(resolving, mls_leaf_of_node(node)))
        return STATUS_OK;
    TRY(mls_list_push(&resolving->nodes, resolving->arena, &item));
    *(uint32_t *)item = node;
    return STATUS_OK;
}

/* RFC 9420, 4.1.1: a non-blank node and its unmerged leaves; nothing for a blank leaf; the
 * children's resolutions, left then right, for a blank parent. */
static enum status resolve(struct resolving *resolving, uint32_t node)
{
    const struct mls_tree_node *at = tree_at(resolving->tree, node);
    if (at == NULL && mls_node_is_leaf(node))
        return STATUS_OK;
    if (at == NULL) {
        TRY(resolve(resolving, mls_node_left(node)));
        return resolve(resolving, mls_node_right(node));
    }
    TRY(take_node(resolving, node));
    if (at->is_leaf)
        return STATUS_OK;
    const struct mls_parent_node *parent = &tree_as_parent(at)->view;
    for (size_t i = 0; i < mls_parent_node_unmerged_count(parent); i++) {
        uint32_t leaf = mls_parent_node_unmerged_at(parent, i);
        if (leaf < resolving->tree->leaf_count)
            TRY(take_node(resolving, mls_node_of_leaf(leaf)));
    }
    return STATUS_OK;
}

enum status mls_tree_resolution(const struct mls_tree *tree,
                                uint32_t node,
                                const uint32_t *excluded,
                                size_t excluded_count,
                                struct arena *arena,
                                struct mls_resolution *resolution)
{
    struct resolving resolving = {tree, excluded, excluded_count, arena, MLS_LIST_OF(uint32_t)};
    if (node >= mls_node_count(tree->leaf_count))
        return STATUS_USAGE;
    TRY(resolve(&resolving, node));
    resolution->nodes = resolving.nodes.items;
    resolution->count = resolving.nodes.count;
    return STATUS_OK;
}
