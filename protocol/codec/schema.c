/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/schema.h"

#include "protocol/codec/utf8.h"

#include <string.h>

/* Our schemas nest three deep at most. */
#define SCHEMA_DEPTH_MAX 8

static enum status read_structure(const struct schema *schema,
                                  struct reader *reader,
                                  struct arena *arena,
                                  void *out,
                                  unsigned depth);

static enum status
skip_structure(const struct schema *schema, struct reader *reader, unsigned depth);

/* Moves past a field without looking into it. */
static enum status skip_field(const struct field *field, struct reader *reader, unsigned depth)
{
    struct span skipped;
    switch (field->kind) {
    case FIELD_U8:
    case FIELD_BOOL:
        return reader_bytes(reader, 1, &skipped);
    case FIELD_U16:
        return reader_bytes(reader, 2, &skipped);
    case FIELD_U32:
        return reader_bytes(reader, 4, &skipped);
    case FIELD_U64:
    case FIELD_TIME:
        return reader_bytes(reader, 8, &skipped);
    case FIELD_FIXED:
        return reader_bytes(reader, field->max, &skipped);
    case FIELD_BYTES:
    case FIELD_TEXT:
    case FIELD_LIST:
        return reader_vector(reader, SIZE_MAX, &skipped);
    case FIELD_STRUCT:
        return skip_structure(field->of, reader, depth + 1);
    }
    return STATUS_INTERNAL;
}

static enum status
skip_structure(const struct schema *schema, struct reader *reader, unsigned depth)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < schema->field_count; i++)
        TRY(skip_field(&schema->fields[i], reader, depth));
    return STATUS_OK;
}

static enum status read_list(const struct field *field,
                             struct reader *reader,
                             struct arena *arena,
                             uint8_t *base,
                             unsigned depth)
{
    struct reader items;
    TRY(reader_sub(reader, SIZE_MAX, &items));
    /* Counted first, without reading what is inside: the array is then taken once, only as large
     * as the input proves, and lists in lists are read once. */
    struct reader counting = items;
    size_t count = 0;
    while (!reader_at_end(&counting)) {
        if (++count > field->max)
            return STATUS_LIMIT;
        TRY(skip_structure(field->of, &counting, depth + 1));
    }
    void *array = NULL;
    TRY(arena_take(arena, count, field->of->size, &array));
    for (size_t i = 0; i < count; i++)
        TRY(read_structure(field->of, &items, arena, (uint8_t *)array + i * field->of->size,
                           depth + 1));
    memcpy(base + field->offset, &array, sizeof array);
    memcpy(base + field->count_offset, &count, sizeof count);
    return STATUS_OK;
}

static enum status read_field(const struct field *field,
                              struct reader *reader,
                              struct arena *arena,
                              uint8_t *base,
                              unsigned depth)
{
    void *out = base + field->offset;
    switch (field->kind) {
    case FIELD_U8:
        return reader_u8(reader, out);
    case FIELD_BOOL:
        return reader_presence(reader, out);
    case FIELD_U16:
        return reader_u16(reader, out);
    case FIELD_U32:
        return reader_u32(reader, out);
    case FIELD_U64:
    case FIELD_TIME:
        return reader_u64(reader, out);
    case FIELD_FIXED:
        return reader_copy(reader, out, field->max);
    case FIELD_BYTES:
        return reader_vector(reader, field->max, out);
    case FIELD_TEXT:
        return reader_text(reader, field->max, out);
    case FIELD_STRUCT:
        return read_structure(field->of, reader, arena, out, depth + 1);
    case FIELD_LIST:
        return read_list(field, reader, arena, base, depth);
    }
    return STATUS_INTERNAL;
}

static enum status read_structure(const struct schema *schema,
                                  struct reader *reader,
                                  struct arena *arena,
                                  void *out,
                                  unsigned depth)
{
    if (depth > SCHEMA_DEPTH_MAX)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < schema->field_count; i++)
        TRY(read_field(&schema->fields[i], reader, arena, out, depth));
    return STATUS_OK;
}

enum status
schema_read(const struct schema *schema, struct reader *reader, struct arena *arena, void *out)
{
    return read_structure(schema, reader, arena, out, 0);
}

enum status
schema_decode(const struct schema *schema, struct span bytes, struct arena *arena, void *out)
{
    struct reader reader = reader_of(bytes);
    TRY(schema_read(schema, &reader, arena, out));
    return reader_finish(&reader);
}

static void write_bounded(const struct field *field, struct writer *writer, const void *value)
{
    struct span bytes;
    memcpy(&bytes, value, sizeof bytes);
    if (bytes.len > field->max)
        writer_fail(writer, STATUS_LIMIT);
    else if (field->kind == FIELD_TEXT && !utf8_is_valid(bytes))
        writer_fail(writer, STATUS_NOT_UTF8);
    else
        writer_vector(writer, bytes);
}

static void write_structure(const struct schema *schema,
                            struct writer *writer,
                            const void *value,
                            unsigned depth);

static void
write_list(const struct field *field, struct writer *writer, const uint8_t *base, unsigned depth)
{
    const uint8_t *array;
    size_t count;
    memcpy(&array, base + field->offset, sizeof array);
    memcpy(&count, base + field->count_offset, sizeof count);
    if (count > field->max) {
        writer_fail(writer, STATUS_LIMIT);
        return;
    }
    size_t begin = writer_vector_begin(writer);
    for (size_t i = 0; i < count; i++)
        write_structure(field->of, writer, array + i * field->of->size, depth + 1);
    writer_vector_end(writer, begin);
}

static void
write_field(const struct field *field, struct writer *writer, const uint8_t *base, unsigned depth)
{
    const uint8_t *value = base + field->offset;
    switch (field->kind) {
    case FIELD_U8:
        writer_u8(writer, *value);
        return;
    case FIELD_BOOL:
        writer_presence(writer, *(const bool *)value);
        return;
    case FIELD_U16:
        writer_u16(writer, *(const uint16_t *)(const void *)value);
        return;
    case FIELD_U32:
        writer_u32(writer, *(const uint32_t *)(const void *)value);
        return;
    case FIELD_U64:
    case FIELD_TIME:
        writer_u64(writer, *(const uint64_t *)(const void *)value);
        return;
    case FIELD_FIXED:
        writer_bytes(writer, span_of(value, field->max));
        return;
    case FIELD_BYTES:
    case FIELD_TEXT:
        write_bounded(field, writer, value);
        return;
    case FIELD_STRUCT:
        write_structure(field->of, writer, value, depth + 1);
        return;
    case FIELD_LIST:
        write_list(field, writer, base, depth);
        return;
    }
}

static void write_structure(const struct schema *schema,
                            struct writer *writer,
                            const void *value,
                            unsigned depth)
{
    if (depth > SCHEMA_DEPTH_MAX) {
        writer_fail(writer, STATUS_INTERNAL);
        return;
    }
    for (size_t i = 0; i < schema->field_count; i++)
        write_field(&schema->fields[i], writer, value, depth);
}

void schema_write(const struct schema *schema, struct writer *writer, const void *value)
{
    write_structure(schema, writer, value, 0);
}

enum status schema_encode(const struct schema *schema, const void *value, struct buffer *buffer)
{
    size_t before = buffer->len;
    struct writer writer = writer_of(buffer);
    schema_write(schema, &writer, value);
    if (writer_finish(&writer) != STATUS_OK)
        buffer_truncate(buffer, before);
    return writer_finish(&writer);
}
