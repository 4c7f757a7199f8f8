/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/label.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/signature.h"

/* RFC 9420, 5.1.2: label = "MLS 1.0 " + Label. */
static void write_label(struct writer *writer, const char *label)
{
    size_t begin = writer_vector_begin(writer);
    writer_bytes(writer, SPAN_LITERAL("MLS 1.0 "));
    writer_bytes(writer, span_from_text(label));
    writer_vector_end(writer, begin);
}

void mls_sign_content_write(struct writer *writer, const char *label, struct span content)
{
    mls_sign_content_write_parts(writer, label, &content, 1);
}

void mls_sign_content_write_parts(struct writer *writer,
                                  const char *label,
                                  const struct span *parts,
                                  size_t count)
{
    write_label(writer, label);
    writer_vector_parts(writer, parts, count);
}

void mls_encrypt_context_write(struct writer *writer, const char *label, struct span context)
{
    write_label(writer, label);
    writer_vector(writer, context);
}

void mls_kdf_label_write(struct writer *writer,
                         uint16_t length,
                         const char *label,
                         struct span context)
{
    writer_u16(writer, length);
    write_label(writer, label);
    writer_vector(writer, context);
}

enum status mls_verify_with_label(const struct suite *suite,
                                  struct span public_key,
                                  const char *label,
                                  struct span content,
                                  struct span signature)
{
    return mls_verify_with_label_parts(suite, public_key, label, &content, 1, signature);
}

enum status mls_verify_with_label_parts(const struct suite *suite,
                                        struct span public_key,
                                        const char *label,
                                        const struct span *parts,
                                        size_t count,
                                        struct span signature)
{
    CLEANUP(buffer_clear) struct buffer signed_bytes = BUFFER_INIT(2 * LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&signed_bytes);
    mls_sign_content_write_parts(&writer, label, parts, count);
    TRY(writer_finish(&writer));
    return signature_verify(suite->signature, public_key, buffer_span(&signed_bytes), signature);
}
