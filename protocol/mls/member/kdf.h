/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labelled derivations under every secret of MLS, and encryption to a node's public key.
 *
 * Labels are given without their "MLS 1.0 ". Contexts may be of any length.
 * Errors: those of crypto/hash.h and crypto/hpke.h; STATUS_LIMIT for a length above 65535.
 * Source: RFC 9420, 5.1.3, 8, 9.1. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_MEMBER_KDF_H
#define WEFT_MLS_MEMBER_KDF_H

#include "protocol/base/buffer.h"
#include "protocol/base/random.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/suite.h"

/* ExpandWithLabel(secret, label, context, length) into `out`. */
MUST_CHECK enum status mls_kdf_expand(const struct suite *suite,
                                      struct span secret,
                                      const char *label,
                                      struct span context,
                                      uint8_t *out,
                                      size_t length);

/* The same into a secret; `length` is at most SECRET_SIZE_MAX. `derived` may be the owner of
 * `secret`. */
MUST_CHECK enum status mls_kdf_expand_secret(const struct suite *suite,
                                             struct span secret,
                                             const char *label,
                                             struct span context,
                                             size_t length,
                                             struct secret *derived);

/* DeriveSecret(secret, label): Nh bytes. */
MUST_CHECK enum status mls_kdf_derive(const struct suite *suite,
                                      struct span secret,
                                      const char *label,
                                      struct secret *derived);

/* DeriveTreeSecret(secret, label, generation, length). */
MUST_CHECK enum status mls_kdf_derive_tree(const struct suite *suite,
                                           struct span secret,
                                           const char *label,
                                           uint32_t generation,
                                           size_t length,
                                           struct secret *derived);

/* EncryptWithLabel: appends the ciphertext to `ciphertext`. */
MUST_CHECK enum status mls_kdf_encrypt(const struct suite *suite,
                                       const struct random_source *random,
                                       struct span public_key,
                                       const char *label,
                                       struct span context,
                                       struct span plaintext,
                                       struct hpke_public *kem_output,
                                       struct buffer *ciphertext);

/* DecryptWithLabel: appends the plaintext to `plaintext`. */
MUST_CHECK enum status mls_kdf_decrypt(const struct suite *suite,
                                       struct span private_key,
                                       const char *label,
                                       struct span context,
                                       struct span kem_output,
                                       struct span ciphertext,
                                       struct buffer *plaintext);

#endif
