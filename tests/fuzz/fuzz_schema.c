/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The schema's reader and writer, with a structure that has a field of each kind: what decodes
 * must encode to the same bytes.
 */
#include "protocol/codec/schema.h"
#include "tests/fuzz/fuzz.h"

/* Of the arrays of one structure: a hostile count must end in STATUS_LIMIT, not in memory. */
#define ARENA_BYTES_MAX (64u << 10)

struct point {
    uint16_t x;
    struct span name;
};

struct line {
    uint8_t colour;
    struct point *points;
    size_t point_count;
};

struct drawing {
    uint8_t version;
    bool open;
    uint32_t size;
    uint64_t serial;
    int64_t at;
    uint8_t id[4];
    struct span blob;
    struct span title;
    struct point origin;
    struct line *lines;
    size_t line_count;
};

static const struct field point_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct point, x),
    FIELD_SIZED(FIELD_TEXT, struct point, name, 20),
};
static const struct schema point_schema = SCHEMA("point", struct point, point_fields);

static const struct field line_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct line, colour),
    FIELD_ITEMS(struct line, points, point_count, &point_schema, 5),
};
static const struct schema line_schema = SCHEMA("line", struct line, line_fields);

static const struct field drawing_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct drawing, version),
    FIELD_PLAIN(FIELD_BOOL, struct drawing, open),
    FIELD_PLAIN(FIELD_U32, struct drawing, size),
    FIELD_PLAIN(FIELD_U64, struct drawing, serial),
    FIELD_PLAIN(FIELD_TIME, struct drawing, at),
    FIELD_ID(struct drawing, id),
    FIELD_SIZED(FIELD_BYTES, struct drawing, blob, 70),
    FIELD_SIZED(FIELD_TEXT, struct drawing, title, 30),
    FIELD_NESTED(struct drawing, origin, &point_schema),
    FIELD_ITEMS(struct drawing, lines, line_count, &line_schema, 4),
};
static const struct schema drawing_schema = SCHEMA("drawing", struct drawing, drawing_fields);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_BYTES_MAX);
    struct drawing drawing = {0};
    if (schema_decode(&drawing_schema, input, &arena, &drawing) != STATUS_OK)
        return 0;
    fuzz_expect(drawing.blob.len <= 70 && drawing.title.len <= 30 && drawing.line_count <= 4);

    CLEANUP(buffer_clear) struct buffer again;
    buffer_init(&again, size);
    fuzz_expect(schema_encode(&drawing_schema, &drawing, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), input));
    return 0;
}
