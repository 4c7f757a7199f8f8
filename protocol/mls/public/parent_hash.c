/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/parent_hash.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/tree_private.h"

enum status mls_parent_hash(const struct suite *suite,
                            struct span encryption_key,
                            struct span parent_hash,
                            struct span original_sibling_tree_hash,
                            struct digest *hash)
{
    CLEANUP(buffer_clear) struct buffer input = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&input);
    writer_vector(&writer, encryption_key);
    writer_vector(&writer, parent_hash);
    writer_vector(&writer, original_sibling_tree_hash);
    TRY(writer_finish(&writer));
    return hash_bytes(suite->hash, buffer_span(&input), hash);
}

/* From the root down, so that each hash covers those above it; `*hash` ends as the leaf's. */
static enum status set_parents(struct mls_tree *tree,
                               const struct mls_path_step *steps,
                               const struct span *keys,
                               size_t count,
                               struct digest *hash)
{
    hash->len = 0;
    for (size_t i = count; i-- > 0;) {
        struct digest above = *hash;
        /* RFC 9420, 7.5: "Set the list of unmerged leaves to the empty list." */
        struct mls_parent_node parent = {keys[i], digest_span(&above), SPAN_EMPTY};
        TRY(tree_hash_node(tree, steps[i].copath));
        TRY(mls_parent_hash(tree->suite, keys[i], parent.parent_hash,
                            mls_tree_hash(tree, steps[i].copath), hash));
        TRY(mls_tree_set_parent(tree, steps[i].node, &parent));
    }
    return STATUS_OK;
}

enum status mls_tree_merge_path(struct mls_tree *tree,
                                uint32_t leaf,
                                const struct span *keys,
                                size_t count,
                                struct digest *leaf_parent_hash)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    struct digest hash;
    if (leaf >= tree->leaf_count)
        return STATUS_USAGE;
    if (mls_tree_filtered_path(tree, leaf, steps) != count)
        return STATUS_INVALID_TREE;
    /* RFC 9420, 12.4.2: "Verify that none of the public keys in the UpdatePath appear in any node
     * of the new ratchet tree." */
    for (size_t i = 0; i < count; i++) {
        uint32_t found;
        TRY(tree_index_find(tree, TREE_KEY_ENCRYPTION, keys[i], &found));
        if (found != MLS_NO_NODE)
            return STATUS_INVALID_TREE;
    }
    TRY(mls_tree_blank_direct_path(tree, leaf));
    TRY(set_parents(tree, steps, keys, count, &hash));
    *leaf_parent_hash = hash;
    return STATUS_OK;
}

/* ---- verification (7.9.2) ---- */

/* The unmerged leaves of P that are under one node: entries from `from` up to `to`. */
struct unmerged_part {
    const struct mls_parent_node *parent;
    size_t from;
    size_t to;
};

static size_t first_unmerged_from(const struct mls_parent_node *parent, uint32_t leaf)
{
    size_t low = 0;
    size_t high = mls_parent_node_unmerged_count(parent);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mls_parent_node_unmerged_at(parent, middle) < leaf)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct unmerged_part unmerged_under(const struct mls_parent_node *parent, uint32_t node)
{
    uint32_t first;
    uint32_t end;
    mls_node_leaves(node, &first, &end);
    return (struct unmerged_part){parent, first_unmerged_from(parent, first),
                                  first_unmerged_from(parent, end)};
}

/* Writes the parent node at `node` without those unmerged leaves that P has too. */
static void write_original(struct writer *writer,
                           const struct mls_parent_node *node,
                           const struct mls_parent_node *parent)
{
    writer_vector(writer, node->encryption_key);
    writer_vector(writer, node->parent_hash);
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < mls_parent_node_unmerged_count(node); i++) {
        uint32_t leaf = mls_parent_node_unmerged_at(node, i);
        if (!mls_parent_node_has_unmerged(parent, leaf))
            writer_u32(writer, leaf);
    }
    writer_vector_end(writer, begin);
}

/* RFC 9420, 7.9: "For each leaf L in `P.unmerged_leaves`, blank L and remove it from the
 * `unmerged_leaves` sets of all parent nodes." Goes down only where such leaves are. */
static enum status original_hash(const struct mls_tree *tree,
                                 const struct mls_parent_node *parent,
                                 uint32_t node,
                                 struct digest *hash)
{
    struct unmerged_part part = unmerged_under(parent, node);
    if (part.from == part.to) {
        struct span stored = mls_tree_hash(tree, node);
        hash->len = (uint8_t)stored.len;
        for (size_t i = 0; i < stored.len; i++)
            hash->bytes[i] = stored.ptr[i];
        return STATUS_OK;
    }
    if (mls_node_is_leaf(node))
        return tree_hash_leaf(tree->suite, mls_leaf_of_node(node), SPAN_EMPTY, hash);
    struct digest left;
    struct digest right;
    TRY(original_hash(tree, parent, mls_node_left(node), &left));
    TRY(original_hash(tree, parent, mls_node_right(node), &right));
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&bytes);
    if (mls_tree_parent(tree, node) != NULL)
        write_original(&writer, mls_tree_parent(tree, node), parent);
    TRY(writer_finish(&writer));
    return tree_hash_parent(tree->suite, buffer_span(&bytes), digest_span(&left),
                            digest_span(&right), hash);
}

