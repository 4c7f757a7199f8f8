/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/aead.h"
#include "protocol/mls/member/commit_build.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/protection.h"

/* ---- from a Welcome (12.4.3.1) ---- */

/* What is decoded on the way; all spans lend from the request, the arena and the buffers. */
struct welcome_state {
    const struct suite *suite;
    struct arena arena;
    struct mls_message package;
    struct mls_message welcome;
    struct mls_key_package_private keys;
    struct buffer secrets_bytes;
    struct mls_group_secrets secrets;
    struct secret psk_secret;
    struct buffer group_info;
};

static void welcome_state_clear(struct welcome_state *state)
{
    buffer_clear(&state->secrets_bytes);
    buffer_clear(&state->group_info);
    secret_clear(&state->psk_secret);
    arena_clear(&state->arena);
}

static const struct mls_encrypted_group_secrets *find_entry(const struct mls_welcome *welcome,
                                                            struct span reference)
{
    for (size_t i = 0; i < welcome->secret_count; i++)
        if (span_equal(welcome->secrets[i].new_member, reference))
            return &welcome->secrets[i];
    return NULL;
}

enum status mls_group_welcome_is_for(struct span welcome, struct span key_package_ref, bool *is_for)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message message;
    TRY(mls_message_decode(welcome, &arena, &message));
    if (message.wire_format != MLS_WIRE_WELCOME)
        return STATUS_UNSUPPORTED;
    *is_for = find_entry(&message.welcome, key_package_ref) != NULL;
    return STATUS_OK;
}

static enum status decode_request(const struct mls_join_request *request,
                                  struct welcome_state *state)
{
    TRY(mls_message_decode(request->welcome, &state->arena, &state->welcome));
    TRY(mls_message_decode(request->key_package, &state->arena, &state->package));
    TRY(mls_key_package_private_decode(request->private_part, &state->keys));
    if (state->welcome.wire_format != MLS_WIRE_WELCOME ||
        state->package.wire_format != MLS_WIRE_KEY_PACKAGE)
        return STATUS_UNSUPPORTED;
    /* RFC 9420, 12.4.3.1: "if the cipher suite indicated in the KeyPackage does not match the one
     * in the Welcome message, return an error" */
    if (state->package.key_package.cipher_suite != state->welcome.welcome.cipher_suite)
        return STATUS_INVALID;
    state->suite = suite_find(state->welcome.welcome.cipher_suite);
    return state->suite == NULL ? STATUS_UNSUPPORTED : STATUS_OK;
}

static enum status open_secrets(struct welcome_state *state)
{
    const struct mls_welcome *welcome = &state->welcome.welcome;
    struct digest reference;
    TRY(mls_key_package_ref(&state->package.key_package, &reference));
    const struct mls_encrypted_group_secrets *entry = find_entry(welcome, digest_span(&reference));
    if (entry == NULL)
        return STATUS_NOT_FOUND;
    TRY(mls_kdf_decrypt(state->suite, state->keys.init_key, "Welcome",
                        welcome->encrypted_group_info, entry->secrets.kem_output,
                        entry->secrets.ciphertext, &state->secrets_bytes));
    struct reader reader = reader_of(buffer_span(&state->secrets_bytes));
    TRY(mls_group_secrets_read(&reader, &state->arena, &state->secrets));
    TRY(reader_finish(&reader));
    return state->secrets.joiner_secret.len == state->suite->hash_size ? STATUS_OK
                                                                       : STATUS_MALFORMED;
}

/* The PSK of a reinitialization or branch among those named; NULL without any. */
static const struct mls_psk_id *special_psk(const struct mls_group_secrets *secrets)
{
    for (size_t i = 0; i < secrets->psk_count; i++)
        if (secrets->psks[i].type == MLS_PSK_RESUMPTION &&
            secrets->psks[i].usage != MLS_PSK_APPLICATION)
            return &secrets->psks[i];
    return NULL;
}

