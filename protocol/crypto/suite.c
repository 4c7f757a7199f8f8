/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/suite.h"

#include <stddef.h>

/* Sizes: RFC 9180, 7.1 (KEM), 7.2 (KDF), 7.3 (AEAD). */
#define SHA256_SIZES .hash = HASH_SHA256, .hash_size = 32
#define SHA384_SIZES .hash = HASH_SHA384, .hash_size = 48
#define SHA512_SIZES .hash = HASH_SHA512, .hash_size = 64
#define AES128_SIZES .aead = AEAD_AES128GCM, .aead_key_size = 16, .aead_nonce_size = 12
#define AES256_SIZES .aead = AEAD_AES256GCM, .aead_key_size = 32, .aead_nonce_size = 12
#define CHACHA_SIZES .aead = AEAD_CHACHA20POLY1305, .aead_key_size = 32, .aead_nonce_size = 12
#define KEM_SIZES(secret, public, private)                                                         \
    .kem_secret_size = (secret), .kem_public_size = (public), .kem_private_size = (private)
#define X25519_SIZES .kem = KEM_X25519, KEM_SIZES(32, 32, 32)
#define X448_SIZES .kem = KEM_X448, KEM_SIZES(64, 56, 56)
#define P256_SIZES .kem = KEM_P256, KEM_SIZES(32, 65, 32)
#define P384_SIZES .kem = KEM_P384, KEM_SIZES(48, 97, 48)
#define P521_SIZES .kem = KEM_P521, KEM_SIZES(64, 133, 66)

/* RFC 9420, 17.1, in the order of their numbers. */
static const struct suite suites[] = {
    {.id = SUITE_X25519_AES128GCM_SHA256_ED25519,
     .name = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
     .signature = SIGNATURE_ED25519,
     SHA256_SIZES,
     AES128_SIZES,
     X25519_SIZES},
    {.id = SUITE_P256_AES128GCM_SHA256_P256,
     .name = "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
     .signature = SIGNATURE_ECDSA_P256,
     SHA256_SIZES,
     AES128_SIZES,
     P256_SIZES},
    {.id = SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519,
     .name = "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
     .signature = SIGNATURE_ED25519,
     SHA256_SIZES,
     CHACHA_SIZES,
     X25519_SIZES},
    {.id = SUITE_X448_AES256GCM_SHA512_ED448,
     .name = "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
     .signature = SIGNATURE_ED448,
     SHA512_SIZES,
     AES256_SIZES,
     X448_SIZES},
    {.id = SUITE_P521_AES256GCM_SHA512_P521,
     .name = "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
     .signature = SIGNATURE_ECDSA_P521,
     SHA512_SIZES,
     AES256_SIZES,
     P521_SIZES},
    {.id = SUITE_X448_CHACHA20POLY1305_SHA512_ED448,
     .name = "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
     .signature = SIGNATURE_ED448,
     SHA512_SIZES,
     CHACHA_SIZES,
     X448_SIZES},
    {.id = SUITE_P384_AES256GCM_SHA384_P384,
     .name = "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
     .signature = SIGNATURE_ECDSA_P384,
     SHA384_SIZES,
     AES256_SIZES,
     P384_SIZES},
};

const struct suite *suite_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}
