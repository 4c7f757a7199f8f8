/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/file_chunk.h"

#include "protocol/content/padding.h"
#include "protocol/crypto/aead.h"

#define TAG_SIZE (LIMIT_SEALED_CHUNK_BYTES - LIMIT_FILE_CHUNK_BYTES)
#define NONCE_SIZE 12

uint64_t file_padded_size(uint64_t size)
{
    return content_padded_size((size_t)size);
}

uint32_t file_chunk_count(uint64_t size)
{
    uint64_t padded = file_padded_size(size);
    return (uint32_t)((padded + LIMIT_FILE_CHUNK_BYTES - 1) / LIMIT_FILE_CHUNK_BYTES);
}

size_t file_chunk_size(uint64_t size, uint32_t index)
{
    uint64_t padded = file_padded_size(size);
    uint64_t at = (uint64_t)index * LIMIT_FILE_CHUNK_BYTES;
    if (at >= padded)
        return 0;
    uint64_t left = padded - at;
    return left < LIMIT_FILE_CHUNK_BYTES ? (size_t)left : LIMIT_FILE_CHUNK_BYTES;
}

uint64_t file_sealed_size(uint64_t size)
{
    return file_padded_size(size) + (uint64_t)file_chunk_count(size) * TAG_SIZE;
}

static void make_nonce(uint64_t size, uint32_t index, uint8_t nonce[NONCE_SIZE])
{
    for (size_t i = 0; i < NONCE_SIZE; i++)
        nonce[i] = 0;
    nonce[0] = index + 1 == file_chunk_count(size);
    for (size_t i = NONCE_SIZE; i-- > NONCE_SIZE - 4; index >>= 8)
        nonce[i] = (uint8_t)index;
}

enum status file_chunk_seal(const uint8_t key[FILE_KEY_SIZE],
                            uint64_t size,
                            uint32_t index,
                            struct span plain,
                            struct buffer *sealed)
{
    uint8_t nonce[NONCE_SIZE];
    if (size > LIMIT_FILE_BYTES || index >= file_chunk_count(size) ||
        plain.len != file_chunk_size(size, index))
        return STATUS_LIMIT;
    make_nonce(size, index, nonce);
    return aead_seal(AEAD_CHACHA20POLY1305, span_of(key, FILE_KEY_SIZE), SPAN_OF(nonce), SPAN_EMPTY,
                     plain, sealed);
}

enum status file_chunk_open(const uint8_t key[FILE_KEY_SIZE],
                            uint64_t size,
                            uint32_t index,
                            struct span sealed,
                            struct buffer *plain)
{
    uint8_t nonce[NONCE_SIZE];
    if (size > LIMIT_FILE_BYTES || index >= file_chunk_count(size) ||
        sealed.len != file_chunk_size(size, index) + TAG_SIZE)
        return STATUS_NOT_DECRYPTED;
    make_nonce(size, index, nonce);
    return aead_open(AEAD_CHACHA20POLY1305, span_of(key, FILE_KEY_SIZE), SPAN_OF(nonce), SPAN_EMPTY,
                     sealed, plain);
}
