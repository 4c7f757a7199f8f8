/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hybrid public-key encryption in base mode, and the KEM under it.
 *
 * Errors: STATUS_BAD_KEY (wrong length, not on the curve, or a Diffie-Hellman result of all
 * zeros), STATUS_NOT_DECRYPTED, STATUS_CRYPTO, STATUS_NO_RANDOMNESS, STATUS_NO_MEMORY, and
 * STATUS_LIMIT when `out` is full or more is exported than a secret holds.
 * Source: RFC 9180, 4.1, 5.1, 6; RFC 9420, 5.1.3. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_HPKE_H
#define WEFT_CRYPTO_HPKE_H

#include "protocol/base/buffer.h"
#include "protocol/base/random.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/suite.h"

struct hpke_public {
    uint8_t bytes[KEM_PUBLIC_SIZE_MAX];
    uint8_t len;
};

static inline struct span hpke_public_span(const struct hpke_public *key)
{
    return (struct span){key->bytes, key->len};
}

/* DeriveKeyPair(ikm). */
MUST_CHECK enum status hpke_derive_key_pair(const struct suite *suite,
                                            struct span ikm,
                                            struct secret *private_key,
                                            struct hpke_public *public_key);

/* GenerateKeyPair(): DeriveKeyPair of fresh randomness of Nsk bytes. */
MUST_CHECK enum status hpke_generate_key_pair(const struct suite *suite,
                                              const struct random_source *random,
                                              struct secret *private_key,
                                              struct hpke_public *public_key);

/* pk(private_key). */
MUST_CHECK enum status
hpke_public_of(const struct suite *suite, struct span private_key, struct hpke_public *public_key);

/* Right length, a point on the curve where the curve has invalid encodings, and not one of small
 * order, to which nothing can be encrypted. */
MUST_CHECK enum status hpke_check_public(const struct suite *suite, struct span public_key);

/* SealBase(public_key, info, aad, plaintext): `encapsulated` is kem_output, and the ciphertext is
 * appended to `out`. */
MUST_CHECK enum status hpke_seal(const struct suite *suite,
                                 const struct random_source *random,
                                 struct span public_key,
                                 struct span info,
                                 struct span associated_data,
                                 struct span plaintext,
                                 struct hpke_public *encapsulated,
                                 struct buffer *out);

/* OpenBase: appends the plaintext to `out`. */
MUST_CHECK enum status hpke_open(const struct suite *suite,
                                 struct span private_key,
                                 struct span encapsulated,
                                 struct span info,
                                 struct span associated_data,
                                 struct span ciphertext,
                                 struct buffer *out);

/* SetupBaseS and Context.Export(exporter_context, length) in one step: the external init of RFC
 * 9420, 8.3. */
MUST_CHECK enum status hpke_export_send(const struct suite *suite,
                                        const struct random_source *random,
                                        struct span public_key,
                                        struct span info,
                                        struct span exporter_context,
                                        size_t length,
                                        struct hpke_public *encapsulated,
                                        struct secret *exported);

/* The other side of it, with SetupBaseR. */
MUST_CHECK enum status hpke_export_receive(const struct suite *suite,
                                           struct span private_key,
                                           struct span encapsulated,
                                           struct span info,
                                           struct span exporter_context,
                                           size_t length,
                                           struct secret *exported);

#endif
