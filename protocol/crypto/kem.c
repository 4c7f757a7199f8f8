/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/kem.h"

#include "protocol/crypto/curve448.h"
#include "protocol/crypto/hpke_label.h"
#include "protocol/crypto/prime_curve.h"

#include <sodium.h>
#include <string.h>

struct suite_id_bytes {
    uint8_t bytes[5];
};

/* RFC 9180, 4.1: suite_id = concat("KEM", I2OSP(kem_id, 2)). */
static struct suite_id_bytes suite_id_of(enum kem_id kem)
{
    uint16_t number = kem_number(kem);
    return (struct suite_id_bytes){{'K', 'E', 'M', (uint8_t)(number >> 8), (uint8_t)number}};
}

uint16_t kem_number(enum kem_id kem)
{
    switch (kem) {
    case KEM_P256:
        return 0x0010;
    case KEM_P384:
        return 0x0011;
    case KEM_P521:
        return 0x0012;
    case KEM_X25519:
        return 0x0020;
    case KEM_X448:
        return 0x0021;
    }
    return 0;
}

/* Of the KEMs over NIST curves only. */
static enum prime_curve curve_of(enum kem_id kem)
{
    return kem == KEM_P256   ? PRIME_CURVE_P256
           : kem == KEM_P384 ? PRIME_CURVE_P384
                             : PRIME_CURVE_P521;
}

static enum status x25519_public_of(struct span private_key, uint8_t *public_key)
{
    if (private_key.len != crypto_scalarmult_SCALARBYTES)
        return STATUS_BAD_KEY;
    return crypto_scalarmult_base(public_key, private_key.ptr) == 0 ? STATUS_OK : STATUS_CRYPTO;
}

static enum status
x25519_exchange(struct span private_key, struct span public_key, struct secret *shared)
{
    if (private_key.len != crypto_scalarmult_SCALARBYTES ||
        public_key.len != crypto_scalarmult_BYTES)
        return STATUS_BAD_KEY;
    CLEANUP(secret_clear) struct secret result = {.len = crypto_scalarmult_BYTES};
    /* RFC 9180, 7.1.4: "For X25519 and X448, public keys and Diffie-Hellman outputs MUST be
     * validated as described in [RFC7748]": libsodium fails on a result of all zeros; should it
     * not, the check is here. */
    if (crypto_scalarmult(result.bytes, private_key.ptr, public_key.ptr) != 0 ||
        sodium_is_zero(result.bytes, result.len))
        return STATUS_BAD_KEY;
    *shared = result;
    return STATUS_OK;
}

static enum status write_public(enum kem_id kem, struct span private_key, uint8_t *public_key)
{
    switch (kem) {
    case KEM_X25519:
        return x25519_public_of(private_key, public_key);
    case KEM_P256:
    case KEM_P384:
    case KEM_P521:
        return prime_curve_public_of(curve_of(kem), private_key, public_key);
    case KEM_X448:
        return curve448_x_public_of(private_key, public_key);
    }
    return STATUS_CRYPTO;
}

static enum status
exchange(enum kem_id kem, struct span private_key, struct span public_key, struct secret *shared)
{
    switch (kem) {
    case KEM_X25519:
        return x25519_exchange(private_key, public_key, shared);
    case KEM_P256:
    case KEM_P384:
    case KEM_P521:
        return prime_curve_exchange(curve_of(kem), private_key, public_key, shared);
    case KEM_X448:
        return curve448_x_exchange(private_key, public_key, shared);
    }
    return STATUS_CRYPTO;
}

enum status
kem_public_of(const struct suite *suite, struct span private_key, struct hpke_public *public_key)
{
    struct hpke_public result = {.len = suite->kem_public_size};
    TRY(write_public(suite->kem, private_key, result.bytes));
    *public_key = result;
    return STATUS_OK;
}

/* Whether `key` is little-endian `first`, a middle of one byte repeated, `last`. */
static bool is_made_of(struct span key, uint8_t first, uint8_t middle, uint8_t last)
{
    uint8_t other = (uint8_t)((key.ptr[0] ^ first) | (key.ptr[key.len - 1] ^ last));
    for (size_t i = 1; i + 1 < key.len; i++)
        other |= key.ptr[i] ^ middle;
    return other == 0;
}

/* The five x of small order of Curve25519 and its twist: 0, 1, -1 and two of order 8, the first
 * three also as they are before reduction. The top bit does not count (RFC 7748, 5). */
static bool x25519_is_of_small_order(struct span public_key)
{
    static const uint8_t order_8[2][crypto_scalarmult_BYTES] = {
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    };
    uint8_t x[crypto_scalarmult_BYTES];
    memcpy(x, public_key.ptr, sizeof x);
    x[sizeof x - 1] &= 0x7f;
    struct span masked = SPAN_OF(x);
    bool small = is_made_of(masked, 0, 0, 0) || is_made_of(masked, 1, 0, 0);
    for (uint8_t low = 0xec; low <= 0xee; low++) /* p - 1, p, p + 1 */
        small = small || is_made_of(masked, low, 0xff, 0x7f);
    for (size_t i = 0; i < sizeof order_8 / sizeof *order_8; i++)
        small = small || span_equal(masked, SPAN_OF(order_8[i]));
    return small;
}

/* Those of Curve448 and its twist: 0, 1 and -1, the last as p - 1, the others also as p and
 * p + 1; p = 2^448 - 2^224 - 1. */
static bool x448_is_of_small_order(struct span public_key)
{
    struct span low = span_of(public_key.ptr, public_key.len / 2);
    struct span high = span_of(public_key.ptr + low.len, public_key.len - low.len);
    if (is_made_of(high, 0, 0, 0))
        return is_made_of(low, 0, 0, 0) || is_made_of(low, 1, 0, 0);
    if (is_made_of(high, 0xfe, 0xff, 0xff))
        return is_made_of(low, 0xfe, 0xff, 0xff) || is_made_of(low, 0xff, 0xff, 0xff);
    return is_made_of(high, 0xff, 0xff, 0xff) && is_made_of(low, 0, 0, 0);
}

