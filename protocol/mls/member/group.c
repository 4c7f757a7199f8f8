/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/group.h"

#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/member/psk.h"

#include <stdlib.h>

/* ---- beginning and end ---- */

enum status mls_group_alloc(const struct suite *suite, struct mls_group **group)
{
    struct mls_group *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->suite = suite;
    enum status status = secret_arena_new(&fresh->arena);
    if (status != STATUS_OK) {
        mls_group_free(&fresh);
        return status;
    }
    fresh->keys.arena = fresh->arena;
    *group = fresh;
    return STATUS_OK;
}

void mls_group_free(struct mls_group **group)
{
    struct mls_group *old = *group;
    if (old == NULL)
        return;
    mls_next_free(&old->pending);
    mls_next_free(&old->staged);
    mls_epoch_free(&old->epoch);
    for (size_t i = 0; i < old->past_count; i++)
        mls_epoch_free(&old->past[i]);
    mls_public_group_free(&old->public_group);
    mls_row_set_clear(&old->changed);
    secret_arena_free(&old->arena); /* and with it every secret */
    free(old);
    *group = NULL;
}

enum status mls_group_keep(struct secret_arena *arena, struct span bytes, struct secret **slot)
{
    struct secret *taken = NULL;
    if (bytes.len > SECRET_SIZE_MAX)
        return STATUS_BAD_KEY;
    TRY(secret_arena_take(arena, &taken));
    enum status status = secret_set(taken, bytes);
    if (status != STATUS_OK) {
        secret_arena_give(arena, &taken);
        return status;
    }
    *slot = taken;
    return STATUS_OK;
}

/* The creator's tree: a single leaf. */
static enum status creators_tree(const struct mls_group_config *config,
                                 const struct hpke_public *encryption_key,
                                 struct mls_tree *tree)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(MLS_BYTES_MAX);
    CLEANUP(secret_clear) struct secret prepared = {0};
    struct mls_leaf_request request = {.suite = config->suite,
                                       .identity = config->identity,
                                       .prepared_key = &prepared,
                                       .source = MLS_LEAF_KEY_PACKAGE,
                                       .encryption_key = hpke_public_span(encryption_key)};
    uint32_t leaf = 0;
    TRY(signature_prepare(config->suite->signature, config->identity->signature_private_key,
                          &prepared));
    TRY(mls_leaf_new(&request, &bytes));
    TRY(mls_tree_add(tree, buffer_span(&bytes), &leaf));
    TRY(mls_tree_update_hashes(tree));
    const struct mls_leaf_node *own = mls_tree_leaf(tree, leaf);
    TRY(mls_leaf_node_check_alone(config->suite, own));
    return mls_leaf_node_check_extensions(own, config->extensions);
}

/* RFC 9420, 11: "Epoch secret: A fresh random value of size `KDF.Nh`" */
static enum status creators_epoch(struct mls_group *group,
                                  struct span context,
                                  const struct random_source *random,
                                  struct digest *confirmation_tag)
{
    CLEANUP(secret_clear) struct secret epoch_secret = {.len = group->suite->hash_size};
    TRY(random_fill(random, epoch_secret.bytes, epoch_secret.len));
    TRY(mls_epoch_new(group->arena, 0, context, &group->epoch));
    TRY(mls_key_schedule_from_epoch_secret(group->suite, secret_span(&epoch_secret), group->arena,
                                           &group->epoch->secrets));
    TRY(mls_key_schedule_confirmation_tag(group->suite, &group->epoch->secrets, SPAN_EMPTY,
                                          confirmation_tag));
    return mls_epoch_plant(group->epoch, group->suite, &group->changed, 1);
}

static enum status start_group(struct mls_group *group,
                               struct mls_tree *tree,
                               const struct mls_group_config *config,
                               const struct random_source *random)
{
    CLEANUP(secret_clear) struct secret private_key = {0};
    CLEANUP(buffer_clear) struct buffer context_bytes = BUFFER_INIT(MLS_BYTES_MAX);
    struct hpke_public encryption_key;
    struct digest tag;
    /* RFC 9420, 11: "To initialize a group, the creator of the group MUST take the following
     * steps:" */
    TRY(hpke_generate_key_pair(config->suite, random, &private_key, &encryption_key));
    TRY(creators_tree(config, &encryption_key, tree));
    struct mls_group_context context = {.cipher_suite = config->suite->id,
                                        .group_id = config->group_id,
                                        .tree_hash = mls_tree_root_hash(tree),
                                        .extensions = config->extensions};
    struct writer writer = writer_of(&context_bytes);
    mls_group_context_write(&writer, &context);
    TRY(writer_finish(&writer));
    TRY(creators_epoch(group, buffer_span(&context_bytes), random, &tag));
    TRY(mls_group_keep(group->arena, config->identity->signature_private_key,
                       &group->signature_key));
    TRY(mls_private_keys_set(&group->keys, 0, secret_span(&private_key)));
    return mls_public_group_from_parts(buffer_span(&context_bytes), tree, digest_span(&tag),
                                       &group->public_group);
}

