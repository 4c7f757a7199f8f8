/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/hash.h"

#include "protocol/crypto/provider.h"

#include <string.h>

#define HASH_BLOCK_SIZE_MAX 128

static void context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context); /* wipes */
}

static void block_clear(uint8_t (*block)[HASH_BLOCK_SIZE_MAX])
{
    secret_wipe(block, sizeof *block);
}

void hash_digest_clear(struct digest *digest)
{
    secret_wipe(digest, sizeof *digest);
}

/* The hash of `first` and the parts, with a context that is used for nothing else meanwhile. */
static enum status digest_of(EVP_MD_CTX *context,
                             const EVP_MD *md,
                             struct span first,
                             const struct span *parts,
                             size_t count,
                             struct digest *digest)
{
    if (EVP_DigestInit_ex2(context, md, NULL) != 1 ||
        EVP_DigestUpdate(context, first.ptr, first.len) != 1)
        return STATUS_CRYPTO;
    for (size_t i = 0; i < count; i++)
        if (EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) != 1)
            return STATUS_CRYPTO;
    unsigned len = 0;
    if (EVP_DigestFinal_ex(context, digest->bytes, &len) != 1)
        return STATUS_CRYPTO;
    digest->len = (uint8_t)len;
    return STATUS_OK;
}

static enum status begin(enum hash_id hash, const EVP_MD **md, EVP_MD_CTX **context)
{
    *md = provider_hash(hash);
    if (*md == NULL)
        return STATUS_CRYPTO;
    *context = EVP_MD_CTX_new();
    return *context == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status
hash_parts(enum hash_id hash, const struct span *parts, size_t count, struct digest *digest)
{
    const EVP_MD *md;
    CLEANUP(context_free) EVP_MD_CTX *context = NULL;
    TRY(begin(hash, &md, &context));
    CLEANUP(hash_digest_clear) struct digest result = {0};
    TRY(digest_of(context, md, SPAN_EMPTY, parts, count, &result));
    *digest = result;
    return STATUS_OK;
}

enum status hash_bytes(enum hash_id hash, struct span bytes, struct digest *digest)
{
    return hash_parts(hash, &bytes, 1, digest);
}

/* HMAC from the hash (RFC 2104, 2): OpenSSL 3.0's own looks its digest up by name on every call
 * and takes three times as long on the short messages of a key schedule. */
enum status hash_mac_parts(
    enum hash_id hash, struct span key, const struct span *parts, size_t count, struct digest *mac)
{
    const EVP_MD *md;
    CLEANUP(context_free) EVP_MD_CTX *context = NULL;
    TRY(begin(hash, &md, &context));
    size_t block_size = (size_t)EVP_MD_get_block_size(md);
    CLEANUP(hash_digest_clear) struct digest inner = {0};
    CLEANUP(block_clear) uint8_t block[HASH_BLOCK_SIZE_MAX] = {0};
    if (key.len > block_size) {
        TRY(digest_of(context, md, key, NULL, 0, &inner));
        memcpy(block, inner.bytes, inner.len);
    } else if (key.len != 0) {
        memcpy(block, key.ptr, key.len);
    }
    for (size_t i = 0; i < block_size; i++)
        block[i] ^= 0x36;
    TRY(digest_of(context, md, span_of(block, block_size), parts, count, &inner));
    for (size_t i = 0; i < block_size; i++)
        block[i] ^= 0x36 ^ 0x5c;
    CLEANUP(hash_digest_clear) struct digest outer = {0};
    struct span inner_span = digest_span(&inner);
    TRY(digest_of(context, md, span_of(block, block_size), &inner_span, 1, &outer));
    *mac = outer;
    return STATUS_OK;
}

enum status hash_mac(enum hash_id hash, struct span key, struct span message, struct digest *mac)
{
    return hash_mac_parts(hash, key, &message, 1, mac);
}
