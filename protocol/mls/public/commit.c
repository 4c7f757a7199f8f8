/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/commit.h"

#include "protocol/mls/public/list.h"

enum status mls_hpke_ciphertext_read(struct reader *reader, struct mls_hpke_ciphertext *item)
{
    struct reader next = *reader;
    struct mls_hpke_ciphertext read;
    TRY(reader_vector(&next, SIZE_MAX, &read.kem_output));
    TRY(reader_vector(&next, SIZE_MAX, &read.ciphertext));
    *reader = next;
    *item = read;
    return STATUS_OK;
}

void mls_hpke_ciphertext_write(struct writer *writer, const struct mls_hpke_ciphertext *item)
{
    writer_vector(writer, item->kem_output);
    writer_vector(writer, item->ciphertext);
}

static enum status
read_node(struct reader *reader, struct arena *arena, struct mls_update_path_node *node)
{
    struct reader sub;
    struct mls_list secrets = MLS_LIST_OF(struct mls_hpke_ciphertext);
    TRY(reader_vector(reader, SIZE_MAX, &node->encryption_key));
    TRY(reader_sub(reader, SIZE_MAX, &sub));
    while (!reader_at_end(&sub)) {
        void *item;
        TRY(mls_list_push(&secrets, arena, &item));
        TRY(mls_hpke_ciphertext_read(&sub, item));
    }
    node->secrets = secrets.items;
    node->secret_count = secrets.count;
    return STATUS_OK;
}

enum status
mls_update_path_read(struct reader *reader, struct arena *arena, struct mls_update_path *path)
{
    struct reader next = *reader;
    struct reader sub;
    struct mls_update_path read = {0};
    struct mls_list nodes = MLS_LIST_OF(struct mls_update_path_node);
    TRY(mls_leaf_node_read(&next, &read.leaf_node));
    TRY(reader_sub(&next, SIZE_MAX, &sub));
    while (!reader_at_end(&sub)) {
        void *item;
        TRY(mls_list_push(&nodes, arena, &item));
        TRY(read_node(&sub, arena, item));
    }
    read.nodes = nodes.items;
    read.node_count = nodes.count;
    *reader = next;
    *path = read;
    return STATUS_OK;
}

static void write_node(struct writer *writer, const struct mls_update_path_node *node)
{
    writer_vector(writer, node->encryption_key);
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < node->secret_count; i++)
        mls_hpke_ciphertext_write(writer, &node->secrets[i]);
    writer_vector_end(writer, begin);
}

void mls_update_path_write(struct writer *writer, const struct mls_update_path *path)
{
    mls_leaf_node_write(writer, &path->leaf_node);
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < path->node_count; i++)
        write_node(writer, &path->nodes[i]);
    writer_vector_end(writer, begin);
}

static enum status
read_path(struct reader *reader, struct arena *arena, const struct mls_update_path **path)
{
    bool present;
    TRY(reader_presence(reader, &present));
    *path = NULL;
    if (!present)
        return STATUS_OK;
    void *read;
    TRY(arena_take(arena, 1, sizeof **path, &read));
    TRY(mls_update_path_read(reader, arena, read));
    *path = read;
    return STATUS_OK;
}

enum status mls_commit_read(struct reader *reader, struct arena *arena, struct mls_commit *commit)
{
    struct reader next = *reader;
    struct reader sub;
    struct mls_commit read = {0};
    struct mls_list proposals = MLS_LIST_OF(struct mls_proposal_or_ref);
    TRY(reader_sub(&next, SIZE_MAX, &sub));
    while (!reader_at_end(&sub)) {
        void *item;
        TRY(mls_list_push(&proposals, arena, &item));
        TRY(mls_proposal_or_ref_read(&sub, arena, item));
    }
    TRY(read_path(&next, arena, &read.path));
    read.proposals = proposals.items;
    read.proposal_count = proposals.count;
    *reader = next;
    *commit = read;
    return STATUS_OK;
}

enum status mls_commit_skip(struct reader *reader)
{
    struct reader next = *reader;
    struct mls_leaf_node leaf;
    struct span vector;
    bool has_path;
    TRY(reader_vector(&next, SIZE_MAX, &vector));
    TRY(reader_presence(&next, &has_path));
    if (has_path) {
        TRY(mls_leaf_node_read(&next, &leaf));
        TRY(reader_vector(&next, SIZE_MAX, &vector));
    }
    *reader = next;
    return STATUS_OK;
}

void mls_commit_write(struct writer *writer, const struct mls_commit *commit)
{
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < commit->proposal_count; i++)
        mls_proposal_or_ref_write(writer, &commit->proposals[i]);
    writer_vector_end(writer, begin);
    writer_presence(writer, commit->path != NULL);
    if (commit->path != NULL)
        mls_update_path_write(writer, commit->path);
}
