/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DHKEM: the key encapsulation under HPKE. Of use inside crypto/ only: hpke.h is for everyone.
 *
 * Errors: STATUS_BAD_KEY (length, range, not on the curve, shared secret of all zeros),
 * STATUS_CRYPTO, STATUS_NO_MEMORY, STATUS_NO_RANDOMNESS.
 * Source: RFC 9180, 4.1 and 7.1. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_KEM_H
#define WEFT_CRYPTO_KEM_H

#include "protocol/crypto/hpke.h"

/* The number of the KEM in RFC 9180, 7.1. */
uint16_t kem_number(enum kem_id kem);

/* DeriveKeyPair(ikm). */
MUST_CHECK enum status kem_derive_key_pair(const struct suite *suite,
                                           struct span ikm,
                                           struct secret *private_key,
                                           struct hpke_public *public_key);

MUST_CHECK enum status
kem_public_of(const struct suite *suite, struct span private_key, struct hpke_public *public_key);

MUST_CHECK enum status kem_check_public(const struct suite *suite, struct span public_key);

/* Encap(public_key): a fresh shared secret, and what its owner needs to find it too. */
MUST_CHECK enum status kem_encapsulate(const struct suite *suite,
                                       const struct random_source *random,
                                       struct span public_key,
                                       struct secret *shared,
                                       struct hpke_public *encapsulated);

/* Decap(encapsulated, private_key). */
MUST_CHECK enum status kem_decapsulate(const struct suite *suite,
                                       struct span private_key,
                                       struct span encapsulated,
                                       struct secret *shared);

#endif