/* RFC 9420, 12.4.3.1: "if a PreSharedKeyID has type `resumption` with usage `reinit` or `branch`,
 * verify that it is the only such PSK" */
static enum status
check_psks(const struct mls_group_secrets *secrets, const struct suite *suite, struct arena *arena)
{
    bool differ;
    size_t special = 0;
    for (size_t i = 0; i < secrets->psk_count; i++) {
        const struct mls_psk_id *id = &secrets->psks[i];
        special += id->type == MLS_PSK_RESUMPTION && id->usage != MLS_PSK_APPLICATION;
        /* RFC 9420, 8.4: the nonce has length KDF.Nh */
        if (id->nonce.len != suite->hash_size)
            return STATUS_INVALID;
    }
    TRY(mls_psk_ids_differ(secrets->psks, secrets->psk_count, arena, &differ));
    return special > 1 || !differ ? STATUS_INVALID : STATUS_OK;
}

static enum status open_group_info(const struct mls_join_request *request,
                                   struct welcome_state *state)
{
    CLEANUP(secret_clear) struct secret welcome_secret = {0};
    CLEANUP(mls_message_key_clear) struct mls_message_key key = {0};
    struct mls_continued_psks psks = {request->continues, request->psk_store};
    struct mls_psk_store store = {mls_continued_find, &psks};
    TRY(check_psks(&state->secrets, state->suite, &state->arena));
    TRY(mls_group_psk_secret(NULL, state->suite, &store, state->secrets.psks,
                             state->secrets.psk_count, &state->psk_secret));
    TRY(mls_key_schedule_welcome(state->suite, state->secrets.joiner_secret,
                                 secret_span(&state->psk_secret), &welcome_secret));
    TRY(mls_key_schedule_welcome_key(state->suite, secret_span(&welcome_secret), &key.key,
                                     &key.nonce));
    return aead_open(state->suite->aead, secret_span(&key.key), secret_span(&key.nonce), SPAN_EMPTY,
                     state->welcome.welcome.encrypted_group_info, &state->group_info);
}

/* RFC 9420, 12.4.3.1: "Identify a leaf whose LeafNode is identical to the one in the KeyPackage. If
 * no such field exists, return an error." */
static enum status
find_own_leaf(const struct welcome_state *state, const struct mls_tree *tree, uint32_t *leaf)
{
    const struct mls_leaf_node *own = &state->package.key_package.leaf_node;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(MLS_BYTES_MAX);
    uint32_t node = mls_tree_find_encryption_key(tree, own->encryption_key);
    if (node == MLS_NO_NODE || !mls_node_is_leaf(node))
        return STATUS_INVALID_TREE;
    struct writer writer = writer_of(&bytes);
    mls_leaf_node_write(&writer, own);
    TRY(writer_finish(&writer));
    if (!span_equal(buffer_span(&bytes), mls_tree_node_bytes(tree, node)))
        return STATUS_INVALID_TREE;
    *leaf = mls_leaf_of_node(node);
    return STATUS_OK;
}

static enum status
take_keys(const struct welcome_state *state, uint32_t signer, struct mls_group *group)
{
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    TRY(find_own_leaf(state, tree, &group->own_leaf));
    TRY(mls_private_keys_set(&group->keys, mls_node_of_leaf(group->own_leaf),
                             state->keys.encryption_key));
    TRY(mls_private_keys_check(&group->keys, tree));
    TRY(mls_group_keep(group->arena, state->keys.signature_key, &group->signature_key));
    struct signature_public derived;
    TRY(signature_public_of(group->suite->signature, secret_span(group->signature_key), &derived));
    if (!span_equal(signature_public_span(&derived),
                    mls_tree_leaf(tree, group->own_leaf)->signature_key))
        return STATUS_BAD_KEY;
    if (!state->secrets.has_path_secret)
        return STATUS_OK;
    return mls_treekem_implant(tree, group->own_leaf, signer, state->secrets.path_secret,
                               &group->keys);
}

