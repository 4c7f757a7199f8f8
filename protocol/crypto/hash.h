/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash, HMAC and HKDF of a suite (RFC 5869). Outputs have the suite's hash_size.
 * Errors: STATUS_CRYPTO when the library fails, STATUS_LIMIT past HKDF's 255 blocks.
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
MUST_CHECK enum status hash_parts(enum hash_id hash,
                                  const struct span *parts,
                                  size_t count,
                                  struct digest *digest);

MUST_CHECK enum status hash_bytes(enum hash_id hash, struct span bytes, struct digest *digest);

/* HMAC over one message; a MAC is compared with secret_equal. */
MUST_CHECK enum status
hash_mac(enum hash_id hash, struct span key, struct span message, struct digest *mac);

/* HKDF-Extract(salt, ikm). */
MUST_CHECK enum status
hkdf_extract(enum hash_id hash, struct span salt, struct span ikm, struct secret *prk);

/* HKDF-Expand(prk, info, length) into `out`. */
MUST_CHECK enum status hkdf_expand(
    enum hash_id hash, struct span prk, struct span info, uint8_t *out, size_t length);

#endif
