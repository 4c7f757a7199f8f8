/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures described as data, so that one reader and one writer serve every structure of our
 * own formats (wire, content, channel, format). RFC 9420's own structures, with their variants,
 * are written out in mls/.
 *
 * A schema lists the fields of a C struct in wire order. Reading lends spans of the input and
 * takes lists from the arena; the result lives no longer than either. On an error the output is
 * unspecified and must not be used.
 * Errors: those of reader.h; STATUS_LIMIT for a list or vector over its field's maximum.
 * Thread rule: schemas are constant; the rest as reader.h and writer.h.
 */
#ifndef WEFT_CODEC_SCHEMA_H
#define WEFT_CODEC_SCHEMA_H

#include "protocol/base/arena.h"
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"

enum field_kind {
    FIELD_U8,     /* uint8_t */
    FIELD_BOOL,   /* bool, an octet 0 or 1 */
    FIELD_U16,    /* uint16_t */
    FIELD_U32,    /* uint32_t */
    FIELD_U64,    /* uint64_t */
    FIELD_TIME,   /* int64_t, milliseconds since 1970 UTC */
    FIELD_FIXED,  /* uint8_t[max]: exactly `max` bytes */
    FIELD_BYTES,  /* struct span: opaque<V> of at most `max` bytes */
    FIELD_TEXT,   /* struct span: UTF-8 without NUL, at most `max` bytes */
    FIELD_STRUCT, /* a struct of schema `of`, in place */
    FIELD_LIST,   /* T *items; size_t count; in this order: at most `max` items of schema `of` */
};

struct schema;

struct field {
    enum field_kind kind;
    size_t offset;       /* of the value, or of the list's pointer */
    size_t count_offset; /* of the list's count */
    size_t max;
    const struct schema *of;
    const char *name;
};

struct schema {
    const char *name;
    size_t size; /* of the C struct */
    const struct field *fields;
    size_t field_count;
};

/* Field constructors; `type` is the C struct, `member` its member. */
#define FIELD_PLAIN(kind_, type, member)                                                           \
    {                                                                                              \
        .kind = kind_, .offset = offsetof(type, member), .name = #member                           \
    }
#define FIELD_SIZED(kind_, type, member, max_)                                                     \
    {                                                                                              \
        .kind = kind_, .offset = offsetof(type, member), .max = (max_), .name = #member            \
    }
#define FIELD_ID(type, member)                                                                     \
    {                                                                                              \
        .kind = FIELD_FIXED, .offset = offsetof(type, member), .max = sizeof(((type *)0)->member), \
        .name = #member                                                                            \
    }
#define FIELD_NESTED(type, member, of_)                                                            \
    {                                                                                              \
        .kind = FIELD_STRUCT, .offset = offsetof(type, member), .of = (of_), .name = #member       \
    }
#define FIELD_ITEMS(type, member, count_member, of_, max_)                                         \
    {                                                                                              \
        .kind = FIELD_LIST, .offset = offsetof(type, member),                                      \
        .count_offset = offsetof(type, count_member), .max = (max_), .of = (of_), .name = #member  \
    }
#define SCHEMA(name_, type, fields_)                                                               \
    {                                                                                              \
        .name = name_, .size = sizeof(type), .fields = fields_,                                    \
        .field_count = sizeof(fields_) / sizeof *(fields_)                                         \
    }

/* Reads one structure; what follows it stays in the reader. */
MUST_CHECK enum status
schema_read(const struct schema *schema, struct reader *reader, struct arena *arena, void *out);

/* Reads one structure that must fill `bytes` to the end. */
MUST_CHECK enum status
schema_decode(const struct schema *schema, struct span bytes, struct arena *arena, void *out);

/* The writer fails with STATUS_LIMIT or STATUS_NOT_UTF8 when a value breaks its field's rule, so
 * that nothing is sent that the other side would refuse. */
void schema_write(const struct schema *schema, struct writer *writer, const void *value);

/* Appends one structure to `buffer`; on an error the buffer is as it was. */
MUST_CHECK enum status
schema_encode(const struct schema *schema, const void *value, struct buffer *buffer);

#endif
