/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cipher suites of MLS as data: a suite names a KEM, an AEAD, a hash and a signature scheme.
 *
 * Source: RFC 9420, 17.1. Thread rule: constant tables.
 */
#ifndef WEFT_CRYPTO_SUITE_H
#define WEFT_CRYPTO_SUITE_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

enum suite_id {
    SUITE_X25519_AES128GCM_SHA256_ED25519 = 1,
    SUITE_P256_AES128GCM_SHA256_P256 = 2,
    SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519 = 3,
    SUITE_X448_AES256GCM_SHA512_ED448 = 4,
    SUITE_P521_AES256GCM_SHA512_P521 = 5,
    SUITE_X448_CHACHA20POLY1305_SHA512_ED448 = 6,
    SUITE_P384_AES256GCM_SHA384_P384 = 7,
};

enum hash_id { HASH_SHA256, HASH_SHA384, HASH_SHA512 };
enum aead_id { AEAD_AES128GCM, AEAD_AES256GCM, AEAD_CHACHA20POLY1305 };
enum kem_id { KEM_X25519, KEM_P256, KEM_P384, KEM_P521, KEM_X448 };
enum signature_id {
    SIGNATURE_ED25519,
    SIGNATURE_ECDSA_P256,
    SIGNATURE_ECDSA_P384,
    SIGNATURE_ECDSA_P521,
    SIGNATURE_ED448
};

struct suite {
    uint16_t id;
    const char *name;
    enum hash_id hash;
    enum aead_id aead;
    enum kem_id kem;
    enum signature_id signature;
    uint8_t hash_size;        /* Nh of RFC 9420 and of HPKE's KDF */
    uint8_t aead_key_size;    /* Nk */
    uint8_t aead_nonce_size;  /* Nn */
    uint8_t kem_secret_size;  /* Nsecret */
    uint8_t kem_public_size;  /* Npk = Nenc */
    uint8_t kem_private_size; /* Nsk */
};

/* Sizes of every suite, for arrays. */
#define HASH_SIZE_MAX 64
#define KEM_PUBLIC_SIZE_MAX 133
#define SIGNATURE_PUBLIC_SIZE_MAX 133
#define SIGNATURE_SIZE_MAX 139
#define AEAD_TAG_SIZE 16
#define AEAD_NONCE_SIZE_MAX 12

/* NULL when the number is not known or this build cannot run it. */
const struct suite *suite_find(uint16_t id);

#endif