static enum status take_epoch(const struct welcome_state *state, struct mls_group *group)
{
    const struct mls_public_group *after = group->public_group;
    struct span context = mls_public_group_context_bytes(after);
    struct digest tag;
    TRY(mls_epoch_new(group->arena, mls_public_group_epoch(after), context, &group->epoch));
    TRY(mls_key_schedule_epoch(group->suite, state->secrets.joiner_secret,
                               secret_span(&state->psk_secret), context, group->arena,
                               &group->epoch->secrets));
    TRY(mls_key_schedule_confirmation_tag(
        group->suite, &group->epoch->secrets,
        mls_public_group_context(after)->confirmed_transcript_hash, &tag));
    /* RFC 9420, 12.4.3.1: "Verify the confirmation tag in the GroupInfo using the derived
     * confirmation key and the `confirmed_transcript_hash` from the GroupInfo." */
    if (!secret_equal(digest_span(&tag), mls_public_group_confirmation_tag(after)))
        return STATUS_BAD_MAC;
    return mls_epoch_plant(group->epoch, group->suite, &group->changed,
                           mls_tree_leaf_count(mls_public_group_tree(after)));
}

static enum status join(const struct mls_join_request *request,
                        const struct mls_options *options,
                        struct welcome_state *state,
                        struct mls_group **group)
{
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    struct mls_group_info info;
    TRY(decode_request(request, state));
    TRY(open_secrets(state));
    TRY(open_group_info(request, state));
    TRY(mls_group_info_decode(buffer_span(&state->group_info), &info));
    /* RFC 9420, 12.4.3.1: "Verify that the `cipher_suite` in the GroupInfo matches the
     * `cipher_suite` in the KeyPackage." */
    if (info.group_context.cipher_suite != state->suite->id)
        return STATUS_INVALID;
    /* RFC 9420, 12.4.3: "New members MUST verify that `group_id` is unique among the groups they
     * are currently participating in." The caller knows its groups and names one that is new. */
    if (request->group_id.len != 0 && !span_equal(request->group_id, info.group_context.group_id))
        return STATUS_WRONG_GROUP;
    /* RFC 9420, 12.4.3.1: "If a PreSharedKeyID was used
     * that has type `resumption` with usage `reinit` or `branch`, verify that the `epoch` field in
     * the GroupInfo is equal to 1." RFC 9420, 11.2, 11.3: "The `epoch` in the Welcome message MUST
     * be 1." */
    if (special_psk(&state->secrets) != NULL && info.group_context.epoch != 1)
        return STATUS_INVALID;
    TRY(mls_group_alloc(state->suite, &fresh));
    fresh->psk_store = request->psk_store;
    TRY(mls_public_group_new(buffer_span(&state->group_info), request->ratchet_tree, options,
                             &fresh->public_group));
    TRY(mls_continuation_check(request->continues, special_psk(&state->secrets),
                               fresh->public_group));
    TRY(take_keys(state, info.signer, fresh));
    TRY(take_epoch(state, fresh));
    TRY(mls_group_note_all(fresh, &fresh->changed));
    if (request->info_extensions != NULL)
        TRY(buffer_append(request->info_extensions, info.extensions.bytes));
    fresh->group_changed = true;
    *group = fresh;
    fresh = NULL;
    return STATUS_OK;
}

enum status mls_group_join(const struct mls_join_request *request,
                           const struct mls_options *options,
                           struct mls_group **group)
{
    CLEANUP(welcome_state_clear)
    struct welcome_state state = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                                  .secrets_bytes = BUFFER_INIT(MLS_BYTES_MAX),
                                  .group_info = BUFFER_INIT(MLS_BYTES_MAX)};
    return join(request, options, &state, group);
}

/* ---- by an external commit (12.4.3.2) ---- */

/* What an external commit is made of. */
struct external_state {
    struct arena arena;
    struct hpke_public kem_output;
    struct secret init_secret;
    struct mls_proposal_or_ref items[2];
    struct mls_sent_proposal sent[2];
    size_t item_count;
    struct mls_built_path built;
    struct buffer content;
};

