/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include "protocol/base/limits.h"

#include <stdlib.h>
#include <string.h>

static size_t page_size(const struct suite *suite)
{
    return sizeof(struct tree_page) + (size_t)TREE_PAGE_NODES * suite->hash_size;
}

enum status tree_page_new(const struct suite *suite, struct tree_page **page)
{
    struct tree_page *made = calloc(1, page_size(suite));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&made->references, 1);
    *page = made;
    return STATUS_OK;
}

enum status tree_page_own(const struct suite *suite, struct tree_page **page)
{
    struct tree_page *shared = *page;
    if (atomic_load_explicit(&shared->references, memory_order_acquire) == 1)
        return STATUS_OK;
    struct tree_page *own;
    TRY(tree_page_new(suite, &own));
    own->fresh = shared->fresh;
    memcpy(own->hashes, shared->hashes, (size_t)TREE_PAGE_NODES * suite->hash_size);
    for (size_t i = 0; i < TREE_PAGE_NODES; i++)
        own->nodes[i] = tree_node_hold(shared->nodes[i]);
    tree_page_release(shared);
    *page = own;
    return STATUS_OK;
}

void tree_page_release(struct tree_page *page)
{
    if (atomic_fetch_sub_explicit(&page->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < TREE_PAGE_NODES; i++)
        tree_node_release(page->nodes[i]);
    free(page);
}

static enum status add_pages(struct mls_tree *tree, size_t page_count)
{
    struct tree_page **pages = realloc(tree->pages, page_count * sizeof(struct tree_page *));
    if (pages == NULL)
        return STATUS_NO_MEMORY;
    tree->pages = pages;
    while (tree->page_count < page_count) {
        TRY(tree_page_new(tree->suite, &tree->pages[tree->page_count]));
        tree->page_count++;
    }
    return STATUS_OK;
}

enum status tree_resize(struct mls_tree *tree, uint32_t leaf_count)
{
    if (leaf_count > LIMIT_GROUP_MEMBERS)
        return STATUS_LIMIT;
    size_t node_count = mls_node_count(leaf_count);
    size_t page_count = (node_count + TREE_PAGE_NODES - 1) / TREE_PAGE_NODES;
    if (page_count > tree->page_count)
        TRY(add_pages(tree, page_count));
    while (tree->page_count > page_count)
        tree_page_release(tree->pages[--tree->page_count]);
    tree->leaf_count = leaf_count;
    return STATUS_OK;
}

/* A stale node has stale ancestors, so that the walk up may stop at the first one found. */
enum status tree_make_stale(struct mls_tree *tree, uint32_t index)
{
    for (; index != MLS_NO_NODE; index = mls_node_parent(index, tree->leaf_count)) {
        struct tree_page **page = &tree->pages[index / TREE_PAGE_NODES];
        uint64_t bit = UINT64_C(1) << index % TREE_PAGE_NODES;
        if (((*page)->fresh & bit) == 0)
            return STATUS_OK;
        TRY(tree_page_own(tree->suite, page));
        (*page)->fresh &= ~bit;
    }
    return STATUS_OK;
}

static void count_credentials(struct mls_tree *tree, const struct mls_leaf_node *leaf, bool in)
{
    for (uint16_t type = 1; type < TREE_CREDENTIAL_TYPES; type++) {
        uint32_t used = leaf->credential.type == type;
        uint32_t supported = mls_capabilities_have_credential(&leaf->capabilities, type);
        tree->credential_used[type] += in ? used : -used;
        tree->credential_supported[type] += in ? supported : -supported;
    }
}

static enum status unlist(struct mls_tree *tree, uint32_t index, const struct mls_tree_node *node)
{
    TRY(tree_index_remove(tree, TREE_KEY_ENCRYPTION, tree_node_encryption_key(node), index));
    if (!node->is_leaf)
        return STATUS_OK;
    const struct mls_leaf_node *leaf = &tree_as_leaf(node)->view;
    TRY(tree_index_remove(tree, TREE_KEY_SIGNATURE, leaf->signature_key, index));
    count_credentials(tree, leaf, false);
    tree->member_count--;
    return STATUS_OK;
}

static enum status list(struct mls_tree *tree, uint32_t index, const struct mls_tree_node *node)
{
    TRY(tree_index_insert(tree, TREE_KEY_ENCRYPTION, tree_node_encryption_key(node), index));
    if (!node->is_leaf)
        return STATUS_OK;
    const struct mls_leaf_node *leaf = &tree_as_leaf(node)->view;
    TRY(tree_index_insert(tree, TREE_KEY_SIGNATURE, leaf->signature_key, index));
    count_credentials(tree, leaf, true);
    tree->member_count++;
    return STATUS_OK;
}

static enum status put(struct mls_tree *tree, uint32_t index, struct mls_tree_node *node)
{
    struct tree_page **page = &tree->pages[index / TREE_PAGE_NODES];
    TRY(tree_page_own(tree->suite, page));
    struct mls_tree_node **place = &(*page)->nodes[index % TREE_PAGE_NODES];
    if (*place != NULL)
        TRY(unlist(tree, index, *place));
    tree_node_release(*place);
    *place = NULL;
    TRY(tree_make_stale(tree, index));
    if (node == NULL)
        return STATUS_OK;
    TRY(list(tree, index, node));
    *place = tree_node_hold(node);
    return STATUS_OK;
}

enum status tree_replace(struct mls_tree *tree, uint32_t index, struct mls_tree_node *node)
{
    enum status status = put(tree, index, node);
    tree_node_release(node);
    if (status == STATUS_OK && mls_node_is_leaf(index)) {
        uint32_t leaf = mls_leaf_of_node(index);
        if (node == NULL && leaf < tree->free_from)
            tree->free_from = leaf;
    }
    return status;
}
