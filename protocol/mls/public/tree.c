/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree.h"

#include "protocol/mls/public/tree_private.h"

#include <stdlib.h>
#include <string.h>

enum status mls_tree_new(const struct suite *suite, struct mls_tree **tree)
{
    struct mls_tree *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->suite = suite;
    *tree = made;
    return STATUS_OK;
}

void mls_tree_free(struct mls_tree **tree)
{
    struct mls_tree *old = *tree;
    *tree = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->page_count; i++)
        tree_page_release(old->pages[i]);
    free(old->pages);
    tree_index_clear(&old->index);
    free(old);
}

static enum status share_pages(const struct mls_tree *tree, struct mls_tree *clone)
{
    if (tree->page_count == 0)
        return STATUS_OK;
    clone->pages = malloc(tree->page_count * sizeof(struct tree_page *));
    if (clone->pages == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < tree->page_count; i++) {
        clone->pages[i] = tree->pages[i];
        atomic_fetch_add_explicit(&clone->pages[i]->references, 1, memory_order_relaxed);
    }
    clone->page_count = tree->page_count;
    return STATUS_OK;
}

enum status mls_tree_clone(const struct mls_tree *tree, struct mls_tree **clone)
{
    CLEANUP(mls_tree_free) struct mls_tree *made = NULL;
    TRY(mls_tree_new(tree->suite, &made));
    made->leaf_count = tree->leaf_count;
    made->member_count = tree->member_count;
    made->free_from = tree->free_from;
    memcpy(made->credential_used, tree->credential_used, sizeof made->credential_used);
    memcpy(made->credential_supported, tree->credential_supported,
           sizeof made->credential_supported);
    TRY(share_pages(tree, made));
    TRY(tree_index_clone(&tree->index, &made->index));
    *clone = made;
    made = NULL;
    return STATUS_OK;
}

const struct suite *mls_tree_suite(const struct mls_tree *tree)
{
    return tree->suite;
}

uint32_t mls_tree_leaf_count(const struct mls_tree *tree)
{
    return tree->leaf_count;
}

uint32_t mls_tree_member_count(const struct mls_tree *tree)
{
    return tree->member_count;
}

/* Compared unsigned and before doubling: 0x80000000 is no leaf and must not become one. */
const struct mls_leaf_node *mls_tree_leaf(const struct mls_tree *tree, uint32_t leaf)
{
    if (leaf >= tree->leaf_count)
        return NULL;
    const struct mls_tree_node *node = tree_at(tree, mls_node_of_leaf(leaf));
    return node == NULL ? NULL : &tree_as_leaf(node)->view;
}

const struct mls_parent_node *mls_tree_parent(const struct mls_tree *tree, uint32_t node)
{
    const struct mls_tree_node *at = tree_at(tree, node);
    return at == NULL || at->is_leaf ? NULL : &tree_as_parent(at)->view;
}

const struct mls_tree_node *mls_tree_node(const struct mls_tree *tree, uint32_t node)
{
    return tree_at(tree, node);
}

uint32_t mls_tree_next_change(const struct mls_tree *a, const struct mls_tree *b, uint32_t node)
{
    size_t most = a->page_count > b->page_count ? a->page_count : b->page_count;
    while (node / TREE_PAGE_NODES < most) {
        size_t page = node / TREE_PAGE_NODES;
        if (page < a->page_count && page < b->page_count && a->pages[page] == b->pages[page]) {
            node = (uint32_t)(page + 1) * TREE_PAGE_NODES;
            continue;
        }
        if (tree_at(a, node) != tree_at(b, node))
            return node;
        node++;
    }
    return MLS_NO_NODE;
}

struct span mls_tree_node_bytes(const struct mls_tree *tree, uint32_t node)
{
    return tree_node_bytes(tree_at(tree, node));
}

struct span mls_tree_node_key(const struct mls_tree *tree, uint32_t node)
{
    return tree_node_encryption_key(tree_at(tree, node));
}

uint32_t mls_tree_next_member(const struct mls_tree *tree, uint32_t leaf)
{
    for (; leaf < tree->leaf_count; leaf++)
        if (tree_at(tree, mls_node_of_leaf(leaf)) != NULL)
            return leaf;
    return MLS_NO_LEAF;
}

uint32_t mls_tree_find_signature_key(const struct mls_tree *tree, struct span signature_key)
{
    uint32_t node;
    if (tree_index_find(tree, TREE_KEY_SIGNATURE, signature_key, &node) != STATUS_OK)
        return MLS_NO_LEAF;
    return node == MLS_NO_NODE ? MLS_NO_LEAF : mls_leaf_of_node(node);
}

uint32_t mls_tree_find_credential(const struct mls_tree *tree,
                                  const struct mls_credential *credential)
{
    uint32_t leaf = mls_tree_next_member(tree, 0);
    while (leaf != MLS_NO_LEAF &&
           !mls_credential_equal(&mls_tree_leaf(tree, leaf)->credential, credential))
        leaf = mls_tree_next_member(tree, leaf + 1);
    return leaf;
}

uint32_t mls_tree_find_encryption_key(const struct mls_tree *tree, struct span encryption_key)
{
    uint32_t node;
    if (tree_index_find(tree, TREE_KEY_ENCRYPTION, encryption_key, &node) != STATUS_OK)
        return MLS_NO_NODE;
    return node;
}

bool mls_tree_credentials_supported(const struct mls_tree *tree)
{
    for (size_t type = 1; type < TREE_CREDENTIAL_TYPES; type++)
        if (tree->credential_used[type] != 0 &&
            tree->credential_supported[type] != tree->member_count)
            return false;
    return true;
}
