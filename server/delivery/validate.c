/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/validate.h"

#include "protocol/base/limits.h"
#include "protocol/channel/known_log.h"
#include "protocol/mls/public/registry.h"

#define DAY_SECONDS (UINT64_C(24) * 3600)

/* Ours live 90 days, and 400 for a last resort; a day's tolerance for clocks. */
#define LIFETIME_SECONDS_MAX (402 * DAY_SECONDS)
#define TOLERANCE_SECONDS DAY_SECONDS

#define STATE_BYTES_MAX (2 * LIMIT_OBJECT_BYTES)

void validate_output_init(struct validate_output *output)
{
    *output = (struct validate_output){
        .public_state = BUFFER_INIT(STATE_BYTES_MAX),
        .tree = BUFFER_INIT(STATE_BYTES_MAX),
        .welcomes_bytes = BUFFER_INIT(STATE_BYTES_MAX),
        .refusal = {.reason = NULL},
    };
}

void validate_output_clear(struct validate_output *output)
{
    mls_staged_commit_free(&output->staged);
    buffer_clear(&output->public_state);
    buffer_clear(&output->tree);
    buffer_clear(&output->welcomes_bytes);
}

void validate_options(const struct directory *directory,
                      int64_t now_ms,
                      struct mls_options *options)
{
    *options = (struct mls_options){
        .now_seconds = (uint64_t)(now_ms / 1000),
        .tolerance_seconds = TOLERANCE_SECONDS,
        .lifetime_seconds_max = LIFETIME_SECONDS_MAX,
    };
    channel_policy_options(directory, options);
}

/* What newcomers take from the GroupInfo is what members took from the commit. */
static enum status check_known_log(const struct validate_input *input,
                                   struct validate_output *output)
{
    uint64_t known;
    TRY(channel_policy_log_size(output->staged, &output->log_size));
    enum status status = channel_known_log_of(input->group_info, &known);
    return status == STATUS_OK && known == output->log_size ? STATUS_OK : STATUS_INVALID;
}

static enum status check_committer(const struct validate_input *input,
                                   struct validate_output *output,
                                   struct channel_identity *committer)
{
    const struct mls_public_group *after = mls_staged_commit_group(output->staged);
    uint32_t leaf = mls_staged_commit_committer(output->staged);
    const struct mls_leaf_node *node = mls_tree_leaf(mls_public_group_tree(after), leaf);
    TRY(channel_identity_decode(&node->credential, committer));
    if (!id_equal(&committer->device, &input->device)) {
        output->refusal.reason = "the commit is not from the device that sent it";
        return STATUS_DENIED;
    }
    enum status status = mls_public_group_check_group_info(after, input->group_info, leaf);
    if (status == STATUS_OK)
        status = check_known_log(input, output);
    if (status != STATUS_OK)
        output->refusal.reason = "the GroupInfo does not belong to the commit";
    return status;
}

static enum status collect_changes(const struct mls_staged_commit *staged,
                                   const struct channel_identity *committer,
                                   struct arena *arena,
                                   struct validate_output *output)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(staged);
    bool external = mls_staged_commit_is_external(staged);
    void *items = NULL;
    size_t count = effect->removed_count + effect->added_count + (external ? 1 : 0);
    TRY(arena_take(arena, count, sizeof *output->changes, &items));
    output->changes = items;
    for (size_t i = 0; i < effect->removed_count; i++) {
        struct channel_identity identity;
        TRY(channel_identity_decode(&effect->removed[i].leaf_node->credential, &identity));
        output->changes[output->change_count++] = (struct store_member_change){
            false, identity.person, identity.device, effect->removed[i].leaf};
    }
    for (size_t i = 0; i < effect->added_count; i++) {
        const struct mls_leaf_node *leaf = &effect->added[i].key_package->leaf_node;
        struct channel_identity identity;
        TRY(channel_identity_decode(&leaf->credential, &identity));
        output->changes[output->change_count++] = (struct store_member_change){
            true, identity.person, identity.device, effect->added[i].leaf};
    }
    if (external)
        output->changes[output->change_count++] = (struct store_member_change){
            true, committer->person, committer->device, mls_staged_commit_committer(staged)};
    return STATUS_OK;
}

/* ---- Welcomes: one for each joiner, with its own secrets only ---- */

static const struct mls_encrypted_group_secrets *find_secrets(const struct mls_welcome *welcome,
                                                              struct span reference)
{
    for (size_t i = 0; i < welcome->secret_count; i++) {
        if (span_equal(welcome->secrets[i].new_member, reference))
            return &welcome->secrets[i];
    }
    return NULL;
}

