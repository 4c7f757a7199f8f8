/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include <stdlib.h>
#include <string.h>

uint32_t mls_parent_node_unmerged_at(const struct mls_parent_node *parent, size_t at)
{
    const uint8_t *ptr = parent->unmerged_leaves.ptr + 4 * at;
    return (uint32_t)ptr[0] << 24 | (uint32_t)ptr[1] << 16 | (uint32_t)ptr[2] << 8 | ptr[3];
}

bool mls_parent_node_has_unmerged(const struct mls_parent_node *parent, uint32_t leaf)
{
    size_t low = 0;
    size_t high = mls_parent_node_unmerged_count(parent);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint32_t at = mls_parent_node_unmerged_at(parent, middle);
        if (at == leaf)
            return true;
        if (at < leaf)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

enum status mls_parent_node_read(struct reader *reader, struct mls_parent_node *parent)
{
    struct reader next = *reader;
    struct mls_parent_node read;
    TRY(reader_vector(&next, SIZE_MAX, &read.encryption_key));
    TRY(reader_vector(&next, SIZE_MAX, &read.parent_hash));
    TRY(reader_vector(&next, SIZE_MAX, &read.unmerged_leaves));
    if (read.unmerged_leaves.len % 4 != 0)
        return STATUS_MALFORMED;
    /* RFC 9420, 7.1: "The entries in the `unmerged_leaves` vector MUST be sorted in increasing
     * order." */
    for (size_t i = 1; i < mls_parent_node_unmerged_count(&read); i++)
        if (mls_parent_node_unmerged_at(&read, i - 1) >= mls_parent_node_unmerged_at(&read, i))
            return STATUS_MALFORMED;
    *reader = next;
    *parent = read;
    return STATUS_OK;
}

void mls_parent_node_write(struct writer *writer, const struct mls_parent_node *parent)
{
    writer_vector(writer, parent->encryption_key);
    writer_vector(writer, parent->parent_hash);
    writer_vector(writer, parent->unmerged_leaves);
}

static void node_init(struct mls_tree_node *node, bool is_leaf, size_t size)
{
    atomic_init(&node->references, 1);
    node->is_leaf = is_leaf;
    node->size = (uint32_t)size;
}

static enum status parse_leaf(struct tree_leaf *leaf)
{
    struct reader reader = reader_of(span_of(leaf->bytes, leaf->node.size));
    TRY(mls_leaf_node_read(&reader, &leaf->view));
    return reader_finish(&reader);
}

enum status tree_node_new_leaf(struct span bytes, struct mls_tree_node **node)
{
    if (bytes.len > UINT32_MAX)
        return STATUS_LIMIT;
    struct tree_leaf *leaf = malloc(sizeof *leaf + bytes.len);
    if (leaf == NULL)
        return STATUS_NO_MEMORY;
    node_init(&leaf->node, true, bytes.len);
    if (bytes.len != 0)
        memcpy(leaf->bytes, bytes.ptr, bytes.len);
    enum status status = parse_leaf(leaf);
    if (status != STATUS_OK) {
        free(leaf);
        return status;
    }
    *node = &leaf->node;
    return STATUS_OK;
}

static enum status parse_parent(struct tree_parent *parent)
{
    struct reader reader = reader_of(span_of(parent->bytes, parent->node.size));
    TRY(mls_parent_node_read(&reader, &parent->view));
    return reader_finish(&reader);
}

enum status tree_node_new_parent(struct span bytes, struct mls_tree_node **node)
{
    if (bytes.len > UINT32_MAX)
        return STATUS_LIMIT;
    struct tree_parent *parent = malloc(sizeof *parent + bytes.len);
    if (parent == NULL)
        return STATUS_NO_MEMORY;
    node_init(&parent->node, false, bytes.len);
    if (bytes.len != 0)
        memcpy(parent->bytes, bytes.ptr, bytes.len);
    enum status status = parse_parent(parent);
    if (status != STATUS_OK) {
        free(parent);
        return status;
    }
    *node = &parent->node;
    return STATUS_OK;
}

struct mls_tree_node *tree_node_hold(struct mls_tree_node *node)
{
    if (node != NULL)
        atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
    return node;
}

void tree_node_release(struct mls_tree_node *node)
{
    if (node != NULL && atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel) == 1)
        free(node);
}

struct span tree_node_bytes(const struct mls_tree_node *node)
{
    if (node == NULL)
        return SPAN_EMPTY;
    return span_of(node->is_leaf ? tree_as_leaf(node)->bytes : tree_as_parent(node)->bytes,
                   node->size);
}

struct span tree_node_encryption_key(const struct mls_tree_node *node)
{
    if (node == NULL)
        return SPAN_EMPTY;
    return node->is_leaf ? tree_as_leaf(node)->view.encryption_key
                         : tree_as_parent(node)->view.encryption_key;
}
