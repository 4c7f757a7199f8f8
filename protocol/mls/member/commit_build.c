/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/commit_build.h"

#include "protocol/crypto/aead.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/public/parent_hash.h"

void mls_built_path_clear(struct mls_built_path *built)
{
    secret_wipe(built, sizeof *built);
}

/* ---- the path (7.5, 12.4.1) ---- */

/* Appends our new leaf's bytes. */
static enum status make_leaf(const struct mls_commit_build *build,
                             uint32_t leaf,
                             const struct hpke_public *leaf_key,
                             struct span parent_hash,
                             struct buffer *out)
{
    struct mls_leaf_request request = {
        .suite = mls_public_group_suite(build->public_group),
        .identity = build->identity,
        .present = mls_tree_leaf(mls_public_group_tree(build->public_group), leaf),
        .prepared_key = build->leaf_key,
        .source = MLS_LEAF_COMMIT,
        .encryption_key = hpke_public_span(leaf_key),
        .parent_hash = parent_hash,
        .group_id = mls_public_group_id(build->public_group),
        .leaf = leaf};
    return mls_leaf_new(&request, out);
}

/* RFC 9420, 12.4.1: "If this is an external Commit, assign the sender the leftmost blank leaf node
 * in the new ratchet tree. If there are no blank leaf nodes in the new ratchet tree, expand the
 * tree to the right". The leaf that holds the place has no parent hash yet. */
static enum status take_place(const struct mls_commit_build *build,
                              const struct hpke_public *leaf_key,
                              struct mls_tree *tree,
                              uint32_t *leaf)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(MLS_BYTES_MAX);
    uint32_t place = mls_tree_next_free_leaf(tree);
    TRY(make_leaf(build, place, leaf_key, SPAN_EMPTY, &bytes));
    return mls_tree_add(tree, buffer_span(&bytes), leaf);
}

/* Fresh secrets for the path above the leaf. */
static enum status
draw_path(const struct mls_commit_build *build, struct mls_tree *tree, struct mls_built_path *built)
{
    const struct suite *suite = mls_tree_suite(tree);
    struct mls_path_step steps[MLS_PATH_MAX];
    CLEANUP(secret_clear) struct secret first = {.len = suite->hash_size};
    size_t count = mls_tree_filtered_path(tree, built->leaf, steps);
    TRY(random_fill(build->random, first.bytes, first.len));
    return mls_path_secrets_derive(suite, secret_span(&first), count, &built->secrets);
}

/* Puts keys and leaf into the tree, which is then the new epoch's. The leaf's bytes are appended
 * to `leaf_bytes`. */
static enum status merge_into(const struct mls_commit_build *build,
                              const struct mls_built_path *built,
                              const struct hpke_public *leaf_key,
                              struct mls_tree *tree,
                              struct buffer *leaf_bytes)
{
    struct span keys[MLS_PATH_MAX];
    struct digest parent_hash;
    for (size_t i = 0; i < built->secrets.count; i++)
        keys[i] = hpke_public_span(&built->secrets.public_keys[i]);
    TRY(mls_tree_merge_path(tree, built->leaf, keys, built->secrets.count, &parent_hash));
    TRY(make_leaf(build, built->leaf, leaf_key, digest_span(&parent_hash), leaf_bytes));
    TRY(mls_tree_set_leaf(tree, built->leaf, buffer_span(leaf_bytes)));
    return mls_tree_update_hashes(tree);
}

/* RFC 9420, 12.4.1: "Construct a provisional GroupContext object" */
static enum status provisional_context(const struct mls_commit_build *build,
                                       const struct mls_proposal_effect *effect,
                                       const struct mls_tree *tree,
                                       struct buffer *out)
{
    struct mls_group_context context = *mls_public_group_context(build->public_group);
    context.epoch++;
    context.tree_hash = mls_tree_root_hash(tree);
    context.extensions = effect->extensions;
    struct writer writer = writer_of(out);
    mls_group_context_write(&writer, &context);
    return writer_finish(&writer);
}

static enum status
added_leaves(const struct mls_proposal_effect *effect, struct arena *arena, const uint32_t **leaves)
{
    void *memory = NULL;
    TRY(arena_take(arena, effect->added_count, sizeof **leaves, &memory));
    uint32_t *out = memory;
    for (size_t i = 0; i < effect->added_count; i++)
        out[i] = effect->added[i].leaf;
    *leaves = out;
    return STATUS_OK;
}