static enum status cut_welcome(const struct mls_welcome *welcome,
                               const struct mls_key_package *package,
                               struct arena *arena,
                               struct buffer *bytes,
                               struct store_welcome_new *cut)
{
    struct digest reference;
    struct channel_identity identity;
    TRY(mls_key_package_ref(package, &reference));
    TRY(channel_identity_decode(&package->leaf_node.credential, &identity));
    const struct mls_encrypted_group_secrets *secrets =
        find_secrets(welcome, digest_span(&reference));
    if (secrets == NULL)
        return STATUS_INVALID;
    struct mls_message message = {.wire_format = MLS_WIRE_WELCOME};
    message.welcome = (struct mls_welcome){
        .cipher_suite = welcome->cipher_suite,
        .secrets = secrets,
        .secret_count = 1,
        .encrypted_group_info = welcome->encrypted_group_info,
    };
    size_t before = bytes->len;
    struct writer writer = writer_of(bytes);
    mls_message_write(&writer, &message);
    TRY(writer_finish(&writer));
    cut->device = identity.device;
    cut->expires_at_ms = (int64_t)(package->leaf_node.not_after * 1000);
    TRY(arena_copy(arena, digest_span(&reference), &cut->key_package_ref));
    /* The buffer still moves: only the length counts until all are written. */
    cut->bytes = span_of(NULL, bytes->len - before);
    return STATUS_OK;
}

static enum status
cut_welcomes(struct span bytes, struct arena *arena, struct validate_output *output)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(output->staged);
    struct mls_message message;
    if (effect->added_count == 0)
        return bytes.len == 0 ? STATUS_OK : STATUS_INVALID;
    TRY(mls_message_decode(bytes, arena, &message));
    if (message.wire_format != MLS_WIRE_WELCOME ||
        message.welcome.secret_count != effect->added_count)
        return STATUS_INVALID;
    void *items = NULL;
    TRY(arena_take(arena, effect->added_count, sizeof *output->welcomes, &items));
    output->welcomes = items;
    for (size_t i = 0; i < effect->added_count; i++)
        TRY(cut_welcome(&message.welcome, effect->added[i].key_package, arena,
                        &output->welcomes_bytes, &output->welcomes[i]));
    output->welcome_count = effect->added_count;
    const uint8_t *at = output->welcomes_bytes.ptr;
    for (size_t i = 0; i < output->welcome_count; i++) {
        output->welcomes[i].bytes.ptr = at;
        at += output->welcomes[i].bytes.len;
    }
    return STATUS_OK;
}

/* Refused early, while everybody can still fetch the tree. Removals and new keys always pass. */
static enum status check_size(const struct validate_input *input, struct validate_output *output)
{
    bool adds = mls_staged_commit_effect(output->staged)->added_count > 0 ||
                mls_staged_commit_is_external(output->staged);
    if (!adds || output->tree.len <= input->tree_bytes_max)
        return STATUS_OK;
    output->refusal.reason = "the channel is full: nobody can be added any more";
    return STATUS_LIMIT;
}

static enum status encode_state(const struct validate_input *input,
                                struct arena *arena,
                                struct validate_output *output)
{
    const struct mls_public_group *after = mls_staged_commit_group(output->staged);
    TRY(mls_public_group_encode(after, true, &output->public_state));
    struct writer writer = writer_of(&output->tree);
    mls_tree_write(&writer, mls_public_group_tree(after));
    TRY(writer_finish(&writer));
    TRY(arena_copy(arena, mls_tree_root_hash(mls_public_group_tree(after)), &output->tree_hash));
    return check_size(input, output);
}

enum status validate_commit(const struct validate_input *input,
                            struct arena *arena,
                            struct validate_output *output)
{
    struct mls_options options;
    struct channel_identity committer;
    validate_options(input->directory, input->now_ms, &options);
    TRY(mls_public_group_stage(input->group, input->commit, &options, &output->staged));
    TRY(channel_policy_check_commit(input->group, output->staged, input->directory,
                                    input->log_size_min, &output->refusal));
    TRY(channel_policy_check_now(output->staged, input->directory, input->now_ms,
                                 &output->refusal));
    TRY(check_committer(input, output, &committer));
    TRY(collect_changes(output->staged, &committer, arena, output));
    enum status status = cut_welcomes(input->welcome, arena, output);
    if (status == STATUS_INVALID)
        output->refusal.reason = "the Welcome does not fit those who are added";
    TRY(status);
    return encode_state(input, arena, output);
}
