/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/mls/public/parent_hash.h"
#include "protocol/mls/public/tree_validate.h"
#include "tests/vectors/harness.h"

static const char *const fields[] = {"tree", "group_id", "resolutions", "tree_hashes", NULL};

static enum vector_result
check_resolution(struct vector_case *test, const struct mls_tree *tree, uint32_t node)
{
    const json_t *expected = json_array_get(vector_array(test->json, "resolutions"), node);
    struct mls_resolution resolution;
    CHECK_OK(mls_tree_resolution(tree, node, NULL, 0, &test->arena, &resolution));
    CHECK(json_is_array(expected) && json_array_size(expected) == resolution.count);
    for (size_t i = 0; i < resolution.count; i++)
        CHECK(json_integer_value(json_array_get(expected, i)) == (json_int_t)resolution.nodes[i]);
    return VECTOR_PASSED;
}

static enum vector_result
check_hash(struct vector_case *test, const struct mls_tree *tree, uint32_t node)
{
    const json_t *hash = json_array_get(vector_array(test->json, "tree_hashes"), node);
    struct span expected;
    CHECK(vector_hex_value(test, hash, &expected));
    /* RFC 9420, 7.8: "For both parent and leaf nodes, the optional node value MUST be absent if the
     * node is blank and present if the node contains a value." Blank nodes are among the vectors'.
     */
    CHECK(span_equal(mls_tree_hash(tree, node), expected));
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    const struct suite *suite;
    struct span bytes;
    struct span group_id;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    CHECK(vector_hex(test, test->json, "tree", &bytes));
    CHECK(vector_hex(test, test->json, "group_id", &group_id));
    CHECK_OK(mls_tree_decode(suite, bytes, &tree));
    uint32_t count = mls_node_count(mls_tree_leaf_count(tree));
    CHECK(json_array_size(vector_array(test->json, "resolutions")) == count);
    CHECK(json_array_size(vector_array(test->json, "tree_hashes")) == count);
    for (uint32_t node = 0; node < count; node++) {
        CHECK_PASSED(check_resolution(test, tree, node));
        CHECK_PASSED(check_hash(test, tree, node));
    }
    CHECK_OK(mls_tree_check_unmerged(tree));
    CHECK_OK(mls_tree_verify_parent_hashes(tree));
    CHECK_OK(mls_tree_verify_leaves(tree, group_id));
    return VECTOR_PASSED;
}

const struct vector_kind kind_tree_validation = {"tree-validation", fields, run};