/* The path as it is sent, from the tree that it leads to. */
static enum status encrypt_path(const struct mls_commit_build *build,
                                const struct mls_proposal_effect *effect,
                                const struct mls_tree *tree,
                                const struct mls_built_path *built,
                                struct mls_update_path *path)
{
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(MLS_BYTES_MAX);
    struct mls_treekem_path input = {
        .tree = tree, .sender = built->leaf, .excluded_count = effect->added_count};
    TRY(provisional_context(build, effect, tree, &context));
    TRY(added_leaves(effect, build->arena, &input.excluded));
    input.context = buffer_span(&context);
    path->node_count = built->secrets.count;
    return mls_treekem_encrypt(&input, &built->secrets, build->random, build->arena, &path->nodes);
}

enum status mls_commit_build_path(const struct mls_commit_build *build,
                                  const struct mls_proposal_effect *effect,
                                  struct mls_built_path *built,
                                  const struct mls_update_path **path)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    CLEANUP(buffer_clear) struct buffer leaf_bytes = BUFFER_INIT(MLS_BYTES_MAX);
    struct hpke_public leaf_key;
    struct mls_update_path made = {0};
    struct span leaf_copy;
    void *memory = NULL;
    TRY(mls_tree_clone(effect->tree, &tree));
    /* RFC 9420, 7.5: "Set the `encryption_key` to the public key of a freshly sampled key pair." */
    TRY(hpke_generate_key_pair(mls_tree_suite(tree), build->random, &built->leaf_key, &leaf_key));
    built->leaf = build->sender.index;
    if (build->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT)
        TRY(take_place(build, &leaf_key, tree, &built->leaf));
    TRY(draw_path(build, tree, built));
    TRY(merge_into(build, built, &leaf_key, tree, &leaf_bytes));
    TRY(encrypt_path(build, effect, tree, built, &made));
    TRY(arena_copy(build->arena, buffer_span(&leaf_bytes), &leaf_copy));
    struct reader reader = reader_of(leaf_copy);
    TRY(mls_leaf_node_read(&reader, &made.leaf_node));
    TRY(arena_take(build->arena, 1, sizeof made, &memory));
    struct mls_update_path *out = memory;
    *out = made;
    *path = out;
    return STATUS_OK;
}

/* ---- the message ---- */

enum status mls_commit_build_content(const struct mls_commit_build *build,
                                     const struct mls_update_path *path,
                                     struct buffer *content)
{
    const struct mls_group_context *context = mls_public_group_context(build->public_group);
    struct signature signature;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE,
        .content = {.group_id = context->group_id,
                    .epoch = context->epoch,
                    .sender = build->sender,
                    .authenticated_data = build->authenticated_data,
                    .type = MLS_CONTENT_COMMIT,
                    .commit = {build->items, build->item_count, path}}};
    /* RFC 9420, 12.4.1: "Sign the FramedContent using the old GroupContext as context." */
    TRY(mls_protection_sign_content_prepared(
        mls_public_group_suite(build->public_group), build->message_key, MLS_WIRE_PUBLIC_MESSAGE,
        &authenticated.content, mls_public_group_context_bytes(build->public_group), &signature));
    authenticated.auth.signature = signature_span(&signature);
    struct writer writer = writer_of(content);
    mls_authenticated_content_write(&writer, &authenticated);
    return writer_finish(&writer);
}

/* ---- the Welcome (12.4.3.1) ---- */

static enum status encrypt_group_info(const struct mls_welcome_build *build,
                                      const struct suite *suite,
                                      struct buffer *encrypted)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(build->next->staged);
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(MLS_BYTES_MAX);
    CLEANUP(secret_clear) struct secret psk_secret = {0};
    CLEANUP(secret_clear) struct secret welcome_secret = {0};
    CLEANUP(mls_message_key_clear) struct mls_message_key key = {0};
    struct mls_group_info_request request = {
        .public_group = mls_staged_commit_group(build->next->staged),
        .secrets = &build->next->epoch->secrets,
        .prepared_key = build->prepared_key,
        .signer = mls_staged_commit_committer(build->next->staged),
        .with_tree = build->with_tree,
        .extensions = build->info_extensions};
    TRY(mls_group_build_group_info(&request, &info));
    TRY(mls_group_psk_secret(build->group, suite, build->psk_store, effect->psks, effect->psk_count,
                             &psk_secret));
    TRY(mls_key_schedule_welcome(suite, build->joiner_secret, secret_span(&psk_secret),
                                 &welcome_secret));
    TRY(mls_key_schedule_welcome_key(suite, secret_span(&welcome_secret), &key.key, &key.nonce));
    return aead_seal(suite->aead, secret_span(&key.key), secret_span(&key.nonce), SPAN_EMPTY,
                     buffer_span(&info), encrypted);
}

