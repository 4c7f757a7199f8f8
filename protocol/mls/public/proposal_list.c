/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/proposal_list.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/list.h"

/* ---- one proposal (12.1) ---- */

/* What a proposal is checked against. `verified`: its signatures and credential were checked when
 * it was cached, so that a commit by reference does not pay for them twice. */
struct checking {
    const struct mls_proposal_base *base;
    struct mls_extensions extensions; /* those that will hold */
    struct mls_sender sender;
    const struct mls_options *options;
    bool verified;
};

/* RFC 9420, 12.1.1: "An Add proposal is invalid if the KeyPackage is invalid according to" 10.1. */
static enum status check_add(const struct checking *checking, const struct mls_key_package *package)
{
    /* RFC 9420, 10.1: "Verify that the cipher suite and protocol version of the KeyPackage match
     * those in the GroupContext." */
    if (package->version != MLS_VERSION_10 ||
        package->cipher_suite != checking->base->context->cipher_suite)
        return STATUS_INVALID_PROPOSAL;
    /* RFC 9420, 13.4: "A client adding a new member to a group MUST verify that the LeafNode for
     * the new member is compatible with the group's extensions." */
    TRY(mls_leaf_node_check_extensions(&package->leaf_node, checking->extensions));
    return checking->verified ? STATUS_OK : mls_key_package_validate(package, checking->options);
}

static enum status verify_update(const struct checking *checking,
                                 const struct mls_leaf_node *leaf,
                                 const struct mls_leaf_node *old)
{
    const struct mls_proposal_base *base = checking->base;
    const struct suite *suite = mls_tree_suite(base->tree);
    bool same_key = span_equal(leaf->signature_key, old->signature_key);
    if (!same_key)
        TRY(mls_leaf_node_check_signature_key(suite, leaf));
    TRY(mls_leaf_node_verify(suite, leaf, base->context->group_id, checking->sender.index));
    if (same_key && mls_credential_equal(&leaf->credential, &old->credential))
        return STATUS_OK;
    /* RFC 9420, 5.3.1: "When a member receives an Update proposal whose LeafNode has a new
     * credential for the member" */
    return mls_options_check_credential(checking->options, &leaf->credential, leaf->signature_key,
                                        &old->credential);
}

/* RFC 9420, 12.1.2: "An Update proposal is invalid if the LeafNode is invalid for an Update
 * proposal according to" 7.3. */
static enum status check_update(const struct checking *checking, const struct mls_leaf_node *leaf)
{
    if (checking->sender.type != MLS_SENDER_MEMBER)
        return STATUS_INVALID_PROPOSAL;
    const struct mls_tree *tree = checking->base->tree;
    const struct mls_leaf_node *old = mls_tree_leaf(tree, checking->sender.index);
    /* RFC 9420, 7.3: "verify that `leaf_node_source` is set to `update` and that `encryption_key`
     * represents a different public key than the `encryption_key` in the leaf node being replaced
     * by the Update proposal." */
    if (old == NULL || leaf->source != MLS_LEAF_UPDATE ||
        span_equal(leaf->encryption_key, old->encryption_key))
        return STATUS_INVALID_PROPOSAL;
    TRY(mls_leaf_node_check_alone(mls_tree_suite(tree), leaf));
    TRY(mls_leaf_node_check_extensions(leaf, checking->extensions));
    return checking->verified ? STATUS_OK : verify_update(checking, leaf, old);
}

static enum status check_psk(const struct checking *checking, const struct mls_psk_id *psk)
{
    /* RFC 9420, 12.1.4: "The `psk_nonce` is not of length `KDF.Nh`." */
    if (psk->nonce.len != mls_tree_suite(checking->base->tree)->hash_size)
        return STATUS_INVALID_PROPOSAL;
    if (psk->type != MLS_PSK_RESUMPTION || psk->usage == MLS_PSK_APPLICATION)
        return STATUS_OK;
    /* RFC 9420, 11.2: "A PreSharedKey proposal with type `resumption` and usage `reinit` MUST be
     * considered invalid." 11.3: "A PreSharedKey proposal with type `resumption` and usage `branch`
     * MUST be considered invalid." RFC 9420, 11.2: "Resumption PSKs with usage `reinit` MUST NOT be
     * used in other contexts.", and 11.3: "Resumption PSKs with usage `branch` MUST NOT be used in
     * other contexts." The context is the first commit of the new group. */
    return checking->options->continues_group && checking->base->context->epoch == 0
               ? STATUS_OK
               : STATUS_INVALID_PROPOSAL;
}

