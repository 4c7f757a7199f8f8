/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of a suite. Private keys are the form of RFC 9420's vectors: the Ed25519 or Ed448
 * seed, or the ECDSA scalar. Public keys: raw, or the uncompressed point. ECDSA signatures are
 * DER (RFC 9420, 5.1.1).
 * Labels, without which no key may sign, are the caller's (mls/ and the directory).
 * Errors: STATUS_BAD_KEY, STATUS_BAD_SIGNATURE, STATUS_CRYPTO, STATUS_NO_RANDOMNESS.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_SIGNATURE_H
#define WEFT_CRYPTO_SIGNATURE_H

#include "protocol/base/random.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/suite.h"

struct signature_public {
    uint8_t bytes[SIGNATURE_PUBLIC_SIZE_MAX];
    uint8_t len;
};

struct signature {
    uint8_t bytes[SIGNATURE_SIZE_MAX];
    uint8_t len;
};

static inline struct span signature_public_span(const struct signature_public *key)
{
    return (struct span){key->bytes, key->len};
}

static inline struct span signature_span(const struct signature *signature)
{
    return (struct span){signature->bytes, signature->len};
}

MUST_CHECK enum status signature_generate(enum signature_id scheme,
                                          const struct random_source *random,
                                          struct secret *private_key,
                                          struct signature_public *public_key);

MUST_CHECK enum status signature_public_of(enum signature_id scheme,
                                           struct span private_key,
                                           struct signature_public *public_key);

/* ECDSA takes its nonce from OpenSSL's generator. */
MUST_CHECK enum status signature_sign(enum signature_id scheme,
                                      struct span private_key,
                                      struct span message,
                                      struct signature *signature);

MUST_CHECK enum status signature_verify(enum signature_id scheme,
                                        struct span public_key,
                                        struct span message,
                                        struct span signature);

/* Whether `public_key` is a key of the scheme: right length, a point on the curve, not of small
 * order. */
MUST_CHECK enum status signature_check_public(enum signature_id scheme, struct span public_key);

#endif
