/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/public_group.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hpke.h"
#include "protocol/mls/public/public_group_private.h"
#include "protocol/mls/public/transcript.h"
#include "protocol/mls/public/tree_validate.h"

#include <stdlib.h>

void mls_public_group_free(struct mls_public_group **group)
{
    struct mls_public_group *old = *group;
    *group = NULL;
    if (old == NULL)
        return;
    group_drop_proposals(old);
    mls_tree_free(&old->tree);
    buffer_clear(&old->context_bytes);
    buffer_clear(&old->confirmation_tag);
    buffer_clear(&old->reinit_bytes);
    free(old);
}

enum status group_set_tag(struct mls_public_group *group, struct span confirmation_tag)
{
    struct digest interim;
    TRY(mls_transcript_interim(group->suite, group->context.confirmed_transcript_hash,
                               confirmation_tag, &interim));
    TRY(buffer_append(&group->confirmation_tag, confirmation_tag));
    group->interim = interim;
    return STATUS_OK;
}

enum status group_set_reinit(struct mls_public_group *group, const struct mls_reinit *reinit)
{
    struct writer writer = writer_of(&group->reinit_bytes);
    mls_reinit_write(&writer, reinit);
    TRY(writer_finish(&writer));
    struct reader reader = reader_of(buffer_span(&group->reinit_bytes));
    return mls_reinit_read(&reader, &group->reinit);
}

/* Encodes the context and reads it back, so that its view points into the group's own bytes. */
static enum status set_context(struct mls_public_group *group,
                               const struct mls_group_context *context)
{
    struct writer writer = writer_of(&group->context_bytes);
    mls_group_context_write(&writer, context);
    TRY(writer_finish(&writer));
    struct reader reader = reader_of(buffer_span(&group->context_bytes));
    return mls_group_context_read(&reader, &group->context);
}

enum status group_make(const struct mls_group_context *context,
                       struct mls_tree **tree,
                       struct span confirmation_tag,
                       struct mls_public_group **group)
{
    CLEANUP(mls_public_group_free) struct mls_public_group *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    buffer_init(&made->context_bytes, LIMIT_OBJECT_BYTES);
    buffer_init(&made->confirmation_tag, HASH_SIZE_MAX);
    buffer_init(&made->reinit_bytes, LIMIT_OBJECT_BYTES);
    made->suite = mls_tree_suite(*tree);
    TRY(set_context(made, context));
    if (confirmation_tag.len != 0)
        TRY(group_set_tag(made, confirmation_tag));
    made->tree = *tree;
    *tree = NULL;
    *group = made;
    made = NULL;
    return STATUS_OK;
}

/* ---- from a GroupInfo ---- */

/* The tree that came with the GroupInfo, or the one from elsewhere. */
static enum status decode_tree(const struct suite *suite,
                               const struct mls_group_info *info,
                               struct span ratchet_tree,
                               struct mls_tree **tree)
{
    struct span data = ratchet_tree;
    /* RFC 9420, 12.4.3.1: "If it is sent otherwise (e.g., provided by a caching service on the
     * Delivery Service), then the client MUST download the tree before processing the Welcome." */
    if (data.len == 0 && !mls_extensions_find(info->extensions, MLS_EXTENSION_RATCHET_TREE, &data))
        return STATUS_NOT_FOUND;
    return mls_tree_decode(suite, data, tree);
}

/* RFC 9420, 13.4: "A client joining a group MUST verify that it supports every extension in the
 * GroupContext for the group." RFC 9420, 13.4: "Otherwise, it MUST treat the enclosing GroupInfo
 * message as invalid and not join the group." */
static enum status check_context_extensions(struct mls_extensions list,
                                            const struct mls_options *options)
{
    struct mls_extension extension;
    size_t at = 0;
    while (mls_extensions_next(list, &at, &extension))
        if (!mls_options_have_extension(options, extension.type))
            return STATUS_UNSUPPORTED;
    return mls_extensions_check_known(list);
}

/* RFC 9420, 12.4.3: "New members also MUST verify the `signature` using the public key taken from
 * the leaf node of the ratchet tree with leaf index `signer`." RFC 9420, 12.4.3.1: "The public key
 * is taken from the LeafNode of the ratchet tree with leaf index `signer`. If the node is blank or
 * if signature verification fails, return an error." */
static enum status verify_info(const struct mls_tree *tree, const struct mls_group_info *info)
{
    const struct mls_leaf_node *signer = mls_tree_leaf(tree, info->signer);
    if (signer == NULL)
        return STATUS_INVALID;
    return mls_group_info_verify(mls_tree_suite(tree), info, signer->signature_key);
}