/* RFC 9420, 5.3.1: "When an `external_senders` extension is added to the group" and "When an
 * existing `external_senders` extension is updated". */
static enum status check_external_senders(const struct checking *checking, struct span data)
{
    struct span old;
    if (mls_extensions_find(checking->base->context->extensions, MLS_EXTENSION_EXTERNAL_SENDERS,
                            &old) &&
        span_equal(old, data))
        return STATUS_OK;
    struct mls_external_sender sender;
    size_t at = 0;
    while (mls_external_senders_next(data, &at, &sender))
        TRY(mls_options_check_credential(checking->options, &sender.credential,
                                         sender.signature_key, NULL));
    return STATUS_OK;
}

static enum status check_context_extensions(const struct checking *checking,
                                            struct mls_extensions list)
{
    struct mls_extension extension;
    size_t at = 0;
    TRY(mls_extensions_check_known(list));
    /* RFC 9420, 13.4: "Note that the latter two requirements mean that all MLS GroupContext
     * extensions are mandatory, in the sense that an extension in use by the group MUST be
     * supported by all members of the group." That is us, too. */
    while (mls_extensions_next(list, &at, &extension))
        if (!mls_options_have_extension(checking->options, extension.type))
            return STATUS_INVALID_PROPOSAL;
    struct span data;
    if (checking->verified || !mls_extensions_find(list, MLS_EXTENSION_EXTERNAL_SENDERS, &data))
        return STATUS_OK;
    return check_external_senders(checking, data);
}

static enum status check_one(const struct checking *checking, const struct mls_proposal *proposal)
{
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        return check_add(checking, proposal->add);
    case MLS_PROPOSAL_UPDATE:
        return check_update(checking, proposal->update);
    case MLS_PROPOSAL_REMOVE:
        /* RFC 9420, 12.1.3: "A Remove proposal is invalid if the `removed` field does not identify
         * a non-blank leaf node." */
        return mls_tree_leaf(checking->base->tree, proposal->removed) == NULL
                   ? STATUS_INVALID_PROPOSAL
                   : STATUS_OK;
    case MLS_PROPOSAL_PSK:
        return check_psk(checking, &proposal->psk);
    case MLS_PROPOSAL_REINIT:
        /* RFC 9420, 12.1.5: "A ReInit proposal is invalid if the `version` field is less than the
         * version for the current group." */
        return proposal->reinit.version < MLS_VERSION_10 ? STATUS_INVALID_PROPOSAL : STATUS_OK;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return STATUS_OK; /* where it may be is a rule of the list */
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return check_context_extensions(checking, proposal->context_extensions);
    default: /* a wire value */
        return STATUS_UNSUPPORTED;
    }
}

enum status mls_proposal_check(const struct mls_proposal_base *base,
                               const struct mls_proposal *proposal,
                               struct mls_sender sender,
                               const struct mls_options *options)
{
    const struct checking checking = {base, base->context->extensions, sender, options, false};
    /* RFC 9420, 12.1.6: "This proposal can only be used in that context.", an external commit,
     * which has no proposals by reference. */
    if (proposal->type == MLS_PROPOSAL_EXTERNAL_INIT)
        return STATUS_INVALID_PROPOSAL;
    return check_one(&checking, proposal);
}

/* ---- the list (12.2) ---- */

struct updated_leaf {
    uint32_t leaf;
    const struct mls_leaf_node *leaf_node;
};