/* What is left of a resolution after P's unmerged leaves are taken out of it. */
struct remainder {
    uint32_t node;  /* one node that is left */
    size_t left;    /* how many */
    size_t removed; /* how many of P's unmerged leaves were met */
};

static void meet(struct remainder *rest, const struct mls_parent_node *parent, uint32_t node)
{
    if (mls_node_is_leaf(node) && mls_parent_node_has_unmerged(parent, mls_leaf_of_node(node))) {
        rest->removed++;
        return;
    }
    rest->node = node;
    rest->left++;
}

/* An entry that is no leaf of the tree is counted as one too many. */
static void meet_unmerged(const struct mls_tree *tree,
                          struct remainder *rest,
                          const struct mls_parent_node *parent,
                          uint32_t leaf)
{
    if (mls_tree_leaf(tree, leaf) == NULL)
        rest->left += 2;
    else
        meet(rest, parent, mls_node_of_leaf(leaf));
}

/* Walks the resolution of `node`; stops when two are left, since only one may be. */
static void resolve_rest(const struct mls_tree *tree,
                         const struct mls_parent_node *parent,
                         uint32_t node,
                         struct remainder *rest)
{
    if (rest->left > 1)
        return;
    if (tree_at(tree, node) != NULL) {
        meet(rest, parent, node);
        const struct mls_parent_node *at = mls_tree_parent(tree, node);
        for (size_t i = 0; at != NULL && i < mls_parent_node_unmerged_count(at); i++)
            meet_unmerged(tree, rest, parent, mls_parent_node_unmerged_at(at, i));
        return;
    }
    if (mls_node_is_leaf(node))
        return;
    resolve_rest(tree, parent, mls_node_left(node), rest);
    resolve_rest(tree, parent, mls_node_right(node), rest);
}

static struct span parent_hash_field(const struct mls_tree *tree, uint32_t node)
{
    if (mls_node_is_leaf(node))
        return mls_tree_leaf(tree, mls_leaf_of_node(node))->parent_hash;
    return mls_tree_parent(tree, node)->parent_hash;
}

/* Whether a node D under child C of P (with sibling S) has a parent hash that is valid with
 * respect to P. */
static enum status child_is_linked(const struct mls_tree *tree,
                                   const struct mls_parent_node *parent,
                                   uint32_t child,
                                   uint32_t sibling,
                                   bool *linked)
{
    struct remainder rest = {0};
    *linked = false;
    resolve_rest(tree, parent, child, &rest);
    struct unmerged_part part = unmerged_under(parent, child);
    /* RFC 9420, 7.9.2: "D is in the resolution of C, and the intersection of P's
     * `unmerged_leaves` with the subtree under C is equal to the resolution of C with D
     * removed." */
    if (rest.left != 1 || rest.removed != part.to - part.from)
        return STATUS_OK;
    struct digest original;
    struct digest expected;
    TRY(original_hash(tree, parent, sibling, &original));
    TRY(mls_parent_hash(tree->suite, parent->encryption_key, parent->parent_hash,
                        digest_span(&original), &expected));
    /* RFC 9420, 7.9.2: "The `parent_hash` field of D is equal to the parent hash of P with copath
     * child S." */
    *linked = span_equal(parent_hash_field(tree, rest.node), digest_span(&expected));
    return STATUS_OK;
}

/* RFC 9420, 7.9.2: "verifying that there is exactly one descendant of each non-blank parent node
 * for which the parent node is parent-hash valid." */
static enum status verify_parent(const struct mls_tree *tree, uint32_t node)
{
    const struct mls_parent_node *parent = mls_tree_parent(tree, node);
    uint32_t left = mls_node_left(node);
    uint32_t right = mls_node_right(node);
    bool by_left;
    bool by_right;
    /* RFC 9420, 7.5: "The root node always has a zero-length hash for its parent hash." */
    if (node == mls_node_root(tree->leaf_count) && parent->parent_hash.len != 0)
        return STATUS_INVALID_TREE;
    TRY(child_is_linked(tree, parent, left, right, &by_left));
    TRY(child_is_linked(tree, parent, right, left, &by_right));
    return by_left != by_right ? STATUS_OK : STATUS_INVALID_TREE;
}

enum status mls_tree_verify_parent_hashes(const struct mls_tree *tree)
{
    for (uint32_t node = 1; node < mls_node_count(tree->leaf_count); node += 2)
        if (tree_at(tree, node) != NULL)
            TRY(verify_parent(tree, node));
    return STATUS_OK;
}
