/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KeyPackage: what a client leaves behind so that others can add it.
 *
 * A view lends spans of what it was read from.
 * Errors: those of reader.h and leaf_node.h; STATUS_UNSUPPORTED for another version or a suite
 * that this build has not; STATUS_INVALID for a rule of 10.1; STATUS_BAD_SIGNATURE.
 * Source: RFC 9420, 10. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_KEY_PACKAGE_H
#define WEFT_MLS_PUBLIC_KEY_PACKAGE_H

#include "protocol/crypto/hash.h"
#include "protocol/mls/public/leaf_node.h"

struct mls_key_package {
    uint16_t version;
    uint16_t cipher_suite;
    struct span init_key;
    struct mls_leaf_node leaf_node;
    struct mls_extensions extensions;
    struct span signature;
    struct span bytes; /* its own encoding; empty when it was not read */
};

MUST_CHECK enum status mls_key_package_read(struct reader *reader, struct mls_key_package *package);
void mls_key_package_write(struct writer *writer, const struct mls_key_package *package);
void mls_key_package_write_tbs(struct writer *writer, const struct mls_key_package *package);

/* KeyPackageRef of a package that was read; the package's own suite gives the hash. */
MUST_CHECK enum status mls_key_package_ref(const struct mls_key_package *package,
                                           struct digest *ref);

/* All of 10.1 but what depends on a group, with the lifetime and the credential. */
MUST_CHECK enum status mls_key_package_validate(const struct mls_key_package *package,
                                                const struct mls_options *options);

/* A checked KeyPackage, for a server's pool or a member about to add somebody. */
struct mls_key_package_checked {
    struct mls_key_package package; /* lends spans of the bytes */
    struct digest ref;              /* KeyPackageRef */
    bool last_resort;               /* carries the extension 0x000A */
};

/* Decodes an MLSMessage with a KeyPackage that fills `bytes` to the end, and validates it. */
MUST_CHECK enum status mls_key_package_check(struct span bytes,
                                             const struct mls_options *options,
                                             struct mls_key_package_checked *checked);

#endif
