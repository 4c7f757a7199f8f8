/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/frame.h"

#include "protocol/base/limits.h"

enum status frame_read(struct span bytes, struct frame *frame)
{
    struct reader reader = reader_of(bytes);
    struct frame read = {0};
    uint8_t type;
    TRY(reader_u8(&reader, &type));
    if (type < FRAME_SERVER_HELLO || type > FRAME_PART)
        return STATUS_UNSUPPORTED;
    read.type = (enum frame_type)type;
    TRY(reader_u32(&reader, &read.request));
    TRY(reader_u16(&reader, &read.kind));
    TRY(reader_bytes(&reader, reader_left(&reader), &read.body));
    *frame = read;
    return STATUS_OK;
}

void frame_write_header(struct writer *writer,
                        enum frame_type type,
                        uint32_t request,
                        uint16_t kind)
{
    writer_u8(writer, (uint8_t)type);
    writer_u32(writer, request);
    writer_u16(writer, kind);
}

enum status frame_encode(enum frame_type type,
                         uint32_t request,
                         uint16_t kind,
                         const struct schema *schema,
                         const void *value,
                         struct buffer *out)
{
    size_t before = out->len;
    struct writer writer = writer_of(out);
    frame_write_header(&writer, type, request, kind);
    if (schema != NULL)
        schema_write(schema, &writer, value);
    if (writer_finish(&writer) == STATUS_OK && out->len - before > LIMIT_FRAME_BYTES)
        writer_fail(&writer, STATUS_LIMIT);
    if (writer_finish(&writer) != STATUS_OK)
        buffer_truncate(out, before);
    return writer_finish(&writer);
}

static const struct field part_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_part, offset),
    FIELD_PLAIN(FIELD_U32, struct wire_part, total),
    FIELD_SIZED(FIELD_BYTES, struct wire_part, bytes, LIMIT_PART_BYTES),
};
const struct schema wire_part_schema = SCHEMA("part", struct wire_part, part_fields);
