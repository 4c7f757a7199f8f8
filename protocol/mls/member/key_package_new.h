/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a member is, and the KeyPackages that it leaves behind for others.
 *
 * Errors: STATUS_BAD_KEY, STATUS_NO_RANDOMNESS, STATUS_NO_MEMORY, STATUS_CRYPTO;
 * STATUS_INVALID_LEAF when an extension is not among the identity's types, STATUS_UNSUPPORTED when
 * one of its suites is not ours.
 * Source: RFC 9420, 7.2, 10. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_MEMBER_KEY_PACKAGE_NEW_H
#define WEFT_MLS_MEMBER_KEY_PACKAGE_NEW_H

#include "protocol/base/buffer.h"
#include "protocol/base/random.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/suite.h"
#include "protocol/mls/member/grease.h"
#include "protocol/mls/public/extension.h"

/* What goes into our leaves. Everything is lent for the duration of a call; a group keeps a copy
 * of what it needs. */
struct mls_identity {
    struct mls_credential credential;
    struct span signature_public_key;
    struct span signature_private_key;
    /* Lifetime of leaves that come from a KeyPackage, seconds since 1970. */
    uint64_t not_before;
    uint64_t not_after;
    /* Capabilities besides the defaults of RFC 9420: 0xF0C1 and 0x000A for Weft. */
    const uint16_t *extension_types;
    size_t extension_type_count;
    /* Suites that this member has besides the one in use (0: only that one). */
    const uint16_t *cipher_suites;
    size_t cipher_suite_count;
    /* Types of credentials that this member understands besides its own and basic. */
    const uint16_t *credential_types;
    size_t credential_type_count;
    struct mls_extensions leaf_extensions;
    const struct mls_grease *grease; /* or NULL */
};

/* A fresh KeyPackage: appends an MLSMessage to `message` and its private keys, in a form of our
 * own with a version, to `private_part` (secret: a vault keeps it until the Welcome came, or until
 * its lifetime ends). `last_resort` marks it with the extension 0x000A, which the identity must
 * list. */
MUST_CHECK enum status mls_key_package_new(const struct suite *suite,
                                           const struct mls_identity *identity,
                                           bool last_resort,
                                           const struct random_source *random,
                                           struct buffer *message,
                                           struct buffer *private_part);

/* The private keys of a KeyPackage: lent by the form above. */
struct mls_key_package_private {
    struct span init_key;
    struct span encryption_key;
    struct span signature_key;
};

/* Writes and reads the form of `private_part`. STATUS_CORRUPT when it is not one. */
MUST_CHECK enum status mls_key_package_private_encode(const struct mls_key_package_private *keys,
                                                      struct buffer *out);
MUST_CHECK enum status mls_key_package_private_decode(struct span bytes,
                                                      struct mls_key_package_private *keys);

#endif
