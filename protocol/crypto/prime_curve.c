/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/prime_curve.h"

#include "protocol/crypto/provider.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define POINT_UNCOMPRESSED 4

static void number_free(BIGNUM **number)
{
    BN_clear_free(*number);
}

static void point_free(EC_POINT **point)
{
    EC_POINT_clear_free(*point);
}

static void scratch_free(BN_CTX **scratch)
{
    BN_CTX_free(*scratch); /* of BN_CTX_secure_new: wiped */
}

static void builder_free(OSSL_PARAM_BLD **builder)
{
    OSSL_PARAM_BLD_free(*builder);
}

static void params_free(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params); /* wipes what was pushed as a secret number */
}

static void key_context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void key_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key); /* wipes */
}

static void digest_context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

size_t prime_curve_size(enum prime_curve curve)
{
    switch (curve) {
    case PRIME_CURVE_P256:
        return 32;
    case PRIME_CURVE_P384:
        return 48;
    case PRIME_CURVE_P521:
        return 66;
    }
    return 0;
}

static enum status scalar_of(enum prime_curve curve, struct span private_key, BIGNUM **scalar)
{
    const EC_GROUP *group = provider_curve(curve);
    if (group == NULL)
        return STATUS_CRYPTO;
    if (private_key.len == 0 || private_key.len > prime_curve_size(curve))
        return STATUS_BAD_KEY;
    CLEANUP(number_free) BIGNUM *number = BN_secure_new();
    if (number == NULL || BN_bin2bn(private_key.ptr, (int)private_key.len, number) == NULL)
        return STATUS_NO_MEMORY;
    if (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
        return STATUS_BAD_KEY;
    *scalar = number;
    number = NULL;
    return STATUS_OK;
}

static enum status point_of(enum prime_curve curve, struct span public_key, EC_POINT **point)
{
    const EC_GROUP *group = provider_curve(curve);
    if (group == NULL)
        return STATUS_CRYPTO;
    if (public_key.len != 1 + 2 * prime_curve_size(curve) ||
        public_key.ptr[0] != POINT_UNCOMPRESSED)
        return STATUS_BAD_KEY;
    CLEANUP(point_free) EC_POINT *decoded = EC_POINT_new(group);
    if (decoded == NULL)
        return STATUS_NO_MEMORY;
    /* Refuses coordinates outside the field and points off the curve. */
    if (EC_POINT_oct2point(group, decoded, public_key.ptr, public_key.len, NULL) != 1)
        return STATUS_BAD_KEY;
    *point = decoded;
    decoded = NULL;
    return STATUS_OK;
}

enum status prime_curve_check_private(enum prime_curve curve, struct span private_key)
{
    CLEANUP(number_free) BIGNUM *scalar = NULL;
    return scalar_of(curve, private_key, &scalar);
}

uint8_t prime_curve_mask(enum prime_curve curve)
{
    return curve == PRIME_CURVE_P521 ? 0x01 : 0xff;
}

enum status prime_curve_draw_private(enum prime_curve curve,
                                     const struct random_source *random,
                                     struct secret *private_key)
{
    /* More than half of all candidates fit; that none of 128 does shows a broken source. */
    for (int i = 0; i < 128; i++) {
        CLEANUP(secret_clear)
        struct secret candidate = {.len = (uint8_t)prime_curve_size(curve)};
        TRY(random_fill(random, candidate.bytes, candidate.len));
        candidate.bytes[0] &= prime_curve_mask(curve);
        enum status status = prime_curve_check_private(curve, secret_span(&candidate));
        if (status == STATUS_OK)
            *private_key = candidate;
        if (status != STATUS_BAD_KEY)
            return status;
    }
    return STATUS_NO_RANDOMNESS;
}

enum status prime_curve_check_public(enum prime_curve curve, struct span public_key)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    CLEANUP(point_free) EC_POINT *point = NULL;
    return point_of(curve, public_key, &point);
}

/* scalar * point, or scalar * generator when `point` is NULL: EC_POINT_mul with one scalar takes
 * constant time. */
static enum status multiply(const EC_GROUP *group,
                            const BIGNUM *scalar,
                            const EC_POINT *point,
                            BN_CTX *scratch,
                            EC_POINT **product)
{
    CLEANUP(point_free) EC_POINT *result = EC_POINT_new(group);
    if (result == NULL)
        return STATUS_NO_MEMORY;
    int done = point == NULL ? EC_POINT_mul(group, result, scalar, NULL, NULL, scratch)
                             : EC_POINT_mul(group, result, NULL, point, scalar, scratch);
    if (done != 1 || EC_POINT_is_at_infinity(group, result))
        return STATUS_CRYPTO;
    *product = result;
    result = NULL;
    return STATUS_OK;
}

