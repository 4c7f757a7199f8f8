/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commit and UpdatePath.
 *
 * A view lends spans of what it was read from and takes its arrays from the arena.
 * Errors: those of reader.h and of the parts.
 * Source: RFC 9420, 7.6, 12.4. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_COMMIT_H
#define WEFT_MLS_PUBLIC_COMMIT_H

#include "protocol/mls/public/proposal.h"

struct mls_hpke_ciphertext {
    struct span kem_output;
    struct span ciphertext;
};

MUST_CHECK enum status mls_hpke_ciphertext_read(struct reader *reader,
                                                struct mls_hpke_ciphertext *item);
void mls_hpke_ciphertext_write(struct writer *writer, const struct mls_hpke_ciphertext *item);

struct mls_update_path_node {
    struct span encryption_key;
    const struct mls_hpke_ciphertext *secrets; /* one for each node of the copath's resolution */
    size_t secret_count;
};

struct mls_update_path {
    struct mls_leaf_node leaf_node;
    const struct mls_update_path_node *nodes; /* the filtered direct path, from the leaf up */
    size_t node_count;
};

MUST_CHECK enum status
mls_update_path_read(struct reader *reader, struct arena *arena, struct mls_update_path *path);
void mls_update_path_write(struct writer *writer, const struct mls_update_path *path);

struct mls_commit {
    const struct mls_proposal_or_ref *proposals;
    size_t proposal_count;
    const struct mls_update_path *path; /* NULL when absent */
};

MUST_CHECK enum status
mls_commit_read(struct reader *reader, struct arena *arena, struct mls_commit *commit);
void mls_commit_write(struct writer *writer, const struct mls_commit *commit);

/* Goes behind a commit without reading what its vectors hold. */
MUST_CHECK enum status mls_commit_skip(struct reader *reader);

#endif