enum status mls_group_new(const struct mls_group_config *config,
                          const struct random_source *random,
                          struct mls_group **group)
{
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    TRY(mls_group_alloc(config->suite, &fresh));
    TRY(mls_tree_new(config->suite, &tree));
    TRY(start_group(fresh, tree, config, random));
    TRY(mls_group_note_all(fresh, &fresh->changed));
    fresh->group_changed = true;
    *group = fresh;
    fresh = NULL;
    return STATUS_OK;
}

void mls_group_set_psk_store(struct mls_group *group, const struct mls_psk_store *store)
{
    group->psk_store = store;
}

/* ---- what it is ---- */

const struct mls_public_group *mls_group_public(const struct mls_group *group)
{
    return group->public_group;
}

const struct suite *mls_group_suite(const struct mls_group *group)
{
    return group->suite;
}

struct span mls_group_id(const struct mls_group *group)
{
    return mls_public_group_id(group->public_group);
}

uint64_t mls_group_epoch(const struct mls_group *group)
{
    return mls_public_group_epoch(group->public_group);
}

uint32_t mls_group_own_leaf(const struct mls_group *group)
{
    return group->own_leaf;
}

bool mls_group_is_removed(const struct mls_group *group)
{
    return group->removed;
}

struct span mls_group_context_bytes(const struct mls_group *group)
{
    return buffer_span(&group->epoch->context);
}

struct span mls_group_epoch_authenticator(const struct mls_group *group)
{
    return group->removed ? SPAN_EMPTY
                          : mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_AUTHENTICATION);
}

enum status mls_group_check_sending(const struct mls_group *group)
{
    if (group->removed)
        return STATUS_REMOVED;
    /* RFC 9420, 12.4.2: "Instead, it MUST wait for a Welcome message from the committer meeting the
     * requirements of Section 11.2." What it must be, mls_continuation_check knows. RFC 9420,
     * 12.4.2: "If the Commit included a ReInit proposal, the client MUST NOT use the group to send
     * messages anymore." */
    if (mls_public_group_is_reinitialized(group->public_group))
        return STATUS_NOT_NOW;
    return STATUS_OK;
}

struct mls_epoch *mls_group_find_epoch(const struct mls_group *group, uint64_t number)
{
    if (group->epoch != NULL && group->epoch->number == number)
        return group->epoch;
    for (size_t i = 0; i < group->past_count; i++)
        if (group->past[i]->number == number)
            return group->past[i];
    return NULL;
}

enum status mls_group_export(const struct mls_group *group,
                             const char *label,
                             struct span context,
                             uint8_t *out,
                             size_t length)
{
    if (group->removed)
        return STATUS_REMOVED;
    return mls_key_schedule_export(group->suite, &group->epoch->secrets, label, context, out,
                                   length);
}

enum status mls_group_write_tree(const struct mls_group *group, struct buffer *out)
{
    if (group->removed)
        return STATUS_REMOVED;
    struct writer writer = writer_of(out);
    mls_tree_write(&writer, mls_public_group_tree(group->public_group));
    return writer_finish(&writer);
}

/* ---- GroupInfo (12.4.3) ---- */

/* Writes the contents of GroupInfo.extensions. */
static enum status write_info_extensions(const struct mls_group_info_request *request,
                                         const struct suite *suite,
                                         struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer data = BUFFER_INIT(MLS_BYTES_MAX);
    struct writer writer = writer_of(out);
    if (request->with_tree) {
        struct writer tree_writer = writer_of(&data);
        mls_tree_write(&tree_writer, mls_public_group_tree(request->public_group));
        TRY(writer_finish(&tree_writer));
        mls_extension_write(&writer, MLS_EXTENSION_RATCHET_TREE, buffer_span(&data));
    }
    if (request->with_external_pub) {
        CLEANUP(secret_clear) struct secret private_key = {0};
        struct hpke_public public_key;
        TRY(mls_key_schedule_external(suite, request->secrets, &private_key, &public_key));
        buffer_truncate(&data, 0);
        struct writer key_writer = writer_of(&data);
        mls_external_pub_write(&key_writer, hpke_public_span(&public_key));
        TRY(writer_finish(&key_writer));
        mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_PUB, buffer_span(&data));
    }
    writer_bytes(&writer, request->extensions.bytes);
    const struct mls_leaf_node *own =
        mls_tree_leaf(mls_public_group_tree(request->public_group), request->signer);
    struct mls_extension grease;
    if (own != NULL && mls_grease_find_extension(own->extensions, &grease))
        mls_extension_write(&writer, grease.type, grease.data);
    return writer_finish(&writer);
}

