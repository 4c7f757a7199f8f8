/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's randomness (getrandom through libsodium) as a random_source.
 * Thread rule: any thread.
 */
#ifndef WEFT_CRYPTO_RANDOM_SYSTEM_H
#define WEFT_CRYPTO_RANDOM_SYSTEM_H

#include "protocol/base/random.h"

/* STATUS_CRYPTO when libsodium cannot start. Call it before any other function of crypto/. */
MUST_CHECK enum status crypto_start(void);

/* A constant source without context. */
const struct random_source *random_system(void);

#endif
