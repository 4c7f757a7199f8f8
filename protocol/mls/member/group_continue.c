/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/psk.h"

#include <stdlib.h>

/* ---- the PSK that links the two groups ---- */

enum status mls_continued_find(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    const struct mls_continued_psks *psks = context;
    const struct mls_continuation *from = psks->from;
    if (from != NULL && id->type == MLS_PSK_RESUMPTION && id->usage == from->usage &&
        span_equal(id->group_id, mls_group_id(from->old))) {
        const struct mls_epoch *epoch = mls_group_find_epoch(from->old, id->epoch);
        if (epoch == NULL)
            return STATUS_NOT_FOUND;
        return buffer_append(psk, mls_key_schedule_get(&epoch->secrets, MLS_SECRET_RESUMPTION));
    }
    return psks->others == NULL ? STATUS_NOT_FOUND
                                : psks->others->find(psks->others->context, id, psk);
}

/* ---- whether a group continues another one ---- */

static bool same_client(const struct mls_continuation *from,
                        const struct mls_leaf_node *a,
                        const struct mls_leaf_node *b)
{
    if (from->same_client != NULL)
        return from->same_client(from->context, &a->credential, &b->credential);
    return mls_credential_equal(&a->credential, &b->credential);
}

/* Whether the old group has such a member. The search begins behind the last one found and goes
 * round: where both trees are in the same order, that is one step. */
static bool
was_member(const struct mls_continuation *from, const struct mls_leaf_node *leaf, uint32_t *cursor)
{
    const struct mls_tree *old = mls_public_group_tree(from->old->public_group);
    uint32_t count = mls_tree_leaf_count(old);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(((uint64_t)*cursor + i) % count);
        const struct mls_leaf_node *candidate = mls_tree_leaf(old, at);
        if (candidate != NULL && same_client(from, candidate, leaf)) {
            *cursor = at + 1;
            return true;
        }
    }
    return false;
}

static enum status check_members(const struct mls_continuation *from, const struct mls_tree *tree)
{
    const struct mls_tree *old = mls_public_group_tree(from->old->public_group);
    uint32_t cursor = 0;
    uint32_t member_count = 0;
    uint32_t old_count = 0;
    /* RFC 9420, 11.3: "Each LeafNode in a new subgroup MUST match some LeafNode in the original
     * group." */
    for (uint32_t leaf = 0; leaf < mls_tree_leaf_count(tree); leaf++) {
        const struct mls_leaf_node *member = mls_tree_leaf(tree, leaf);
        if (member != NULL && !was_member(from, member, &cursor))
            return STATUS_INVALID;
        member_count += member != NULL;
    }
    for (uint32_t leaf = 0; leaf < mls_tree_leaf_count(old); leaf++)
        old_count += mls_tree_leaf(old, leaf) != NULL;
    /* RFC 9420, 11.2: "A group may be reinitialized by creating a new group with the same
     * membership and different parameters" */
    if (from->usage == MLS_PSK_REINIT && member_count != old_count)
        return STATUS_INVALID;
    return STATUS_OK;
}

/* RFC 9420, 11.2: "The `version`, `cipher_suite`, `group_id`, and `extensions` fields of the
 * GroupContext object in the Welcome message MUST be the same as the corresponding fields in the
 * ReInit proposal." The only version there is was checked when the context was read. */
static bool fits_reinit(const struct mls_reinit *reinit, const struct mls_group_context *context)
{
    return reinit->version == MLS_VERSION_10 && reinit->cipher_suite == context->cipher_suite &&
           span_equal(reinit->group_id, context->group_id) &&
           span_equal(reinit->extensions.bytes, context->extensions.bytes);
}

enum status mls_continuation_check(const struct mls_continuation *from,
                                   const struct mls_psk_id *link,
                                   const struct mls_public_group *group)
{
    if (from == NULL)
        return STATUS_OK;
    const struct mls_group_context *context = mls_public_group_context(group);
    const struct mls_group *old = from->old;
    /* RFC 9420, 11.2: "The Welcome message MUST specify a PreSharedKeyID of type `resumption` with
     * usage `reinit`, where the `group_id` field matches the old group and the `epoch` field
     * indicates the epoch after the Commit covering the ReInit." 11.3: "A client receiving a
     * Welcome message including a PreSharedKey of type `resumption` with usage `branch` MUST verify
     * that the new group reflects a subgroup branched from the referenced group by checking that:"
     */
    if (link == NULL || link->usage != from->usage ||
        !span_equal(link->group_id, mls_group_id(old)))
        return STATUS_INVALID;
    if (from->usage == MLS_PSK_REINIT) {
        const struct mls_reinit *reinit = mls_public_group_reinit(old->public_group);
        if (reinit == NULL || link->epoch != mls_group_epoch(old) || !fits_reinit(reinit, context))
            return STATUS_INVALID;
        return check_members(from, mls_public_group_tree(group));
    }
    /* RFC 9420, 11.3: "A client receiving a Welcome message including a PreSharedKey of type
     * `resumption` with usage `branch` MUST verify that the new group reflects a subgroup branched
     * from the referenced group by checking that:" RFC 9420, 11.3: "The `version` and
     * `cipher_suite` values in the Welcome message are the same as those used by the old group." */
    if (context->cipher_suite != old->suite->id)
        return STATUS_INVALID;
    return check_members(from, mls_public_group_tree(group));
}

