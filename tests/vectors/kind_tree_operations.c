/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/mls/public/proposal.h"
#include "protocol/mls/public/tree.h"
#include "tests/vectors/harness.h"

static const char *const fields[] = {"tree_before", "proposal", "proposal_sender", "tree_after",
                                     NULL};

static enum status add(struct mls_tree *tree, struct span leaf)
{
    uint32_t index;
    TRY(mls_tree_add(tree, leaf, &index));
    return mls_tree_add_unmerged(tree, &index, 1);
}

static enum status
apply(struct mls_tree *tree, const struct mls_proposal *proposal, uint32_t sender)
{
    CLEANUP(buffer_clear) struct buffer leaf = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&leaf);
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        mls_leaf_node_write(&writer, &proposal->add->leaf_node);
        TRY(writer_finish(&writer));
        return add(tree, buffer_span(&leaf));
    case MLS_PROPOSAL_UPDATE:
        mls_leaf_node_write(&writer, proposal->update);
        TRY(writer_finish(&writer));
        return mls_tree_update(tree, sender, buffer_span(&leaf));
    case MLS_PROPOSAL_REMOVE:
        TRY(mls_tree_remove(tree, proposal->removed));
        return mls_tree_truncate(tree);
    default:
        return STATUS_UNSUPPORTED;
    }
}

static enum vector_result check_tree(struct vector_case *test,
                                     const struct mls_tree *tree,
                                     const char *bytes_name,
                                     const char *hash_name)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct span expected;
    struct span hash;
    struct writer writer = writer_of(&bytes);
    CHECK(vector_hex(test, test->json, bytes_name, &expected));
    CHECK(vector_hex(test, test->json, hash_name, &hash));
    mls_tree_write(&writer, tree);
    CHECK_OK(writer_finish(&writer));
    CHECK(span_equal(buffer_span(&bytes), expected));
    CHECK(span_equal(mls_tree_root_hash(tree), hash));
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    const struct suite *suite;
    struct span bytes;
    struct mls_proposal proposal;
    uint64_t sender;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    CHECK(vector_hex(test, test->json, "tree_before", &bytes));
    CHECK_OK(mls_tree_decode(suite, bytes, &tree));
    CHECK_PASSED(check_tree(test, tree, "tree_before", "tree_hash_before"));
    CHECK(vector_hex(test, test->json, "proposal", &bytes));
    struct reader reader = reader_of(bytes);
    CHECK_OK(mls_proposal_read(&reader, &test->arena, &proposal));
    CHECK(reader_at_end(&reader));
    CHECK(vector_number(test->json, "proposal_sender", &sender));
    CHECK_OK(apply(tree, &proposal, (uint32_t)sender));
    CHECK_OK(mls_tree_update_hashes(tree));
    return check_tree(test, tree, "tree_after", "tree_hash_after");
}

const struct vector_kind kind_tree_operations = {"tree-operations", fields, run};