enum status
prime_curve_public_of(enum prime_curve curve, struct span private_key, uint8_t *public_key)
{
    CLEANUP(number_free) BIGNUM *scalar = NULL;
    TRY(scalar_of(curve, private_key, &scalar));
    const EC_GROUP *group = provider_curve(curve);
    CLEANUP(scratch_free) BN_CTX *scratch = BN_CTX_secure_new();
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    CLEANUP(point_free) EC_POINT *point = NULL;
    TRY(multiply(group, scalar, NULL, scratch, &point));
    size_t size = 1 + 2 * prime_curve_size(curve);
    if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, public_key, size,
                           scratch) != size)
        return STATUS_CRYPTO;
    return STATUS_OK;
}

/* Not EVP_PKEY_derive: that looks everything up by name and rebuilds the curve, and multiplies
 * with the same function in the end. */
enum status prime_curve_exchange(enum prime_curve curve,
                                 struct span private_key,
                                 struct span public_key,
                                 struct secret *shared)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    CLEANUP(number_free) BIGNUM *scalar = NULL;
    TRY(scalar_of(curve, private_key, &scalar));
    CLEANUP(point_free) EC_POINT *peer = NULL;
    TRY(point_of(curve, public_key, &peer));
    const EC_GROUP *group = provider_curve(curve);
    CLEANUP(scratch_free) BN_CTX *scratch = BN_CTX_secure_new();
    CLEANUP(number_free) BIGNUM *x = BN_secure_new();
    if (scratch == NULL || x == NULL)
        return STATUS_NO_MEMORY;
    CLEANUP(point_free) EC_POINT *point = NULL;
    TRY(multiply(group, scalar, peer, scratch, &point));
    CLEANUP(secret_clear) struct secret result = {0};
    int size = (int)prime_curve_size(curve);
    if (EC_POINT_get_affine_coordinates(group, point, x, NULL, scratch) != 1 ||
        BN_bn2binpad(x, result.bytes, size) != size)
        return STATUS_CRYPTO;
    result.len = (uint8_t)size;
    *shared = result;
    return STATUS_OK;
}

static enum status key_from(int selection, OSSL_PARAM_BLD *builder, EVP_PKEY **key)
{
    CLEANUP(params_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    CLEANUP(key_context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (params == NULL || context == NULL)
        return STATUS_NO_MEMORY;
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, key, selection, params) != 1)
        return STATUS_BAD_KEY;
    return STATUS_OK;
}

static const char *group_name(enum prime_curve curve)
{
    switch (curve) {
    case PRIME_CURVE_P256:
        return "P-256";
    case PRIME_CURVE_P384:
        return "P-384";
    case PRIME_CURVE_P521:
        return "P-521";
    }
    return NULL;
}

static enum status private_of(enum prime_curve curve, struct span private_key, EVP_PKEY **key)
{
    CLEANUP(number_free) BIGNUM *scalar = NULL;
    TRY(scalar_of(curve, private_key, &scalar));
    CLEANUP(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL)
        return STATUS_NO_MEMORY;
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve),
                                        0) != 1 ||
        OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar,
                                   prime_curve_size(curve)) != 1)
        return STATUS_NO_MEMORY;
    return key_from(EVP_PKEY_KEYPAIR, builder, key);
}

static enum status public_of(enum prime_curve curve, struct span public_key, EVP_PKEY **key)
{
    TRY(prime_curve_check_public(curve, public_key));
    CLEANUP(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL)
        return STATUS_NO_MEMORY;
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve),
                                        0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, public_key.ptr,
                                         public_key.len) != 1)
        return STATUS_NO_MEMORY;
    return key_from(EVP_PKEY_PUBLIC_KEY, builder, key);
}

enum status prime_curve_sign(enum prime_curve curve,
                             enum hash_id hash,
                             struct span private_key,
                             struct span message,
                             struct signature *signature)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    CLEANUP(key_free) EVP_PKEY *key = NULL;
    TRY(private_of(curve, private_key, &key));
    CLEANUP(digest_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return STATUS_NO_MEMORY;
    struct signature result;
    size_t len = sizeof result.bytes;
    if (EVP_DigestSignInit(context, NULL, provider_hash(hash), NULL, key) != 1 ||
        EVP_DigestSign(context, result.bytes, &len, message.ptr, message.len) != 1)
        return STATUS_CRYPTO;
    result.len = (uint8_t)len;
    *signature = result;
    return STATUS_OK;
}

enum status prime_curve_verify(enum prime_curve curve,
                               enum hash_id hash,
                               struct span public_key,
                               struct span message,
                               struct span signature)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    CLEANUP(key_free) EVP_PKEY *key = NULL;
    TRY(public_of(curve, public_key, &key));
    CLEANUP(digest_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL)
        return STATUS_NO_MEMORY;
    if (EVP_DigestVerifyInit(context, NULL, provider_hash(hash), NULL, key) != 1)
        return STATUS_CRYPTO;
    return EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len) == 1
               ? STATUS_OK
               : STATUS_BAD_SIGNATURE;
}
