/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"

#include <string.h>

void mls_received_clear(struct mls_received *received)
{
    buffer_clear(&received->content);
    buffer_clear(&received->sender_credential);
    *received = (struct mls_received){0};
}

/* ---- staging a commit (12.4.2) ---- */

static bool is_removed(const struct mls_group *group, const struct mls_proposal_effect *effect)
{
    for (size_t i = 0; i < effect->removed_count; i++)
        if (effect->removed[i].leaf == group->own_leaf)
            return true;
    return false;
}

/* When the commit covers an Update of ours: takes the keys that we kept for it. */
static enum status take_own_update(const struct mls_group *group, struct mls_next *next)
{
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(next->staged));
    uint32_t own_node = mls_node_of_leaf(group->own_leaf);
    if (mls_private_keys_get(&next->keys, own_node).len != 0)
        return STATUS_OK;
    for (size_t i = 0; i < group->update_count; i++) {
        const struct mls_own_update *update = &group->updates[i];
        if (!span_equal(hpke_public_span(&update->public_key), mls_tree_node_key(after, own_node)))
            continue;
        TRY(mls_private_keys_set(&next->keys, own_node, secret_span(update->private_key)));
        if (update->signature_key == NULL)
            return STATUS_OK;
        return mls_group_keep(next->arena, secret_span(update->signature_key),
                              &next->signature_key);
    }
    return STATUS_BAD_KEY;
}

/* commit_secret from the path, or zeros without one. */
static enum status
take_path(const struct mls_group *group, struct mls_next *next, struct secret *commit_secret)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(next->staged);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_treekem_path input = {
        .tree = mls_public_group_tree(mls_staged_commit_group(next->staged)),
        .sender = mls_staged_commit_committer(next->staged),
        .excluded_count = effect->added_count,
        .path = mls_staged_commit_path(next->staged),
        .context = mls_staged_commit_provisional_context(next->staged)};
    if (input.path == NULL) {
        *commit_secret = mls_key_schedule_zero(group->suite);
        return STATUS_OK;
    }
    void *memory = NULL;
    TRY(arena_take(&arena, effect->added_count, sizeof(uint32_t), &memory));
    uint32_t *added = memory;
    for (size_t i = 0; i < effect->added_count; i++)
        added[i] = effect->added[i].leaf;
    input.excluded = added;
    return mls_treekem_decrypt(&input, group->own_leaf, &next->keys, &next->keys, commit_secret,
                               NULL);
}

static enum status choose_init_secret(const struct mls_group *group,
                                      const struct mls_proposal_effect *effect,
                                      struct secret *init_secret)
{
    const struct mls_epoch_secrets *secrets = &group->epoch->secrets;
    /* RFC 9420, 12.4.3.2: "When processing a Commit, both existing and new members MUST use the
     * external init secret as described in Section 8.3." */
    if (effect->has_external_init)
        return mls_key_schedule_external_receive(group->suite, secrets, effect->kem_output,
                                                 init_secret);
    return secret_set(init_secret, mls_key_schedule_get(secrets, MLS_SECRET_INIT));
}

/* Fills the next epoch of a commit that was checked publicly. */
static enum status complete_next(const struct mls_group *group, struct mls_next *next)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(next->staged);
    CLEANUP(secret_clear) struct secret commit_secret = {0};
    CLEANUP(secret_clear) struct secret init_secret = {0};
    CLEANUP(secret_clear) struct secret joiner_secret = {0};
    struct digest tag;
    TRY(mls_private_keys_carry(&group->keys, mls_public_group_tree(group->public_group),
                               mls_public_group_tree(mls_staged_commit_group(next->staged)),
                               &next->keys));
    TRY(take_own_update(group, next));
    TRY(take_path(group, next, &commit_secret));
    TRY(choose_init_secret(group, effect, &init_secret));
    struct mls_next_input input = {.init_secret = secret_span(&init_secret),
                                   .commit_secret = secret_span(&commit_secret),
                                   .psk_store = group->psk_store};
    TRY(mls_next_derive(group, next, &input, &tag, &joiner_secret));
    /* RFC 9420, 12.4.2: "verify that it is the same as the `confirmation_tag` field in the
     * FramedContentAuthData object" */
    if (!secret_equal(digest_span(&tag),
                      mls_staged_commit_content(next->staged)->auth.confirmation_tag))
        return STATUS_BAD_MAC;
    return STATUS_OK;
}

/* A path that we signed and do not have. */
static bool is_own_unknown(const struct mls_group *group, const struct mls_next *next)
{
    return !next->removes_us && mls_staged_commit_path(next->staged) != NULL &&
           mls_staged_commit_committer(next->staged) == group->own_leaf;
}

static enum status stage_commit(struct mls_group *group,
                                struct span content,
                                const struct mls_options *options,
                                struct mls_received *received)
{
    CLEANUP(mls_next_free) struct mls_next *next = NULL;
    TRY(mls_next_new(group->arena, &next));
    TRY(mls_public_group_stage_content(group->public_group, content, options, &next->staged));
    next->removes_us = is_removed(group, mls_staged_commit_effect(next->staged));
    if (is_own_unknown(group, next))
        return STATUS_CONFLICT;
    if (!next->removes_us)
        TRY(complete_next(group, next));
    received->kind = MLS_RECEIVED_COMMIT;
    received->removes_us = next->removes_us;
    mls_next_free(&group->staged);
    group->staged = next;
    next = NULL;
    return STATUS_OK;
}

