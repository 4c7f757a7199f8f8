/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/format/format.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"

#include <string.h>

static const struct field role_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct format_role, role),
    FIELD_SIZED(FIELD_TEXT, struct format_role, title, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct format_role, purpose, LIMIT_TITLE_BYTES),
};
static const struct schema role_schema = SCHEMA("format_role", struct format_role, role_fields);

static const struct field kind_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct format_kind, kind),
};
static const struct schema kind_schema = SCHEMA("format_kind", struct format_kind, kind_fields);

static const struct field stage_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct format_stage, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct format_stage, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct format_stage, prompt, LIMIT_BRIEF_BYTES),
    FIELD_PLAIN(FIELD_U16, struct format_stage, minutes),
    FIELD_PLAIN(FIELD_U16, struct format_stage, deadline_days),
    FIELD_PLAIN(FIELD_U16, struct format_stage, speak),
    FIELD_ITEMS(struct format_stage, kinds, kind_count, &kind_schema, FORMAT_KINDS_MAX),
    FIELD_PLAIN(FIELD_BOOL, struct format_stage, reveal),
};
static const struct schema stage_schema = SCHEMA("format_stage", struct format_stage, stage_fields);

static const struct field harvest_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct format_harvest_field, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct format_harvest_field, title, LIMIT_TITLE_BYTES),
    FIELD_PLAIN(FIELD_U16, struct format_harvest_field, kind),
    FIELD_SIZED(FIELD_TEXT, struct format_harvest_field, stage, LIMIT_NAME_BYTES),
};
static const struct schema harvest_schema =
    SCHEMA("format_harvest_field", struct format_harvest_field, harvest_fields);

static const struct field format_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct format, version),
    FIELD_SIZED(FIELD_TEXT, struct format, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct format, title, LIMIT_TITLE_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct format, purpose, LIMIT_BRIEF_BYTES),
    FIELD_PLAIN(FIELD_U8, struct format, people_min),
    FIELD_PLAIN(FIELD_U8, struct format, people_max),
    FIELD_ITEMS(struct format, roles, role_count, &role_schema, FORMAT_ROLES_MAX),
    FIELD_ITEMS(struct format, stages, stage_count, &stage_schema, FORMAT_STAGES_MAX),
    FIELD_ITEMS(struct format, harvest, harvest_count, &harvest_schema, FORMAT_FIELDS_MAX),
    FIELD_PLAIN(FIELD_BOOL, struct format, harvest_approval),
};
const struct schema format_schema = SCHEMA("format", struct format, format_fields);

static bool stage_name_is_free(const struct format *format, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (span_equal(format->stages[i].name, format->stages[index].name))
            return false;
    return true;
}

enum status format_check(const struct format *format)
{
    if (format->version != FORMAT_VERSION)
        return STATUS_UNSUPPORTED;
    if (format->name.len == 0 || format->stage_count == 0)
        return STATUS_INVALID;
    if (format->people_min == 0 || format->people_max < format->people_min)
        return STATUS_INVALID;
    for (size_t i = 0; i < format->stage_count; i++) {
        const struct format_stage *stage = &format->stages[i];
        bool clock_or_voice = stage->minutes != 0 || stage->deadline_days != 0 || stage->speak != 0;
        if (stage->name.len == 0 || !clock_or_voice || !stage_name_is_free(format, i))
            return STATUS_INVALID;
        if (stage->minutes != 0 && stage->deadline_days != 0)
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status format_decode(struct span bytes, struct arena *arena, struct format *format)
{
    struct format decoded;
    TRY(schema_decode(&format_schema, bytes, arena, &decoded));
    TRY(format_check(&decoded));
    *format = decoded;
    return STATUS_OK;
}

enum status format_encode(const struct format *format, struct buffer *bytes)
{
    TRY(format_check(format));
    return schema_encode(&format_schema, format, bytes);
}

enum status format_digest(struct span bytes, uint8_t digest[FORMAT_DIGEST_SIZE])
{
    struct digest made;
    TRY(hash_bytes(HASH_SHA256, bytes, &made));
    memcpy(digest, made.bytes, FORMAT_DIGEST_SIZE);
    return STATUS_OK;
}

bool format_may_speak(const struct format_stage *stage, uint16_t roles)
{
    return (stage->speak & FORMAT_EVERYBODY) != 0 || (stage->speak & roles) != 0;
}

bool format_allows_kind(const struct format_stage *stage, uint16_t kind)
{
    for (size_t i = 0; i < stage->kind_count; i++)
        if (stage->kinds[i].kind == kind)
            return true;
    return stage->kind_count == 0;
}