/* The path secret that a newcomer needs: that of the lowest node above it and the committer. */
static struct span path_secret_for(const struct mls_welcome_build *build,
                                   const struct mls_path_step *steps,
                                   size_t step_count,
                                   uint32_t leaf)
{
    for (size_t i = 0; i < step_count; i++)
        if (mls_node_is_under(mls_node_of_leaf(leaf), steps[i].copath))
            return secret_span(&build->secrets->path[i]);
    return SPAN_EMPTY;
}

static enum status encrypt_secrets(const struct mls_welcome_build *build,
                                   const struct suite *suite,
                                   const struct mls_added_leaf *added,
                                   struct mls_group_secrets *secrets,
                                   struct span encrypted_info,
                                   struct writer *writer)
{
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(MLS_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(MLS_BYTES_MAX);
    struct hpke_public kem_output;
    struct digest ref;
    struct writer plain_writer = writer_of(&plaintext);
    mls_group_secrets_write(&plain_writer, secrets);
    TRY(writer_finish(&plain_writer));
    TRY(mls_key_package_ref(added->key_package, &ref));
    TRY(mls_kdf_encrypt(suite, build->random, added->key_package->init_key, "Welcome",
                        encrypted_info, buffer_span(&plaintext), &kem_output, &ciphertext));
    writer_vector(writer, digest_span(&ref));
    struct mls_hpke_ciphertext item = {hpke_public_span(&kem_output), buffer_span(&ciphertext)};
    mls_hpke_ciphertext_write(writer, &item);
    return writer_finish(writer);
}

/* Writes `EncryptedGroupSecrets secrets<V>`. */
static enum status write_secrets(const struct mls_welcome_build *build,
                                 const struct suite *suite,
                                 struct span encrypted_info,
                                 struct writer *writer)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(build->next->staged);
    struct mls_path_step steps[MLS_PATH_MAX];
    size_t step_count = 0;
    if (build->secrets != NULL)
        step_count = mls_tree_filtered_path(
            effect->tree, mls_staged_commit_committer(build->next->staged), steps);
    /* RFC 9420, 12.4.1: "However, the set of Welcome messages produced in this step MUST cover
     * every new member added in the Commit." There is one Welcome, for all. */
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < effect->added_count; i++) {
        /* RFC 9420, 8.4: "To ensure that existing and new members compute the same PSK input to the
         * key schedule, the Commit and GroupSecrets objects MUST indicate the same set of PSKs, in
         * the same order." 12.4.1: "The order of the `psks` MUST be the same as the order of
         * PreSharedKey proposals in the `proposals` vector." */
        struct mls_group_secrets secrets = {.joiner_secret = build->joiner_secret,
                                            .psks = effect->psks,
                                            .psk_count = effect->psk_count};
        secrets.path_secret = path_secret_for(build, steps, step_count, effect->added[i].leaf);
        secrets.has_path_secret = secrets.path_secret.len != 0;
        TRY(encrypt_secrets(build, suite, &effect->added[i], &secrets, encrypted_info, writer));
    }
    writer_vector_end(writer, begin);
    return writer_finish(writer);
}

enum status mls_commit_build_welcome(const struct mls_welcome_build *build, struct buffer *out)
{
    const struct suite *suite =
        mls_public_group_suite(mls_staged_commit_group(build->next->staged));
    CLEANUP(buffer_clear) struct buffer encrypted = BUFFER_INIT(MLS_BYTES_MAX);
    TRY(encrypt_group_info(build, suite, &encrypted));
    struct writer writer = writer_of(out);
    writer_u16(&writer, MLS_VERSION_10);
    writer_u16(&writer, MLS_WIRE_WELCOME);
    writer_u16(&writer, suite->id);
    TRY(write_secrets(build, suite, buffer_span(&encrypted), &writer));
    writer_vector(&writer, buffer_span(&encrypted));
    return writer_finish(&writer);
}