static void write_info(struct writer *writer, const struct mls_group_info *info, bool as_message)
{
    if (as_message) {
        struct mls_message message = {.wire_format = MLS_WIRE_GROUP_INFO, .group_info = *info};
        mls_message_write(writer, &message);
    } else {
        mls_group_info_write(writer, info);
    }
}

enum status mls_group_build_group_info(const struct mls_group_info_request *request,
                                       struct buffer *out)
{
    const struct suite *suite = mls_public_group_suite(request->public_group);
    const struct mls_group_context *context = mls_public_group_context(request->public_group);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(MLS_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(2 * MLS_BYTES_MAX);
    struct digest tag;
    struct signature signature;
    TRY(write_info_extensions(request, suite, &extensions));
    TRY(mls_key_schedule_confirmation_tag(suite, request->secrets,
                                          context->confirmed_transcript_hash, &tag));
    struct mls_group_info info = {.group_context = *context,
                                  .extensions = {buffer_span(&extensions)},
                                  .confirmation_tag = digest_span(&tag),
                                  .signer = request->signer};
    struct writer writer = writer_of(&tbs);
    mls_group_info_write_tbs(&writer, &info);
    TRY(writer_finish(&writer));
    TRY(mls_protection_sign_prepared(suite, request->prepared_key, "GroupInfoTBS",
                                     buffer_span(&tbs), &signature));
    info.signature = signature_span(&signature);
    struct writer info_writer = writer_of(out);
    write_info(&info_writer, &info, request->as_message);
    return writer_finish(&info_writer);
}

enum status
mls_group_write_group_info(const struct mls_group *group, bool with_tree, struct buffer *out)
{
    return mls_group_write_info(group, with_tree, (struct mls_extensions){SPAN_EMPTY}, out);
}

enum status mls_group_write_info(const struct mls_group *group,
                                 bool with_tree,
                                 struct mls_extensions extensions,
                                 struct buffer *out)
{
    if (group->removed)
        return STATUS_REMOVED;
    CLEANUP(secret_clear) struct secret prepared = {0};
    TRY(signature_prepare(group->suite->signature, secret_span(group->signature_key), &prepared));
    struct mls_group_info_request request = {.public_group = group->public_group,
                                             .secrets = &group->epoch->secrets,
                                             .prepared_key = &prepared,
                                             .signer = group->own_leaf,
                                             .with_tree = with_tree,
                                             .with_external_pub = true,
                                             .as_message = true,
                                             .extensions = extensions};
    return mls_group_build_group_info(&request, out);
}

/* ---- pre-shared keys (8.4) ---- */

static enum status find_psk(const struct mls_group *group,
                            const struct mls_psk_store *store,
                            const struct mls_psk_id *id,
                            struct buffer *psk)
{
    if (group != NULL && id->type == MLS_PSK_RESUMPTION &&
        span_equal(id->group_id, mls_group_id(group))) {
        const struct mls_epoch *epoch = mls_group_find_epoch(group, id->epoch);
        if (epoch != NULL)
            return buffer_append(psk, mls_key_schedule_get(&epoch->secrets, MLS_SECRET_RESUMPTION));
    }
    return store == NULL ? STATUS_NOT_FOUND : store->find(store->context, id, psk);
}

enum status mls_group_psk_secret(const struct mls_group *group,
                                 const struct suite *suite,
                                 const struct mls_psk_store *store,
                                 const struct mls_psk_id *psks,
                                 size_t count,
                                 struct secret *psk_secret)
{
    CLEANUP(mls_psk_chain_clear) struct mls_psk_chain chain = {0};
    TRY(mls_psk_chain_init(&chain, suite, count));
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buffer_clear) struct buffer psk = BUFFER_INIT(UINT16_MAX);
        TRY(find_psk(group, store, &psks[i], &psk));
        TRY(mls_psk_chain_add(&chain, &psks[i], buffer_span(&psk)));
    }
    *psk_secret = chain.secret;
    return STATUS_OK;
}

/* ---- past epochs ---- */

enum status mls_group_drop_epochs_before(struct mls_group *group, uint64_t epoch)
{
    size_t kept = 0;
    while (kept < group->past_count && group->past[kept]->number >= epoch)
        kept++;
    for (size_t i = kept; i < group->past_count; i++) {
        TRY(mls_secret_tree_note_all(group->past[i]->tree, &group->changed));
        TRY(mls_row_set_reserve(&group->changed, 1));
        mls_row_set_add(&group->changed, MLS_ROW_EPOCH, group->past[i]->number, 0);
    }
    while (group->past_count > kept)
        mls_epoch_free(&group->past[--group->past_count]);
    return STATUS_OK;
}
