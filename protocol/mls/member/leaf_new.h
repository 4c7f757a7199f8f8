/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaves of our own: built and signed.
 * Errors: STATUS_BAD_KEY, STATUS_NO_MEMORY, STATUS_UNSUPPORTED. Source: RFC 9420, 7.2. Thread rule:
 * pure functions.
 */
#ifndef WEFT_MLS_MEMBER_LEAF_NEW_H
#define WEFT_MLS_MEMBER_LEAF_NEW_H

#include "protocol/mls/member/key_package_new.h"
#include "protocol/mls/public/leaf_node.h"

/* Where the new leaf's values come from, and where it goes. */
struct mls_leaf_request {
    const struct suite *suite;
    const struct mls_identity *identity; /* NULL: all as in `present` */
    const struct mls_leaf_node *present; /* NULL: the identity says it all */
    const struct secret *prepared_key;   /* its private signature key, from signature_prepare */
    enum mls_leaf_source source;
    struct span encryption_key; /* public */
    struct span parent_hash;    /* source commit only */
    struct span group_id;       /* sources update and commit only, with the leaf */
    uint32_t leaf;
};

/* Appends an encoded, signed LeafNode. */
MUST_CHECK enum status mls_leaf_new(const struct mls_leaf_request *request, struct buffer *out);

#endif