/* A proposal or commit of the present epoch, taken out of its message. */
static enum status take_handshake(struct mls_group *group,
                                  const struct mls_framed_content *content,
                                  const struct mls_options *options,
                                  struct mls_received *received)
{
    struct span bytes = buffer_span(&received->content);
    if (content->type == MLS_CONTENT_COMMIT)
        return stage_commit(group, bytes, options, received);
    TRY(mls_public_group_cache_content(group->public_group, bytes, options));
    received->kind = MLS_RECEIVED_PROPOSAL;
    group->group_changed = true;
    return STATUS_OK;
}

/* Encodes the content into `received` and points its spans into it. */
static enum status keep_content(const struct mls_authenticated_content *authenticated,
                                struct mls_received *received)
{
    struct mls_authenticated_content read;
    struct writer writer = writer_of(&received->content);
    mls_authenticated_content_write(&writer, authenticated);
    TRY(writer_finish(&writer));
    struct reader reader = reader_of(buffer_span(&received->content));
    TRY(mls_authenticated_content_read_head(&reader, &read));
    received->epoch = read.content.epoch;
    received->sender = read.content.sender;
    received->authenticated_data = read.content.authenticated_data;
    if (read.content.type != MLS_CONTENT_APPLICATION)
        return STATUS_OK;
    return reader_vector(&reader, SIZE_MAX, &received->plaintext);
}

/* ---- PublicMessage ---- */

static enum status receive_public(struct mls_group *group,
                                  struct span bytes,
                                  const struct mls_public_message *message,
                                  const struct mls_options *options,
                                  struct mls_received *received)
{
    const struct mls_framed_content *content = &message->content;
    if (!span_equal(content->group_id, mls_group_id(group)))
        return STATUS_WRONG_GROUP;
    /* RFC 9420, 12.4.2: "Verify that the `epoch` field of the enclosing FramedContent is equal to
     * the `epoch` field of the current GroupContext object." */
    if (content->epoch != group->epoch->number)
        return STATUS_WRONG_EPOCH;
    /* RFC 9420, 6.2: "When decoding a PublicMessage into an AuthenticatedContent, the application
     * MUST check `membership_tag` and MUST check that the FramedContentAuthData is valid." The
     * signature is checked when the content is taken. */
    TRY(mls_protection_check_public(
        group->suite, mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_MEMBERSHIP), message,
        mls_group_context_bytes(group)));
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE, .content = *content, .auth = message->auth};
    TRY(mls_authenticated_content_check_form(&authenticated));
    TRY(keep_content(&authenticated, received));
    if (group->pending != NULL && span_equal(bytes, buffer_span(&group->pending->message))) {
        received->kind = MLS_RECEIVED_OWN_COMMIT;
        return STATUS_OK;
    }
    return take_handshake(group, content, options, received);
}

/* ---- PrivateMessage ---- */

/* The leaf of a sender in a kept epoch: from the latest epoch that says how it was before, or the
 * present tree. */
static enum status leaf_in_epoch(const struct mls_group *group,
                                 const struct mls_epoch *epoch,
                                 uint32_t leaf,
                                 struct mls_leaf_node *leaf_node)
{
    size_t at = 0;
    while (at < group->past_count && group->past[at] != epoch)
        at++;
    bool is_past = epoch != group->epoch;
    for (size_t i = at + 1; is_past && i-- > 0;) {
        bool found = false;
        struct span bytes;
        TRY(mls_epoch_leaf_before(group->past[i], leaf, &found, &bytes));
        if (!found)
            continue;
        if (bytes.len == 0)
            return STATUS_INVALID;
        struct reader reader = reader_of(bytes);
        return mls_leaf_node_read(&reader, leaf_node);
    }
    const struct mls_leaf_node *present =
        mls_tree_leaf(mls_public_group_tree(group->public_group), leaf);
    if (present == NULL)
        return STATUS_INVALID;
    *leaf_node = *present;
    return STATUS_OK;
}

static enum status keep_sender(const struct mls_leaf_node *leaf, struct mls_received *received)
{
    struct writer writer = writer_of(&received->sender_credential);
    mls_credential_write(&writer, &leaf->credential);
    if (leaf->signature_key.len > sizeof received->sender_key.bytes)
        return STATUS_BAD_KEY;
    received->sender_key.len = (uint8_t)leaf->signature_key.len;
    memcpy(received->sender_key.bytes, leaf->signature_key.ptr, leaf->signature_key.len);
    return writer_finish(&writer);
}

/* What receiving a PrivateMessage passes along. */
struct private_input {
    struct mls_epoch *epoch;
    const struct mls_private_message *message;
    struct mls_sender_data sender_data;
    struct mls_leaf_node sender;
    struct arena *arena;
};

