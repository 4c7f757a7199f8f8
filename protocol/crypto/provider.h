/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is fetched from OpenSSL once and constant from then on: looking an algorithm up by name
 * costs more than hashing a short message with it.
 *
 * This is the one table of crypto/ that is filled at run time. pthread_once fills it, nothing
 * changes it afterwards, and it lives until the process ends. Of use inside crypto/ only.
 * Thread rule: any thread.
 */
#ifndef WEFT_CRYPTO_PROVIDER_H
#define WEFT_CRYPTO_PROVIDER_H

#include "protocol/base/status.h"
#include "protocol/crypto/prime_curve.h"
#include "protocol/crypto/suite.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

/* Fills the table if it is not. STATUS_CRYPTO when the machine's OpenSSL lacks an algorithm; the
 * functions below then give NULL. */
MUST_CHECK enum status provider_start(void);

/* NULL when OpenSSL lacks it. */
const EVP_MD *provider_hash(enum hash_id hash);

/* NULL when OpenSSL lacks it, or for an AEAD that is libsodium's. */
const EVP_CIPHER *provider_cipher(enum aead_id aead);

/* NULL when OpenSSL lacks it. */
const EC_GROUP *provider_curve(enum prime_curve curve);

/*
 * OpenSSL keeps a queue of errors per thread, in which a TLS connection of the same thread looks
 * for its own. CLEANUP(provider_errors_drop) int errors = provider_errors_mark(); drops on every
 * exit what was added since.
 */
int provider_errors_mark(void);
void provider_errors_drop(int *mark);

#endif
