/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/signature.h"

#include "protocol/crypto/curve448.h"
#include "protocol/crypto/prime_curve.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define ED25519_SEED_SIZE crypto_sign_SEEDBYTES
#define ED25519_PUBLIC_SIZE crypto_sign_PUBLICKEYBYTES
#define ED25519_PREPARED_SIZE crypto_sign_SECRETKEYBYTES

static_assert(SECRET_SIZE_MAX >= ED25519_PREPARED_SIZE, "a prepared key is a secret");

/* What each scheme is made of: for ECDSA the curve, and the hash of the suite it is in. */
struct scheme {
    enum prime_curve curve;
    enum hash_id hash;
    uint8_t public_size;
    uint8_t private_size;
};

static const struct scheme schemes[] = {
    [SIGNATURE_ED25519] = {.public_size = ED25519_PUBLIC_SIZE, .private_size = ED25519_SEED_SIZE},
    [SIGNATURE_ECDSA_P256] = {PRIME_CURVE_P256, HASH_SHA256, 65, 32},
    [SIGNATURE_ECDSA_P384] = {PRIME_CURVE_P384, HASH_SHA384, 97, 48},
    [SIGNATURE_ECDSA_P521] = {PRIME_CURVE_P521, HASH_SHA512, 133, 66},
    [SIGNATURE_ED448] = {.public_size = CURVE448_ED_SIZE, .private_size = CURVE448_ED_SIZE},
};

enum status
signature_prepare(enum signature_id scheme, struct span private_key, struct secret *prepared)
{
    if (scheme != SIGNATURE_ED25519)
        return private_key.len > schemes[scheme].private_size ? STATUS_BAD_KEY
                                                              : secret_set(prepared, private_key);
    if (private_key.len != ED25519_SEED_SIZE)
        return STATUS_BAD_KEY;
    CLEANUP(secret_clear) struct secret pair = {.len = ED25519_PREPARED_SIZE};
    uint8_t public_key[ED25519_PUBLIC_SIZE];
    /* libsodium's secret key is the seed and then the public key. */
    if (crypto_sign_seed_keypair(public_key, pair.bytes, private_key.ptr) != 0)
        return STATUS_CRYPTO;
    *prepared = pair;
    return STATUS_OK;
}

static enum status ed25519_public_of(struct span private_key, uint8_t *public_key)
{
    CLEANUP(secret_clear) struct secret prepared = {0};
    TRY(signature_prepare(SIGNATURE_ED25519, private_key, &prepared));
    memcpy(public_key, prepared.bytes + ED25519_SEED_SIZE, ED25519_PUBLIC_SIZE);
    return STATUS_OK;
}

static enum status
write_public(enum signature_id scheme, struct span private_key, uint8_t *public_key)
{
    switch (scheme) {
    case SIGNATURE_ED25519:
        return ed25519_public_of(private_key, public_key);
    case SIGNATURE_ECDSA_P256:
    case SIGNATURE_ECDSA_P384:
    case SIGNATURE_ECDSA_P521:
        return prime_curve_public_of(schemes[scheme].curve, private_key, public_key);
    case SIGNATURE_ED448:
        return curve448_ed_public_of(private_key, public_key);
    }
    return STATUS_CRYPTO;
}

enum status signature_public_of(enum signature_id scheme,
                                struct span private_key,
                                struct signature_public *public_key)
{
    struct signature_public result = {.len = schemes[scheme].public_size};
    TRY(write_public(scheme, private_key, result.bytes));
    *public_key = result;
    return STATUS_OK;
}

static enum status
draw_private(enum signature_id scheme, const struct random_source *random, struct secret *key)
{
    switch (scheme) {
    case SIGNATURE_ED25519:
    case SIGNATURE_ED448:
        key->len = schemes[scheme].private_size;
        return random_fill(random, key->bytes, key->len);
    case SIGNATURE_ECDSA_P256:
    case SIGNATURE_ECDSA_P384:
    case SIGNATURE_ECDSA_P521:
        return prime_curve_draw_private(schemes[scheme].curve, random, key);
    }
    return STATUS_CRYPTO;
}

