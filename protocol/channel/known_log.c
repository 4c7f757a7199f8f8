/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel/known_log.h"

#include "protocol/mls/public/group_info.h"

enum status channel_known_log_write(uint64_t log_size, struct buffer *extensions)
{
    CLEANUP(buffer_clear) struct buffer data = BUFFER_INIT(sizeof log_size);
    struct writer data_writer = writer_of(&data);
    writer_u64(&data_writer, log_size);
    TRY(writer_finish(&data_writer));
    struct writer writer = writer_of(extensions);
    mls_extension_write(&writer, CHANNEL_KNOWN_LOG_TYPE, buffer_span(&data));
    return writer_finish(&writer);
}

enum status channel_known_log_read(struct mls_extensions extensions, uint64_t *log_size)
{
    struct span data;
    uint64_t read;
    if (!mls_extensions_find(extensions, CHANNEL_KNOWN_LOG_TYPE, &data))
        return STATUS_NOT_FOUND;
    struct reader reader = reader_of(data);
    TRY(reader_u64(&reader, &read));
    TRY(reader_finish(&reader));
    *log_size = read;
    return STATUS_OK;
}

enum status channel_known_log_of(struct span group_info, uint64_t *log_size)
{
    struct mls_group_info info;
    TRY(mls_group_info_decode(group_info, &info));
    return channel_known_log_read(info.extensions, log_size);
}
