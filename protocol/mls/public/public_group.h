/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group as anybody sees it who has none of its secrets: context, tree, transcript, and the
 * proposals of the present epoch. A server keeps one to check commits before it accepts them; a
 * member's group holds one inside.
 *
 * A commit is staged first, which changes nothing, may be looked at (staged_commit.h), and is then
 * merged or freed.
 * What cannot be checked without secrets, and so is not: membership tag, confirmation tag, the
 * ciphertexts of a path. What can be, is.
 *
 * Ownership: a group owns copies of all it was given; accessors lend until the next merge or
 * free.
 * Errors: STATUS_WRONG_GROUP, STATUS_WRONG_EPOCH, STATUS_BAD_SIGNATURE, STATUS_INVALID,
 * STATUS_INVALID_LEAF, STATUS_INVALID_TREE, STATUS_INVALID_PROPOSAL, STATUS_PATH_REQUIRED,
 * STATUS_UNSUPPORTED, STATUS_EXPIRED, those of decoding, and what the application's credential
 * check returns. After an error nothing has changed.
 * Source: RFC 9420, 8.1, 8.2, 12. Thread rule: a group that nobody merges into or caches for may
 * be read, cloned and staged on by several threads.
 */
#ifndef WEFT_MLS_PUBLIC_PUBLIC_GROUP_H
#define WEFT_MLS_PUBLIC_PUBLIC_GROUP_H

#include "protocol/mls/public/framing.h"
#include "protocol/mls/public/staged_commit.h"
#include "protocol/mls/public/tree.h"

struct mls_public_group;

/* A group from a GroupInfo (bare or as an MLSMessage), as a newcomer or a server gets it:
 * validates all of 12.4.3.1 that needs no secret. `ratchet_tree` is the contents of the
 * ratchet_tree extension from elsewhere, or empty when the GroupInfo carries it. */
MUST_CHECK enum status mls_public_group_new(struct span group_info,
                                            struct span ratchet_tree,
                                            const struct mls_options *options,
                                            struct mls_public_group **group);

/* A group from its parts, not validated: of one's own making (a creator, 11) or already checked
 * (a store). `tree` is cloned; its root hash must be the context's. */
MUST_CHECK enum status mls_public_group_from_parts(struct span group_context,
                                                   const struct mls_tree *tree,
                                                   struct span confirmation_tag,
                                                   struct mls_public_group **group);

/* `*group` becomes NULL. NULL is allowed. */
void mls_public_group_free(struct mls_public_group **group);

/* Shares nodes with the original; cached proposals come along. */
MUST_CHECK enum status mls_public_group_clone(const struct mls_public_group *group,
                                              struct mls_public_group **clone);

/* Appends a form for the application's own store: context, confirmation tag, interim hash, cached
 * proposals, and with `with_tree` the tree. */
MUST_CHECK enum status
mls_public_group_encode(const struct mls_public_group *group, bool with_tree, struct buffer *out);

/* Restores from mls_public_group_encode. `tree` is for a form without its tree (a vault that keeps
 * nodes one by one) and is cloned; NULL otherwise. Form, tree hash and transcript are checked
 * (STATUS_CORRUPT), signatures are not: they were, before it was stored. */
MUST_CHECK enum status mls_public_group_decode(struct span bytes,
                                               const struct mls_tree *tree,
                                               struct mls_public_group **group);

/* ---- what it is ---- */

const struct suite *mls_public_group_suite(const struct mls_public_group *group);
const struct mls_group_context *mls_public_group_context(const struct mls_public_group *group);
/* The encoded GroupContext. */
struct span mls_public_group_context_bytes(const struct mls_public_group *group);
struct span mls_public_group_id(const struct mls_public_group *group);
uint64_t mls_public_group_epoch(const struct mls_public_group *group);
const struct mls_tree *mls_public_group_tree(const struct mls_public_group *group);
struct span mls_public_group_confirmation_tag(const struct mls_public_group *group);
struct span mls_public_group_interim_transcript_hash(const struct mls_public_group *group);
/* Whether the last commit was a ReInit: nothing may be sent in this group any more (12.4.2). */
bool mls_public_group_is_reinitialized(const struct mls_public_group *group);
/* The ReInit that the last commit was; NULL when it was none. */
const struct mls_reinit *mls_public_group_reinit(const struct mls_public_group *group);
/* Members are walked with mls_tree_next_member and mls_tree_leaf of mls_public_group_tree. */