enum status mls_public_group_new(struct span group_info,
                                 struct span ratchet_tree,
                                 const struct mls_options *options,
                                 struct mls_public_group **group)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    struct mls_group_info info;
    TRY(mls_group_info_decode(group_info, &info));
    const struct suite *suite = suite_find(info.group_context.cipher_suite);
    if (suite == NULL)
        return STATUS_UNSUPPORTED;
    if (info.confirmation_tag.len != suite->hash_size)
        return STATUS_BAD_MAC;
    /* RFC 9420, 12.4.3: "Extensions in `GroupInfo.group_context.extensions`, however, MUST be
     * supported by the new joiner." "As discussed in Section 13, unknown extensions in
     * `GroupInfo.extensions` MUST be ignored, and the creator of a GroupInfo object SHOULD include
     * some random GREASE extensions to help ensure that other clients correctly ignore unknown
     * extensions." 13.4: "A client processing a GroupInfo object MUST ignore all unrecognized
     * extensions in the `extensions` field." Of the others only those that we know are looked for.
     */
    TRY(check_context_extensions(info.group_context.extensions, options));
    TRY(decode_tree(suite, &info, ratchet_tree, &tree));
    TRY(verify_info(tree, &info));
    TRY(mls_tree_validate(tree, &info.group_context, options));
    return group_make(&info.group_context, &tree, info.confirmation_tag, group);
}

enum status mls_public_group_from_parts(struct span group_context,
                                        const struct mls_tree *tree,
                                        struct span confirmation_tag,
                                        struct mls_public_group **group)
{
    CLEANUP(mls_tree_free) struct mls_tree *clone = NULL;
    struct mls_group_context context;
    struct reader reader = reader_of(group_context);
    TRY(mls_group_context_read(&reader, &context));
    TRY(reader_finish(&reader));
    if (context.cipher_suite != mls_tree_suite(tree)->id ||
        confirmation_tag.len != mls_tree_suite(tree)->hash_size)
        return STATUS_INVALID;
    TRY(mls_tree_clone(tree, &clone));
    TRY(mls_tree_update_hashes(clone));
    if (!span_equal(mls_tree_root_hash(clone), context.tree_hash))
        return STATUS_INVALID_TREE;
    return group_make(&context, &clone, confirmation_tag, group);
}

enum status mls_public_group_clone(const struct mls_public_group *group,
                                   struct mls_public_group **clone)
{
    CLEANUP(mls_public_group_free) struct mls_public_group *made = NULL;
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    TRY(mls_tree_clone(group->tree, &tree));
    TRY(group_make(&group->context, &tree, buffer_span(&group->confirmation_tag), &made));
    if (mls_public_group_reinit(group) != NULL)
        TRY(group_set_reinit(made, &group->reinit));
    for (size_t i = 0; i < group->proposal_count; i++) {
        TRY(group_append_proposal(made, group->proposals[i]));
        (void)group_proposal_hold(group->proposals[i]);
    }
    *clone = made;
    made = NULL;
    return STATUS_OK;
}

/* ---- what it is ---- */

const struct suite *mls_public_group_suite(const struct mls_public_group *group)
{
    return group->suite;
}

const struct mls_group_context *mls_public_group_context(const struct mls_public_group *group)
{
    return &group->context;
}

struct span mls_public_group_context_bytes(const struct mls_public_group *group)
{
    return buffer_span(&group->context_bytes);
}

struct span mls_public_group_id(const struct mls_public_group *group)
{
    return group->context.group_id;
}

uint64_t mls_public_group_epoch(const struct mls_public_group *group)
{
    return group->context.epoch;
}

const struct mls_tree *mls_public_group_tree(const struct mls_public_group *group)
{
    return group->tree;
}

struct span mls_public_group_confirmation_tag(const struct mls_public_group *group)
{
    return buffer_span(&group->confirmation_tag);
}

struct span mls_public_group_interim_transcript_hash(const struct mls_public_group *group)
{
    return digest_span(&group->interim);
}

bool mls_public_group_is_reinitialized(const struct mls_public_group *group)
{
    return mls_public_group_reinit(group) != NULL;
}

const struct mls_reinit *mls_public_group_reinit(const struct mls_public_group *group)
{
    return group->reinit_bytes.len == 0 ? NULL : &group->reinit;
}

bool mls_public_group_extension(const struct mls_public_group *group,
                                uint16_t type,
                                struct span *data)
{
    return mls_extensions_find(group->context.extensions, type, data);
}

/* ---- content of the present epoch ---- */

static enum status
external_sender_key(const struct mls_public_group *group, uint32_t index, struct span *key)
{
    struct span data;
    struct mls_external_sender sender;
    /* RFC 9420, 12.1.8: "The `external` SenderType requires that signers are pre-provisioned to
     * the clients within a group and can only be used if the `external_senders` extension is
     * present in the group's GroupContext." */
    if (!mls_public_group_extension(group, MLS_EXTENSION_EXTERNAL_SENDERS, &data))
        return STATUS_INVALID;
    if (mls_external_senders_at(data, index, &sender) != STATUS_OK)
        return STATUS_INVALID;
    *key = sender.signature_key;
    return STATUS_OK;
}

/* RFC 9420, 6.1: "The sender MUST use the private key corresponding to the following signature key
 * depending on the sender's `sender_type`:" The content's form was checked. */
