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
    struct buffer credentials;
};

static void lists_clear(struct lists *lists)
{
    buffer_clear(&lists->versions);
    buffer_clear(&lists->suites);
    buffer_clear(&lists->extensions);
    buffer_clear(&lists->credentials);
}

static enum status
encode_list(uint16_t first, const uint16_t *types, size_t count, struct buffer *out)
{
    buffer_init(out, LEAF_BYTES_MAX);
    struct writer writer = writer_of(out);
    if (first != 0)
        writer_u16(&writer, first);
    for (size_t i = 0; i < count; i++)
        if (types[i] != first)
            writer_u16(&writer, types[i]);
    return writer_finish(&writer);
}

static enum status encode_capabilities(const struct suite *suite,
                                       const struct mls_identity *identity,
                                       struct lists *lists,
                                       struct mls_capabilities *capabilities)
{
    uint16_t basic = MLS_CREDENTIAL_BASIC;
    TRY(encode_list(MLS_VERSION_10, NULL, 0, &lists->versions));
    TRY(encode_list(suite->id, identity->cipher_suites, identity->cipher_suite_count,
                    &lists->suites));
    TRY(encode_list(0, identity->extension_types, identity->extension_type_count,
                    &lists->extensions));
    TRY(encode_list(identity->credential.type, &basic, 1, &lists->credentials));
    capabilities->versions.bytes = buffer_span(&lists->versions);
    capabilities->cipher_suites.bytes = buffer_span(&lists->suites);
    capabilities->extensions.bytes = buffer_span(&lists->extensions);
    capabilities->credentials.bytes = buffer_span(&lists->credentials);
    return STATUS_OK;
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
    TRY(mls_protection_sign(request->suite, request->signature_key, "LeafNodeTBS",
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
        leaf.extensions = identity->leaf_extensions;
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
