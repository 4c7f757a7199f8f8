/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's randomness, getrandom(2), as a random_source. Not libsodium's, which aborts the
 * process when there is none: here it is STATUS_NO_RANDOMNESS, and whoever asked stops.
 * Thread rule: any thread.
 */
#ifndef WEFT_CRYPTO_RANDOM_SYSTEM_H
#define WEFT_CRYPTO_RANDOM_SYSTEM_H

#include "protocol/base/random.h"

/* Starts libsodium and looks up what crypto/ takes from OpenSSL: STATUS_CRYPTO when either cannot.
 * Call it before any other function of crypto/; further calls do nothing. */
MUST_CHECK enum status crypto_start(void);

/* A constant source without context. */
const struct random_source *random_system(void);

#endif