/* Opens the content, verifies it, and takes it; the key is consumed only after all of that. */
static enum status take_private(struct mls_group *group,
                                const struct private_input *input,
                                const struct mls_options *options,
                                struct mls_received *received)
{
    CLEANUP(mls_secret_tree_use_clear) struct mls_secret_tree_use use = {0};
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(MLS_BYTES_MAX);
    struct mls_authenticated_content authenticated;
    bool is_application = input->message->type == MLS_CONTENT_APPLICATION;
    mls_secret_tree_allow_steps(input->epoch->tree, options->lost_messages);
    TRY(mls_secret_tree_find(input->epoch->tree, input->sender_data.leaf_index,
                             is_application ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE,
                             input->sender_data.generation, &use));
    TRY(mls_protection_open_private(group->suite, &use.message_key, &input->sender_data,
                                    input->message, input->arena, &plaintext, &authenticated));
    TRY(mls_authenticated_content_check_form(&authenticated));
    /* RFC 9420, 6.3.1: "When decoding a PrivateMessageContent, the application MUST check that the
     * FramedContentAuthData is valid." */
    TRY(mls_authenticated_content_verify(group->suite, &authenticated,
                                         buffer_span(&input->epoch->context),
                                         input->sender.signature_key));
    TRY(keep_content(&authenticated, received));
    /* A proposal that is cached or a commit that is staged must not come back as a failure. */
    TRY(mls_secret_tree_prepare(input->epoch->tree, &use));
    received->kind = MLS_RECEIVED_APPLICATION;
    received->generation = input->sender_data.generation;
    if (is_application)
        TRY(keep_sender(&input->sender, received));
    else
        TRY(take_handshake(group, &authenticated.content, options, received));
    return mls_secret_tree_consume(input->epoch->tree, &use);
}

static enum status receive_private(struct mls_group *group,
                                   const struct mls_private_message *message,
                                   const struct mls_options *options,
                                   struct arena *arena,
                                   struct mls_received *received)
{
    struct private_input input = {.message = message, .arena = arena};
    if (!span_equal(message->group_id, mls_group_id(group)))
        return STATUS_WRONG_GROUP;
    input.epoch = mls_group_find_epoch(group, message->epoch);
    if (input.epoch == NULL)
        return STATUS_WRONG_EPOCH;
    if (message->type != MLS_CONTENT_APPLICATION && input.epoch != group->epoch)
        return STATUS_WRONG_EPOCH;
    TRY(mls_protection_open_sender(
        group->suite, mls_key_schedule_get(&input.epoch->secrets, MLS_SECRET_SENDER_DATA), message,
        &input.sender_data));
    /* RFC 9420, 6.3.2: "When parsing a SenderData struct as part of message decryption, the
     * recipient MUST verify that the leaf index indicated in the `leaf_index` field identifies a
     * non-blank node." */
    TRY(leaf_in_epoch(group, input.epoch, input.sender_data.leaf_index, &input.sender));
    if (input.sender_data.leaf_index == group->own_leaf) {
        if (message->type != MLS_CONTENT_APPLICATION)
            return STATUS_REPLAYED;
        received->kind = MLS_RECEIVED_OWN_MESSAGE;
        received->epoch = message->epoch;
        received->sender = (struct mls_sender){MLS_SENDER_MEMBER, group->own_leaf};
        received->generation = input.sender_data.generation;
        return STATUS_OK;
    }
    return take_private(group, &input, options, received);
}

/* ---- any message ---- */

static enum status receive(struct mls_group *group,
                           struct span bytes,
                           const struct mls_options *options,
                           struct mls_received *received)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message message;
    TRY(mls_message_decode_frame(bytes, &arena, &message));
    if (message.wire_format == MLS_WIRE_PUBLIC_MESSAGE)
        return receive_public(group, bytes, &message.public_message, options, received);
    if (message.wire_format == MLS_WIRE_PRIVATE_MESSAGE)
        return receive_private(group, &message.private_message, options, &arena, received);
    return STATUS_UNSUPPORTED;
}

enum status mls_group_receive(struct mls_group *group,
                              struct span message,
                              const struct mls_options *options,
                              struct mls_received *received)
{
    if (group->removed)
        return STATUS_REMOVED;
    CLEANUP(mls_received_clear)
    struct mls_received made = {.content = BUFFER_INIT(MLS_BYTES_MAX),
                                .sender_credential = BUFFER_INIT(MLS_BYTES_MAX)};
    TRY(receive(group, message, options, &made));
    mls_received_clear(received);
    *received = made;
    made = (struct mls_received){0};
    return STATUS_OK;
}

/* ---- merging ---- */

const struct mls_staged_commit *mls_group_staged(const struct mls_group *group)
{
    return group->staged == NULL ? NULL : group->staged->staged;
}

enum status mls_group_merge_staged(struct mls_group *group)
{
    if (group->removed)
        return STATUS_REMOVED;
    if (group->staged == NULL)
        return STATUS_NOT_FOUND;
    return mls_next_merge(group, &group->staged);
}

void mls_group_drop_staged(struct mls_group *group)
{
    mls_next_free(&group->staged);
}
