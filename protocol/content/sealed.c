/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/sealed.h"

#include "protocol/base/secret.h"
#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"

#include <string.h>

static const uint8_t zero_nonce[12];

static void key_clear(uint8_t (*key)[SEALED_KEY_SIZE])
{
    secret_wipe(key, sizeof *key);
}

static enum status commit_to(const uint8_t key[SEALED_KEY_SIZE],
                             const struct id *author,
                             struct span text,
                             struct digest *commitment)
{
    const struct span parts[] = {span_of(key, SEALED_KEY_SIZE), id_span(author), text};
    return hash_parts(HASH_SHA256, parts, sizeof parts / sizeof *parts, commitment);
}

enum status sealed_make(const struct id *author,
                        struct span text,
                        const struct random_source *random,
                        struct buffer *out,
                        uint8_t key[SEALED_KEY_SIZE],
                        struct content_sealed *sealed)
{
    CLEANUP(key_clear) uint8_t fresh[SEALED_KEY_SIZE] = {0};
    struct digest commitment;
    size_t before = out->len;
    TRY(random_fill(random, fresh, sizeof fresh));
    TRY(commit_to(fresh, author, text, &commitment));
    TRY(aead_seal(AEAD_CHACHA20POLY1305, SPAN_OF(fresh), SPAN_OF(zero_nonce),
                  digest_span(&commitment), text, out));
    memcpy(key, fresh, sizeof fresh);
    memcpy(sealed->commitment, commitment.bytes, sizeof sealed->commitment);
    sealed->ciphertext = span_of(out->ptr + before, out->len - before);
    return STATUS_OK;
}

enum status sealed_open(const struct content_sealed *sealed,
                        const struct id *author,
                        const uint8_t key[SEALED_KEY_SIZE],
                        struct buffer *text)
{
    size_t before = text->len;
    TRY(aead_open(AEAD_CHACHA20POLY1305, span_of(key, SEALED_KEY_SIZE), SPAN_OF(zero_nonce),
                  SPAN_OF(sealed->commitment), sealed->ciphertext, text));
    struct digest commitment;
    enum status hashed =
        commit_to(key, author, span_of(text->ptr + before, text->len - before), &commitment);
    if (hashed == STATUS_OK && memcmp(commitment.bytes, sealed->commitment, 32) == 0)
        return STATUS_OK;
    buffer_truncate(text, before);
    return hashed == STATUS_OK ? STATUS_NOT_DECRYPTED : hashed;
}
