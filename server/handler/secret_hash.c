/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/secret_hash.h"

#include "protocol/crypto/hash.h"

#include <string.h>

enum status secret_hash(const uint8_t secret[INVITE_SECRET_SIZE], struct store_hash *hash)
{
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, span_of(secret, INVITE_SECRET_SIZE), &digest));
    memcpy(hash->bytes, digest.bytes, sizeof hash->bytes);
    return STATUS_OK;
}
