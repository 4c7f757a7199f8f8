/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/leaf_new.h"

#include "protocol/crypto/signature.h"
#include "protocol/mls/member/protection.h"

/* A leaf with capabilities and extensions of the application's. */
#define LEAF_BYTES_MAX ((size_t)1 << 20)

/* The lists of a leaf's capabilities, encoded. */
struct lists {
    struct buffer versions;
    struct buffer suites;
    struct buffer extensions;
    struct buffer proposals;
    struct buffer credentials;
    struct buffer leaf_extensions;
};

static void lists_clear(struct lists *lists)
{
    buffer_clear(&lists->versions);
    buffer_clear(&lists->suites);
    buffer_clear(&lists->extensions);
    buffer_clear(&lists->proposals);
    buffer_clear(&lists->credentials);
    buffer_clear(&lists->leaf_extensions);
}

/* `first` and `last` may be 0 for none. */
static enum status
encode_list(uint16_t first, const uint16_t *types, size_t count, uint16_t last, struct buffer *out)
{
    buffer_init(out, LEAF_BYTES_MAX);
    struct writer writer = writer_of(out);
    if (first != 0)
        writer_u16(&writer, first);
    for (size_t i = 0; i < count; i++)
        if (types[i] != first)
            writer_u16(&writer, types[i]);
    if (last != 0)
        writer_u16(&writer, last);
    return writer_finish(&writer);
}

/* Default types are left out of what the identity lists. */
static enum status
encode_extension_types(const struct mls_identity *identity, uint16_t grease, struct buffer *out)
{
    buffer_init(out, LEAF_BYTES_MAX);
    struct writer writer = writer_of(out);
    /* RFC 9420, 7.2: "The following proposal and extension types are considered "default" and MUST
     * NOT be listed:" */
    for (size_t i = 0; i < identity->extension_type_count; i++)
        if (!mls_extension_type_is_default(identity->extension_types[i]))
            writer_u16(&writer, identity->extension_types[i]);
    if (grease != 0)
        writer_u16(&writer, grease);
    return writer_finish(&writer);
}

/* Our own type and basic come first. */
static enum status
encode_credential_types(const struct mls_identity *identity, uint16_t grease, struct buffer *out)
{
    uint16_t own = identity->credential.type;
    buffer_init(out, LEAF_BYTES_MAX);
    struct writer writer = writer_of(out);
    writer_u16(&writer, own);
    if (own != MLS_CREDENTIAL_BASIC)
        writer_u16(&writer, MLS_CREDENTIAL_BASIC);
    for (size_t i = 0; i < identity->credential_type_count; i++)
        if (identity->credential_types[i] != own &&
            identity->credential_types[i] != MLS_CREDENTIAL_BASIC)
            writer_u16(&writer, identity->credential_types[i]);
    if (grease != 0)
        writer_u16(&writer, grease);
    return writer_finish(&writer);
}

/* RFC 9420, 13.4: "A client that posts a KeyPackage MUST support all parameters advertised in it."
 * Extension types and credentials are the application's; suites are ours. */
static bool suites_are_supported(const struct mls_identity *identity)
{
    for (size_t i = 0; i < identity->cipher_suite_count; i++)
        if (suite_find(identity->cipher_suites[i]) == NULL)
            return false;
    return true;
}

/* RFC 9420, 7.2: "The client MUST list all values for the respective parameters that it supports."
 */
static enum status encode_capabilities(const struct suite *suite,
                                       const struct mls_identity *identity,
                                       struct lists *lists,
                                       struct mls_capabilities *capabilities)
{
    static const struct mls_grease none = {0};
    const struct mls_grease *grease = identity->grease == NULL ? &none : identity->grease;
    if (!suites_are_supported(identity))
        return STATUS_UNSUPPORTED;
    TRY(encode_list(MLS_VERSION_10, NULL, 0, 0, &lists->versions));
    TRY(encode_list(suite->id, identity->cipher_suites, identity->cipher_suite_count,
                    grease->cipher_suite, &lists->suites));
    TRY(encode_extension_types(identity, grease->extension, &lists->extensions));
    TRY(encode_list(0, NULL, 0, grease->proposal, &lists->proposals));
    TRY(encode_credential_types(identity, grease->credential, &lists->credentials));
    capabilities->versions.bytes = buffer_span(&lists->versions);
    capabilities->cipher_suites.bytes = buffer_span(&lists->suites);
    capabilities->extensions.bytes = buffer_span(&lists->extensions);
    capabilities->proposals.bytes = buffer_span(&lists->proposals);
    capabilities->credentials.bytes = buffer_span(&lists->credentials);
    return STATUS_OK;
}

static enum status encode_extensions(const struct mls_identity *identity,
                                     struct buffer *bytes,
                                     struct mls_extensions *extensions)
{
    buffer_init(bytes, LEAF_BYTES_MAX);
    struct writer writer = writer_of(bytes);
    writer_bytes(&writer, identity->leaf_extensions.bytes);
    mls_grease_write_extension(&writer, identity->grease);
    extensions->bytes = buffer_span(bytes);
    return writer_finish(&writer);
}

/* Signs the leaf and appends it. */
static enum status sign_leaf(const struct mls_leaf_request *request,
                             const struct mls_leaf_node *unsigned_leaf,
                             struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(LEAF_BYTES_MAX);
    struct mls_leaf_node leaf = *unsigned_leaf;
    struct signature signature;
    struct writer writer = writer_of(&tbs);
    mls_leaf_node_write_tbs(&writer, &leaf, request->group_id, request->leaf);
    TRY(writer_finish(&writer));
    TRY(mls_protection_sign_prepared(request->suite, request->prepared_key, "LeafNodeTBS",
                                     buffer_span(&tbs), &signature));
    leaf.signature = signature_span(&signature);
    struct writer leaf_writer = writer_of(out);
    mls_leaf_node_write(&leaf_writer, &leaf);
    return writer_finish(&leaf_writer);
}

enum status mls_leaf_new(const struct mls_leaf_request *request, struct buffer *out)
{
    CLEANUP(lists_clear) struct lists lists = {0};
    struct mls_leaf_node leaf = {0};
    const struct mls_identity *identity = request->identity;
    if (identity != NULL) {
        leaf.signature_key = identity->signature_public_key;
        leaf.credential = identity->credential;
        TRY(encode_extensions(identity, &lists.leaf_extensions, &leaf.extensions));
        TRY(encode_capabilities(request->suite, identity, &lists, &leaf.capabilities));
        if (request->source == MLS_LEAF_KEY_PACKAGE) {
            leaf.not_before = identity->not_before;
            leaf.not_after = identity->not_after;
        }
    } else {
        leaf = *request->present;
    }
    leaf.source = request->source;
    leaf.encryption_key = request->encryption_key;
    leaf.parent_hash = request->parent_hash;
    return sign_leaf(request, &leaf, out);
}
