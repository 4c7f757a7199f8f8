/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_private.h"

#include "protocol/base/limits.h"

/* The values are those on the wire (7.8). */
enum { NODE_LEAF = 1, NODE_PARENT = 2 };

/* Reads one LeafNode or ParentNode without its type and lends its bytes. */
static enum status read_node_bytes(struct reader *reader, bool is_leaf, struct span *bytes)
{
    struct reader start = *reader;
    struct mls_leaf_node leaf;
    struct mls_parent_node parent;
    if (is_leaf)
        TRY(mls_leaf_node_read(reader, &leaf));
    else
        TRY(mls_parent_node_read(reader, &parent));
    *bytes = reader_since(reader, &start);
    return STATUS_OK;
}

/* Reads optional<Node> at place `index`; `*bytes` is empty for a blank one. */
static enum status read_place(struct reader *reader, uint32_t index, struct span *bytes)
{
    bool present;
    TRY(reader_presence(reader, &present));
    *bytes = SPAN_EMPTY;
    if (!present)
        return STATUS_OK;
    uint8_t type;
    TRY(reader_u8(reader, &type));
    /* RFC 9420, 12.4.3.3: "The leaves of the tree are stored in even-numbered entries in the
     * array" */
    if (type != (mls_node_is_leaf(index) ? NODE_LEAF : NODE_PARENT))
        return STATUS_MALFORMED;
    return read_node_bytes(reader, type == NODE_LEAF, bytes);
}

static enum status read_nodes(struct mls_tree *tree, struct reader reader)
{
    bool last_is_blank = true;
    for (uint32_t index = 0; !reader_at_end(&reader); index++) {
        struct span bytes;
        /* A tree of the largest size has fewer nodes than this. */
        if (index >= mls_node_count(LIMIT_GROUP_MEMBERS))
            return STATUS_LIMIT;
        TRY(read_place(&reader, index, &bytes));
        last_is_blank = bytes.len == 0;
        if (!last_is_blank)
            TRY(mls_tree_set_node_bytes(tree, index, bytes));
    }
    /* RFC 9420, 12.4.3.3: "The receiver MUST check that the last node in `ratchet_tree` is
     * non-blank, and then extend the tree to the right until it has a length of the form
     * 2<sup>d+1</sup> - 1, adding the minimum number of blank values possible." */
    return last_is_blank ? STATUS_INVALID_TREE : STATUS_OK;
}

enum status mls_tree_decode(const struct suite *suite, struct span bytes, struct mls_tree **tree)
{
    CLEANUP(mls_tree_free) struct mls_tree *made = NULL;
    struct reader outer = reader_of(bytes);
    struct reader reader;
    TRY(reader_sub(&outer, SIZE_MAX, &reader));
    TRY(reader_finish(&outer));
    TRY(mls_tree_new(suite, &made));
    TRY(read_nodes(made, reader));
    TRY(mls_tree_update_hashes(made));
    *tree = made;
    made = NULL;
    return STATUS_OK;
}

enum status mls_tree_set_node_bytes(struct mls_tree *tree, uint32_t node, struct span bytes)
{
    if (node >= mls_node_count(LIMIT_GROUP_MEMBERS))
        return STATUS_LIMIT;
    struct mls_tree_node *made = NULL;
    if (bytes.len == 0 && node >= mls_node_count(tree->leaf_count))
        return STATUS_OK;
    if (bytes.len != 0 && mls_node_is_leaf(node))
        TRY(tree_node_new_leaf(bytes, &made));
    else if (bytes.len != 0)
        TRY(tree_node_new_parent(bytes, &made));
    uint32_t leaves = mls_leaf_count_for(node / 2 + 1 + (node & 1));
    enum status status = STATUS_OK;
    if (leaves > tree->leaf_count)
        status = tree_resize(tree, leaves);
    if (status != STATUS_OK) {
        tree_node_release(made);
        return status;
    }
    return tree_replace(tree, node, made);
}

static uint32_t last_node(const struct mls_tree *tree)
{
    uint32_t count = mls_node_count(tree->leaf_count);
    while (count > 0 && tree_at(tree, count - 1) == NULL)
        count--;
    return count;
}

void mls_tree_write(struct writer *writer, const struct mls_tree *tree)
{
    /* RFC 9420, 12.4.3.3: "The `ratchet_tree` vector logically has this number of entries, but the
     * sender MUST NOT include blank nodes after the last non-blank node." */
    uint32_t count = last_node(tree);
    size_t begin = writer_vector_begin(writer);
    for (uint32_t index = 0; index < count; index++) {
        const struct mls_tree_node *node = tree_at(tree, index);
        writer_presence(writer, node != NULL);
        if (node == NULL)
            continue;
        writer_u8(writer, node->is_leaf ? NODE_LEAF : NODE_PARENT);
        writer_bytes(writer, tree_node_bytes(node));
    }
    writer_vector_end(writer, begin);
}
