/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/certificate.h"

#include "protocol/crypto/provider.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

static void certificate_free(X509 **certificate)
{
    X509_free(*certificate);
}

/* OpenSSL's name of the algorithm, and for ECDSA of the curve. */
struct key_type {
    const char *algorithm;
    const char *curve;
};

static const struct key_type key_types[] = {
    [SIGNATURE_ED25519] = {"ED25519", NULL},      [SIGNATURE_ECDSA_P256] = {"EC", "prime256v1"},
    [SIGNATURE_ECDSA_P384] = {"EC", "secp384r1"}, [SIGNATURE_ECDSA_P521] = {"EC", "secp521r1"},
    [SIGNATURE_ED448] = {"ED448", NULL},
};

/* RFC 5480, 2.1.1: the curve by its name, and not by its parameters. */
static bool is_on_curve(const EVP_PKEY *key, const char *curve)
{
    char name[32];
    size_t len = 0;
    int is_explicit = 0;
    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name,
                                          &len) == 1 &&
           span_equal(span_of(name, len), span_from_text(curve)) &&
           EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                  &is_explicit) == 1 &&
           is_explicit == 0;
}

/* The raw key, or the point uncompressed, whatever its form in the certificate. */
static enum status
write_key(const EVP_PKEY *key, const struct key_type *type, struct signature_public *public_key)
{
    struct signature_public read = {0};
    size_t len = sizeof read.bytes;
    if (EVP_PKEY_is_a(key, type->algorithm) != 1 ||
        (type->curve != NULL && !is_on_curve(key, type->curve)))
        return STATUS_BAD_KEY;
    int got = type->curve == NULL
                  ? EVP_PKEY_get_raw_public_key(key, read.bytes, &len)
                  : EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                    read.bytes, sizeof read.bytes, &len);
    if (got != 1)
        return STATUS_BAD_KEY;
    read.len = (uint8_t)len;
    *public_key = read;
    return STATUS_OK;
}

enum status certificate_public_key(enum signature_id scheme,
                                   struct span certificate,
                                   struct signature_public *public_key)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    if (certificate.len > LONG_MAX)
        return STATUS_MALFORMED;
    const unsigned char *at = certificate.ptr;
    CLEANUP(certificate_free) X509 *decoded = d2i_X509(NULL, &at, (long)certificate.len);
    if (decoded == NULL || at != certificate.ptr + certificate.len)
        return STATUS_MALFORMED;
    const EVP_PKEY *key = X509_get0_pubkey(decoded);
    return key == NULL ? STATUS_BAD_KEY : write_key(key, &key_types[scheme], public_key);
}