struct applying {
    const struct mls_proposal_base *base;
    const struct mls_proposal_list *list;
    const struct mls_options *options;
    struct arena *arena;
    struct mls_proposal_effect *effect;
    struct mls_list added;
    struct mls_list removed;
    struct mls_list updated;
    struct mls_list psks;
    uint8_t *touched; /* a byte for each leaf: an Update or Remove applies to it */
};

/* RFC 9420, 12.2: "It contains multiple Update and/or Remove proposals that apply to the same
 * leaf." `leaf` is a leaf of the tree. */
static enum status touch(struct applying *applying, uint32_t leaf)
{
    if (applying->touched[leaf] != 0)
        return STATUS_INVALID_PROPOSAL;
    applying->touched[leaf] = 1;
    return STATUS_OK;
}

static bool is_committer(const struct applying *applying, uint32_t leaf)
{
    return applying->list->committer.type == MLS_SENDER_MEMBER &&
           applying->list->committer.index == leaf;
}

static enum status collect_add(struct applying *applying, const struct mls_sent_proposal *item)
{
    void *place;
    TRY(mls_list_push(&applying->added, applying->arena, &place));
    *(struct mls_added_leaf *)place = (struct mls_added_leaf){MLS_NO_LEAF, item->proposal->add};
    return STATUS_OK;
}

static enum status collect_update(struct applying *applying, const struct mls_sent_proposal *item)
{
    uint32_t leaf = item->sender.index;
    void *place;
    /* RFC 9420, 12.2: "It contains an Update proposal generated by the committer." */
    if (is_committer(applying, leaf))
        return STATUS_INVALID_PROPOSAL;
    TRY(touch(applying, leaf));
    TRY(mls_list_push(&applying->updated, applying->arena, &place));
    *(struct updated_leaf *)place = (struct updated_leaf){leaf, item->proposal->update};
    return STATUS_OK;
}

static enum status collect_remove(struct applying *applying, const struct mls_sent_proposal *item)
{
    uint32_t leaf = item->proposal->removed;
    void *place;
    /* RFC 9420, 12.2: "It contains a Remove proposal that removes the committer." */
    if (is_committer(applying, leaf))
        return STATUS_INVALID_PROPOSAL;
    TRY(touch(applying, leaf));
    TRY(mls_list_push(&applying->removed, applying->arena, &place));
    *(struct mls_removed_leaf *)place =
        (struct mls_removed_leaf){leaf, mls_tree_leaf(applying->base->tree, leaf)};
    return STATUS_OK;
}

static enum status collect_psk(struct applying *applying, const struct mls_sent_proposal *item)
{
    void *place;
    TRY(mls_list_push(&applying->psks, applying->arena, &place));
    *(struct mls_psk_id *)place = item->proposal->psk;
    return STATUS_OK;
}

static enum status collect(struct applying *applying, const struct mls_sent_proposal *item)
{
    struct mls_proposal_effect *effect = applying->effect;
    switch (item->proposal->type) {
    case MLS_PROPOSAL_ADD:
        return collect_add(applying, item);
    case MLS_PROPOSAL_UPDATE:
        return collect_update(applying, item);
    case MLS_PROPOSAL_REMOVE:
        return collect_remove(applying, item);
    case MLS_PROPOSAL_PSK:
        return collect_psk(applying, item);
    case MLS_PROPOSAL_REINIT:
        /* RFC 9420, 12.2: "It contains a ReInit proposal together with any other proposal." */
        if (applying->list->count != 1)
            return STATUS_INVALID_PROPOSAL;
        effect->reinit = &item->proposal->reinit;
        return STATUS_OK;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        /* RFC 9420, 12.2: "Exactly one ExternalInit" */
        if (effect->has_external_init)
            return STATUS_INVALID_PROPOSAL;
        effect->has_external_init = true;
        effect->kem_output = item->proposal->kem_output;
        return STATUS_OK;
    default: /* group_context_extensions was looked at first */
        return STATUS_OK;
    }
}

/* RFC 9420, 12.3: "The new `extensions` MUST be used when evaluating other proposals in this
 * list." */
