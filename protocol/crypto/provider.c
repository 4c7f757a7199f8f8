/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/provider.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <pthread.h>
#include <stdbool.h>

#define HASHES 3
#define CIPHERS 2
#define CURVES 3

static struct {
    EVP_MD *hashes[HASHES];
    EVP_CIPHER *ciphers[CIPHERS];
    EC_GROUP *curves[CURVES];
    bool complete;
} table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void)
{
    static const char *const hash_names[HASHES] = {
        [HASH_SHA256] = "SHA2-256", [HASH_SHA384] = "SHA2-384", [HASH_SHA512] = "SHA2-512"};
    static const char *const cipher_names[CIPHERS] = {
        [AEAD_AES128GCM] = "AES-128-GCM", [AEAD_AES256GCM] = "AES-256-GCM"};
    static const int curve_numbers[CURVES] = {[PRIME_CURVE_P256] = NID_X9_62_prime256v1,
                                              [PRIME_CURVE_P384] = NID_secp384r1,
                                              [PRIME_CURVE_P521] = NID_secp521r1};
    bool complete = true;
    for (size_t i = 0; i < HASHES; i++) {
        table.hashes[i] = EVP_MD_fetch(NULL, hash_names[i], NULL);
        complete = complete && table.hashes[i] != NULL;
    }
    for (size_t i = 0; i < CIPHERS; i++) {
        table.ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
        complete = complete && table.ciphers[i] != NULL;
    }
    for (size_t i = 0; i < CURVES; i++) {
        table.curves[i] = EC_GROUP_new_by_curve_name(curve_numbers[i]);
        complete = complete && table.curves[i] != NULL;
    }
    table.complete = complete;
}

enum status provider_start(void)
{
    if (pthread_once(&table_once, fill_table) != 0)
        return STATUS_CRYPTO;
    return table.complete ? STATUS_OK : STATUS_CRYPTO;
}

const EVP_MD *provider_hash(enum hash_id hash)
{
    return provider_start() == STATUS_OK ? table.hashes[hash] : NULL;
}

const EVP_CIPHER *provider_cipher(enum aead_id aead)
{
    if (aead == AEAD_CHACHA20POLY1305 || provider_start() != STATUS_OK)
        return NULL;
    return table.ciphers[aead];
}

const EC_GROUP *provider_curve(enum prime_curve curve)
{
    return provider_start() == STATUS_OK ? table.curves[curve] : NULL;
}

int provider_errors_mark(void)
{
    return ERR_set_mark();
}

void provider_errors_drop(int *mark)
{
    /* An empty queue takes no mark; dropping to none then empties it, which is right too. */
    (void)mark;
    (void)ERR_pop_to_mark();
}
