/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel/extension.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/signature.h"

#include <stdlib.h>

/* RFC 9420, 13.4 leaves the contents to the extension; these are ours. */
enum field_type {
    FIELD_TYPE_VISIBILITY = 1,
    FIELD_TYPE_HISTORY = 2,
    FIELD_TYPE_FORMAT_DIGEST = 3,
    FIELD_TYPE_ROLES = 4,
    FIELD_TYPE_DORMANT = 5,
};

static const struct field role_fields[] = {
    FIELD_ID(struct channel_role_item, person),
    FIELD_PLAIN(FIELD_U16, struct channel_role_item, roles),
};
static const struct schema role_schema = SCHEMA("role", struct channel_role_item, role_fields);

struct role_list {
    struct channel_role_item *items;
    size_t count;
};
static const struct field role_list_fields[] = {
    FIELD_ITEMS(struct role_list, items, count, &role_schema, LIMIT_GROUP_MEMBERS),
};
static const struct schema role_list_schema = SCHEMA("roles", struct role_list, role_list_fields);

static const struct field dormant_fields[] = {
    FIELD_ID(struct channel_dormant, device),
    FIELD_SIZED(FIELD_BYTES, struct channel_dormant, key, SIGNATURE_PUBLIC_SIZE_MAX),
    FIELD_PLAIN(FIELD_TIME, struct channel_dormant, until),
};
static const struct schema dormant_schema =
    SCHEMA("dormant", struct channel_dormant, dormant_fields);

struct dormant_list {
    struct channel_dormant *items;
    size_t count;
};
static const struct field dormant_list_fields[] = {
    FIELD_ITEMS(struct dormant_list, items, count, &dormant_schema, LIMIT_GROUP_MEMBERS),
};
static const struct schema dormant_list_schema =
    SCHEMA("dormant devices", struct dormant_list, dormant_list_fields);

static const struct field field_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct channel_field, type),
    FIELD_SIZED(FIELD_BYTES, struct channel_field, value, LIMIT_OBJECT_BYTES),
};
static const struct schema field_schema = SCHEMA("field", struct channel_field, field_fields);

struct field_list {
    uint8_t version;
    struct channel_field *items;
    size_t count;
};
static const struct field field_list_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct field_list, version),
    FIELD_ITEMS(struct field_list, items, count, &field_schema, LIMIT_CHANNEL_FIELDS),
};
static const struct schema field_list_schema =
    SCHEMA("weft_channel", struct field_list, field_list_fields);

static enum status decode_octet(struct span value, uint8_t max, uint8_t *octet)
{
    if (value.len != 1)
        return STATUS_MALFORMED;
    if (value.ptr[0] == 0 || value.ptr[0] > max)
        return STATUS_UNSUPPORTED;
    *octet = value.ptr[0];
    return STATUS_OK;
}

/* Each person once, so that a look-up has one answer. */
static enum status check_roles(const struct role_list *roles)
{
    for (size_t i = 1; i < roles->count; i++)
        if (span_compare(id_span(&roles->items[i - 1].person), id_span(&roles->items[i].person)) >=
            0)
            return STATUS_INVALID;
    return STATUS_OK;
}

static int compare_dormant(const void *a, const void *b)
{
    const struct channel_dormant *first = a;
    const struct channel_dormant *second = b;
    return span_compare(id_span(&first->device), id_span(&second->device));
}

static enum status check_dormant(const struct dormant_list *dormant)
{
    for (size_t i = 1; i < dormant->count; i++)
        if (compare_dormant(&dormant->items[i - 1], &dormant->items[i]) >= 0)
            return STATUS_INVALID;
    return STATUS_OK;
}

static enum status decode_field(const struct channel_field *field,
                                struct arena *arena,
                                struct channel_extension *extension)
{
    uint8_t octet;
    struct role_list roles;
    struct dormant_list dormant;
    switch (field->type) {
    case FIELD_TYPE_VISIBILITY:
        TRY(decode_octet(field->value, CHANNEL_CONFIDENTIAL, &octet));
        extension->visibility = (enum channel_visibility)octet;
        return STATUS_OK;
    case FIELD_TYPE_HISTORY:
        TRY(decode_octet(field->value, CHANNEL_HISTORY_FULL, &octet));
        extension->history = (enum channel_history)octet;
        return STATUS_OK;
    case FIELD_TYPE_FORMAT_DIGEST:
        extension->format_digest = field->value;
        return field->value.len == CHANNEL_FORMAT_DIGEST_SIZE ? STATUS_OK : STATUS_MALFORMED;
    case FIELD_TYPE_ROLES:
        TRY(schema_decode(&role_list_schema, field->value, arena, &roles));
        TRY(check_roles(&roles));
        extension->roles = roles.items;
        extension->role_count = roles.count;
        return STATUS_OK;
    case FIELD_TYPE_DORMANT:
        TRY(schema_decode(&dormant_list_schema, field->value, arena, &dormant));
        TRY(check_dormant(&dormant));
        extension->dormant = dormant.items;
        extension->dormant_count = dormant.count;
        return STATUS_OK;
    default: /* numbers of the wire, not an enum of ours: kept as they are */
        extension->unknown[extension->unknown_count++] = *field;
        return STATUS_OK;
    }
}

