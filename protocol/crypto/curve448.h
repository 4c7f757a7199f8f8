/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X448 and Ed448, from OpenSSL. Of use inside crypto/ only: kem.h and signature.h are for everyone.
 *
 * Errors: STATUS_BAD_KEY (also for a shared secret of all zeros), STATUS_BAD_SIGNATURE,
 * STATUS_CRYPTO, STATUS_NO_MEMORY.
 * Source: RFC 7748, 6.2; RFC 8032, 5.2. Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_CURVE448_H
#define WEFT_CRYPTO_CURVE448_H

#include "protocol/base/secret.h"
#include "protocol/base/span.h"
#include "protocol/base/status.h"

#define CURVE448_X_SIZE 56
#define CURVE448_ED_SIZE 57
#define CURVE448_SIGNATURE_SIZE 114

/* Writes CURVE448_X_SIZE bytes. */
MUST_CHECK enum status curve448_x_public_of(struct span private_key, uint8_t *public_key);

MUST_CHECK enum status
curve448_x_exchange(struct span private_key, struct span public_key, struct secret *shared);

/* Writes CURVE448_ED_SIZE bytes. */
MUST_CHECK enum status curve448_ed_public_of(struct span private_key, uint8_t *public_key);

/* A canonical encoding of a point on the curve that is not of small order. */
MUST_CHECK enum status curve448_ed_check_public(struct span public_key);

/* Writes CURVE448_SIGNATURE_SIZE bytes. */
MUST_CHECK enum status
curve448_ed_sign(struct span private_key, struct span message, uint8_t *signature);

MUST_CHECK enum status
curve448_ed_verify(struct span public_key, struct span message, struct span signature);

#endif