static enum status signature_key_of(const struct mls_public_group *group,
                                    const struct mls_framed_content *content,
                                    struct span *key)
{
    const struct mls_leaf_node *leaf = NULL;
    switch (content->sender.type) {
    case MLS_SENDER_MEMBER:
        leaf = mls_tree_leaf(group->tree, content->sender.index);
        break;
    case MLS_SENDER_EXTERNAL:
        return external_sender_key(group, content->sender.index, key);
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        leaf = &content->proposal.add->leaf_node;
        break;
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        /* RFC 9420, 12.4.3.2: "External Commits MUST contain a `path` field (and is therefore a
         * "full" Commit)." */
        if (content->commit.path == NULL)
            return STATUS_PATH_REQUIRED;
        /* RFC 9420, 12.4.3.2: "External Commits MUST be signed by the new member." "In particular,
         * the signature on the enclosing AuthenticatedContent MUST verify using the public key for
         * the credential in the `leaf_node` of the `path` field." */
        leaf = &content->commit.path->leaf_node;
        break;
    }
    if (leaf == NULL)
        return STATUS_INVALID;
    *key = leaf->signature_key;
    return STATUS_OK;
}

enum status mls_public_group_verify(const struct mls_public_group *group,
                                    const struct mls_authenticated_content *authenticated)
{
    struct span key;
    TRY(mls_authenticated_content_check_form(authenticated));
    /* RFC 9420, 6.1: "Recipients of an MLSMessage MUST verify the signature with the key depending
     * on the `sender_type` of the sender as described above." */
    TRY(signature_key_of(group, &authenticated->content, &key));
    return mls_authenticated_content_verify(group->suite, authenticated,
                                            buffer_span(&group->context_bytes), key);
}

enum status group_check_content(const struct mls_public_group *group,
                                const struct mls_authenticated_content *content)
{
    if (!span_equal(content->content.group_id, group->context.group_id))
        return STATUS_WRONG_GROUP;
    /* RFC 9420, 12.4.2: "Verify that the `epoch` field of the enclosing FramedContent is equal to
     * the `epoch` field of the current GroupContext object." */
    if (content->content.epoch != group->context.epoch)
        return STATUS_WRONG_EPOCH;
    /* RFC 9420, 12.4.2: "If the Commit included a ReInit proposal, the client MUST NOT use the
     * group to send messages anymore." */
    if (mls_public_group_is_reinitialized(group))
        return STATUS_INVALID;
    return mls_public_group_verify(group, content);
}

enum status group_content_of_message(const struct mls_public_group *group,
                                     struct span message,
                                     struct buffer *content)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct mls_message decoded;
    TRY(mls_message_decode_frame(message, &arena, &decoded));
    if (decoded.wire_format != MLS_WIRE_PUBLIC_MESSAGE)
        return STATUS_UNSUPPORTED;
    const struct mls_public_message *public_message = &decoded.public_message;
    /* What the tag says, only a member can tell; that it is one, anybody. */
    if (public_message->content.sender.type == MLS_SENDER_MEMBER &&
        public_message->membership_tag.len != group->suite->hash_size)
        return STATUS_BAD_MAC;
    const struct mls_authenticated_content authenticated = {
        MLS_WIRE_PUBLIC_MESSAGE, public_message->content, public_message->auth};
    struct writer writer = writer_of(content);
    mls_authenticated_content_write(&writer, &authenticated);
    return writer_finish(&writer);
}

/* ---- a GroupInfo of this epoch ---- */

static enum status check_external_pub(const struct mls_public_group *group,
                                      const struct mls_group_info *info)
{
    struct span data;
    struct span key;
    /* RFC 9420, 12.4.3.2: "a new member needs a GroupInfo with an `external_pub` extension present
     * in its `extensions` field." */
    if (!mls_extensions_find(info->extensions, MLS_EXTENSION_EXTERNAL_PUB, &data) ||
        mls_external_pub_decode(data, &key) != STATUS_OK ||
        hpke_check_public(group->suite, key) != STATUS_OK)
        return STATUS_INVALID;
    return STATUS_OK;
}

/* A tree that comes along must be the epoch's. Encoding is unique, so comparing bytes will do. */
static enum status check_tree(const struct mls_public_group *group,
                              const struct mls_group_info *info)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(2 * LIMIT_OBJECT_BYTES);
    struct span data;
    if (!mls_extensions_find(info->extensions, MLS_EXTENSION_RATCHET_TREE, &data))
        return STATUS_OK;
    struct writer writer = writer_of(&bytes);
    mls_tree_write(&writer, group->tree);
    TRY(writer_finish(&writer));
    return span_equal(data, buffer_span(&bytes)) ? STATUS_OK : STATUS_INVALID;
}

enum status mls_public_group_check_group_info(const struct mls_public_group *group,
                                              struct span group_info,
                                              uint32_t signer_expected)
{
    struct mls_group_info info;
    TRY(mls_group_info_decode(group_info, &info));
    if (!span_equal(info.context_bytes, buffer_span(&group->context_bytes)) ||
        !span_equal(info.confirmation_tag, buffer_span(&group->confirmation_tag)))
        return STATUS_INVALID;
    if (signer_expected != MLS_NO_LEAF && info.signer != signer_expected)
        return STATUS_INVALID;
    TRY(check_external_pub(group, &info));
    TRY(check_tree(group, &info));
    return verify_info(group->tree, &info);
}
