/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratchet tree: its nodes, their hashes, and the changes that proposals make.
 *
 * A tree is a value. Cloning copies no node: pages of nodes are shared until one side changes
 * one, so that a commit costs the nodes on its path and not the group's size. A node, once in a
 * tree, never changes: a change puts another node in its place, so comparing the pointers that
 * mls_tree_node returns for two trees tells which nodes differ (a vault stores only those).
 * An index of the keys in the tree makes every lookup of a key O(1).
 *
 * Ownership: nodes own their encoded bytes; the views that the accessors lend point into them
 * and live as long as any tree that holds the node.
 * Errors: STATUS_MALFORMED and those of reader.h while decoding; STATUS_LIMIT over
 * LIMIT_GROUP_MEMBERS leaves; STATUS_INVALID_TREE; STATUS_NO_MEMORY, after which a tree that was
 * being changed may only be freed (callers change clones).
 * Source: RFC 9420, 4, 7, 12.4.3.3. Thread rule: a tree that nobody changes may be read and
 * cloned by several threads; changing it takes one thread alone.
 */
#ifndef WEFT_MLS_PUBLIC_TREE_H
#define WEFT_MLS_PUBLIC_TREE_H

#include "protocol/base/arena.h"
#include "protocol/crypto/hash.h"
#include "protocol/mls/public/leaf_node.h"
#include "protocol/mls/public/tree_math.h"

struct mls_tree;
struct mls_tree_node;

struct mls_parent_node {
    struct span encryption_key;
    struct span parent_hash;
    struct span unmerged_leaves; /* contents of `uint32 unmerged_leaves<V>`, increasing */
};

MUST_CHECK enum status mls_parent_node_read(struct reader *reader, struct mls_parent_node *parent);
void mls_parent_node_write(struct writer *writer, const struct mls_parent_node *parent);

static inline size_t mls_parent_node_unmerged_count(const struct mls_parent_node *parent)
{
    return parent->unmerged_leaves.len / 4;
}

/* `at` is less than the count. */
uint32_t mls_parent_node_unmerged_at(const struct mls_parent_node *parent, size_t at);
bool mls_parent_node_has_unmerged(const struct mls_parent_node *parent, uint32_t leaf);

/* A tree without leaves. */
MUST_CHECK enum status mls_tree_new(const struct suite *suite, struct mls_tree **tree);

/* `*tree` becomes NULL. NULL is allowed. */
void mls_tree_free(struct mls_tree **tree);

MUST_CHECK enum status mls_tree_clone(const struct mls_tree *tree, struct mls_tree **clone);

/* Reads `optional<Node> ratchet_tree<V>` that fills `bytes` to the end (the data of the extension,
 * or the tree from elsewhere) and computes its hashes. Checks its form only; see tree_validate.h.
 * Two nodes with the same key give STATUS_INVALID_TREE. */
MUST_CHECK enum status
mls_tree_decode(const struct suite *suite, struct span bytes, struct mls_tree **tree);

/* Writes `optional<Node> ratchet_tree<V>`. */
void mls_tree_write(struct writer *writer, const struct mls_tree *tree);

const struct suite *mls_tree_suite(const struct mls_tree *tree);

/* Leaves, blank ones included: a power of two, or 0. */
uint32_t mls_tree_leaf_count(const struct mls_tree *tree);

/* Leaves that are not blank. */
uint32_t mls_tree_member_count(const struct mls_tree *tree);

/* NULL when blank or outside the tree. */
const struct mls_leaf_node *mls_tree_leaf(const struct mls_tree *tree, uint32_t leaf);
const struct mls_parent_node *mls_tree_parent(const struct mls_tree *tree, uint32_t node);

/* The node's identity, for comparing trees; NULL when blank or outside the tree. */
const struct mls_tree_node *mls_tree_node(const struct mls_tree *tree, uint32_t node);

/* The first node from `node` on that is not the same in both trees; MLS_NO_NODE after the last.
 * What clones share is passed over in pages. */
uint32_t mls_tree_next_change(const struct mls_tree *a, const struct mls_tree *b, uint32_t node);

/* The node as an encoded LeafNode or ParentNode; empty when blank or outside the tree. */
struct span mls_tree_node_bytes(const struct mls_tree *tree, uint32_t node);

/* The node's public key; empty when blank. */
struct span mls_tree_node_key(const struct mls_tree *tree, uint32_t node);

/* Restores one node from mls_tree_node_bytes (empty: blank); the tree grows as needed. Hashes are
 * not up to date until mls_tree_update_hashes. */
MUST_CHECK enum status
mls_tree_set_node_bytes(struct mls_tree *tree, uint32_t node, struct span bytes);

