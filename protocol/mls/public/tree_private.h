/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a ratchet tree is kept; for the tree_*.c files only.
 *
 * Nodes are immutable and counted; pages of 64 node places, with their tree hashes, are counted
 * and copied when a sharer changes them; so are the pages of the index of keys. What a page holds
 * for a node beyond the tree's last leaf is blank.
 * Thread rule: counts are atomic, so that several threads may clone one tree; the rest as tree.h.
 */
#ifndef WEFT_MLS_PUBLIC_TREE_PRIVATE_H
#define WEFT_MLS_PUBLIC_TREE_PRIVATE_H

#include "protocol/mls/public/tree.h"

#include <stdatomic.h>

#define TREE_PAGE_NODES 64

struct mls_tree_node {
    atomic_uint references;
    bool is_leaf;
    uint32_t size;
};

struct tree_leaf {
    struct mls_tree_node node;
    struct mls_leaf_node view; /* into bytes */
    uint8_t bytes[];
};

struct tree_parent {
    struct mls_tree_node node;
    struct mls_parent_node view; /* into bytes */
    uint8_t bytes[];
};

struct tree_page {
    atomic_uint references;
    uint64_t fresh; /* a bit for each node: its hash is up to date */
    struct mls_tree_node *nodes[TREE_PAGE_NODES];
    uint8_t hashes[]; /* TREE_PAGE_NODES of the suite's hash size */
};

enum tree_key_kind { TREE_KEY_ENCRYPTION = 1, TREE_KEY_SIGNATURE = 2 };

#define TREE_INDEX_PAGE_ENTRIES 128

struct tree_index_page {
    atomic_uint references;
    uint64_t entries[TREE_INDEX_PAGE_ENTRIES];
};

/* An open-addressing table from a key's fingerprint to its node. The fingerprint is of SHA-256,
 * so that nobody can choose keys that collide and make lookups slow. */
struct tree_index {
    struct tree_index_page **pages;
    size_t page_count; /* 0 or a power of two */
    size_t used;
};

/* Types of credentials that this library reads: the largest, for counting. */
#define TREE_CREDENTIAL_TYPES 3

struct mls_tree {
    const struct suite *suite;
    uint32_t leaf_count;
    uint32_t member_count;
    uint32_t free_from; /* no leaf before this one is blank */
    struct tree_page **pages;
    size_t page_count;
    struct tree_index index;
    /* How many members have a credential of the type, and how many support the type. */
    uint32_t credential_used[TREE_CREDENTIAL_TYPES];
    uint32_t credential_supported[TREE_CREDENTIAL_TYPES];
};

static inline const struct tree_leaf *tree_as_leaf(const struct mls_tree_node *node)
{
    return (const struct tree_leaf *)node;
}

static inline const struct tree_parent *tree_as_parent(const struct mls_tree_node *node)
{
    return (const struct tree_parent *)node;
}

/* tree_node.c: nodes from their encoded form, which must be used up; one reference each. */
MUST_CHECK enum status tree_node_new_leaf(struct span bytes, struct mls_tree_node **node);
MUST_CHECK enum status tree_node_new_parent(struct span bytes, struct mls_tree_node **node);
struct mls_tree_node *tree_node_hold(struct mls_tree_node *node);
void tree_node_release(struct mls_tree_node *node);
struct span tree_node_bytes(const struct mls_tree_node *node);
struct span tree_node_encryption_key(const struct mls_tree_node *node);

/* tree_page.c: `*page` becomes one that nobody else holds. */
MUST_CHECK enum status tree_page_new(const struct suite *suite, struct tree_page **page);
MUST_CHECK enum status tree_page_own(const struct suite *suite, struct tree_page **page);
void tree_page_release(struct tree_page *page);

/* tree_page.c: brings the number of pages to what `leaf_count` needs. */
MUST_CHECK enum status tree_resize(struct mls_tree *tree, uint32_t leaf_count);

/* tree_page.c: puts `node` (may be NULL; its reference is taken over in every case) in place,
 * keeps index and counts, and makes hashes on its direct path stale. */
MUST_CHECK enum status
tree_replace(struct mls_tree *tree, uint32_t index, struct mls_tree_node *node);

/* tree_page.c: makes the hashes of a node and of those above it stale. */
MUST_CHECK enum status tree_make_stale(struct mls_tree *tree, uint32_t index);

/* tree_index.c */
void tree_index_clear(struct tree_index *index);
MUST_CHECK enum status tree_index_clone(const struct tree_index *index, struct tree_index *clone);
/* STATUS_INVALID_TREE when the key is there already. */
MUST_CHECK enum status
tree_index_insert(struct mls_tree *tree, enum tree_key_kind kind, struct span key, uint32_t node);
MUST_CHECK enum status
tree_index_remove(struct mls_tree *tree, enum tree_key_kind kind, struct span key, uint32_t node);
/* MLS_NO_NODE when there is none. */
MUST_CHECK enum status tree_index_find(const struct mls_tree *tree,
                                       enum tree_key_kind kind,
                                       struct span key,
                                       uint32_t *node);

/* tree_hash.c: the hashes at and below one node. */
MUST_CHECK enum status tree_hash_node(struct mls_tree *tree, uint32_t node);

/* tree_hash.c: the hash of one node from its parts. */
MUST_CHECK enum status
tree_hash_leaf(const struct suite *suite, uint32_t leaf, struct span bytes, struct digest *hash);
MUST_CHECK enum status tree_hash_parent(const struct suite *suite,
                                        struct span bytes,
                                        struct span left_hash,
                                        struct span right_hash,
                                        struct digest *hash);

/* The node at a place of the tree, NULL when blank. */
static inline struct mls_tree_node *tree_at(const struct mls_tree *tree, uint32_t index)
{
    if (index >= mls_node_count(tree->leaf_count))
        return NULL;
    return tree->pages[index / TREE_PAGE_NODES]->nodes[index % TREE_PAGE_NODES];
}

#endif
