/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on the array form of a full binary tree: leaf L is node 2L, parents are the odd
 * numbers. A tree of `leaf_count` leaves (a power of two) has 2 * leaf_count - 1 nodes.
 * Arguments must be nodes of the tree; MLS_NO_NODE says that there is none.
 * Source: RFC 9420, appendix C. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_TREE_MATH_H
#define WEFT_MLS_PUBLIC_TREE_MATH_H

#include <stdbool.h>
#include <stdint.h>

#define MLS_NO_NODE UINT32_MAX
#define MLS_NO_LEAF UINT32_MAX

static inline bool mls_node_is_leaf(uint32_t node)
{
    return (node & 1) == 0;
}

/* `leaf` is at most 0x7FFFFFFE. */
static inline uint32_t mls_node_of_leaf(uint32_t leaf)
{
    return 2 * leaf;
}

/* `node` is a leaf. */
static inline uint32_t mls_leaf_of_node(uint32_t node)
{
    return node / 2;
}

/* The number of nodes of a tree of `leaf_count` leaves. */
static inline uint32_t mls_node_count(uint32_t leaf_count)
{
    return leaf_count == 0 ? 0 : 2 * leaf_count - 1;
}

/* 0 for leaves, and one more for each step up. */
uint32_t mls_node_level(uint32_t node);

/* `leaf_count` is at least 1. */
uint32_t mls_node_root(uint32_t leaf_count);

/* MLS_NO_NODE for a leaf. */
uint32_t mls_node_left(uint32_t node);
uint32_t mls_node_right(uint32_t node);

/* MLS_NO_NODE for the root. */
uint32_t mls_node_parent(uint32_t node, uint32_t leaf_count);
uint32_t mls_node_sibling(uint32_t node, uint32_t leaf_count);

/* The leaves under `node` are those from *first up to, not including, *end. */
void mls_node_leaves(uint32_t node, uint32_t *first, uint32_t *end);

/* Whether `node` is `ancestor` or below it. */
bool mls_node_is_under(uint32_t node, uint32_t ancestor);

/* The smallest power of two that is at least `leaves`; 1 for 0. `leaves` is at most 2^31. */
uint32_t mls_leaf_count_for(uint32_t leaves);

#endif