enum status signature_generate(enum signature_id scheme,
                               const struct random_source *random,
                               struct secret *private_key,
                               struct signature_public *public_key)
{
    CLEANUP(secret_clear) struct secret fresh = {0};
    TRY(draw_private(scheme, random, &fresh));
    TRY(signature_public_of(scheme, secret_span(&fresh), public_key));
    *private_key = fresh;
    return STATUS_OK;
}

static enum status
ed25519_sign(const struct secret *prepared, struct span message, struct signature *signature)
{
    if (prepared->len != ED25519_PREPARED_SIZE)
        return STATUS_BAD_KEY;
    struct signature result = {.len = crypto_sign_BYTES};
    if (crypto_sign_detached(result.bytes, NULL, message.ptr, message.len, prepared->bytes) != 0)
        return STATUS_CRYPTO;
    *signature = result;
    return STATUS_OK;
}

static enum status
ed448_sign(const struct secret *prepared, struct span message, struct signature *signature)
{
    struct signature result = {.len = CURVE448_SIGNATURE_SIZE};
    TRY(curve448_ed_sign(secret_span(prepared), message, result.bytes));
    *signature = result;
    return STATUS_OK;
}

enum status signature_sign_prepared(enum signature_id scheme,
                                    const struct secret *prepared,
                                    struct span message,
                                    struct signature *signature)
{
    switch (scheme) {
    case SIGNATURE_ED25519:
        return ed25519_sign(prepared, message, signature);
    case SIGNATURE_ECDSA_P256:
    case SIGNATURE_ECDSA_P384:
    case SIGNATURE_ECDSA_P521:
        return prime_curve_sign(schemes[scheme].curve, schemes[scheme].hash, secret_span(prepared),
                                message, signature);
    case SIGNATURE_ED448:
        return ed448_sign(prepared, message, signature);
    }
    return STATUS_CRYPTO;
}

enum status signature_sign(enum signature_id scheme,
                           struct span private_key,
                           struct span message,
                           struct signature *signature)
{
    CLEANUP(secret_clear) struct secret prepared = {0};
    TRY(signature_prepare(scheme, private_key, &prepared));
    return signature_sign_prepared(scheme, &prepared, message, signature);
}

/* libsodium refuses keys and R that are not canonical or of small order, and S past the order. */
static enum status
ed25519_verify(struct span public_key, struct span message, struct span signature)
{
    if (signature.len != crypto_sign_BYTES)
        return STATUS_BAD_SIGNATURE;
    return crypto_sign_verify_detached(signature.ptr, message.ptr, message.len, public_key.ptr) == 0
               ? STATUS_OK
               : STATUS_BAD_SIGNATURE;
}

enum status signature_verify(enum signature_id scheme,
                             struct span public_key,
                             struct span message,
                             struct span signature)
{
    if (public_key.len != schemes[scheme].public_size)
        return STATUS_BAD_KEY;
    switch (scheme) {
    case SIGNATURE_ED25519:
        return ed25519_verify(public_key, message, signature);
    case SIGNATURE_ECDSA_P256:
    case SIGNATURE_ECDSA_P384:
    case SIGNATURE_ECDSA_P521:
        return prime_curve_verify(schemes[scheme].curve, schemes[scheme].hash, public_key, message,
                                  signature);
    case SIGNATURE_ED448:
        return curve448_ed_verify(public_key, message, signature);
    }
    return STATUS_CRYPTO;
}

enum status signature_check_public(enum signature_id scheme, struct span public_key)
{
    if (public_key.len != schemes[scheme].public_size)
        return STATUS_BAD_KEY;
    switch (scheme) {
    case SIGNATURE_ED25519:
        return crypto_core_ed25519_is_valid_point(public_key.ptr) == 1 ? STATUS_OK : STATUS_BAD_KEY;
    case SIGNATURE_ECDSA_P256:
    case SIGNATURE_ECDSA_P384:
    case SIGNATURE_ECDSA_P521:
        return prime_curve_check_public(schemes[scheme].curve, public_key);
    case SIGNATURE_ED448:
        return curve448_ed_check_public(public_key);
    }
    return STATUS_CRYPTO;
}
