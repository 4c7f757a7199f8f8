/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/group_info.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/label.h"

enum status mls_group_info_read(struct reader *reader, struct mls_group_info *info)
{
    struct reader next = *reader;
    struct mls_group_info read = {0};
    TRY(mls_group_context_read(&next, &read.group_context));
    read.context_bytes = reader_since(&next, reader);
    TRY(mls_extensions_read(&next, &read.extensions));
    TRY(reader_vector(&next, SIZE_MAX, &read.confirmation_tag));
    TRY(reader_u32(&next, &read.signer));
    TRY(reader_vector(&next, SIZE_MAX, &read.signature));
    *reader = next;
    *info = read;
    return STATUS_OK;
}

/* A bare GroupInfo starts with version and cipher suite, an MLSMessage with version and wire
 * format: mls_group_info is 4, and so is a suite. What follows decides: only one of the two
 * readings reaches exactly the end. */
static enum status decode_from(struct reader reader, struct mls_group_info *info)
{
    struct mls_group_info read;
    TRY(mls_group_info_read(&reader, &read));
    TRY(reader_finish(&reader));
    *info = read;
    return STATUS_OK;
}

enum status mls_group_info_decode(struct span bytes, struct mls_group_info *info)
{
    struct reader reader = reader_of(bytes);
    uint16_t version;
    uint16_t wire_format;
    TRY(reader_u16(&reader, &version));
    TRY(reader_u16(&reader, &wire_format));
    if (version == MLS_VERSION_10 && wire_format == MLS_WIRE_GROUP_INFO &&
        decode_from(reader, info) == STATUS_OK)
        return STATUS_OK;
    return decode_from(reader_of(bytes), info);
}

void mls_group_info_write_tbs(struct writer *writer, const struct mls_group_info *info)
{
    mls_group_context_write(writer, &info->group_context);
    mls_extensions_write(writer, &info->extensions);
    writer_vector(writer, info->confirmation_tag);
    writer_u32(writer, info->signer);
}

void mls_group_info_write(struct writer *writer, const struct mls_group_info *info)
{
    mls_group_info_write_tbs(writer, info);
    writer_vector(writer, info->signature);
}

enum status mls_group_info_verify(const struct suite *suite,
                                  const struct mls_group_info *info,
                                  struct span signature_key)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(2 * LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&tbs);
    mls_group_info_write_tbs(&writer, info);
    TRY(writer_finish(&writer));
    return mls_verify_with_label(suite, signature_key, "GroupInfoTBS", buffer_span(&tbs),
                                 info->signature);
}
