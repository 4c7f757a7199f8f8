/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which keys a client encrypts with: a line for each encryption in the file WEFT_FAULT_KEYS, with
 * hashes of the key alone and of key and nonce, and the tag, by which the ciphertext is known again
 * on the wire. A key that was used, forgotten in a kill and used again is then there twice.
 * Thread rule: any thread; one write a line.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hash(const unsigned char *first,
                 size_t first_size,
                 const unsigned char *second,
                 size_t second_size,
                 char text[33])
{
    unsigned char bytes[16];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof bytes);
    crypto_generichash_update(&state, first, first_size);
    if (second != NULL)
        crypto_generichash_update(&state, second, second_size);
    crypto_generichash_final(&state, bytes, sizeof bytes);
    sodium_bin2hex(text, 33, bytes, sizeof bytes);
}

static void note(const char *what, const char *key, const char *pair, const char *tag)
{
    char line[160];
    const char *path = getenv("WEFT_FAULT_KEYS");
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0)
        return;
    int len = snprintf(line, sizeof line, "%s %s %s %s\n", what, key, pair, tag);
    /* Not a call that is counted. */
    if (syscall(SYS_write, file, line, (size_t)len) != len)
        abort();
    close(file);
}

static void find(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* The encryption that is under way on this thread. */
static _Thread_local struct {
    EVP_CIPHER_CTX *context;
    char key[33];
    char pair[33];
} sealing;

/* What protocol/crypto seals messages with (aead.c): begins with this and ends with taking the tag.
 */
int EVP_CipherInit_ex2(EVP_CIPHER_CTX *context,
                       const EVP_CIPHER *cipher,
                       const unsigned char *key,
                       const unsigned char *nonce,
                       int encrypt,
                       const OSSL_PARAM params[])
{
    int (*real)(EVP_CIPHER_CTX *, const EVP_CIPHER *, const unsigned char *, const unsigned char *,
                int, const OSSL_PARAM[]);
    find("EVP_CipherInit_ex2", &real);
    sealing.context = NULL;
    if (encrypt == 1 && cipher != NULL && key != NULL && nonce != NULL) {
        sealing.context = context;
        size_t key_size = (size_t)EVP_CIPHER_get_key_length(cipher);
        hash(key, key_size, NULL, 0, sealing.key);
        hash(key, key_size, nonce, (size_t)EVP_CIPHER_get_iv_length(cipher), sealing.pair);
    }
    return real(context, cipher, key, nonce, encrypt, params);
}

int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int type, int size, void *value)
{
    int (*real)(EVP_CIPHER_CTX *, int, int, void *);
    find("EVP_CIPHER_CTX_ctrl", &real);
    int result = real(context, type, size, value);
    if (result == 1 && type == EVP_CTRL_AEAD_GET_TAG && context == sealing.context && size == 16) {
        char tag[33];
        sodium_bin2hex(tag, sizeof tag, value, 16);
        note("message", sealing.key, sealing.pair, tag);
    }
    return result;
}

/* What the vault seals its records with (vault_key.c): one key, a nonce for each. */
int crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned char *out,
                                               unsigned long long *out_size,
                                               const unsigned char *plaintext,
                                               unsigned long long size,
                                               const unsigned char *data,
                                               unsigned long long data_size,
                                               const unsigned char *no_nonce,
                                               const unsigned char *nonce,
                                               const unsigned char *key)
{
    int (*real)(unsigned char *, unsigned long long *, const unsigned char *, unsigned long long,
                const unsigned char *, unsigned long long, const unsigned char *,
                const unsigned char *, const unsigned char *);
    find("crypto_aead_xchacha20poly1305_ietf_encrypt", &real);
    char key_text[33], pair_text[33];
    hash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, NULL, 0, key_text);
    hash(key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, nonce,
         crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, pair_text);
    note("record", key_text, pair_text, "-");
    return real(out, out_size, plaintext, size, data, data_size, no_nonce, nonce, key);
}
