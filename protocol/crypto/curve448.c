/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/curve448.h"

#include "protocol/crypto/provider.h"

#include <openssl/bn.h>
#include <sodium.h>

static void key_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key); /* wipes */
}

static void key_context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void digest_context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void scratch_free(BN_CTX **scratch)
{
    BN_CTX_free(*scratch);
}

/* The public key that OpenSSL works out while it takes in the private one. */
static enum status
public_of(const char *algorithm, struct span private_key, size_t size, uint8_t *public_key)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    if (private_key.len != size)
        return STATUS_BAD_KEY;
    CLEANUP(key_free)
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key_ex(NULL, algorithm, NULL, private_key.ptr, private_key.len);
    size_t len = size;
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, public_key, &len) != 1 || len != size)
        return STATUS_CRYPTO;
    return STATUS_OK;
}

enum status curve448_x_public_of(struct span private_key, uint8_t *public_key)
{
    return public_of("X448", private_key, CURVE448_X_SIZE, public_key);
}

enum status curve448_ed_public_of(struct span private_key, uint8_t *public_key)
{
    return public_of("ED448", private_key, CURVE448_ED_SIZE, public_key);
}

enum status
curve448_x_exchange(struct span private_key, struct span public_key, struct secret *shared)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    if (private_key.len != CURVE448_X_SIZE || public_key.len != CURVE448_X_SIZE)
        return STATUS_BAD_KEY;
    CLEANUP(key_free)
    EVP_PKEY *own =
        EVP_PKEY_new_raw_private_key_ex(NULL, "X448", NULL, private_key.ptr, private_key.len);
    CLEANUP(key_free)
    EVP_PKEY *peer =
        EVP_PKEY_new_raw_public_key_ex(NULL, "X448", NULL, public_key.ptr, public_key.len);
    if (own == NULL || peer == NULL)
        return STATUS_CRYPTO;
    CLEANUP(key_context_free)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    if (context == NULL || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer(context, peer) != 1)
        return STATUS_CRYPTO;
    CLEANUP(secret_clear) struct secret result = {.len = CURVE448_X_SIZE};
    size_t len = CURVE448_X_SIZE;
    /* OpenSSL fails on a result of all zeros; should it not, the check is here. */
    if (EVP_PKEY_derive(context, result.bytes, &len) != 1 || len != CURVE448_X_SIZE ||
        sodium_is_zero(result.bytes, len))
        return STATUS_BAD_KEY;
    *shared = result;
    return STATUS_OK;
}

/* p = 2^448 - 2^224 - 1 */
static int set_field(BIGNUM *p, BIGNUM *half)
{
    return BN_set_bit(p, 448) == 1 && BN_set_bit(half, 224) == 1 && BN_sub(p, p, half) == 1 &&
           BN_sub_word(p, 1) == 1;
}

/* RFC 8032, 5.2.3: x^2 = u / v with u = y^2 - 1, v = d y^2 - 1 and d = -39081. There is such an x
 * when u / v, and with it u * v, is a square modulo p. Nothing here is secret. */
static int quotient_symbol(const BIGNUM *y, const BIGNUM *p, BN_CTX *scratch)
{
    BIGNUM *u = BN_CTX_get(scratch);
    BIGNUM *v = BN_CTX_get(scratch);
    if (v == NULL || BN_mod_sqr(u, y, p, scratch) != 1 || BN_copy(v, u) == NULL ||
        BN_sub_word(u, 1) != 1 || BN_mul_word(v, 39081) != 1 || BN_add_word(v, 1) != 1)
        return -2;
    BN_set_negative(v, 1);
    if (BN_mod_mul(u, u, v, p, scratch) != 1)
        return -2;
    return BN_kronecker(u, p, scratch); /* 1, 0 or -1; -2 when it fails */
}

static enum status check_point(struct span y_bytes, BN_CTX *scratch)
{
    BIGNUM *p = BN_CTX_get(scratch);
    BIGNUM *y = BN_CTX_get(scratch);
    BIGNUM *half = BN_CTX_get(scratch);
    if (half == NULL || BN_lebin2bn(y_bytes.ptr, (int)y_bytes.len, y) == NULL ||
        !set_field(p, half))
        return STATUS_NO_MEMORY;
    /* The points of small order are those with y = 0 and those with x = 0, where the symbol is
     * 0. */
    if (BN_is_zero(y) || BN_cmp(y, p) >= 0)
        return STATUS_BAD_KEY;
    int symbol = quotient_symbol(y, p, scratch);
    if (symbol == -2)
        return STATUS_NO_MEMORY;
    return symbol == 1 ? STATUS_OK : STATUS_BAD_KEY;
}

enum status curve448_ed_check_public(struct span public_key)
{
    /* The last byte holds the sign of x in its top bit and nothing else. */
    if (public_key.len != CURVE448_ED_SIZE || (public_key.ptr[CURVE448_ED_SIZE - 1] & 0x7f) != 0)
        return STATUS_BAD_KEY;
    CLEANUP(scratch_free) BN_CTX *scratch = BN_CTX_new();
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    BN_CTX_start(scratch);
    enum status status = check_point(span_of(public_key.ptr, CURVE448_ED_SIZE - 1), scratch);
    BN_CTX_end(scratch);
    return status;
}

enum status curve448_ed_sign(struct span private_key, struct span message, uint8_t *signature)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    if (private_key.len != CURVE448_ED_SIZE)
        return STATUS_BAD_KEY;
    CLEANUP(key_free)
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key_ex(NULL, "ED448", NULL, private_key.ptr, private_key.len);
    CLEANUP(digest_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = CURVE448_SIGNATURE_SIZE;
    if (key == NULL || context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &len, message.ptr, message.len) != 1 ||
        len != CURVE448_SIGNATURE_SIZE)
        return STATUS_CRYPTO;
    return STATUS_OK;
}

enum status curve448_ed_verify(struct span public_key, struct span message, struct span signature)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    /* OpenSSL takes keys of small order, under which one signature fits many messages. */
    TRY(curve448_ed_check_public(public_key));
    CLEANUP(key_free)
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, "ED448", NULL, public_key.ptr, public_key.len);
    CLEANUP(digest_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (key == NULL || context == NULL || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
        return STATUS_CRYPTO;
    return EVP_DigestVerify(context, signature.ptr, signature.len, message.ptr, message.len) == 1
               ? STATUS_OK
               : STATUS_BAD_SIGNATURE;
}
