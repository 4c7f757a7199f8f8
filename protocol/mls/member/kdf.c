/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/kdf.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "protocol/mls/public/label.h"

#include <assert.h>

/* A label and a GroupContext with all its extensions: as large as one may be, since members who
 * cannot derive the keys of an epoch that the server accepted are stuck. */
#define LABEL_BYTES_MAX ((size_t)2 * LIMIT_OBJECT_BYTES)

enum status mls_kdf_expand(const struct suite *suite,
                           struct span secret,
                           const char *label,
                           struct span context,
                           uint8_t *out,
                           size_t length)
{
    if (length > UINT16_MAX)
        return STATUS_LIMIT;
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(LABEL_BYTES_MAX);
    struct writer writer = writer_of(&info);
    mls_kdf_label_write(&writer, (uint16_t)length, label, context);
    TRY(writer_finish(&writer));
    return hkdf_expand(suite->hash, secret, buffer_span(&info), out, length);
}

enum status mls_kdf_expand_secret(const struct suite *suite,
                                  struct span secret,
                                  const char *label,
                                  struct span context,
                                  size_t length,
                                  struct secret *derived)
{
    assert(length <= SECRET_SIZE_MAX);
    CLEANUP(secret_clear) struct secret fresh = {.len = (uint8_t)length};
    TRY(mls_kdf_expand(suite, secret, label, context, fresh.bytes, length));
    *derived = fresh;
    return STATUS_OK;
}

enum status mls_kdf_derive(const struct suite *suite,
                           struct span secret,
                           const char *label,
                           struct secret *derived)
{
    return mls_kdf_expand_secret(suite, secret, label, SPAN_EMPTY, suite->hash_size, derived);
}

enum status mls_kdf_derive_tree(const struct suite *suite,
                                struct span secret,
                                const char *label,
                                uint32_t generation,
                                size_t length,
                                struct secret *derived)
{
    /* RFC 9420, 9.1: "Where `Generation` is encoded as a big endian uint32." */
    uint8_t context[4] = {(uint8_t)(generation >> 24), (uint8_t)(generation >> 16),
                          (uint8_t)(generation >> 8), (uint8_t)generation};
    return mls_kdf_expand_secret(suite, secret, label, SPAN_OF(context), length, derived);
}

enum status mls_kdf_encrypt(const struct suite *suite,
                            const struct random_source *random,
                            struct span public_key,
                            const char *label,
                            struct span context,
                            struct span plaintext,
                            struct hpke_public *kem_output,
                            struct buffer *ciphertext)
{
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    struct writer writer = writer_of(&info);
    mls_encrypt_context_write(&writer, label, context);
    TRY(writer_finish(&writer));
    return hpke_seal(suite, random, public_key, buffer_span(&info), SPAN_EMPTY, plaintext,
                     kem_output, ciphertext);
}

enum status mls_kdf_decrypt(const struct suite *suite,
                            struct span private_key,
                            const char *label,
                            struct span context,
                            struct span kem_output,
                            struct span ciphertext,
                            struct buffer *plaintext)
{
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    struct writer writer = writer_of(&info);
    mls_encrypt_context_write(&writer, label, context);
    TRY(writer_finish(&writer));
    return hpke_open(suite, private_key, kem_output, buffer_span(&info), SPAN_EMPTY, ciphertext,
                     plaintext);
}
