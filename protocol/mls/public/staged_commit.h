/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A commit that was checked and not yet merged: what it does, for a policy to look at.
 *
 * Ownership: a staged commit owns what its accessors lend; leaves of the old tree live as long as
 * the staged commit too.
 * Source: RFC 9420, 12.4.2. Thread rule: one thread at a time; reading by several.
 */
#ifndef WEFT_MLS_PUBLIC_STAGED_COMMIT_H
#define WEFT_MLS_PUBLIC_STAGED_COMMIT_H

#include "protocol/mls/public/proposal_list.h"

struct mls_staged_commit;
struct mls_public_group;

/* `*staged` becomes NULL. NULL is allowed. The group it was staged on has not changed. */
void mls_staged_commit_free(struct mls_staged_commit **staged);

/* The message's content: group, epoch, sender, authenticated data, the commit with its path. */
const struct mls_authenticated_content *
mls_staged_commit_content(const struct mls_staged_commit *staged);

/* Whether a newcomer made it (sender new_member_commit). */
bool mls_staged_commit_is_external(const struct mls_staged_commit *staged);

/* The committer's leaf in the new tree (an external committer's is new). */
uint32_t mls_staged_commit_committer(const struct mls_staged_commit *staged);

/* Added and removed leaves, PSKs, ReInit, ExternalInit, extensions. An external
 * committer's own leaf is not among the added. effect->tree is the tree before the path. */
const struct mls_proposal_effect *mls_staged_commit_effect(const struct mls_staged_commit *staged);

/* The proposals in the commit's order, with their senders. */
const struct mls_proposal_list *mls_staged_commit_proposals(const struct mls_staged_commit *staged);

/* NULL without a path. */
const struct mls_update_path *mls_staged_commit_path(const struct mls_staged_commit *staged);

/* The group after the commit: lent until merge or free. Its transcript is complete only when the
 * confirmation tag is known. */
const struct mls_public_group *mls_staged_commit_group(const struct mls_staged_commit *staged);

/* The encoded provisional GroupContext, context of the path's encryption (12.4.1): new epoch, tree
 * hash and extensions, old confirmed transcript hash. */
struct span mls_staged_commit_provisional_context(const struct mls_staged_commit *staged);

/* For a committer: gives the tag that was left empty. STATUS_USAGE when there is one. */
MUST_CHECK enum status mls_staged_commit_set_confirmation_tag(struct mls_staged_commit *staged,
                                                              struct span confirmation_tag);

#endif
