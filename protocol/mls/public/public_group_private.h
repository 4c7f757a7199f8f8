/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a public group and a staged commit are kept; for public_group*.c and staged_commit*.c only.
 * Thread rule: as public_group.h.
 */
#ifndef WEFT_MLS_PUBLIC_PUBLIC_GROUP_PRIVATE_H
#define WEFT_MLS_PUBLIC_PUBLIC_GROUP_PRIVATE_H

#include "protocol/mls/public/public_group.h"

#include <stdatomic.h>

/* A cached proposal, counted, since staged commits and clones hold it too. */
struct group_proposal {
    atomic_uint references;
    struct buffer bytes; /* AuthenticatedContent */
    struct arena arena;
    struct digest reference;
    struct mls_authenticated_content content;
    struct mls_cached_proposal view;
};

struct mls_public_group {
    const struct suite *suite;
    struct buffer context_bytes;
    struct mls_group_context context; /* into context_bytes */
    struct mls_tree *tree;            /* hashes up to date */
    struct buffer confirmation_tag;   /* empty in a commit that its maker has not finished */
    struct digest interim;
    struct buffer reinit_bytes; /* of the ReInit that the last commit was, or empty */
    struct mls_reinit reinit;   /* into reinit_bytes */
    struct group_proposal **proposals;
    size_t proposal_count;
    size_t proposal_bytes;
};

struct mls_staged_commit {
    struct arena arena;
    struct buffer bytes; /* AuthenticatedContent */
    struct mls_authenticated_content content;
    struct buffer base_context; /* of the group that it was staged on */
    struct mls_tree *base_tree;
    struct group_proposal **held; /* cached proposals that it covers */
    size_t held_count;
    struct mls_proposal_list list;
    struct mls_proposal_effect effect;
    uint32_t committer;
    const struct mls_leaf_node *committer_before;
    struct buffer provisional_context;
    struct mls_public_group *next;
};

/* public_group.c: a group of these parts; takes `*tree` over (and NULLs it) on success. The tag
 * may be empty. */
MUST_CHECK enum status group_make(const struct mls_group_context *context,
                                  struct mls_tree **tree,
                                  struct span confirmation_tag,
                                  struct mls_public_group **group);

/* public_group.c: gives the tag and with it the interim transcript hash. */
MUST_CHECK enum status group_set_tag(struct mls_public_group *group, struct span confirmation_tag);

/* public_group.c: the group ended with this ReInit. */
MUST_CHECK enum status group_set_reinit(struct mls_public_group *group,
                                        const struct mls_reinit *reinit);

/* public_group.c: content of this group and epoch, from a sender that may send it, signed by the
 * key that 6.1 names. */
MUST_CHECK enum status group_check_content(const struct mls_public_group *group,
                                           const struct mls_authenticated_content *content);

/* public_group.c: decodes a PublicMessage (as an MLSMessage) of a member or newcomer and gives it
 * as an encoded AuthenticatedContent. */
MUST_CHECK enum status group_content_of_message(const struct mls_public_group *group,
                                                struct span message,
                                                struct buffer *content);

/* public_group_proposals.c */
struct group_proposal *group_proposal_hold(struct group_proposal *proposal);
void group_proposal_release(struct group_proposal *proposal);
/* A proposal from its AuthenticatedContent, decoded and not checked. */
MUST_CHECK enum status
group_proposal_new(const struct suite *suite, struct span bytes, struct group_proposal **proposal);
/* Takes the reference over on success. */
MUST_CHECK enum status group_append_proposal(struct mls_public_group *group,
                                             struct group_proposal *proposal);
/* NULL when there is none. */
struct group_proposal *group_find_proposal(const struct mls_public_group *group,
                                           struct span reference);
void group_drop_proposals(struct mls_public_group *group);

/* staged_path.c: checks the path and merges it into `*tree`, a clone of the tree with the
 * proposals applied (12.4.2). */
MUST_CHECK enum status staged_apply_path(const struct mls_public_group *group,
                                         struct mls_staged_commit *staged,
                                         const struct mls_options *options,
                                         struct mls_tree *tree);

#endif