enum status kem_check_public(const struct suite *suite, struct span public_key)
{
    if (public_key.len != suite->kem_public_size)
        return STATUS_BAD_KEY;
    switch (suite->kem) {
    /* Every string is the x of a point on the curve or on its twist; but to one of small order
     * nobody can encrypt, so that a group that let it in could make no path any more. */
    case KEM_X25519:
        return x25519_is_of_small_order(public_key) ? STATUS_BAD_KEY : STATUS_OK;
    case KEM_X448:
        return x448_is_of_small_order(public_key) ? STATUS_BAD_KEY : STATUS_OK;
    case KEM_P256:
    case KEM_P384:
    case KEM_P521:
        return prime_curve_check_public(curve_of(suite->kem), public_key);
    }
    return STATUS_CRYPTO;
}

/* RFC 9180, 7.1.3, for NIST curves: candidates are drawn until one is a scalar. */
static enum status
derive_scalar(const struct suite *suite, const struct secret *prk, struct secret *private_key)
{
    struct suite_id_bytes id = suite_id_of(suite->kem);
    enum prime_curve curve = curve_of(suite->kem);
    CLEANUP(secret_clear) struct secret candidate = {.len = suite->kem_private_size};
    for (unsigned counter = 0; counter <= UINT8_MAX; counter++) {
        uint8_t number = (uint8_t)counter;
        const struct span info[2] = {span_of(&number, 1), SPAN_EMPTY};
        TRY(hpke_label_expand(suite->hash, SPAN_OF(id), prk, "candidate", info, candidate.bytes,
                              candidate.len));
        candidate.bytes[0] &= prime_curve_mask(curve);
        enum status status = prime_curve_check_private(curve, secret_span(&candidate));
        if (status == STATUS_OK)
            *private_key = candidate;
        if (status != STATUS_BAD_KEY)
            return status;
    }
    return STATUS_BAD_KEY;
}

static enum status
derive_private(const struct suite *suite, struct span ikm, struct secret *private_key)
{
    struct suite_id_bytes id = suite_id_of(suite->kem);
    CLEANUP(secret_clear) struct secret prk = {0};
    TRY(hpke_label_extract(suite->hash, SPAN_OF(id), SPAN_EMPTY, "dkp_prk", ikm, &prk));
    if (suite->kem != KEM_X25519 && suite->kem != KEM_X448)
        return derive_scalar(suite, &prk, private_key);
    CLEANUP(secret_clear) struct secret result = {.len = suite->kem_private_size};
    const struct span info[2] = {SPAN_EMPTY, SPAN_EMPTY};
    TRY(hpke_label_expand(suite->hash, SPAN_OF(id), &prk, "sk", info, result.bytes, result.len));
    *private_key = result;
    return STATUS_OK;
}

enum status kem_derive_key_pair(const struct suite *suite,
                                struct span ikm,
                                struct secret *private_key,
                                struct hpke_public *public_key)
{
    CLEANUP(secret_clear) struct secret fresh = {0};
    TRY(derive_private(suite, ikm, &fresh));
    TRY(kem_public_of(suite, secret_span(&fresh), public_key));
    *private_key = fresh;
    return STATUS_OK;
}

/* RFC 9180, 4.1: ExtractAndExpand(dh, kem_context), kem_context = concat(enc, pkRm). The KEM of
 * every suite has the suite's hash. */
static enum status extract_and_expand(const struct suite *suite,
                                      const struct secret *exchanged,
                                      struct span encapsulated,
                                      struct span recipient,
                                      struct secret *shared)
{
    struct suite_id_bytes id = suite_id_of(suite->kem);
    CLEANUP(secret_clear) struct secret prk = {0};
    TRY(hpke_label_extract(suite->hash, SPAN_OF(id), SPAN_EMPTY, "eae_prk", secret_span(exchanged),
                           &prk));
    CLEANUP(secret_clear) struct secret result = {.len = suite->kem_secret_size};
    const struct span context[2] = {encapsulated, recipient};
    TRY(hpke_label_expand(suite->hash, SPAN_OF(id), &prk, "shared_secret", context, result.bytes,
                          result.len));
    *shared = result;
    return STATUS_OK;
}

enum status kem_encapsulate(const struct suite *suite,
                            const struct random_source *random,
                            struct span public_key,
                            struct secret *shared,
                            struct hpke_public *encapsulated)
{
    CLEANUP(secret_clear) struct secret ephemeral = {0};
    CLEANUP(secret_clear) struct secret exchanged = {0};
    struct hpke_public ephemeral_public;
    TRY(hpke_generate_key_pair(suite, random, &ephemeral, &ephemeral_public));
    TRY(exchange(suite->kem, secret_span(&ephemeral), public_key, &exchanged));
    TRY(extract_and_expand(suite, &exchanged, hpke_public_span(&ephemeral_public), public_key,
                           shared));
    *encapsulated = ephemeral_public;
    return STATUS_OK;
}

enum status kem_decapsulate(const struct suite *suite,
                            struct span private_key,
                            struct span encapsulated,
                            struct secret *shared)
{
    CLEANUP(secret_clear) struct secret exchanged = {0};
    struct hpke_public recipient;
    TRY(kem_public_of(suite, private_key, &recipient));
    TRY(exchange(suite->kem, private_key, encapsulated, &exchanged));
    return extract_and_expand(suite, &exchanged, encapsulated, hpke_public_span(&recipient),
                              shared);
}
