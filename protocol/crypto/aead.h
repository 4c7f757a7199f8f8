/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated encryption of a suite: ciphertext is plaintext plus AEAD_TAG_SIZE.
 * Errors: STATUS_CRYPTO, also for a key or nonce of another length; STATUS_NOT_DECRYPTED when the
 * tag does not verify or the ciphertext is shorter than a tag; STATUS_LIMIT when `out` is full;
 * STATUS_NO_MEMORY. The output buffer is then as it was, and holds none of the plaintext.
 * No input may lie in the output buffer, which moves when it grows.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_AEAD_H
#define WEFT_CRYPTO_AEAD_H

#include "protocol/base/buffer.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/suite.h"

/* Appends the ciphertext of `plaintext` to `out`. `key` and `nonce` have the AEAD's sizes. */
MUST_CHECK enum status aead_seal(enum aead_id aead,
                                 struct span key,
                                 struct span nonce,
                                 struct span associated_data,
                                 struct span plaintext,
                                 struct buffer *out);

/* Appends the plaintext of `ciphertext` to `out`. */
MUST_CHECK enum status aead_open(enum aead_id aead,
                                 struct span key,
                                 struct span nonce,
                                 struct span associated_data,
                                 struct span ciphertext,
                                 struct buffer *out);

#endif