static void external_state_clear(struct external_state *state)
{
    arena_clear(&state->arena);
    secret_clear(&state->init_secret);
    mls_built_path_clear(&state->built);
    buffer_clear(&state->content);
}

static const struct mls_sender newcomer = {MLS_SENDER_NEW_MEMBER_COMMIT, 0};

static void propose(struct external_state *state, struct mls_proposal proposal)
{
    struct mls_proposal_or_ref *item = &state->items[state->item_count];
    *item = (struct mls_proposal_or_ref){.proposal = proposal};
    state->sent[state->item_count] = (struct mls_sent_proposal){&item->proposal, newcomer, false};
    state->item_count++;
}

/* ExternalInit, and with resync the Remove of our old leaf. */
static enum status choose_proposals(const struct mls_external_join_request *request,
                                    const struct mls_public_group *group,
                                    const struct random_source *random,
                                    struct external_state *state)
{
    struct mls_group_info info;
    struct span data;
    struct span external_pub;
    TRY(mls_group_info_decode(request->group_info, &info));
    if (!mls_extensions_find(info.extensions, MLS_EXTENSION_EXTERNAL_PUB, &data))
        return STATUS_INVALID;
    TRY(mls_external_pub_decode(data, &external_pub));
    TRY(mls_key_schedule_external_send(mls_public_group_suite(group), random, external_pub,
                                       &state->kem_output, &state->init_secret));
    propose(state, (struct mls_proposal){.type = MLS_PROPOSAL_EXTERNAL_INIT,
                                         .kem_output = hpke_public_span(&state->kem_output)});
    uint32_t old = mls_tree_find_signature_key(mls_public_group_tree(group),
                                               request->identity->signature_public_key);
    if (request->resync && old == MLS_NO_LEAF)
        return STATUS_NOT_FOUND;
    if (!request->resync && old != MLS_NO_LEAF)
        return STATUS_EXISTS;
    if (request->resync)
        propose(state, (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = old});
    return STATUS_OK;
}

/* Builds the path in the tree after the proposals, with a place for us, and the message. */
static enum status build_external(const struct mls_external_join_request *request,
                                  const struct mls_public_group *group,
                                  const struct mls_options *options,
                                  const struct random_source *random,
                                  struct external_state *state)
{
    struct mls_proposal_base base = {mls_public_group_tree(group), mls_public_group_context(group)};
    struct mls_proposal_list list = {state->sent, state->item_count, newcomer};
    struct mls_proposal_effect effect = {0};
    const struct mls_update_path *path = NULL;
    CLEANUP(secret_clear) struct secret prepared = {0};
    struct mls_commit_build build = {.public_group = group,
                                     .sender = newcomer,
                                     .message_key = &prepared,
                                     .leaf_key = &prepared,
                                     .identity = request->identity,
                                     .authenticated_data = request->authenticated_data,
                                     .items = state->items,
                                     .item_count = state->item_count,
                                     .random = random,
                                     .arena = &state->arena};
    TRY(signature_prepare(mls_public_group_suite(group)->signature,
                          request->identity->signature_private_key, &prepared));
    TRY(mls_proposal_list_apply(&base, &list, options, &state->arena, &effect));
    enum status status = mls_commit_build_path(&build, &effect, &state->built, &path);
    mls_tree_free(&effect.tree);
    TRY(status);
    return mls_commit_build_content(&build, path, &state->content);
}

