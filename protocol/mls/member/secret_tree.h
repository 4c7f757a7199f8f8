/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret tree of one epoch and the ratchets at its leaves: a key and a nonce for each message
 * of each sender, each used once.
 *
 * Nodes are derived when a sender's first message comes, and a node's secret is wiped as soon as
 * its children exist. To receive, look a key up, decrypt, and consume it only when that worked:
 * until then nothing is used up (expanding the tree on the way loses nothing). To send, a key is
 * used up by asking for it.
 * Keys of skipped generations are kept for late messages, MLS_SKIPPED_KEYS_MAX a ratchet, the
 * oldest giving way.
 *
 * Ownership: secrets lie in the arena given at the start, and changed rows are noted in the set
 * given at the start; both outlive the tree.
 * Errors: STATUS_NO_MEMORY, STATUS_CRYPTO, STATUS_CORRUPT while restoring; others at each
 * function. Source: RFC 9420, 9. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_SECRET_TREE_H
#define WEFT_MLS_MEMBER_SECRET_TREE_H

#include "protocol/base/buffer.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/suite.h"
#include "protocol/mls/member/group.h"
#include "protocol/mls/member/row_set.h"

enum mls_ratchet_type { MLS_RATCHET_HANDSHAKE = 0, MLS_RATCHET_APPLICATION = 1 };

struct mls_secret_tree;

/* A tree without any secret, to be given its root or its rows. `leaf_count` is the ratchet tree's,
 * a power of two. */
MUST_CHECK enum status mls_secret_tree_new(const struct suite *suite,
                                           struct secret_arena *arena,
                                           struct mls_row_set *changed,
                                           uint64_t epoch,
                                           uint32_t leaf_count,
                                           struct mls_secret_tree **tree);

/* `*tree` becomes NULL; all secrets are wiped. NULL is allowed. */
void mls_secret_tree_free(struct mls_secret_tree **tree);

/* Gives a new tree its root. */
MUST_CHECK enum status mls_secret_tree_set_root(struct mls_secret_tree *tree,
                                                struct span encryption_secret);

/* From now on changed rows are noted in this set. */
void mls_secret_tree_note_in(struct mls_secret_tree *tree, struct mls_row_set *changed);

uint32_t mls_secret_tree_leaf_count(const struct mls_secret_tree *tree);

/* From now on a key may be so many generations farther ahead than LIMIT_RATCHET_STEPS. */
void mls_secret_tree_allow_steps(struct mls_secret_tree *tree, uint32_t steps_more);

struct mls_message_key {
    struct secret key;
    struct secret nonce;
};

void mls_message_key_clear(struct mls_message_key *key);

/* The next key of our own, used up by this call. STATUS_LIMIT after 2^32 messages. */
MUST_CHECK enum status mls_secret_tree_take(struct mls_secret_tree *tree,
                                            uint32_t leaf,
                                            enum mls_ratchet_type type,
                                            uint32_t *generation,
                                            struct mls_message_key *key);

/* A key that was looked up, with what consuming it needs. */
struct mls_secret_tree_use {
    struct mls_message_key message_key;
    uint32_t leaf;
    uint32_t generation;
    enum mls_ratchet_type type;
    bool was_skipped;
    struct secret next;
    size_t skipped_count;
    struct secret skipped[MLS_SKIPPED_KEYS_MAX]; /* key and nonce, of the generations just before */
    /* Where those will be kept, once prepared. */
    struct secret_arena *arena;
    size_t slot_count;
    struct secret *slots[MLS_SKIPPED_KEYS_MAX];
};

/* Wipes it and gives back what was prepared. */
void mls_secret_tree_use_clear(struct mls_secret_tree_use *use);

/* Looks up a key without using it up. STATUS_REPLAYED when it was used or has given way,
 * STATUS_LIMIT more than LIMIT_RATCHET_STEPS ahead, STATUS_INVALID for a leaf outside the tree. */
MUST_CHECK enum status mls_secret_tree_find(struct mls_secret_tree *tree,
                                            uint32_t leaf,
                                            enum mls_ratchet_type type,
                                            uint32_t generation,
                                            struct mls_secret_tree_use *use);

/* Does all of mls_secret_tree_consume that can fail: after this it succeeds. */
MUST_CHECK enum status mls_secret_tree_prepare(struct mls_secret_tree *tree,
                                               struct mls_secret_tree_use *use);

/* Uses up what was found; nothing else may have happened to the tree in between. */
MUST_CHECK enum status mls_secret_tree_consume(struct mls_secret_tree *tree,
                                               struct mls_secret_tree_use *use);

/* ---- rows ---- */

/* Appends the row of a node or ratchet; STATUS_NOT_FOUND when there is none (any more). */
MUST_CHECK enum status mls_secret_tree_encode_row(const struct mls_secret_tree *tree,
                                                  enum mls_row_kind kind,
                                                  uint32_t index,
                                                  struct buffer *out);

/* Gives back a node or ratchet from its row. */
MUST_CHECK enum status mls_secret_tree_decode_row(struct mls_secret_tree *tree,
                                                  enum mls_row_kind kind,
                                                  uint32_t index,
                                                  struct span bytes);

/* Notes all rows of the tree in the set, as for deleting them or storing them all. */
MUST_CHECK enum status mls_secret_tree_note_all(const struct mls_secret_tree *tree,
                                                struct mls_row_set *set);

#endif
