/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/leaf_node.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/certificate.h"
#include "protocol/crypto/hpke.h"
#include "protocol/mls/public/label.h"

static enum status read_source(struct reader *reader, struct mls_leaf_node *leaf)
{
    uint8_t source;
    TRY(reader_u8(reader, &source));
    switch (source) {
    case MLS_LEAF_KEY_PACKAGE:
        leaf->source = MLS_LEAF_KEY_PACKAGE;
        TRY(reader_u64(reader, &leaf->not_before));
        return reader_u64(reader, &leaf->not_after);
    case MLS_LEAF_UPDATE:
        leaf->source = MLS_LEAF_UPDATE;
        return STATUS_OK;
    case MLS_LEAF_COMMIT:
        leaf->source = MLS_LEAF_COMMIT;
        return reader_vector(reader, SIZE_MAX, &leaf->parent_hash);
    default:
        return STATUS_MALFORMED;
    }
}

enum status mls_leaf_node_read(struct reader *reader, struct mls_leaf_node *leaf)
{
    struct reader next = *reader;
    struct mls_leaf_node read = {0};
    TRY(reader_vector(&next, SIZE_MAX, &read.encryption_key));
    TRY(reader_vector(&next, SIZE_MAX, &read.signature_key));
    TRY(mls_credential_read(&next, &read.credential));
    TRY(mls_capabilities_read(&next, &read.capabilities));
    TRY(read_source(&next, &read));
    TRY(mls_extensions_read(&next, &read.extensions));
    TRY(reader_vector(&next, SIZE_MAX, &read.signature));
    *reader = next;
    *leaf = read;
    return STATUS_OK;
}

static void write_source(struct writer *writer, const struct mls_leaf_node *leaf)
{
    writer_u8(writer, (uint8_t)leaf->source);
    switch (leaf->source) {
    case MLS_LEAF_KEY_PACKAGE:
        writer_u64(writer, leaf->not_before);
        writer_u64(writer, leaf->not_after);
        return;
    case MLS_LEAF_UPDATE:
        return;
    case MLS_LEAF_COMMIT:
        writer_vector(writer, leaf->parent_hash);
        return;
    }
}

/* RFC 9420, 7.2: "Each modification of LeafNode content MUST be reflected by a change in its
 * signature." These are all fields above the signature. */
static void write_signed_fields(struct writer *writer, const struct mls_leaf_node *leaf)
{
    writer_vector(writer, leaf->encryption_key);
    writer_vector(writer, leaf->signature_key);
    mls_credential_write(writer, &leaf->credential);
    mls_capabilities_write(writer, &leaf->capabilities);
    write_source(writer, leaf);
    mls_extensions_write(writer, &leaf->extensions);
}

void mls_leaf_node_write(struct writer *writer, const struct mls_leaf_node *leaf)
{
    write_signed_fields(writer, leaf);
    writer_vector(writer, leaf->signature);
}

void mls_leaf_node_write_tbs(struct writer *writer,
                             const struct mls_leaf_node *leaf,
                             struct span group_id,
                             uint32_t leaf_index)
{
    write_signed_fields(writer, leaf);
    /* RFC 9420, 7.2: "In addition, when the leaf node was created in the context of a group (the
     * `update` and `commit` cases), the group ID of the group is added as context to the
     * signature." */
    if (leaf->source != MLS_LEAF_KEY_PACKAGE) {
        writer_vector(writer, group_id);
        writer_u32(writer, leaf_index);
    }
}

/* RFC 9420, 7.3: "Verify that the signature on the LeafNode is valid using `signature_key`." */
enum status mls_leaf_node_verify(const struct suite *suite,
                                 const struct mls_leaf_node *leaf,
                                 struct span group_id,
                                 uint32_t leaf_index)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&tbs);
    mls_leaf_node_write_tbs(&writer, leaf, group_id, leaf_index);
    TRY(writer_finish(&writer));
    /* RFC 9420, 5.1.2: "It MUST be the same as the signature algorithm specified in the credentials
     * in the leaves of the tree (including the leaf node information in KeyPackages used to add new
     * members)." The algorithm is the suite's: a key or a signature of another does not verify. */
    return mls_verify_with_label(suite, leaf->signature_key, "LeafNodeTBS", buffer_span(&tbs),
                                 leaf->signature);
}

/* RFC 9420, 5.3: "The public key encoded in the `subjectPublicKeyInfo` of the end-entity
 * certificate MUST be identical to the `signature_key` in the LeafNode containing this credential."
 */
static enum status check_certificate(const struct suite *suite, const struct mls_leaf_node *leaf)
{
    struct span certificate;
    struct signature_public key;
    size_t at = 0;
    if (leaf->credential.type != MLS_CREDENTIAL_X509)
        return STATUS_OK;
    if (!mls_credential_next_certificate(&leaf->credential, &at, &certificate))
        return STATUS_INVALID_LEAF;
    enum status status = certificate_public_key(suite->signature, certificate, &key);
    if (status == STATUS_NO_MEMORY)
        return status;
    return status == STATUS_OK && span_equal(signature_public_span(&key), leaf->signature_key)
               ? STATUS_OK
               : STATUS_INVALID_LEAF;
}