/* The first leaf that is not blank from `leaf` on, or MLS_NO_LEAF. */
uint32_t mls_tree_next_member(const struct mls_tree *tree, uint32_t leaf);

/* The leaf with this signature key, or MLS_NO_LEAF. */
uint32_t mls_tree_find_signature_key(const struct mls_tree *tree, struct span signature_key);

/* The first leaf with this credential, or MLS_NO_LEAF; takes a walk over the leaves. */
uint32_t mls_tree_find_credential(const struct mls_tree *tree,
                                  const struct mls_credential *credential);

/* The node, leaf or parent, with this encryption key, or MLS_NO_NODE. */
uint32_t mls_tree_find_encryption_key(const struct mls_tree *tree, struct span encryption_key);

/* Whether every member supports every credential type that a member uses (7.3); O(1). */
bool mls_tree_credentials_supported(const struct mls_tree *tree);

/* ---- hashes (7.8) ---- */

/* Computes the tree hashes that changes have made stale. */
MUST_CHECK enum status mls_tree_update_hashes(struct mls_tree *tree);

/* The tree hash of a node; hashes must be up to date. */
struct span mls_tree_hash(const struct mls_tree *tree, uint32_t node);

/* The hash of the whole tree. */
struct span mls_tree_root_hash(const struct mls_tree *tree);

/* ---- changes (7.7, 12.1) ----
 * None of them checks a leaf (proposal_list.h does). A key that is in the tree already gives
 * STATUS_INVALID_TREE. */

/* Where the next Add goes: the leftmost blank leaf, or the leaf count when there is none. */
uint32_t mls_tree_next_free_leaf(const struct mls_tree *tree);

/* Puts a leaf (an encoded LeafNode) into the leftmost blank place, extending the tree if needed,
 * and gives its index. Leaves unmerged_leaves to mls_tree_add_unmerged, which one call does for a
 * whole list of Adds. */
MUST_CHECK enum status mls_tree_add(struct mls_tree *tree, struct span leaf_bytes, uint32_t *leaf);

/* Adds the leaves, in increasing order, to unmerged_leaves of every non-blank parent above
 * them. */
MUST_CHECK enum status
mls_tree_add_unmerged(struct mls_tree *tree, const uint32_t *leaves, size_t count);

/* Replaces the leaf and blanks its direct path. */
MUST_CHECK enum status
mls_tree_update(struct mls_tree *tree, uint32_t leaf, struct span leaf_bytes);

/* Blanks the leaf and its direct path; leaves truncation to mls_tree_truncate. */
MUST_CHECK enum status mls_tree_remove(struct mls_tree *tree, uint32_t leaf);

/* Removes the right half while it holds no leaf. */
MUST_CHECK enum status mls_tree_truncate(struct mls_tree *tree);

/* Replaces one node and nothing else. */
MUST_CHECK enum status
mls_tree_set_leaf(struct mls_tree *tree, uint32_t leaf, struct span leaf_bytes);
MUST_CHECK enum status
mls_tree_set_parent(struct mls_tree *tree, uint32_t node, const struct mls_parent_node *parent);
MUST_CHECK enum status mls_tree_blank(struct mls_tree *tree, uint32_t node);
MUST_CHECK enum status mls_tree_blank_direct_path(struct mls_tree *tree, uint32_t leaf);

/* ---- paths (4.1.2) ---- */

/* More steps than any path of a tree has. */
#define MLS_PATH_MAX 32

/* One step of a path: a parent, and its child that is not on the path. */
struct mls_path_step {
    uint32_t node;
    uint32_t copath;
};

/* The filtered direct path, from the leaf up; `steps` has room for MLS_PATH_MAX. Returns the
 * number of steps. */
size_t
mls_tree_filtered_path(const struct mls_tree *tree, uint32_t leaf, struct mls_path_step *steps);

/* The resolution of a node, in order, without the leaves of `excluded` (increasing). Appended to
 * `nodes`, an array of uint32_t taken from the arena. STATUS_USAGE beyond the tree. */
struct mls_resolution {
    uint32_t *nodes;
    size_t count;
};

MUST_CHECK enum status mls_tree_resolution(const struct mls_tree *tree,
                                           uint32_t node,
                                           const uint32_t *excluded,
                                           size_t excluded_count,
                                           struct arena *arena,
                                           struct mls_resolution *resolution);

/* How many nodes that is. */
MUST_CHECK enum status mls_tree_resolution_count(const struct mls_tree *tree,
                                                 uint32_t node,
                                                 const uint32_t *excluded,
                                                 size_t excluded_count,
                                                 size_t *count);

#endif
