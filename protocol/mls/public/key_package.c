/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/key_package.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hpke.h"
#include "protocol/mls/public/label.h"
#include "protocol/mls/public/ref_hash.h"

enum status mls_key_package_read(struct reader *reader, struct mls_key_package *package)
{
    struct reader next = *reader;
    struct mls_key_package read = {0};
    TRY(reader_u16(&next, &read.version));
    TRY(reader_u16(&next, &read.cipher_suite));
    TRY(reader_vector(&next, SIZE_MAX, &read.init_key));
    TRY(mls_leaf_node_read(&next, &read.leaf_node));
    TRY(mls_extensions_read(&next, &read.extensions));
    TRY(reader_vector(&next, SIZE_MAX, &read.signature));
    read.bytes = reader_since(&next, reader);
    *reader = next;
    *package = read;
    return STATUS_OK;
}

void mls_key_package_write_tbs(struct writer *writer, const struct mls_key_package *package)
{
    writer_u16(writer, package->version);
    writer_u16(writer, package->cipher_suite);
    writer_vector(writer, package->init_key);
    mls_leaf_node_write(writer, &package->leaf_node);
    mls_extensions_write(writer, &package->extensions);
}

void mls_key_package_write(struct writer *writer, const struct mls_key_package *package)
{
    mls_key_package_write_tbs(writer, package);
    writer_vector(writer, package->signature);
}

enum status mls_key_package_ref(const struct mls_key_package *package, struct digest *ref)
{
    const struct suite *suite = suite_find(package->cipher_suite);
    if (suite == NULL)
        return STATUS_UNSUPPORTED;
    return mls_ref_of_key_package(suite, package->bytes, ref);
}

static enum status verify_signature(const struct suite *suite,
                                    const struct mls_key_package *package)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&tbs);
    mls_key_package_write_tbs(&writer, package);
    TRY(writer_finish(&writer));
    return mls_verify_with_label(suite, package->leaf_node.signature_key, "KeyPackageTBS",
                                 buffer_span(&tbs), package->signature);
}

enum status mls_key_package_validate(const struct mls_key_package *package,
                                     const struct mls_options *options)
{
    const struct mls_leaf_node *leaf = &package->leaf_node;
    const struct suite *suite = suite_find(package->cipher_suite);
    if (package->version != MLS_VERSION_10 || suite == NULL)
        return STATUS_UNSUPPORTED;
    /* RFC 9420, 10: "The value for `init_key` MUST be a public key for the asymmetric encryption
     * scheme defined by `cipher_suite`, and it MUST be unique among the set of KeyPackages created
     * by this client." Unique it is by being drawn (key_package_new.c). */
    if (hpke_check_public(suite, package->init_key) != STATUS_OK)
        return STATUS_INVALID;
    /* RFC 9420, 10.1: "Verify that the value of `leaf_node.encryption_key` is different from the
     * value of the `init_key` field." */
    if (span_equal(package->init_key, leaf->encryption_key))
        return STATUS_INVALID;
    /* RFC 9420, 10: "The field `leaf_node.leaf_node_source` of the LeafNode in a KeyPackage MUST
     * be set to `key_package`." */
    if (leaf->source != MLS_LEAF_KEY_PACKAGE)
        return STATUS_INVALID_LEAF;
    TRY(mls_leaf_node_check_alone(suite, leaf));
    TRY(mls_leaf_node_check_signature_key(suite, leaf));
    TRY(mls_leaf_node_check_lifetime(leaf, options));
    TRY(mls_leaf_node_verify(suite, leaf, SPAN_EMPTY, 0));
    /* RFC 9420, 10: "A KeyPackage object with an invalid signature field MUST be considered
     * malformed." RFC 9420, 10.1: "Verify that the signature on the KeyPackage is valid using the
     * public key in `leaf_node.credential`." (for a basic credential, the key that it vouches for)
     */
    TRY(verify_signature(suite, package));
    return mls_options_check_credential(options, &leaf->credential, leaf->signature_key, NULL);
}

enum status mls_key_package_check(struct span bytes,
                                  const struct mls_options *options,
                                  struct mls_key_package_checked *checked)
{
    struct reader reader = reader_of(bytes);
    struct mls_key_package_checked result;
    uint16_t version;
    uint16_t wire_format;
    TRY(reader_u16(&reader, &version));
    TRY(reader_u16(&reader, &wire_format));
    if (version != MLS_VERSION_10 || wire_format != MLS_WIRE_KEY_PACKAGE)
        return STATUS_UNSUPPORTED;
    TRY(mls_key_package_read(&reader, &result.package));
    TRY(reader_finish(&reader));
    /* RFC 9420, 10: "If a client receives a KeyPackage carried within an MLSMessage object, then it
     * MUST verify that the `version` field of the KeyPackage has the same value as the `version`
     * field of the MLSMessage." validate knows one version only. */
    TRY(mls_key_package_validate(&result.package, options));
    TRY(mls_key_package_ref(&result.package, &result.ref));
    /* RFC 9420, 10: "As discussed in Section 13, unknown extensions in `KeyPackage.extensions` MUST
     * be ignored, and the creator of a KeyPackage object SHOULD include some random GREASE
     * extensions to help ensure that other clients correctly ignore unknown extensions." The one
     * that we know is looked for. */
    result.last_resort =
        mls_extensions_find(result.package.extensions, MLS_EXTENSION_LAST_RESORT, NULL);
    *checked = result;
    return STATUS_OK;
}
