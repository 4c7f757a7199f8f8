/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash, HMAC and HKDF of a suite (RFC 5869). Outputs have the suite's hash_size.
 * Errors: STATUS_CRYPTO when the library fails, STATUS_NO_MEMORY, STATUS_LIMIT past HKDF's 255
 * blocks.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CRYPTO_HASH_H
#define WEFT_CRYPTO_HASH_H

#include "protocol/base/secret.h"
#include "protocol/crypto/suite.h"

struct digest {
    uint8_t bytes[HASH_SIZE_MAX];
    uint8_t len;
};

static inline struct span digest_span(const struct digest *digest)
{
    return (struct span){digest->bytes, digest->len};
}

/* The hash of the parts, one after another. */
MUST_CHECK enum status
hash_parts(enum hash_id hash, const struct span *parts, size_t count, struct digest *digest);

/* The hash of one string of bytes. */
MUST_CHECK enum status hash_bytes(enum hash_id hash, struct span bytes, struct digest *digest);

/* HMAC over one message; a MAC is compared with secret_equal. */
MUST_CHECK enum status
hash_mac(enum hash_id hash, struct span key, struct span message, struct digest *mac);

/* The same over the parts, one after another. */
MUST_CHECK enum status hash_mac_parts(
    enum hash_id hash, struct span key, const struct span *parts, size_t count, struct digest *mac);

/* Wipes a digest that was derived from a secret: CLEANUP(hash_digest_clear). */
void hash_digest_clear(struct digest *digest);

/* HKDF-Extract(salt, ikm). */
MUST_CHECK enum status
hkdf_extract(enum hash_id hash, struct span salt, struct span ikm, struct secret *prk);

/* HKDF-Expand(prk, info, length) into `out`. */
MUST_CHECK enum status
hkdf_expand(enum hash_id hash, struct span prk, struct span info, uint8_t *out, size_t length);

/* The same with an ikm or info that is given in parts, at most HKDF_PARTS_MAX of them. */
#define HKDF_PARTS_MAX 6
MUST_CHECK enum status hkdf_extract_parts(
    enum hash_id hash, struct span salt, const struct span *ikm, size_t count, struct secret *prk);
MUST_CHECK enum status hkdf_expand_parts(enum hash_id hash,
                                         struct span prk,
                                         const struct span *info,
                                         size_t count,
                                         uint8_t *out,
                                         size_t length);

#endif
