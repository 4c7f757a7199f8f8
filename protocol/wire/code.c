/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/code.h"

#include "protocol/base/limits.h"

#define CODE_STATUS(number, name, status) [number] = STATUS_##status,
static const enum status statuses[] = {WIRE_CODE_LIST(CODE_STATUS)};

enum status wire_code_status(uint16_t code)
{
    return code < sizeof statuses / sizeof *statuses ? statuses[code] : STATUS_INTERNAL;
}

/* Statuses that are told under a more general code. */
static const struct {
    enum status status;
    enum wire_code code;
} general[] = {
    {STATUS_TRUNCATED, WIRE_CODE_MALFORMED},   {STATUS_TRAILING, WIRE_CODE_MALFORMED},
    {STATUS_NOT_UTF8, WIRE_CODE_MALFORMED},    {STATUS_BAD_KEY, WIRE_CODE_INVALID},
    {STATUS_BAD_MAC, WIRE_CODE_INVALID},       {STATUS_WRONG_GROUP, WIRE_CODE_INVALID},
    {STATUS_INVALID_LEAF, WIRE_CODE_INVALID},  {STATUS_INVALID_TREE, WIRE_CODE_INVALID},
    {STATUS_PATH_REQUIRED, WIRE_CODE_INVALID}, {STATUS_INVALID_PROPOSAL, WIRE_CODE_INVALID},
    {STATUS_REPLAYED, WIRE_CODE_EXISTS},       {STATUS_REMOVED, WIRE_CODE_DENIED},
    {STATUS_PENDING, WIRE_CODE_NOT_NOW},
};

enum wire_code wire_code_of(enum status status)
{
    if (status == STATUS_OK)
        return WIRE_CODE_OK;
    for (size_t i = WIRE_CODE_MALFORMED; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i] == status)
            return (enum wire_code)i;
    for (size_t i = 0; i < sizeof general / sizeof *general; i++)
        if (general[i].status == status)
            return general[i].code;
    return WIRE_CODE_INTERNAL;
}

static const struct field error_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_error, detail, LIMIT_BRIEF_BYTES),
    FIELD_PLAIN(FIELD_U32, struct wire_error, retry_after_ms),
};
const struct schema wire_error_schema = SCHEMA("error", struct wire_error, error_fields);

static const struct field large_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_large, size),
    FIELD_ID(struct wire_large, sha256),
};
const struct schema wire_large_schema = SCHEMA("large", struct wire_large, large_fields);
