/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

/* Whether the resolution of the node has no node at all. */
static bool resolution_is_empty(const struct mls_tree *tree, uint32_t node)
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
        if (!resolution_is_empty(tree, copath))
            steps[count++] = (struct mls_path_step){parent, copath};
        node = parent;
    }
}

struct resolving {
    const struct mls_tree *tree;
    const uint32_t *excluded;
    size_t excluded_count;
    uint32_t *nodes; /* NULL to count only */
    size_t count;
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

static void take_node(struct resolving *resolving, uint32_t node)
{
    if (mls_node_is_leaf(node) && is_excluded(resolving, mls_leaf_of_node(node)))
        return;
    if (resolving->nodes != NULL)
        resolving->nodes[resolving->count] = node;
    resolving->count++;
}

/* RFC 9420, 4.1.1: a non-blank node and its unmerged leaves; nothing for a blank leaf; the
 * children's resolutions, left then right, for a blank parent. */
static void resolve(struct resolving *resolving, uint32_t node)
{
    const struct mls_tree_node *at = tree_at(resolving->tree, node);
    if (mls_node_is_leaf(node)) {
        if (at != NULL)
            take_node(resolving, node);
        return;
    }
    if (at == NULL) {
        resolve(resolving, mls_node_left(node));
        resolve(resolving, mls_node_right(node));
        return;
    }
    take_node(resolving, node);
    const struct mls_parent_node *parent = &tree_as_parent(at)->view;
    for (size_t i = 0; i < mls_parent_node_unmerged_count(parent); i++) {
        uint32_t leaf = mls_parent_node_unmerged_at(parent, i);
        if (leaf < resolving->tree->leaf_count)
            take_node(resolving, mls_node_of_leaf(leaf));
    }
}

enum status mls_tree_resolution_count(const struct mls_tree *tree,
                                      uint32_t node,
                                      const uint32_t *excluded,
                                      size_t excluded_count,
                                      size_t *count)
{
    struct resolving resolving = {tree, excluded, excluded_count, NULL, 0};
    if (node >= mls_node_count(tree->leaf_count))
        return STATUS_USAGE;
    resolve(&resolving, node);
    *count = resolving.count;
    return STATUS_OK;
}

enum status mls_tree_resolution(const struct mls_tree *tree,
                                uint32_t node,
                                const uint32_t *excluded,
                                size_t excluded_count,
                                struct arena *arena,
                                struct mls_resolution *resolution)
{
    struct resolving resolving = {tree, excluded, excluded_count, NULL, 0};
    size_t count;
    void *memory = NULL;
    TRY(mls_tree_resolution_count(tree, node, excluded, excluded_count, &count));
    TRY(arena_take(arena, count, sizeof *resolving.nodes, &memory));
    resolving.nodes = memory;
    if (count != 0)
        resolve(&resolving, node);
    resolution->nodes = resolving.nodes;
    resolution->count = count;
    return STATUS_OK;
}
