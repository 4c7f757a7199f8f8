/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/tree_math.h"

uint32_t mls_node_level(uint32_t node)
{
    return (uint32_t)__builtin_ctzll(~(uint64_t)node);
}

uint32_t mls_node_root(uint32_t leaf_count)
{
    return leaf_count - 1;
}

uint32_t mls_node_left(uint32_t node)
{
    uint32_t level = mls_node_level(node);
    return level == 0 ? MLS_NO_NODE : node ^ (UINT32_C(1) << (level - 1));
}

uint32_t mls_node_right(uint32_t node)
{
    uint32_t level = mls_node_level(node);
    return level == 0 ? MLS_NO_NODE : node ^ (UINT32_C(3) << (level - 1));
}

uint32_t mls_node_parent(uint32_t node, uint32_t leaf_count)
{
    if (node == mls_node_root(leaf_count))
        return MLS_NO_NODE;
    uint32_t level = mls_node_level(node);
    uint32_t bit = node >> (level + 1) & 1;
    return (node | UINT32_C(1) << level) ^ bit << (level + 1);
}

uint32_t mls_node_sibling(uint32_t node, uint32_t leaf_count)
{
    uint32_t parent = mls_node_parent(node, leaf_count);
    if (parent == MLS_NO_NODE)
        return MLS_NO_NODE;
    return node < parent ? mls_node_right(parent) : mls_node_left(parent);
}

void mls_node_leaves(uint32_t node, uint32_t *first, uint32_t *end)
{
    uint32_t half = (UINT32_C(1) << mls_node_level(node)) - 1; /* nodes on either side */
    *first = (node - half) / 2;
    *end = (node + half) / 2 + 1;
}

bool mls_node_is_under(uint32_t node, uint32_t ancestor)
{
    uint32_t half = (UINT32_C(1) << mls_node_level(ancestor)) - 1;
    return node >= ancestor - half && node <= ancestor + half;
}

uint32_t mls_leaf_count_for(uint32_t leaves)
{
    uint32_t count = 1;
    while (count < leaves)
        count *= 2;
    return count;
}
