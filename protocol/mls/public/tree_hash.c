/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include "protocol/base/limits.h"

#include <assert.h>
#include <string.h>

/* The values are those on the wire (7.8). */
enum { NODE_LEAF = 1, NODE_PARENT = 2 };

static struct span stored_hash(const struct mls_tree *tree, uint32_t node)
{
    size_t size = tree->suite->hash_size;
    const struct tree_page *page = tree->pages[node / TREE_PAGE_NODES];
    return span_of(page->hashes + node % TREE_PAGE_NODES * size, size);
}

static bool is_fresh(const struct mls_tree *tree, uint32_t node)
{
    return (tree->pages[node / TREE_PAGE_NODES]->fresh >> node % TREE_PAGE_NODES & 1) != 0;
}

enum status
tree_hash_leaf(const struct suite *suite, uint32_t leaf, struct span bytes, struct digest *hash)
{
    /* RFC 9420, 7.8: "For both parent and leaf nodes, the optional node value MUST be absent if the
     * node is blank and present if the node contains a value." */
    const uint8_t head[] = {
        NODE_LEAF,     (uint8_t)(leaf >> 24), (uint8_t)(leaf >> 16), (uint8_t)(leaf >> 8),
        (uint8_t)leaf, bytes.len != 0};
    const struct span parts[] = {SPAN_OF(head), bytes};
    return hash_parts(suite->hash, parts, 2, hash);
}

enum status tree_hash_parent(const struct suite *suite,
                             struct span bytes,
                             struct span left_hash,
                             struct span right_hash,
                             struct digest *hash)
{
    const uint8_t head[] = {NODE_PARENT, bytes.len != 0};
    /* A hash of 64 bytes needs a length header of two. */
    uint8_t lengths[2] = {(uint8_t)(left_hash.len < 64 ? left_hash.len : 0x40), 64};
    struct span length = span_of(lengths, left_hash.len < 64 ? 1 : 2);
    const struct span parts[] = {SPAN_OF(head), bytes, length, left_hash, length, right_hash};
    return hash_parts(suite->hash, parts, sizeof parts / sizeof *parts, hash);
}

static enum status store_hash(struct mls_tree *tree, uint32_t node, const struct digest *hash)
{
    struct tree_page **page = &tree->pages[node / TREE_PAGE_NODES];
    TRY(tree_page_own(tree->suite, page));
    memcpy((*page)->hashes + node % TREE_PAGE_NODES * hash->len, hash->bytes, hash->len);
    (*page)->fresh |= UINT64_C(1) << node % TREE_PAGE_NODES;
    return STATUS_OK;
}

/* As deep as the tree is high, at most 15. */
enum status tree_hash_node(struct mls_tree *tree, uint32_t node)
{
    struct digest hash;
    if (is_fresh(tree, node))
        return STATUS_OK;
    struct span bytes = mls_tree_node_bytes(tree, node);
    if (mls_node_is_leaf(node)) {
        TRY(tree_hash_leaf(tree->suite, mls_leaf_of_node(node), bytes, &hash));
        return store_hash(tree, node, &hash);
    }
    uint32_t left = mls_node_left(node);
    uint32_t right = mls_node_right(node);
    TRY(tree_hash_node(tree, left));
    TRY(tree_hash_node(tree, right));
    TRY(tree_hash_parent(tree->suite, bytes, stored_hash(tree, left), stored_hash(tree, right),
                         &hash));
    return store_hash(tree, node, &hash);
}

enum status mls_tree_update_hashes(struct mls_tree *tree)
{
    if (tree->leaf_count == 0)
        return STATUS_OK;
    return tree_hash_node(tree, mls_node_root(tree->leaf_count));
}

struct span mls_tree_hash(const struct mls_tree *tree, uint32_t node)
{
    assert(node < mls_node_count(tree->leaf_count) && is_fresh(tree, node));
    return stored_hash(tree, node);
}

struct span mls_tree_root_hash(const struct mls_tree *tree)
{
    return tree->leaf_count == 0 ? SPAN_EMPTY
                                 : mls_tree_hash(tree, mls_node_root(tree->leaf_count));
}
