/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include "protocol/base/limits.h"

uint32_t mls_tree_next_free_leaf(const struct mls_tree *tree)
{
    uint32_t leaf = tree->free_from;
    while (leaf < tree->leaf_count && tree_at(tree, mls_node_of_leaf(leaf)) != NULL)
        leaf++;
    return leaf < tree->leaf_count ? leaf : tree->leaf_count;
}

/* RFC 9420, 12.1.1: "if there are empty leaves in the tree, L is the leftmost empty leaf.
 * Otherwise, the tree is extended to the right" */
enum status mls_tree_add(struct mls_tree *tree, struct span leaf_bytes, uint32_t *leaf)
{
    uint32_t place = mls_tree_next_free_leaf(tree);
    if (place == tree->leaf_count)
        TRY(tree_resize(tree, place == 0 ? 1 : 2 * place));
    TRY(mls_tree_set_leaf(tree, place, leaf_bytes));
    tree->free_from = place + 1;
    *leaf = place;
    return STATUS_OK;
}

static enum status put_parent(struct mls_tree *tree, uint32_t node, struct span bytes)
{
    struct mls_tree_node *made;
    TRY(tree_node_new_parent(bytes, &made));
    return tree_replace(tree, node, made);
}

enum status
mls_tree_set_parent(struct mls_tree *tree, uint32_t node, const struct mls_parent_node *parent)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    if (mls_node_is_leaf(node) || node >= mls_node_count(tree->leaf_count))
        return STATUS_USAGE;
    struct writer writer = writer_of(&bytes);
    mls_parent_node_write(&writer, parent);
    TRY(writer_finish(&writer));
    return put_parent(tree, node, buffer_span(&bytes));
}

/* Writes the two increasing lists as one, each leaf once. */
static void write_merged(struct writer *writer,
                         const struct mls_parent_node *parent,
                         const uint32_t *leaves,
                         size_t count)
{
    size_t old_count = mls_parent_node_unmerged_count(parent);
    size_t old_at = 0;
    size_t begin = writer_vector_begin(writer);
    for (size_t at = 0; at < count || old_at < old_count;) {
        uint32_t old =
            old_at < old_count ? mls_parent_node_unmerged_at(parent, old_at) : MLS_NO_LEAF;
        uint32_t new = at < count ? leaves[at] : MLS_NO_LEAF;
        writer_u32(writer, old < new ? old : new);
        old_at += old <= new;
        at += new <= old;
    }
    writer_vector_end(writer, begin);
}

static enum status
merge_unmerged(struct mls_tree *tree, uint32_t node, const uint32_t *leaves, size_t count)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    const struct mls_parent_node *parent = mls_tree_parent(tree, node);
    struct writer writer = writer_of(&bytes);
    writer_vector(&writer, parent->encryption_key);
    writer_vector(&writer, parent->parent_hash);
    write_merged(&writer, parent, leaves, count);
    TRY(writer_finish(&writer));
    return put_parent(tree, node, buffer_span(&bytes));
}

/* The parent at `level` above a leaf. */
static uint32_t ancestor_at(uint32_t leaf, uint32_t level)
{
    uint32_t low = (UINT32_C(1) << level) - 1;
    return (mls_node_of_leaf(leaf) >> (level + 1) << (level + 1)) | low;
}

/* RFC 9420, 12.1.1: "For each non-blank intermediate node along the path from the leaf L to the
 * root, add L's leaf index to the `unmerged_leaves` list for the node." Level by level, so that
 * a node above many new leaves is rewritten once. */
enum status mls_tree_add_unmerged(struct mls_tree *tree, const uint32_t *leaves, size_t count)
{
    for (uint32_t level = 1; UINT32_C(1) << level <= tree->leaf_count; level++) {
        for (size_t at = 0, end; at < count; at = end) {
            uint32_t node = ancestor_at(leaves[at], level);
            for (end = at + 1; end < count && ancestor_at(leaves[end], level) == node;)
                end++;
            if (tree_at(tree, node) != NULL)
                TRY(merge_unmerged(tree, node, leaves + at, end - at));
        }
    }
    return STATUS_OK;
}

enum status mls_tree_set_leaf(struct mls_tree *tree, uint32_t leaf, struct span leaf_bytes)
{
    struct mls_tree_node *made;
    if (leaf >= tree->leaf_count)
        return STATUS_USAGE;
    TRY(tree_node_new_leaf(leaf_bytes, &made));
    return tree_replace(tree, mls_node_of_leaf(leaf), made);
}

enum status mls_tree_blank(struct mls_tree *tree, uint32_t node)
{
    return tree_at(tree, node) == NULL ? STATUS_OK : tree_replace(tree, node, NULL);
}

enum status mls_tree_blank_direct_path(struct mls_tree *tree, uint32_t leaf)
{
    if (leaf >= tree->leaf_count)
        return STATUS_USAGE;
    uint32_t node = mls_node_parent(mls_node_of_leaf(leaf), tree->leaf_count);
    for (; node != MLS_NO_NODE; node = mls_node_parent(node, tree->leaf_count))
        TRY(mls_tree_blank(tree, node));
    return STATUS_OK;
}

/* RFC 9420, 12.1.2: "Blank the intermediate nodes along the path from the sender's leaf to the
 * root." */
enum status mls_tree_update(struct mls_tree *tree, uint32_t leaf, struct span leaf_bytes)
{
    TRY(mls_tree_set_leaf(tree, leaf, leaf_bytes));
    return mls_tree_blank_direct_path(tree, leaf);
}

/* RFC 9420, 12.1.3: "Replace the leaf node L with a blank node." and "Blank the intermediate nodes
 * along the path from L to the root." */
enum status mls_tree_remove(struct mls_tree *tree, uint32_t leaf)
{
    if (mls_tree_leaf(tree, leaf) == NULL)
        return STATUS_USAGE;
    TRY(mls_tree_blank(tree, mls_node_of_leaf(leaf)));
    return mls_tree_blank_direct_path(tree, leaf);
}

static bool right_half_is_blank(const struct mls_tree *tree)
{
    return mls_tree_next_member(tree, tree->leaf_count / 2) == MLS_NO_LEAF;
}

/* RFC 9420, 7.7: "The root of the tree and the right subtree are discarded (whether or not the
 * root node is blank)." */
enum status mls_tree_truncate(struct mls_tree *tree)
{
    while (tree->leaf_count > 1 && right_half_is_blank(tree)) {
        uint32_t count = mls_node_count(tree->leaf_count);
        for (uint32_t node = tree->leaf_count - 1; node < count; node++)
            TRY(mls_tree_blank(tree, node));
        /* If the tree grows again, this root is there again, over a left half that has changed
         * meanwhile; the hashes of the blank right half depend on nothing else. */
        TRY(tree_make_stale(tree, mls_node_root(tree->leaf_count)));
        TRY(tree_resize(tree, tree->leaf_count / 2));
    }
    if (tree->free_from > tree->leaf_count)
        tree->free_from = tree->leaf_count;
    return STATUS_OK;
}