enum status mls_leaf_node_check_alone(const struct suite *suite, const struct mls_leaf_node *leaf)
{
    const struct mls_capabilities *capabilities = &leaf->capabilities;
    /* RFC 9420, 10: "Likewise, the `leaf_node` field MUST be valid for the cipher suite, including
     * both the `encryption_key` and `signature_key` fields." The signature key costs as much as
     * verifying a signature, and is checked where it is new. */
    if (hpke_check_public(suite, leaf->encryption_key) != STATUS_OK)
        return STATUS_INVALID_LEAF;
    /* RFC 9420, 16.7: "The encryption and signature keys stored in the `encryption_key` and
     * `signature_key` fields of ratchet tree nodes MUST be distinct from one another." */
    if (span_equal(leaf->encryption_key, leaf->signature_key))
        return STATUS_INVALID_LEAF;
    /* RFC 9420, 11.1: "At a minimum, all members of the group need to support the cipher suite and
     * protocol version in use." */
    if (!mls_type_list_contains(capabilities->versions, MLS_VERSION_10) ||
        !mls_type_list_contains(capabilities->cipher_suites, suite->id))
        return STATUS_INVALID_LEAF;
    /* RFC 9420, 7.2: "The types of any non-default extensions that appear in the `extensions` field
     * of a LeafNode MUST be included in the `extensions` field of the `capabilities` field, and the
     * credential type used in the LeafNode MUST be included in the `credentials` field of the
     * `capabilities` field." */
    if (!mls_capabilities_have_credential(capabilities, leaf->credential.type))
        return STATUS_INVALID_LEAF;
    /* RFC 9420, 7.3: "Verify that the extensions in the LeafNode are supported by checking that
     * the ID for each extension in the `extensions` field is listed in the
     * `capabilities.extensions` field of the LeafNode." */
    if (!mls_capabilities_have_extensions(capabilities, leaf->extensions))
        return STATUS_INVALID_LEAF;
    return check_certificate(suite, leaf);
}

enum status mls_leaf_node_check_signature_key(const struct suite *suite,
                                              const struct mls_leaf_node *leaf)
{
    return signature_check_public(suite->signature, leaf->signature_key) == STATUS_OK
               ? STATUS_OK
               : STATUS_INVALID_LEAF;
}

enum status mls_leaf_node_check_extensions(const struct mls_leaf_node *leaf,
                                           struct mls_extensions group_extensions)
{
    /* RFC 9420, 13.4: "The `capabilities` field MUST indicate support for each extension in the
     * GroupContext." */
    if (!mls_capabilities_have_extensions(&leaf->capabilities, group_extensions))
        return STATUS_INVALID_LEAF;
    struct span data;
    if (!mls_extensions_find(group_extensions, MLS_EXTENSION_REQUIRED_CAPABILITIES, &data))
        return STATUS_OK;
    struct mls_required_capabilities required;
    TRY(mls_required_capabilities_decode(data, &required));
    /* RFC 9420, 7.3: "If the GroupContext has a `required_capabilities` extension, then the
     * required extensions, proposals, and credential types MUST be listed in the LeafNode's
     * `capabilities` field." */
    return mls_capabilities_have_required(&leaf->capabilities, &required) ? STATUS_OK
                                                                          : STATUS_INVALID_LEAF;
}

enum status mls_leaf_node_check_lifetime(const struct mls_leaf_node *leaf,
                                         const struct mls_options *options)
{
    if (leaf->source != MLS_LEAF_KEY_PACKAGE)
        return STATUS_INVALID_LEAF;
    if (leaf->not_after < leaf->not_before)
        return STATUS_EXPIRED;
    /* RFC 9420, 7.2: "Applications MUST define a maximum total lifetime that is acceptable for a
     * LeafNode, and reject any LeafNode where the total lifetime is longer than this duration." */
    if (options->lifetime_seconds_max != 0 &&
        leaf->not_after - leaf->not_before > options->lifetime_seconds_max)
        return STATUS_EXPIRED;
    uint64_t now = options->now_seconds == 0 ? leaf->not_before : options->now_seconds;
    uint64_t tolerance = options->tolerance_seconds;
    /* RFC 9420, 7.3: "it is RECOMMENDED that the client verifies that the current time is within
     * the range of the `lifetime` field" */
    if (now < leaf->not_before && leaf->not_before - now > tolerance)
        return STATUS_EXPIRED;
    if (now > leaf->not_after && now - leaf->not_after > tolerance)
        return STATUS_EXPIRED;
    return STATUS_OK;
}