/* ---- creating the group that continues ---- */

/* What the new group is to be. */
static enum status choose_config(const struct mls_continue_request *request,
                                 struct mls_group_config *config)
{
    const struct mls_group *old = request->from.old;
    const struct mls_reinit *reinit = mls_public_group_reinit(old->public_group);
    *config = (struct mls_group_config){
        .suite = old->suite,
        .group_id = request->group_id,
        .identity = request->identity,
        .extensions = mls_public_group_context(old->public_group)->extensions};
    switch (request->from.usage) {
    case MLS_PSK_BRANCH:
        return reinit == NULL ? STATUS_OK : STATUS_NOT_NOW;
    case MLS_PSK_REINIT:
        if (reinit == NULL)
            return STATUS_NOT_NOW;
        config->group_id = reinit->group_id;
        config->extensions = reinit->extensions;
        config->suite = suite_find(reinit->cipher_suite);
        return reinit->version == MLS_VERSION_10 && config->suite != NULL ? STATUS_OK
                                                                          : STATUS_UNSUPPORTED;
    case MLS_PSK_APPLICATION:
        break;
    }
    return STATUS_USAGE;
}

/* The initial Commit: Adds and the PSK. RFC 9420, 11.3: "To avoid key reuse, the `psk_nonce`
 * included in the PreSharedKeyID object MUST be a randomly sampled nonce of length `KDF.Nh`." */
static enum status first_commit(const struct mls_continue_request *request,
                                const struct mls_options *options,
                                const struct random_source *random,
                                struct mls_group *group,
                                struct mls_commit_bundle *bundle)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct digest nonce;
    void *room = NULL;
    /* RFC 9420, 11.3: "To avoid key reuse, the `psk_nonce` included in the PreSharedKeyID object
     * MUST be a randomly sampled nonce of length `KDF.Nh`." */
    TRY(mls_psk_nonce_draw(group->suite, random, &nonce));
    TRY(arena_take(&arena, request->package_count + 1, sizeof(struct mls_proposal), &room));
    struct mls_proposal *proposals = room;
    for (size_t i = 0; i < request->package_count; i++)
        proposals[i] =
            (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &request->packages[i]};
    /* RFC 9420, 12.4.1: "The Welcome message MUST include a PreSharedKeyID with the following
     * parameters:" */
    struct mls_psk_id link = {.type = MLS_PSK_RESUMPTION,
                              .usage = request->from.usage,
                              .group_id = mls_group_id(request->from.old),
                              .epoch = mls_group_epoch(request->from.old),
                              .nonce = digest_span(&nonce)};
    proposals[request->package_count] =
        (struct mls_proposal){.type = MLS_PROPOSAL_PSK, .psk = link};
    struct mls_commit_request commit = {.proposals = proposals,
                                        .proposal_count = request->package_count + 1,
                                        .adds_max = SIZE_MAX,
                                        .tree_in_welcome = request->tree_in_welcome};
    TRY(mls_group_commit(group, &commit, options, random, bundle));
    return mls_continuation_check(&request->from, &link,
                                  mls_staged_commit_group(mls_group_pending_staged(group)));
}

/* RFC 9420, 12.4.1: "If a ReInit proposal was part of the Commit, the committer MUST create a new
 * group with the parameters specified in the ReInit proposal, and with the same members as the
 * original group." This is how. */
enum status mls_group_continue(const struct mls_continue_request *request,
                               const struct mls_options *options,
                               const struct random_source *random,
                               struct mls_group **group,
                               struct mls_commit_bundle *bundle)
{
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle made = {0};
    struct mls_group_config config;
    struct mls_options first_options = *options;
    struct mls_continued_psks psks = {&request->from, NULL};
    struct mls_psk_store store = {mls_continued_find, &psks};
    if (request->from.old->removed)
        return STATUS_REMOVED;
    TRY(choose_config(request, &config));
    TRY(mls_group_new(&config, random, &fresh));
    first_options.continues_group = true;
    mls_group_set_psk_store(fresh, &store);
    TRY(first_commit(request, &first_options, random, fresh, &made));
    TRY(mls_group_apply_pending(fresh));
    TRY(mls_group_drop_epochs_before(fresh, 1));
    mls_group_set_psk_store(fresh, NULL);
    mls_commit_bundle_clear(bundle);
    *bundle = made;
    made = (struct mls_commit_bundle){0};
    *group = fresh;
    fresh = NULL;
    return STATUS_OK;
}
