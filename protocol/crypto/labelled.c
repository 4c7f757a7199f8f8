/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/labelled.h"

#include "protocol/base/limits.h"
#include "protocol/codec/writer.h"

static enum status encode(const char *label, struct span content, struct buffer *signed_bytes)
{
    struct writer writer = writer_of(signed_bytes);
    writer_vector(&writer, span_from_text(label));
    writer_vector(&writer, content);
    return writer_finish(&writer);
}

enum status labelled_sign(struct span private_key,
                          const char *label,
                          struct span content,
                          struct signature *signature)
{
    CLEANUP(buffer_clear) struct buffer signed_bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(encode(label, content, &signed_bytes));
    return signature_sign(SIGNATURE_ED25519, private_key, buffer_span(&signed_bytes), signature);
}

enum status labelled_verify(struct span public_key,
                            const char *label,
                            struct span content,
                            struct span signature)
{
    CLEANUP(buffer_clear) struct buffer signed_bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(encode(label, content, &signed_bytes));
    return signature_verify(SIGNATURE_ED25519, public_key, buffer_span(&signed_bytes), signature);
}
