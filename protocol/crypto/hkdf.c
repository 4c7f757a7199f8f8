/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/hash.h"

#include <assert.h>
#include <string.h>

/* RFC 5869, 2.3: "L <= 255*HashLen". */
#define HKDF_BLOCKS_MAX 255

enum status hkdf_extract_parts(
    enum hash_id hash, struct span salt, const struct span *ikm, size_t count, struct secret *prk)
{
    CLEANUP(hash_digest_clear) struct digest mac = {0};
    TRY(hash_mac_parts(hash, salt, ikm, count, &mac));
    return secret_set(prk, digest_span(&mac));
}

enum status hkdf_extract(enum hash_id hash, struct span salt, struct span ikm, struct secret *prk)
{
    return hkdf_extract_parts(hash, salt, &ikm, 1, prk);
}

static enum status expand(enum hash_id hash,
                          struct span prk,
                          const struct span *info,
                          size_t count,
                          uint8_t *out,
                          size_t length)
{
    /* RFC 5869, 2.3: T(i) = HMAC-Hash(PRK, T(i-1) | info | i). */
    struct span parts[HKDF_PARTS_MAX + 2];
    CLEANUP(hash_digest_clear) struct digest block = {0};
    uint8_t number = 0;
    for (size_t i = 0; i < count; i++)
        parts[i + 1] = info[i];
    parts[count + 1] = span_of(&number, 1);
    for (size_t done = 0; done < length;) {
        if (number == HKDF_BLOCKS_MAX)
            return STATUS_LIMIT;
        number++;
        parts[0] = digest_span(&block);
        TRY(hash_mac_parts(hash, prk, parts, count + 2, &block));
        size_t part = length - done < block.len ? length - done : block.len;
        memcpy(out + done, block.bytes, part);
        done += part;
    }
    return STATUS_OK;
}

enum status hkdf_expand_parts(enum hash_id hash,
                              struct span prk,
                              const struct span *info,
                              size_t count,
                              uint8_t *out,
                              size_t length)
{
    assert(count <= HKDF_PARTS_MAX);
    enum status status = expand(hash, prk, info, count, out, length);
    if (status != STATUS_OK)
        secret_wipe(out, length);
    return status;
}

enum status
hkdf_expand(enum hash_id hash, struct span prk, struct span info, uint8_t *out, size_t length)
{
    return hkdf_expand_parts(hash, prk, &info, 1, out, length);
}
