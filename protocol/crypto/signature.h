/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures of a suite. Private keys are the form of RFC 9420's vectors: the Ed25519 or Ed448
 * seed, or the ECDSA scalar (leading zero bytes may be left off). Public keys: raw, or the
 * uncompressed point. ECDSA signatures are DER (RFC 9420, 5.1.1).
 * Labels, without which no key may sign, are the caller's (mls/ and the directory).
 * Errors: STATUS_BAD_KEY, STATUS_BAD_SIGNATURE, STATUS_CRYPTO, STATUS_NO_MEMORY,
 * STATUS_NO_RANDOMNESS.
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

/* A fresh key pair. */
MUST_CHECK enum status signature_generate(enum signature_id scheme,
                                          const struct random_source *random,
                                          struct secret *private_key,
                                          struct signature_public *public_key);

/* STATUS_BAD_KEY when `private_key` is none of the scheme's. */
MUST_CHECK enum status signature_public_of(enum signature_id scheme,
                                           struct span private_key,
                                           struct signature_public *public_key);

/* ECDSA takes its nonce from OpenSSL's generator. Ed25519 works the public key out first, which
 * takes as long again as signing: whoever signs often prepares its key. */
MUST_CHECK enum status signature_sign(enum signature_id scheme,
                                      struct span private_key,
                                      struct span message,
                                      struct signature *signature);

/*
 * A private key in the form that signs fastest: for Ed25519 the seed and the public key that was
 * worked out from it, else the private key itself. To be kept in memory only and made anew from
 * the private key: a seed that signs with another public key than its own gives itself away.
 */
MUST_CHECK enum status
signature_prepare(enum signature_id scheme, struct span private_key, struct secret *prepared);

/* As signature_sign, with what signature_prepare gave. */
MUST_CHECK enum status signature_sign_prepared(enum signature_id scheme,
                                               const struct secret *prepared,
                                               struct span message,
                                               struct signature *signature);

/* STATUS_BAD_KEY for a public key that cannot be one, where that is seen; else
 * STATUS_BAD_SIGNATURE for whatever does not verify, keys of small order included. */
MUST_CHECK enum status signature_verify(enum signature_id scheme,
                                        struct span public_key,
                                        struct span message,
                                        struct span signature);

/*
 * STATUS_BAD_KEY unless `public_key` is a key of the scheme: right length, canonical, on the
 * curve, not of small order; for Ed25519 also free of a component of small order. No honest key
 * has one, and verifiers disagree about signatures under those that do, so that a member could
 * use one to split a group. That costs nearly a verification (30 us): check a key where it first
 * comes in, not at every signature, which signature_verify refuses for every other bad key.
 */
MUST_CHECK enum status signature_check_public(enum signature_id scheme, struct span public_key);

#endif
