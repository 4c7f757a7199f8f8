/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file on its way through the server: padded, cut into chunks, each encrypted under the file's
 * own random key (ChaCha20-Poly1305). The nonce is the chunk's index, and for the last one says
 * so; so no chunk stands for another, and none is missing at the end. The message that announces
 * the file has the hash of every encrypted chunk, so that whoever downloads it checks each before
 * it is opened, against what the sender signed.
 *
 * A key encrypts one file once: two contents under one key and index would show their difference.
 * Errors: STATUS_NOT_DECRYPTED, STATUS_LIMIT, STATUS_CRYPTO. Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_FILE_CHUNK_H
#define WEFT_CONTENT_FILE_CHUNK_H

#include "protocol/base/buffer.h"
#include "protocol/base/limits.h"

#define FILE_KEY_SIZE 32

/* What a file of so many bytes is made: as messages are (padding.h). */
uint64_t file_padded_size(uint64_t size);

/* Chunks of a file of `size` bytes, padding included. */
uint32_t file_chunk_count(uint64_t size);

/* Plain bytes of one of them, padding included. */
size_t file_chunk_size(uint64_t size, uint32_t index);

/* Bytes of all of them, encrypted. */
uint64_t file_sealed_size(uint64_t size);

/* Appends the encrypted chunk. `plain` has file_chunk_size bytes. */
MUST_CHECK enum status file_chunk_seal(const uint8_t key[FILE_KEY_SIZE],
                                       uint64_t size,
                                       uint32_t index,
                                       struct span plain,
                                       struct buffer *sealed);

/* Appends the plain chunk, padding included. */
MUST_CHECK enum status file_chunk_open(const uint8_t key[FILE_KEY_SIZE],
                                       uint64_t size,
                                       uint32_t index,
                                       struct span sealed,
                                       struct buffer *plain);

#endif