/* Whether the GroupContext has an extension of this type, and its data (`data` may be NULL). */
bool mls_public_group_extension(const struct mls_public_group *group,
                                uint16_t type,
                                struct span *data);

/* ---- proposals sent by themselves (12.1) ---- */

/* Verifies a PublicMessage with a proposal and keeps it until the next merge, so that a commit may
 * refer to it. STATUS_EXISTS when it is kept already, STATUS_LIMIT over LIMIT_CACHED_PROPOSALS. */
MUST_CHECK enum status mls_public_group_cache_proposal(struct mls_public_group *group,
                                                       struct span message,
                                                       const struct mls_options *options);

/* The same for a proposal that was taken out of its message already (a member decrypts those in
 * PrivateMessages). `bytes` is an encoded AuthenticatedContent. */
MUST_CHECK enum status mls_public_group_cache_content(struct mls_public_group *group,
                                                      struct span bytes,
                                                      const struct mls_options *options);

/* A cached proposal: lends until the next merge. */
struct mls_cached_proposal {
    struct span reference; /* ProposalRef */
    struct mls_sender sender;
    struct mls_proposal proposal;
};

size_t mls_public_group_cached_count(const struct mls_public_group *group);
/* `at` is less than the count. In the order of arrival. */
const struct mls_cached_proposal *mls_public_group_cached_at(const struct mls_public_group *group,
                                                             size_t at);

/* ---- commits (12.4.2) ---- */

/* Decodes an MLSMessage with a PublicMessage that carries a commit, checks everything that needs
 * no secret, and computes the group that it leads to. `*staged` is the caller's to merge or
 * free; it does not outlive changes of the group it was staged on other than its own merge. */
MUST_CHECK enum status mls_public_group_stage(const struct mls_public_group *group,
                                              struct span message,
                                              const struct mls_options *options,
                                              struct mls_staged_commit **staged);

/* The same for an encoded AuthenticatedContent (a member's, out of a PrivateMessage, or its own
 * commit). A committer that has no confirmation tag yet leaves it empty and gives it with
 * mls_staged_commit_set_confirmation_tag before the merge. */
MUST_CHECK enum status mls_public_group_stage_content(const struct mls_public_group *group,
                                                      struct span bytes,
                                                      const struct mls_options *options,
                                                      struct mls_staged_commit **staged);

/* Moves the group into the staged commit's epoch, drops the cached proposals and frees the staged
 * commit. STATUS_WRONG_EPOCH when the group is not the one it was staged on any more, and
 * STATUS_USAGE without a confirmation tag: then both stay as they were. */
MUST_CHECK enum status mls_public_group_merge(struct mls_public_group *group,
                                              struct mls_staged_commit **staged);

/* Whether a GroupInfo (bare or as an MLSMessage) is one of exactly this group and epoch: the same
 * context and confirmation tag, signed by the leaf `signer` says (`signer_expected`, or any member
 * for MLS_NO_LEAF), external_pub present and well formed. A ratchet_tree extension must have the
 * context's tree hash or be absent. STATUS_INVALID otherwise. */
MUST_CHECK enum status mls_public_group_check_group_info(const struct mls_public_group *group,
                                                         struct span group_info,
                                                         uint32_t signer_expected);

/* Verifies the signature of any authenticated content of the present epoch with the key that 6.1
 * names for its sender, as a member does for application messages. */
MUST_CHECK enum status
mls_public_group_verify(const struct mls_public_group *group,
                        const struct mls_authenticated_content *authenticated);

#endif