static enum status find_extensions(struct applying *applying)
{
    struct mls_proposal_effect *effect = applying->effect;
    effect->extensions = applying->base->context->extensions;
    for (size_t i = 0; i < applying->list->count; i++) {
        const struct mls_proposal *proposal = applying->list->items[i].proposal;
        if (proposal->type != MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS)
            continue;
        /* RFC 9420, 12.2: "It contains multiple GroupContextExtensions proposals." */
        if (effect->extensions_changed)
            return STATUS_INVALID_PROPOSAL;
        effect->extensions = proposal->context_extensions;
        effect->extensions_changed = true;
    }
    return STATUS_OK;
}

/* What may be in the list of a commit of this kind. */
static bool type_is_allowed(const struct applying *applying, const struct mls_sent_proposal *item)
{
    uint16_t type = item->proposal->type;
    /* RFC 9420, 12.4.3.2: "The sender type for the AuthenticatedContent encapsulating the external
     * Commit MUST be `new_member_commit`." RFC 9420, 12.2: "It contains an ExternalInit proposal."
     */
    if (applying->list->committer.type == MLS_SENDER_MEMBER)
        return type != MLS_PROPOSAL_EXTERNAL_INIT;
    /* RFC 9420, 12.4.3.2: "The Commit MUST NOT include any proposals by reference, since an
     * external joiner cannot determine the validity of proposals sent within the group." */
    if (item->by_reference)
        return false;
    /* RFC 9420, 12.2: "For an external Commit, the list is valid if it contains only the following
     * proposals" */
    return type == MLS_PROPOSAL_EXTERNAL_INIT || type == MLS_PROPOSAL_REMOVE ||
           type == MLS_PROPOSAL_PSK;
}

static enum status collect_all(struct applying *applying)
{
    const struct mls_proposal_list *list = applying->list;
    struct mls_proposal_effect *effect = applying->effect;
    effect->path_required = list->count == 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct mls_sent_proposal *item = &list->items[i];
        const struct checking checking = {applying->base, effect->extensions, item->sender,
                                          applying->options, item->by_reference};
        if (!type_is_allowed(applying, item))
            return STATUS_INVALID_PROPOSAL;
        /* RFC 9420, 12.2: "It contains an individual proposal that is invalid as specified in"
         * 12.1. */
        TRY(check_one(&checking, item->proposal));
        TRY(collect(applying, item));
        if (mls_proposal_type_needs_path(item->proposal->type))
            effect->path_required = true;
    }
    return STATUS_OK;
}

static enum status check_counts(const struct applying *applying)
{
    if (applying->list->committer.type == MLS_SENDER_MEMBER)
        return STATUS_OK;
    /* RFC 9420, 12.2: "At most one Remove proposal, with which the joiner removes an old version
     * of themselves." (whose version it is, is seen with the path's leaf) */
    return applying->effect->has_external_init && applying->removed.count <= 1
               ? STATUS_OK
               : STATUS_INVALID_PROPOSAL;
}

/* ---- what it does (12.3) ---- */

static enum status encode_leaf(const struct mls_leaf_node *leaf, struct buffer *bytes)
{
    struct writer writer = writer_of(bytes);
    buffer_truncate(bytes, 0);
    mls_leaf_node_write(&writer, leaf);
    return writer_finish(&writer);
}

/* The tree keeps every key in one place only: a second one is a rule of the list broken (12.2: the
 * same client twice, or one that is in the group already). */
static enum status as_proposal_fault(enum status status)
{
    return status == STATUS_INVALID_TREE ? STATUS_INVALID_PROPOSAL : status;
}

/* All old leaves go before the first new one comes, since the order of Updates has no meaning. */
static enum status apply_updates(struct applying *applying, struct buffer *bytes)
{
    struct mls_tree *tree = applying->effect->tree;
    const struct updated_leaf *updated = applying->updated.items;
    for (size_t i = 0; i < applying->updated.count; i++)
        TRY(mls_tree_remove(tree, updated[i].leaf));
    for (size_t i = 0; i < applying->updated.count; i++) {
        TRY(encode_leaf(updated[i].leaf_node, bytes));
        TRY(as_proposal_fault(mls_tree_set_leaf(tree, updated[i].leaf, buffer_span(bytes))));
    }
    return STATUS_OK;
}

