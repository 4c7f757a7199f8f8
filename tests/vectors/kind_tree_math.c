/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/mls/public/tree_math.h"
#include "tests/vectors/harness.h"

static const char *const fields[] = {"n_leaves", "n_nodes", "root",    "left",
                                     "right",    "parent",  "sibling", NULL};

/* An entry of an array of optional<uint32>; MLS_NO_NODE for null. */
static bool entry_is(const json_t *array, size_t at, uint32_t value)
{
    const json_t *entry = json_array_get(array, at);
    if (json_is_null(entry))
        return value == MLS_NO_NODE;
    return json_is_integer(entry) && json_integer_value(entry) == (json_int_t)value;
}

static enum vector_result check_node(struct vector_case *test, uint32_t node, uint32_t leaves)
{
    CHECK(entry_is(vector_array(test->json, "left"), node, mls_node_left(node)));
    CHECK(entry_is(vector_array(test->json, "right"), node, mls_node_right(node)));
    CHECK(entry_is(vector_array(test->json, "parent"), node, mls_node_parent(node, leaves)));
    CHECK(entry_is(vector_array(test->json, "sibling"), node, mls_node_sibling(node, leaves)));
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    uint64_t leaves;
    uint64_t nodes;
    uint64_t root;
    CHECK(vector_number(test->json, "n_leaves", &leaves) && leaves >= 1 && leaves <= 1u << 20);
    CHECK(vector_number(test->json, "n_nodes", &nodes));
    CHECK(vector_number(test->json, "root", &root));
    CHECK(mls_node_count((uint32_t)leaves) == nodes);
    CHECK(mls_node_root((uint32_t)leaves) == root);
    CHECK(json_array_size(vector_array(test->json, "left")) == nodes);
    for (uint32_t node = 0; node < nodes; node++)
        CHECK_PASSED(check_node(test, node, (uint32_t)leaves));
    return VECTOR_PASSED;
}

const struct vector_kind kind_tree_math = {"tree-math", fields, run};
