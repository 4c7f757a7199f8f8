/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write first, then reveal together: an answer goes out sealed under a key of its own, and the
 * key follows at the reveal. Nobody is anchored by what was read before writing, and nobody can
 * change what was written.
 *
 * The commitment is SHA-256 over key, author and text, so that a key which opens to another text is
 * noticed, and so is somebody who sends another's answer as their own. The AEAD is
 * ChaCha20-Poly1305 with a zero nonce: a key seals one text. Errors: STATUS_NOT_DECRYPTED (wrong
 * key or text), STATUS_NO_RANDOMNESS, STATUS_LIMIT. Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_SEALED_H
#define WEFT_CONTENT_SEALED_H

#include "protocol/base/buffer.h"
#include "protocol/base/random.h"
#include "protocol/content/kinds.h"

#define SEALED_KEY_SIZE 32

/* Seals the text of a person: the ciphertext is appended to `out`, and `sealed` lends it from
 * there. */
MUST_CHECK enum status sealed_make(const struct id *author,
                                   struct span text,
                                   const struct random_source *random,
                                   struct buffer *out,
                                   uint8_t key[SEALED_KEY_SIZE],
                                   struct content_sealed *sealed);

/* Appends the text of `sealed`, which `author` sent, to `text`. */
MUST_CHECK enum status sealed_open(const struct content_sealed *sealed,
                                   const struct id *author,
                                   const uint8_t key[SEALED_KEY_SIZE],
                                   struct buffer *text);

#endif
