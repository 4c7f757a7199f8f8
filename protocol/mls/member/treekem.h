/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private half of the ratchet tree: the keys of our own leaf and of the parents above it, and
 * the path secrets from which a commit makes new ones.
 *
 * Ownership: keys lie in slots of a secret_arena; path secrets are wiped by their owner.
 * Errors: STATUS_NO_MEMORY, STATUS_CRYPTO, STATUS_NOT_DECRYPTED, STATUS_INVALID_TREE; others at
 * each function. Source: RFC 9420, 7.4 to 7.6. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_TREEKEM_H
#define WEFT_MLS_MEMBER_TREEKEM_H

#include "protocol/base/random.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/hpke.h"
#include "protocol/mls/public/commit.h"
#include "protocol/mls/public/tree.h"

/* ---- the private keys we have ---- */

struct mls_private_key {
    uint32_t node;
    struct secret *key;
};

/* No more than a path has nodes. */
struct mls_private_keys {
    struct secret_arena *arena;
    size_t count;
    struct mls_private_key items[MLS_PATH_MAX + 1]; /* by node, increasing */
};

/* Gives all slots back, wiped. */
void mls_private_keys_clear(struct mls_private_keys *keys);

/* The key of a node; empty when we have none. */
struct span mls_private_keys_get(const struct mls_private_keys *keys, uint32_t node);

/* Sets or replaces the key of a node. STATUS_LIMIT when a path could not have so many. */
MUST_CHECK enum status
mls_private_keys_set(struct mls_private_keys *keys, uint32_t node, struct span key);

/* Takes over into `next`, which is empty but for its arena, the keys of all nodes that are the
 * same in both trees. */
MUST_CHECK enum status mls_private_keys_carry(const struct mls_private_keys *keys,
                                              const struct mls_tree *before,
                                              const struct mls_tree *after,
                                              struct mls_private_keys *next);

/* ---- path secrets (7.4) ---- */

/* The secrets of a filtered direct path, from the leaf up. After the last comes commit_secret. */
struct mls_path_secrets {
    size_t count;
    struct secret path[MLS_PATH_MAX + 1]; /* path[count] is commit_secret */
    struct secret private_keys[MLS_PATH_MAX];
    struct hpke_public public_keys[MLS_PATH_MAX];
};

/* Wipes it. */
void mls_path_secrets_clear(struct mls_path_secrets *secrets);

/* Derives `count` nodes from the path secret of the lowest. */
MUST_CHECK enum status mls_path_secrets_derive(const struct suite *suite,
                                               struct span first,
                                               size_t count,
                                               struct mls_path_secrets *secrets);

/* A path that is made or taken. */
struct mls_treekem_path {
    const struct mls_tree *tree; /* after the commit: its copath is that before it */
    uint32_t sender;             /* leaf */
    const uint32_t *excluded;    /* leaves added by the same commit, increasing */
    size_t excluded_count;
    struct span context;                /* encoded provisional GroupContext */
    const struct mls_update_path *path; /* that is taken */
};

/* Encrypts each path secret to the resolution of the copath, without the leaves of `excluded`.
 * The nodes and what they lend are taken from the arena. */
MUST_CHECK enum status mls_treekem_encrypt(const struct mls_treekem_path *input,
                                           const struct mls_path_secrets *secrets,
                                           const struct random_source *random,
                                           struct arena *arena,
                                           const struct mls_update_path_node **nodes);

/* Decrypts the path secret meant for the leaf `own`, with the keys it had before, sets the keys of
 * the nodes from there up in `next`, and gives commit_secret. STATUS_INVALID_TREE when the path
 * does not fit the tree or a derived key is not the one in the path. `path_secret`, the
 * decrypted one, may be NULL. */
MUST_CHECK enum status mls_treekem_decrypt(const struct mls_treekem_path *input,
                                           uint32_t own,
                                           const struct mls_private_keys *keys,
                                           struct mls_private_keys *next,
                                           struct secret *commit_secret,
                                           struct secret *path_secret);

/* Sets the keys that a newcomer learns from the path secret in its Welcome: those of the common
 * ancestor of `own` and `signer` and of the nodes above it (12.4.3.1). `tree` is the new tree. */
MUST_CHECK enum status mls_treekem_implant(const struct mls_tree *tree,
                                           uint32_t own,
                                           uint32_t signer,
                                           struct span path_secret,
                                           struct mls_private_keys *keys);

/* Whether every key is the private half of the node's public key. */
MUST_CHECK enum status mls_private_keys_check(const struct mls_private_keys *keys,
                                              const struct mls_tree *tree);

#endif
