/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"
#include "protocol/mls/member/secret_tree_private.h"
#include "protocol/mls/public/tree_math.h"

/* node:    uint8 version; opaque secret<V>;
 * ratchet: uint8 version; uint64 generation; opaque secret<V>;
 *          struct { uint32 generation; opaque key_and_nonce<V>; } skipped<V>; */
#define ROW_VERSION 1

static void write_ratchet(struct writer *writer, const struct secret_tree_ratchet *ratchet)
{
    writer_u64(writer, ratchet->generation);
    writer_vector(writer, secret_span(ratchet->secret));
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < ratchet->skipped_count; i++) {
        writer_u32(writer, ratchet->skipped[i].generation);
        writer_vector(writer, secret_span(ratchet->skipped[i].key));
    }
    writer_vector_end(writer, begin);
}

enum status mls_secret_tree_encode_row(const struct mls_secret_tree *tree,
                                       enum mls_row_kind kind,
                                       uint32_t index,
                                       struct buffer *out)
{
    const struct secret_tree_node *node =
        kind == MLS_ROW_SECRET_NODE ? secret_tree_find_node(tree, index) : NULL;
    const struct secret_tree_ratchet *ratchet =
        kind == MLS_ROW_RATCHET ? secret_tree_find_ratchet(tree, index) : NULL;
    struct writer writer = writer_of(out);
    writer_u8(&writer, ROW_VERSION);
    if (node != NULL)
        writer_vector(&writer, secret_span(node->secret));
    else if (ratchet != NULL)
        write_ratchet(&writer, ratchet);
    else
        return STATUS_NOT_FOUND;
    return writer_finish(&writer);
}

/* Reads a vector that holds exactly `size` bytes into a fresh slot. */
static enum status
read_secret(struct mls_secret_tree *tree, struct reader *reader, size_t size, struct secret **slot)
{
    struct span bytes;
    TRY(reader_vector(reader, SECRET_SIZE_MAX, &bytes));
    if (bytes.len != size)
        return STATUS_CORRUPT;
    TRY(secret_arena_take(tree->arena, slot));
    return secret_set(*slot, bytes);
}

static enum status read_skipped(struct mls_secret_tree *tree,
                                struct reader *reader,
                                struct secret_tree_ratchet *ratchet)
{
    struct reader sub;
    size_t key_size = (size_t)tree->suite->aead_key_size + tree->suite->aead_nonce_size;
    TRY(reader_sub(reader, SIZE_MAX, &sub));
    if (!reader_at_end(&sub))
        TRY(secret_tree_skipped_room(ratchet));
    while (!reader_at_end(&sub)) {
        struct secret_tree_skipped skipped = {0};
        if (ratchet->skipped_count == MLS_SKIPPED_KEYS_MAX)
            return STATUS_CORRUPT;
        TRY(reader_u32(&sub, &skipped.generation));
        TRY(read_secret(tree, &sub, key_size, &skipped.key));
        ratchet->skipped[ratchet->skipped_count++] = skipped;
    }
    return STATUS_OK;
}

/* On an error the tree holds what was read so far: whoever restores frees it. */
static enum status decode_ratchet(struct mls_secret_tree *tree, uint32_t id, struct reader *reader)
{
    uint64_t generation = 0;
    struct secret *secret = NULL;
    TRY(secret_tree_reserve_ratchets(tree, 1));
    TRY(reader_u64(reader, &generation));
    enum status status = read_secret(tree, reader, tree->suite->hash_size, &secret);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &secret);
        return status;
    }
    struct secret_tree_ratchet *ratchet = secret_tree_insert_ratchet(tree, id, secret);
    ratchet->generation = generation;
    return read_skipped(tree, reader, ratchet);
}

static enum status decode_node(struct mls_secret_tree *tree, uint32_t index, struct reader *reader)
{
    struct secret *secret = NULL;
    TRY(secret_tree_reserve_nodes(tree, 1));
    enum status status = read_secret(tree, reader, tree->suite->hash_size, &secret);
    if (status != STATUS_OK) {
        secret_arena_give(tree->arena, &secret);
        return status;
    }
    secret_tree_insert_node(tree, index, secret);
    return STATUS_OK;
}

enum status mls_secret_tree_decode_row(struct mls_secret_tree *tree,
                                       enum mls_row_kind kind,
                                       uint32_t index,
                                       struct span bytes)
{
    struct reader reader = reader_of(bytes);
    uint8_t version = 0;
    bool is_node = kind == MLS_ROW_SECRET_NODE;
    TRY(mls_row_set_reserve(tree->changed, 1));
    TRY(reader_u8(&reader, &version));
    uint32_t index_end = is_node ? mls_node_count(tree->leaf_count) : 2 * tree->leaf_count;
    bool exists = is_node ? secret_tree_find_node(tree, index) != NULL
                          : secret_tree_find_ratchet(tree, index) != NULL;
    if (version != ROW_VERSION || index >= index_end || exists)
        return STATUS_CORRUPT;
    if (is_node)
        TRY(decode_node(tree, index, &reader));
    else
        TRY(decode_ratchet(tree, index, &reader));
    return reader_finish(&reader);
}

enum status mls_secret_tree_note_all(const struct mls_secret_tree *tree, struct mls_row_set *set)
{
    TRY(mls_row_set_reserve(set, tree->node_count + tree->ratchet_count));
    for (size_t i = 0; i < tree->node_count; i++)
        mls_row_set_add(set, MLS_ROW_SECRET_NODE, tree->epoch, tree->nodes[i].index);
    for (size_t i = 0; i < tree->ratchet_count; i++)
        mls_row_set_add(set, MLS_ROW_RATCHET, tree->epoch, tree->ratchets[i].id);
    return STATUS_OK;
}
