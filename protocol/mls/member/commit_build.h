/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a commit and its Welcome: what a member's commit and an external one have in common.
 *
 * Errors: as group.h. Source: RFC 9420, 12.4.1. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_COMMIT_BUILD_H
#define WEFT_MLS_MEMBER_COMMIT_BUILD_H

#include "protocol/base/arena.h"
#include "protocol/mls/member/group_state.h"

/* Who commits what, in which group. */
struct mls_commit_build {
    const struct mls_public_group *public_group; /* of the present epoch */
    struct mls_sender sender;
    const struct secret *message_key;    /* prepared, of the present leaf: signs the message */
    const struct secret *leaf_key;       /* prepared, of the new leaf: signs it */
    const struct mls_identity *identity; /* of the new leaf; NULL: as the present one */
    struct span authenticated_data;
    const struct mls_proposal_or_ref *items;
    size_t item_count;
    const struct random_source *random;
    struct arena *arena;
};

/* The private side of a path that was built. */
struct mls_built_path {
    uint32_t leaf; /* the committer's in the new tree */
    struct secret leaf_key;
    struct mls_path_secrets secrets;
};

/* Wipes it. */
void mls_built_path_clear(struct mls_built_path *built);

/* Makes a fresh path for the committer's leaf, or for the first free one of an external committer,
 * in the tree after the proposals. `path` lies in the arena. */
MUST_CHECK enum status mls_commit_build_path(const struct mls_commit_build *build,
                                             const struct mls_proposal_effect *effect,
                                             struct mls_built_path *built,
                                             const struct mls_update_path **path);

/* Appends the signed AuthenticatedContent of the commit, with an empty confirmation tag. */
MUST_CHECK enum status mls_commit_build_content(const struct mls_commit_build *build,
                                                const struct mls_update_path *path,
                                                struct buffer *content);

/* What a Welcome is made of. */
struct mls_welcome_build {
    const struct mls_next *next;
    struct span joiner_secret;
    const struct mls_path_secrets *secrets; /* NULL without a path */
    const struct mls_psk_store *psk_store;
    const struct mls_group *group;     /* for its resumption PSKs */
    const struct secret *prepared_key; /* of our leaf in the new epoch */
    bool with_tree;
    struct mls_extensions info_extensions;
    const struct random_source *random;
};

/* Appends the Welcome (MLSMessage) for all that the commit adds. */
MUST_CHECK enum status mls_commit_build_welcome(const struct mls_welcome_build *build,
                                                struct buffer *out);

#endif
