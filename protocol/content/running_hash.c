/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/running_hash.h"

#include "protocol/crypto/hash.h"

#include <string.h>

static enum status finish(const struct span *parts, size_t count, uint8_t hash[RUNNING_HASH_SIZE])
{
    struct digest digest;
    TRY(hash_parts(HASH_SHA256, parts, count, &digest));
    memcpy(hash, digest.bytes, RUNNING_HASH_SIZE);
    return STATUS_OK;
}

enum status running_hash_begin(struct span confirmed_transcript_hash,
                               uint8_t hash[RUNNING_HASH_SIZE])
{
    const struct span parts[] = {SPAN_LITERAL("Weft seen 1"), confirmed_transcript_hash};
    return finish(parts, sizeof parts / sizeof *parts, hash);
}

enum status running_hash_add(uint8_t hash[RUNNING_HASH_SIZE], uint64_t sequence, struct span entry)
{
    /* Hashed by itself first, so that the parts of the outer hash have fixed lengths, and that a
     * deleted entry leaves the hash as it was. */
    struct digest entry_hash;
    TRY(hash_bytes(HASH_SHA256, entry, &entry_hash));
    return running_hash_add_deleted(hash, sequence, entry_hash.bytes);
}

enum status running_hash_add_deleted(uint8_t hash[RUNNING_HASH_SIZE],
                                     uint64_t sequence,
                                     const uint8_t entry_sha256[RUNNING_HASH_SIZE])
{
    uint8_t place[8];
    for (size_t i = sizeof place; i-- > 0; sequence >>= 8)
        place[i] = (uint8_t)sequence;
    const struct span parts[] = {span_of(hash, RUNNING_HASH_SIZE), SPAN_OF(place),
                                 span_of(entry_sha256, RUNNING_HASH_SIZE)};
    return finish(parts, sizeof parts / sizeof *parts, hash);
}
