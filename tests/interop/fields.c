/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/interop/fields.h"

#include "protocol/mls/public/extension.h"

#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)(found - digits);
}

enum status fields_bytes(const json_t *object, const char *name, struct buffer *out)
{
    const json_t *field = json_object_get(object, name);
    const char *text = json_string_value(field);
    uint8_t *bytes = NULL;
    if (field == NULL || json_is_null(field))
        return STATUS_OK;
    if (text == NULL || strlen(text) % 2 != 0)
        return STATUS_USAGE;
    size_t count = strlen(text) / 2;
    TRY(buffer_extend(out, count, &bytes));
    for (size_t i = 0; i < count; i++) {
        int high = digit(text[2 * i]);
        int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return STATUS_USAGE;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    return STATUS_OK;
}

enum status fields_number(const json_t *object, const char *name, uint64_t *value)
{
    const json_t *field = json_object_get(object, name);
    if (!json_is_integer(field) || json_integer_value(field) < 0)
        return STATUS_USAGE;
    *value = (uint64_t)json_integer_value(field);
    return STATUS_OK;
}

enum status fields_text(const json_t *object, const char *name, const char **text)
{
    const char *value = json_string_value(json_object_get(object, name));
    if (value == NULL)
        return STATUS_USAGE;
    *text = value;
    return STATUS_OK;
}

bool fields_flag(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

enum status fields_set_bytes(json_t *object, const char *name, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = digits[bytes.ptr[i] >> 4];
        text[2 * i + 1] = digits[bytes.ptr[i] & 15];
    }
    text[2 * bytes.len] = '\0';
    int failed = json_object_set_new(object, name, json_string(text));
    free(text);
    return failed == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status fields_extensions(const json_t *object, const char *name, struct buffer *contents)
{
    const json_t *list = json_object_get(object, name);
    struct writer writer = writer_of(contents);
    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP(buffer_clear) struct buffer data = BUFFER_INIT(1 << 16);
        const json_t *item = json_array_get(list, i);
        uint64_t type = 0;
        TRY(fields_number(item, "type", &type));
        TRY(fields_bytes(item, "data", &data));
        mls_extension_write(&writer, (uint16_t)type, buffer_span(&data));
    }
    return writer_finish(&writer);
}
