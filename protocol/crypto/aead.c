/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/aead.h"

#include "protocol/crypto/provider.h"

#include <limits.h>
#include <sodium.h>

static void context_free(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context); /* wipes */
}

static size_t key_size(enum aead_id aead)
{
    switch (aead) {
    case AEAD_AES128GCM:
        return 16;
    case AEAD_AES256GCM:
    case AEAD_CHACHA20POLY1305:
        return 32;
    }
    return 0;
}

static enum status check_sizes(enum aead_id aead, struct span key, struct span nonce)
{
    return key.len == key_size(aead) && nonce.len == AEAD_NONCE_SIZE_MAX ? STATUS_OK
                                                                         : STATUS_CRYPTO;
}

/* A context with key and nonce set and the associated data taken in. */
static enum status begin(enum aead_id aead,
                         struct span key,
                         struct span nonce,
                         struct span associated_data,
                         int encrypt,
                         EVP_CIPHER_CTX **context)
{
    if (associated_data.len > INT_MAX)
        return STATUS_LIMIT;
    const EVP_CIPHER *cipher = provider_cipher(aead);
    if (cipher == NULL)
        return STATUS_CRYPTO;
    *context = EVP_CIPHER_CTX_new();
    if (*context == NULL)
        return STATUS_NO_MEMORY;
    /* A nonce of 12 bytes is GCM's default. */
    if (EVP_CipherInit_ex2(*context, cipher, key.ptr, nonce.ptr, encrypt, NULL) != 1)
        return STATUS_CRYPTO;
    int len = 0;
    if (associated_data.len != 0 &&
        EVP_CipherUpdate(*context, NULL, &len, associated_data.ptr, (int)associated_data.len) != 1)
        return STATUS_CRYPTO;
    return STATUS_OK;
}

/* One pass over all of `in`; GCM is a stream, so as many bytes come out. */
static enum status run(EVP_CIPHER_CTX *context, struct span in, uint8_t *out)
{
    int len = 0;
    if (in.len != 0 && EVP_CipherUpdate(context, out, &len, in.ptr, (int)in.len) != 1)
        return STATUS_CRYPTO;
    return (size_t)len == in.len ? STATUS_OK : STATUS_CRYPTO;
}

static enum status gcm_seal(enum aead_id aead,
                            struct span key,
                            struct span nonce,
                            struct span associated_data,
                            struct span plaintext,
                            uint8_t *out)
{
    CLEANUP(context_free) EVP_CIPHER_CTX *context = NULL;
    TRY(begin(aead, key, nonce, associated_data, 1, &context));
    TRY(run(context, plaintext, out));
    int len = 0;
    uint8_t *tag = out + plaintext.len;
    if (EVP_EncryptFinal_ex(context, tag, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, tag) != 1)
        return STATUS_CRYPTO;
    return STATUS_OK;
}

static enum status gcm_open(enum aead_id aead,
                            struct span key,
                            struct span nonce,
                            struct span associated_data,
                            struct span ciphertext,
                            uint8_t *out)
{
    CLEANUP(provider_errors_drop) int errors = provider_errors_mark();
    (void)errors;
    CLEANUP(context_free) EVP_CIPHER_CTX *context = NULL;
    TRY(begin(aead, key, nonce, associated_data, 0, &context));
    struct span body = span_of(ciphertext.ptr, ciphertext.len - AEAD_TAG_SIZE);
    uint8_t tag[AEAD_TAG_SIZE];
    for (size_t i = 0; i < sizeof tag; i++)
        tag[i] = ciphertext.ptr[body.len + i];
    TRY(run(context, body, out));
    int len = 0;
    if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) != 1)
        return STATUS_CRYPTO;
    return EVP_DecryptFinal_ex(context, out, &len) == 1 ? STATUS_OK : STATUS_NOT_DECRYPTED;
}

static enum status chacha_seal(struct span key,
                               struct span nonce,
                               struct span associated_data,
                               struct span plaintext,
                               uint8_t *out)
{
    return crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plaintext.ptr, plaintext.len,
                                                     associated_data.ptr, associated_data.len, NULL,
                                                     nonce.ptr, key.ptr) == 0
               ? STATUS_OK
               : STATUS_CRYPTO;
}

static enum status chacha_open(struct span key,
                               struct span nonce,
                               struct span associated_data,
                               struct span ciphertext,
                               uint8_t *out)
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, ciphertext.ptr,
                                                     ciphertext.len, associated_data.ptr,
                                                     associated_data.len, nonce.ptr, key.ptr) == 0
               ? STATUS_OK
               : STATUS_NOT_DECRYPTED;
}

enum status aead_seal(enum aead_id aead,
                      struct span key,
                      struct span nonce,
                      struct span associated_data,
                      struct span plaintext,
                      struct buffer *out)
{
    TRY(check_sizes(aead, key, nonce));
    if (plaintext.len > INT_MAX - AEAD_TAG_SIZE)
        return STATUS_LIMIT;
    size_t before = out->len;
    uint8_t *start;
    TRY(buffer_extend(out, plaintext.len + AEAD_TAG_SIZE, &start));
    enum status status = aead == AEAD_CHACHA20POLY1305
                             ? chacha_seal(key, nonce, associated_data, plaintext, start)
                             : gcm_seal(aead, key, nonce, associated_data, plaintext, start);
    if (status != STATUS_OK)
        buffer_truncate(out, before);
    return status;
}

enum status aead_open(enum aead_id aead,
                      struct span key,
                      struct span nonce,
                      struct span associated_data,
                      struct span ciphertext,
                      struct buffer *out)
{
    TRY(check_sizes(aead, key, nonce));
    if (ciphertext.len < AEAD_TAG_SIZE)
        return STATUS_NOT_DECRYPTED;
    if (ciphertext.len > INT_MAX)
        return STATUS_LIMIT;
    size_t before = out->len;
    uint8_t *start;
    TRY(buffer_extend(out, ciphertext.len - AEAD_TAG_SIZE, &start));
    /* An empty plaintext may leave an empty buffer without memory; the libraries want an address.
     */
    uint8_t nothing[AEAD_TAG_SIZE];
    if (start == NULL)
        start = nothing;
    enum status status = aead == AEAD_CHACHA20POLY1305
                             ? chacha_open(key, nonce, associated_data, ciphertext, start)
                             : gcm_open(aead, key, nonce, associated_data, ciphertext, start);
    if (status != STATUS_OK)
        buffer_truncate(out, before);
    return status;
}