/* Our keys in the new group. */
static enum status external_keys(const struct external_state *state,
                                 const struct mls_next *next,
                                 const struct mls_identity *identity,
                                 struct mls_group *group)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(next->staged));
    group->own_leaf = mls_staged_commit_committer(next->staged);
    size_t count = mls_tree_filtered_path(after, group->own_leaf, steps);
    if (count != state->built.secrets.count)
        return STATUS_INTERNAL;
    TRY(mls_private_keys_set(&group->keys, mls_node_of_leaf(group->own_leaf),
                             secret_span(&state->built.leaf_key)));
    for (size_t i = 0; i < count; i++)
        TRY(mls_private_keys_set(&group->keys, steps[i].node,
                                 secret_span(&state->built.secrets.private_keys[i])));
    TRY(mls_private_keys_check(&group->keys, after));
    return mls_group_keep(group->arena, identity->signature_private_key, &group->signature_key);
}

/* Takes the new epoch over into the fresh group. */
static enum status enter_epoch(const struct external_state *state,
                               const struct mls_options *options,
                               const struct mls_external_join_request *request,
                               struct mls_group *group,
                               struct mls_next *next,
                               struct mls_commit_bundle *bundle)
{
    CLEANUP(secret_clear) struct secret joiner_secret = {0};
    struct digest tag;
    TRY(mls_public_group_stage_content(group->public_group, buffer_span(&state->content), options,
                                       &next->staged));
    TRY(external_keys(state, next, request->identity, group));
    struct mls_next_input input = {
        .init_secret = secret_span(&state->init_secret),
        .commit_secret = secret_span(&state->built.secrets.path[state->built.secrets.count])};
    TRY(mls_next_derive(NULL, next, &input, &tag, &joiner_secret));
    TRY(mls_staged_commit_set_confirmation_tag(next->staged, digest_span(&tag)));
    struct mls_authenticated_content content = *mls_staged_commit_content(next->staged);
    content.auth.confirmation_tag = digest_span(&tag);
    TRY(mls_protection_seal_public(group->suite, SPAN_EMPTY, &content, SPAN_EMPTY,
                                   &bundle->commit));
    TRY(mls_public_group_merge(group->public_group, &next->staged));
    group->epoch = next->epoch;
    next->epoch = NULL;
    mls_secret_tree_note_in(group->epoch->tree, &group->changed);
    return mls_group_write_info(group, false, request->info_extensions, &bundle->group_info);
}

static enum status join_external(const struct mls_external_join_request *request,
                                 const struct mls_options *options,
                                 const struct random_source *random,
                                 struct mls_group *group,
                                 struct mls_commit_bundle *bundle)
{
    CLEANUP(external_state_clear)
    struct external_state state = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES),
                                   .content = BUFFER_INIT(MLS_BYTES_MAX)};
    CLEANUP(mls_next_free) struct mls_next *next = NULL;
    TRY(mls_next_new(group->arena, &next));
    TRY(choose_proposals(request, group->public_group, random, &state));
    TRY(build_external(request, group->public_group, options, random, &state));
    TRY(enter_epoch(&state, options, request, group, next, bundle));
    TRY(mls_group_note_all(group, &group->changed));
    group->group_changed = true;
    return STATUS_OK;
}

enum status mls_group_join_external(const struct mls_external_join_request *request,
                                    const struct mls_options *options,
                                    const struct random_source *random,
                                    struct mls_group **group,
                                    struct mls_commit_bundle *bundle)
{
    CLEANUP(mls_public_group_free) struct mls_public_group *public_group = NULL;
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    CLEANUP(mls_commit_bundle_clear)
    struct mls_commit_bundle made = {BUFFER_INIT(MLS_BYTES_MAX), BUFFER_INIT(MLS_BYTES_MAX),
                                     BUFFER_INIT(MLS_BYTES_MAX)};
    TRY(mls_public_group_new(request->group_info, request->ratchet_tree, options, &public_group));
    TRY(mls_group_alloc(mls_public_group_suite(public_group), &fresh));
    fresh->public_group = public_group;
    public_group = NULL;
    TRY(join_external(request, options, random, fresh, &made));
    mls_commit_bundle_clear(bundle);
    *bundle = made;
    made = (struct mls_commit_bundle){0};
    *group = fresh;
    fresh = NULL;
    return STATUS_OK;
}
