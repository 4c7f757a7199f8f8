/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NIST curves: Diffie-Hellman and ECDSA over them, from OpenSSL. Public keys are uncompressed
 * points and nothing else (the hybrid forms of X9.62 have the same length). Private keys are
 * big-endian scalars from 1 to the order less 1; leading zero bytes may be left off, as other
 * implementations do. Of use inside crypto/ only: kem.h and signature.h are for everyone.
 *
 * Errors: STATUS_BAD_KEY, STATUS_BAD_SIGNATURE, STATUS_CRYPTO, STATUS_NO_MEMORY.
 * Source: RFC 9180, 7.1; RFC 9420, 5.1.1; RFC 8446, 4.2.3. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_PRIME_CURVE_H
#define WEFT_CRYPTO_PRIME_CURVE_H

#include "protocol/base/secret.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/signature.h"

enum prime_curve { PRIME_CURVE_P256, PRIME_CURVE_P384, PRIME_CURVE_P521 };

/* The bytes of a scalar, and of a coordinate; a public key is one byte and two coordinates. */
size_t prime_curve_size(enum prime_curve curve);

/* What a candidate's first byte is masked with, so that it has the bits of the order. */
uint8_t prime_curve_mask(enum prime_curve curve);

/* STATUS_BAD_KEY unless 0 < scalar < order. */
MUST_CHECK enum status prime_curve_check_private(enum prime_curve curve, struct span private_key);

/* A uniformly random private key. */
MUST_CHECK enum status prime_curve_draw_private(enum prime_curve curve,
                                                const struct random_source *random,
                                                struct secret *private_key);

/* STATUS_BAD_KEY unless it is an uncompressed point on the curve. The cofactor is 1: every such
 * point is of the curve's prime order. */
MUST_CHECK enum status prime_curve_check_public(enum prime_curve curve, struct span public_key);

/* Writes 1 + 2 * prime_curve_size bytes. */
MUST_CHECK enum status
prime_curve_public_of(enum prime_curve curve, struct span private_key, uint8_t *public_key);

/* The x coordinate of the shared point. */
MUST_CHECK enum status prime_curve_exchange(enum prime_curve curve,
                                            struct span private_key,
                                            struct span public_key,
                                            struct secret *shared);

/* ECDSA in DER over the hash of the message. */
MUST_CHECK enum status prime_curve_sign(enum prime_curve curve,
                                        enum hash_id hash,
                                        struct span private_key,
                                        struct span message,
                                        struct signature *signature);

MUST_CHECK enum status prime_curve_verify(enum prime_curve curve,
                                          enum hash_id hash,
                                          struct span public_key,
                                          struct span message,
                                          struct span signature);

#endif
