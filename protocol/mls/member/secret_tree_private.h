/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a secret tree, shared by secret_tree.c and secret_tree_rows.c and by nobody else.
 * Errors: STATUS_NO_MEMORY. Thread rule: as secret_tree.h.
 */
#ifndef WEFT_MLS_MEMBER_SECRET_TREE_PRIVATE_H
#define WEFT_MLS_MEMBER_SECRET_TREE_PRIVATE_H

#include "protocol/mls/member/secret_tree.h"

struct secret_tree_node {
    uint32_t index;
    struct secret *secret;
};

struct secret_tree_skipped {
    uint32_t generation;
    struct secret *key; /* key and nonce, one after the other */
};

struct secret_tree_ratchet {
    uint32_t id;         /* 2 * leaf + type */
    uint64_t generation; /* of `secret`: the next one; 2^32 when there is none left */
    struct secret *secret;
    struct secret_tree_skipped *skipped; /* room for MLS_SKIPPED_KEYS_MAX once it is not NULL */
    size_t skipped_count;                /* increasing generations */
};

struct mls_secret_tree {
    const struct suite *suite;
    struct secret_arena *arena;
    struct mls_row_set *changed;
    uint64_t epoch;
    uint32_t leaf_count;
    uint32_t steps_more;            /* beyond LIMIT_RATCHET_STEPS */
    struct secret_tree_node *nodes; /* sorted; only those not yet expanded */
    size_t node_count;
    size_t node_capacity;
    struct secret_tree_ratchet *ratchets; /* sorted; both of a leaf or none */
    size_t ratchet_count;
    size_t ratchet_capacity;
};

/* NULL when it was expanded already, or is outside the tree. */
struct secret_tree_node *secret_tree_find_node(const struct mls_secret_tree *tree, uint32_t index);
MUST_CHECK enum status secret_tree_reserve_nodes(struct mls_secret_tree *tree, size_t count);

/* Room was reserved, here and in the row set. The tree takes the slot. */
void secret_tree_insert_node(struct mls_secret_tree *tree, uint32_t index, struct secret *secret);

/* NULL when the leaf was not expanded yet. */
struct secret_tree_ratchet *secret_tree_find_ratchet(const struct mls_secret_tree *tree,
                                                     uint32_t id);
MUST_CHECK enum status secret_tree_reserve_ratchets(struct mls_secret_tree *tree, size_t count);

/* Room was reserved, here and in the row set. The tree takes the slot. */
struct secret_tree_ratchet *
secret_tree_insert_ratchet(struct mls_secret_tree *tree, uint32_t id, struct secret *secret);

/* Makes room for MLS_SKIPPED_KEYS_MAX skipped keys. */
MUST_CHECK enum status secret_tree_skipped_room(struct secret_tree_ratchet *ratchet);

#endif
