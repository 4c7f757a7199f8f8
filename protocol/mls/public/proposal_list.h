/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of proposals that a commit covers: whether it is valid, and what it does to tree and
 * extensions. Used alike by whoever creates a commit and whoever receives one.
 *
 * Errors: STATUS_INVALID_PROPOSAL for the rules of 12.2 (and 12.1), STATUS_INVALID_LEAF,
 * STATUS_BAD_SIGNATURE and the others of key_package.h for what a proposal carries, and what
 * the application's credential check returns.
 * Source: RFC 9420, 12.1, 12.2, 12.3. Thread rule: as tree.h.
 */
#ifndef WEFT_MLS_PUBLIC_PROPOSAL_LIST_H
#define WEFT_MLS_PUBLIC_PROPOSAL_LIST_H

#include "protocol/mls/public/framing.h"
#include "protocol/mls/public/tree.h"

/* A proposal with who sent it. */
struct mls_sent_proposal {
    const struct mls_proposal *proposal;
    struct mls_sender sender;
    bool by_reference;
};

struct mls_proposal_list {
    const struct mls_sent_proposal *items; /* in the commit's order */
    size_t count;
    struct mls_sender committer; /* member, or new_member_commit */
};

/* What is needed of the group's present state. */
struct mls_proposal_base {
    const struct mls_tree *tree;
    const struct mls_group_context *context;
};

struct mls_added_leaf {
    uint32_t leaf; /* in the new tree */
    const struct mls_key_package *key_package;
};

struct mls_removed_leaf {
    uint32_t leaf; /* in the old tree */
    const struct mls_leaf_node *leaf_node;
};

/* What a list does. Arrays come from the arena, views lend from the proposals and the old tree. */
struct mls_proposal_effect {
    struct mls_tree *tree; /* with the proposals applied: the caller's to free */
    struct mls_extensions extensions;
    bool extensions_changed;
    const struct mls_added_leaf *added;
    size_t added_count;
    const struct mls_removed_leaf *removed;
    size_t removed_count;
    const struct mls_psk_id *psks; /* in order */
    size_t psk_count;
    const struct mls_reinit *reinit; /* NULL for none */
    struct span kem_output;          /* of ExternalInit */
    bool has_external_init;
    bool path_required;
};

/* Checks one proposal on its own, when it arrives (12.1): the key package, the update leaf, the
 * leaf that is to be removed, the nonce of a PSK. */
MUST_CHECK enum status mls_proposal_check(const struct mls_proposal_base *base,
                                          const struct mls_proposal *proposal,
                                          struct mls_sender sender,
                                          const struct mls_options *options);

/* Validates the list (12.2) and applies it (12.3). On success the caller frees effect->tree. */
MUST_CHECK enum status mls_proposal_list_apply(const struct mls_proposal_base *base,
                                               const struct mls_proposal_list *list,
                                               const struct mls_options *options,
                                               struct arena *arena,
                                               struct mls_proposal_effect *effect);

#endif
