/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/group_context.h"

enum status mls_group_context_read(struct reader *reader, struct mls_group_context *context)
{
    struct reader next = *reader;
    struct mls_group_context read = {0};
    uint16_t version;
    TRY(reader_u16(&next, &version));
    if (version != MLS_VERSION_10)
        return STATUS_UNSUPPORTED;
    TRY(reader_u16(&next, &read.cipher_suite));
    TRY(reader_vector(&next, SIZE_MAX, &read.group_id));
    TRY(reader_u64(&next, &read.epoch));
    TRY(reader_vector(&next, SIZE_MAX, &read.tree_hash));
    TRY(reader_vector(&next, SIZE_MAX, &read.confirmed_transcript_hash));
    TRY(mls_extensions_read(&next, &read.extensions));
    *reader = next;
    *context = read;
    return STATUS_OK;
}

void mls_group_context_write(struct writer *writer, const struct mls_group_context *context)
{
    writer_u16(writer, MLS_VERSION_10);
    writer_u16(writer, context->cipher_suite);
    writer_vector(writer, context->group_id);
    writer_u64(writer, context->epoch);
    writer_vector(writer, context->tree_hash);
    writer_vector(writer, context->confirmed_transcript_hash);
    mls_extensions_write(writer, &context->extensions);
}