enum status channel_extension_decode(struct span bytes,
                                     struct arena *arena,
                                     struct channel_extension *extension)
{
    struct field_list list;
    TRY(schema_decode(&field_list_schema, bytes, arena, &list));
    if (list.version != CHANNEL_EXTENSION_VERSION)
        return STATUS_UNSUPPORTED;
    struct channel_extension decoded = {0};
    void *unknown = NULL;
    TRY(arena_take(arena, list.count, sizeof *decoded.unknown, &unknown));
    decoded.unknown = unknown;
    for (size_t i = 0; i < list.count; i++) {
        uint16_t before = i == 0 ? 0 : list.items[i - 1].type;
        if (list.items[i].type <= before)
            return STATUS_INVALID;
        TRY(decode_field(&list.items[i], arena, &decoded));
    }
    if (decoded.visibility == 0 || decoded.history == 0)
        return STATUS_INVALID;
    *extension = decoded;
    return STATUS_OK;
}

enum status channel_extension_encode(const struct channel_extension *extension,
                                     struct buffer *bytes)
{
    struct role_list roles = {extension->roles, extension->role_count};
    TRY(check_roles(&roles));
    struct dormant_list dormant = {extension->dormant, extension->dormant_count};
    TRY(check_dormant(&dormant));
    CLEANUP(buffer_clear) struct buffer role_bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer dormant_bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(schema_encode(&role_list_schema, &roles, &role_bytes));
    TRY(schema_encode(&dormant_list_schema, &dormant, &dormant_bytes));
    uint8_t visibility = (uint8_t)extension->visibility;
    uint8_t history = (uint8_t)extension->history;
    struct channel_field items[LIMIT_CHANNEL_FIELDS] = {
        {FIELD_TYPE_VISIBILITY, SPAN_OF(visibility)},
        {FIELD_TYPE_HISTORY, SPAN_OF(history)},
    };
    struct field_list list = {CHANNEL_EXTENSION_VERSION, items, 2};
    if (extension->format_digest.len != 0)
        items[list.count++] =
            (struct channel_field){FIELD_TYPE_FORMAT_DIGEST, extension->format_digest};
    items[list.count++] = (struct channel_field){FIELD_TYPE_ROLES, buffer_span(&role_bytes)};
    if (dormant.count != 0)
        items[list.count++] =
            (struct channel_field){FIELD_TYPE_DORMANT, buffer_span(&dormant_bytes)};
    if (extension->unknown_count > LIMIT_CHANNEL_FIELDS - list.count)
        return STATUS_LIMIT;
    for (size_t i = 0; i < extension->unknown_count; i++)
        items[list.count++] = extension->unknown[i];
    return schema_encode(&field_list_schema, &list, bytes);
}

uint16_t channel_extension_roles(const struct channel_extension *extension, const struct id *person)
{
    size_t low = 0;
    size_t high = extension->role_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct channel_role_item *item = &extension->roles[middle];
        int order = span_compare(id_span(&item->person), id_span(person));
        if (order == 0)
            return item->roles;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

const struct channel_dormant *channel_extension_dormant(const struct channel_extension *extension,
                                                        const struct id *device)
{
    const struct channel_dormant wanted = {.device = *device};
    return extension->dormant_count == 0
               ? NULL
               : bsearch(&wanted, extension->dormant, extension->dormant_count, sizeof wanted,
                         compare_dormant);
}

static bool same_roles(const struct channel_extension *a, const struct channel_extension *b)
{
    if (a->role_count != b->role_count)
        return false;
    for (size_t i = 0; i < a->role_count; i++)
        if (!id_equal(&a->roles[i].person, &b->roles[i].person) ||
            a->roles[i].roles != b->roles[i].roles)
            return false;
    return true;
}

bool channel_extension_same_rules(const struct channel_extension *a,
                                  const struct channel_extension *b)
{
    if (a->visibility != b->visibility || a->history != b->history ||
        !span_equal(a->format_digest, b->format_digest) || !same_roles(a, b) ||
        a->unknown_count != b->unknown_count)
        return false;
    for (size_t i = 0; i < a->unknown_count; i++)
        if (a->unknown[i].type != b->unknown[i].type ||
            !span_equal(a->unknown[i].value, b->unknown[i].value))
            return false;
    return true;
}

bool channel_extension_is_listed(const struct channel_extension *extension)
{
    return extension->visibility == CHANNEL_OPEN || extension->visibility == CHANNEL_RESTRICTED;
}