static enum status apply_removes(struct applying *applying)
{
    struct mls_tree *tree = applying->effect->tree;
    const struct mls_removed_leaf *removed = applying->removed.items;
    for (size_t i = 0; i < applying->removed.count; i++)
        TRY(mls_tree_remove(tree, removed[i].leaf));
    return applying->removed.count == 0 ? STATUS_OK : mls_tree_truncate(tree);
}

static enum status apply_adds(struct applying *applying, struct buffer *bytes)
{
    struct mls_tree *tree = applying->effect->tree;
    struct mls_added_leaf *added = applying->added.items;
    size_t count = applying->added.count;
    void *room;
    TRY(arena_take(applying->arena, count, sizeof(uint32_t), &room));
    uint32_t *leaves = room; /* increasing, as places are taken from the left */
    for (size_t i = 0; i < count; i++) {
        TRY(encode_leaf(&added[i].key_package->leaf_node, bytes));
        TRY(as_proposal_fault(mls_tree_add(tree, buffer_span(bytes), &added[i].leaf)));
        leaves[i] = added[i].leaf;
    }
    return mls_tree_add_unmerged(tree, leaves, count);
}

/* RFC 9420, 12.3: "The client MUST apply the proposals in the list in the following order:" */
static enum status apply_all(struct applying *applying)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(apply_updates(applying, &bytes));
    TRY(apply_removes(applying));
    return apply_adds(applying, &bytes);
}

static void give_arrays(const struct applying *applying, struct mls_proposal_effect *effect)
{
    effect->added = applying->added.items;
    effect->added_count = applying->added.count;
    effect->removed = applying->removed.items;
    effect->removed_count = applying->removed.count;
    effect->psks = applying->psks.items;
    effect->psk_count = applying->psks.count;
}

static enum status validate_and_apply(struct applying *applying)
{
    const struct mls_tree *tree = applying->base->tree;
    void *touched;
    bool differ;
    TRY(arena_take(applying->arena, mls_tree_leaf_count(tree), 1, &touched));
    applying->touched = touched;
    TRY(find_extensions(applying));
    TRY(collect_all(applying));
    /* RFC 9420, 12.2: "It contains multiple PreSharedKey proposals that reference the same
     * PreSharedKeyID." */
    TRY(mls_psk_ids_differ(applying->psks.items, applying->psks.count, applying->arena, &differ));
    if (!differ)
        return STATUS_INVALID_PROPOSAL;
    TRY(check_counts(applying));
    TRY(mls_tree_clone(tree, &applying->effect->tree));
    return apply_all(applying);
}

/* RFC 9420, 12.2: "A group member creating a Commit and a group member processing a Commit MUST
 * verify that the list of committed proposals is valid using one of the following procedures,
 * depending on whether the Commit is external or not." 12.4: "A sender and a receiver of a Commit
 * MUST verify that the committed list of proposals is valid as specified in Section 12.2." Both
 * call this. */
enum status mls_proposal_list_apply(const struct mls_proposal_base *base,
                                    const struct mls_proposal_list *list,
                                    const struct mls_options *options,
                                    struct arena *arena,
                                    struct mls_proposal_effect *effect)
{
    struct mls_proposal_effect made = {0};
    struct applying applying = {.base = base,
                                .list = list,
                                .options = options,
                                .arena = arena,
                                .effect = &made,
                                .added = MLS_LIST_OF(struct mls_added_leaf),
                                .removed = MLS_LIST_OF(struct mls_removed_leaf),
                                .updated = MLS_LIST_OF(struct updated_leaf),
                                .psks = MLS_LIST_OF(struct mls_psk_id)};
    enum status status = validate_and_apply(&applying);
    if (status != STATUS_OK) {
        mls_tree_free(&made.tree);
        return status;
    }
    give_arrays(&applying, &made);
    *effect = made;
    return STATUS_OK;
}
