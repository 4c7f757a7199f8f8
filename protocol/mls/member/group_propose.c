/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/protection.h"

/* Signs, protects and appends a proposal of ours. */
static enum status seal_proposal(struct mls_group *group,
                                 const struct mls_proposal *proposal,
                                 struct span authenticated_data,
                                 struct buffer *message)
{
    struct span context = mls_group_context_bytes(group);
    struct signature signature;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE,
        .content = {.group_id = mls_group_id(group),
                    .epoch = mls_group_epoch(group),
                    .sender = {MLS_SENDER_MEMBER, group->own_leaf},
                    .authenticated_data = authenticated_data,
                    .type = MLS_CONTENT_PROPOSAL,
                    .proposal = *proposal}};
    TRY(mls_group_prepare_key(group));
    TRY(mls_protection_sign_content_prepared(group->suite, group->prepared_key,
                                             MLS_WIRE_PUBLIC_MESSAGE, &authenticated.content,
                                             context, &signature));
    authenticated.auth.signature = signature_span(&signature);
    return mls_protection_seal_public(
        group->suite, mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_MEMBERSHIP),
        &authenticated, context, message);
}

enum status mls_group_propose(struct mls_group *group,
                              const struct mls_proposal *proposal,
                              struct span authenticated_data,
                              const struct mls_options *options,
                              struct buffer *message)
{
    TRY(mls_group_check_sending(group));
    if (proposal->type == MLS_PROPOSAL_UPDATE)
        return STATUS_USAGE;
    /* RFC 9420, 7.3: "If the LeafNode appears in a message being sent by the client, e.g., a
     * Proposal or a Commit, then the client MUST verify that the current time is within the range
     * of the `lifetime` field." Adds in a commit of ours are checked when it is staged. */
    if (proposal->type == MLS_PROPOSAL_ADD)
        TRY(mls_leaf_node_check_lifetime(&proposal->add->leaf_node, options));
    return seal_proposal(group, proposal, authenticated_data, message);
}

/* Keeps the keys of an Update until the epoch ends. */
static enum status keep_update(struct mls_group *group,
                               const struct mls_identity *identity,
                               const struct hpke_public *public_key,
                               const struct secret *private_key)
{
    if (group->update_count == MLS_OWN_UPDATES_MAX)
        return STATUS_LIMIT;
    TRY(mls_row_set_reserve(&group->changed, 1));
    struct mls_own_update update = {.public_key = *public_key};
    TRY(mls_group_keep(group->arena, secret_span(private_key), &update.private_key));
    if (identity != NULL) {
        enum status status =
            mls_group_keep(group->arena, identity->signature_private_key, &update.signature_key);
        if (status != STATUS_OK) {
            secret_arena_give(group->arena, &update.private_key);
            return status;
        }
    }
    mls_row_set_add(&group->changed, MLS_ROW_UPDATE, 0, (uint32_t)group->update_count);
    group->updates[group->update_count++] = update;
    return STATUS_OK;
}

enum status mls_group_propose_update(struct mls_group *group,
                                     const struct mls_identity *identity,
                                     struct span authenticated_data,
                                     const struct random_source *random,
                                     struct buffer *message)
{
    TRY(mls_group_check_sending(group));
    CLEANUP(secret_clear) struct secret private_key = {0};
    CLEANUP(secret_clear) struct secret prepared = {0};
    CLEANUP(buffer_clear) struct buffer leaf_bytes = BUFFER_INIT(MLS_BYTES_MAX);
    struct hpke_public public_key;
    struct mls_leaf_node leaf;
    size_t start = message->len;
    TRY(hpke_generate_key_pair(group->suite, random, &private_key, &public_key));
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    struct mls_leaf_request request = {.suite = group->suite,
                                       .identity = identity,
                                       .present = mls_tree_leaf(tree, group->own_leaf),
                                       .prepared_key = &prepared,
                                       .source = MLS_LEAF_UPDATE,
                                       .encryption_key = hpke_public_span(&public_key),
                                       .group_id = mls_group_id(group),
                                       .leaf = group->own_leaf};
    TRY(signature_prepare(group->suite->signature,
                          identity == NULL ? secret_span(group->signature_key)
                                           : identity->signature_private_key,
                          &prepared));
    TRY(mls_leaf_new(&request, &leaf_bytes));
    struct reader reader = reader_of(buffer_span(&leaf_bytes));
    TRY(mls_leaf_node_read(&reader, &leaf));
    struct mls_proposal proposal = {.type = MLS_PROPOSAL_UPDATE, .update = &leaf};
    TRY(seal_proposal(group, &proposal, authenticated_data, message));
    enum status status = keep_update(group, identity, &public_key, &private_key);
    if (status != STATUS_OK)
        buffer_truncate(message, start);
    return status;
}
