/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/key_package_new.h"

#include "protocol/crypto/hpke.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/public/framing.h"

#define KEY_PACKAGE_BYTES_MAX ((size_t)1 << 20)

/* The form of a private part: uint8 version; opaque init_key<V>; opaque encryption_key<V>;
 * opaque signature_key<V>. */
#define PRIVATE_VERSION 1

enum status mls_key_package_private_encode(const struct mls_key_package_private *keys,
                                           struct buffer *out)
{
    struct writer writer = writer_of(out);
    writer_u8(&writer, PRIVATE_VERSION);
    writer_vector(&writer, keys->init_key);
    writer_vector(&writer, keys->encryption_key);
    writer_vector(&writer, keys->signature_key);
    return writer_finish(&writer);
}

enum status mls_key_package_private_decode(struct span bytes, struct mls_key_package_private *keys)
{
    struct reader reader = reader_of(bytes);
    struct mls_key_package_private read = {0};
    uint8_t version = 0;
    if (reader_u8(&reader, &version) != STATUS_OK || version != PRIVATE_VERSION ||
        reader_vector(&reader, SECRET_SIZE_MAX, &read.init_key) != STATUS_OK ||
        reader_vector(&reader, SECRET_SIZE_MAX, &read.encryption_key) != STATUS_OK ||
        reader_vector(&reader, SECRET_SIZE_MAX, &read.signature_key) != STATUS_OK ||
        reader_finish(&reader) != STATUS_OK)
        return STATUS_CORRUPT;
    *keys = read;
    return STATUS_OK;
}

/* Signs the package and appends it as an MLSMessage. */
static enum status sign_package(const struct suite *suite,
                                const struct secret *prepared_key,
                                const struct mls_key_package *package,
                                struct buffer *message)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(KEY_PACKAGE_BYTES_MAX);
    struct signature signature;
    struct writer writer = writer_of(&tbs);
    mls_key_package_write_tbs(&writer, package);
    TRY(writer_finish(&writer));
    TRY(mls_protection_sign_prepared(suite, prepared_key, "KeyPackageTBS", buffer_span(&tbs),
                                     &signature));
    struct mls_message wrapped = {.wire_format = MLS_WIRE_KEY_PACKAGE, .key_package = *package};
    wrapped.key_package.signature = signature_span(&signature);
    struct writer message_writer = writer_of(message);
    mls_message_write(&message_writer, &wrapped);
    return writer_finish(&message_writer);
}

static enum status build_package(const struct suite *suite,
                                 const struct mls_identity *identity,
                                 bool last_resort,
                                 const struct hpke_public *init_key,
                                 const struct hpke_public *encryption_key,
                                 struct buffer *message)
{
    CLEANUP(secret_clear) struct secret prepared = {0};
    CLEANUP(buffer_clear) struct buffer leaf_bytes = BUFFER_INIT(KEY_PACKAGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(64);
    /* RFC 9420, 10: "The field `leaf_node.leaf_node_source` of the LeafNode in a KeyPackage MUST
     * be set to `key_package`." */
    struct mls_leaf_request request = {.suite = suite,
                                       .identity = identity,
                                       .prepared_key = &prepared,
                                       .source = MLS_LEAF_KEY_PACKAGE,
                                       .encryption_key = hpke_public_span(encryption_key)};
    struct mls_key_package package = {.version = MLS_VERSION_10,
                                      .cipher_suite = suite->id,
                                      .init_key = hpke_public_span(init_key)};
    TRY(signature_prepare(suite->signature, identity->signature_private_key, &prepared));
    TRY(mls_leaf_new(&request, &leaf_bytes));
    struct reader reader = reader_of(buffer_span(&leaf_bytes));
    TRY(mls_leaf_node_read(&reader, &package.leaf_node));
    struct writer writer = writer_of(&extensions);
    if (last_resort)
        mls_extension_write(&writer, MLS_EXTENSION_LAST_RESORT, SPAN_EMPTY);
    mls_grease_write_extension(&writer, identity->grease);
    TRY(writer_finish(&writer));
    package.extensions.bytes = buffer_span(&extensions);
    /* RFC 9420, 10: "Extensions included in the `extensions` or `leaf_node.extensions` fields MUST
     * be included in the `leaf_node.capabilities` field." */
    const struct mls_leaf_node *leaf = &package.leaf_node;
    if (!mls_capabilities_have_extensions(&leaf->capabilities, package.extensions) ||
        !mls_capabilities_have_extensions(&leaf->capabilities, leaf->extensions))
        return STATUS_INVALID_LEAF;
    return sign_package(suite, &prepared, &package, message);
}

enum status mls_key_package_new(const struct suite *suite,
                                const struct mls_identity *identity,
                                bool last_resort,
                                const struct random_source *random,
                                struct buffer *message,
                                struct buffer *private_part)
{
    CLEANUP(secret_clear) struct secret init_private = {0};
    CLEANUP(secret_clear) struct secret encryption_private = {0};
    struct hpke_public init_key;
    struct hpke_public encryption_key;
    size_t message_start = message->len;
    /* RFC 9420, 10.1: the two keys must differ, and so are drawn apart. */
    TRY(hpke_generate_key_pair(suite, random, &init_private, &init_key));
    TRY(hpke_generate_key_pair(suite, random, &encryption_private, &encryption_key));
    TRY(build_package(suite, identity, last_resort, &init_key, &encryption_key, message));
    struct mls_key_package_private keys = {.init_key = secret_span(&init_private),
                                           .encryption_key = secret_span(&encryption_private),
                                           .signature_key = identity->signature_private_key};
    enum status status = mls_key_package_private_encode(&keys, private_part);
    if (status != STATUS_OK)
        buffer_truncate(message, message_start);
    return status;
}
