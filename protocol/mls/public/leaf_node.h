/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LeafNode: what a member shows of itself, signed by it.
 *
 * A view lends spans of what it was read from.
 * Errors: those of reader.h; STATUS_INVALID_LEAF for a rule of 7.2 or 7.3; STATUS_BAD_SIGNATURE;
 * STATUS_EXPIRED for the lifetime; what the application's credential check returns.
 * Source: RFC 9420, 7.2, 7.3. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_LEAF_NODE_H
#define WEFT_MLS_PUBLIC_LEAF_NODE_H

#include "protocol/crypto/suite.h"
#include "protocol/mls/public/capabilities.h"
#include "protocol/mls/public/options.h"

/* The values are those on the wire. */
enum mls_leaf_source {
    MLS_LEAF_KEY_PACKAGE = 1,
    MLS_LEAF_UPDATE = 2,
    MLS_LEAF_COMMIT = 3,
};

struct mls_leaf_node {
    struct span encryption_key;
    struct span signature_key;
    struct mls_credential credential;
    struct mls_capabilities capabilities;
    enum mls_leaf_source source;
    uint64_t not_before;     /* seconds since 1970; source key_package only */
    uint64_t not_after;      /* the same */
    struct span parent_hash; /* source commit only */
    struct mls_extensions extensions;
    struct span signature;
};

MUST_CHECK enum status mls_leaf_node_read(struct reader *reader, struct mls_leaf_node *leaf);
void mls_leaf_node_write(struct writer *writer, const struct mls_leaf_node *leaf);

/* Writes LeafNodeTBS. `group_id` and `leaf_index` count only for the sources update and commit. */
void mls_leaf_node_write_tbs(struct writer *writer,
                             const struct mls_leaf_node *leaf,
                             struct span group_id,
                             uint32_t leaf_index);

/* The signature alone, label "LeafNodeTBS". */
MUST_CHECK enum status mls_leaf_node_verify(const struct suite *suite,
                                            const struct mls_leaf_node *leaf,
                                            struct span group_id,
                                            uint32_t leaf_index);

/* The rules of 5.3, 7.2 and 7.3 that need nothing but the leaf: an encryption key of the suite,
 * version, suite and credential among its own capabilities, every extension listed, the signature
 * key that of the certificate. Not the signature. */
MUST_CHECK enum status mls_leaf_node_check_alone(const struct suite *suite,
                                                 const struct mls_leaf_node *leaf);

/* Whether the signature key is one of the suite: of a leaf that brings a new one. */
MUST_CHECK enum status mls_leaf_node_check_signature_key(const struct suite *suite,
                                                         const struct mls_leaf_node *leaf);

/* The same leaf against a group's extensions: required_capabilities (7.3) and support for every
 * GroupContext extension (13.4). */
MUST_CHECK enum status mls_leaf_node_check_extensions(const struct mls_leaf_node *leaf,
                                                      struct mls_extensions group_extensions);

/* The lifetime of a leaf with source key_package against the options' clock and maximum. */
MUST_CHECK enum status mls_leaf_node_check_lifetime(const struct mls_leaf_node *leaf,
                                                    const struct mls_options *options);

#endif
