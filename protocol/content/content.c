/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/content.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/suite.h"

static const struct field seen_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct content_seen, epoch),
    FIELD_PLAIN(FIELD_U64, struct content_seen, sequence),
    FIELD_ID(struct content_seen, running_hash),
    FIELD_SIZED(FIELD_BYTES, struct content_seen, epoch_authenticator, HASH_SIZE_MAX),
};
static const struct schema seen_schema = SCHEMA("seen", struct content_seen, seen_fields);

static const struct field content_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct content, version),
    FIELD_PLAIN(FIELD_U16, struct content, kind),
    FIELD_ID(struct content, reply_to),
    FIELD_NESTED(struct content, seen, &seen_schema),
    FIELD_SIZED(FIELD_BYTES, struct content, body, LIMIT_ENTRY_BYTES),
};
const struct schema content_schema = SCHEMA("content", struct content, content_fields);

enum status content_decode(struct span bytes, struct content *content)
{
    struct arena none = ARENA_INIT(0);
    struct content decoded;
    TRY(schema_decode(&content_schema, bytes, &none, &decoded));
    if (decoded.version != CONTENT_VERSION)
        return STATUS_UNSUPPORTED;
    *content = decoded;
    return STATUS_OK;
}

enum status content_encode(const struct content *content, struct buffer *bytes)
{
    return schema_encode(&content_schema, content, bytes);
}

enum status content_decode_body(const struct content *content, struct arena *arena, void *body)
{
    const struct content_kind_row *kind = content_kind_find(content->kind);
    if (kind == NULL)
        return STATUS_UNSUPPORTED;
    struct reader reader = reader_of(content->body);
    return schema_read(kind->body, &reader, arena, body);
}

enum status content_encode_body(uint16_t kind, const void *body, struct buffer *bytes)
{
    const struct content_kind_row *row = content_kind_find(kind);
    if (row == NULL)
        return STATUS_UNSUPPORTED;
    return schema_encode(row->body, body, bytes);
}
