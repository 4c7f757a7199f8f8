/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/vectors/harness.h"

#include "protocol/crypto/random_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum vector_result
vector_failed(struct vector_case *test, const char *text, const char *file, int line)
{
    if (test->failed_text == NULL) {
        test->failed_text = text;
        test->failed_file = file;
        test->failed_line = line;
    }
    return VECTOR_FAILED;
}

void *vector_take(struct vector_case *test, size_t count, size_t size)
{
    void *items = NULL;
    if (arena_take(&test->arena, count, size, &items) != STATUS_OK) {
        (void)fputs("mls_vectors: out of memory\n", stderr);
        exit(2);
    }
    return items;
}

bool vector_has(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return member != NULL && !json_is_null(member);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool vector_hex_value(struct vector_case *test, const json_t *value, struct span *out)
{
    if (!json_is_string(value) || json_string_length(value) % 2 != 0)
        return false;
    const char *text = json_string_value(value);
    size_t count = json_string_length(value) / 2;
    uint8_t *bytes = vector_take(test, count, 1);
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    *out = span_of(bytes, count);
    return true;
}

bool vector_hex(struct vector_case *test, const json_t *object, const char *name, struct span *out)
{
    return vector_hex_value(test, json_object_get(object, name), out);
}

bool vector_text(const json_t *object, const char *name, struct span *out)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_string(member))
        return false;
    *out = span_of(json_string_value(member), json_string_length(member));
    return true;
}

bool vector_number(const json_t *object, const char *name, uint64_t *out)
{
    const json_t *member = json_object_get(object, name);
    if (!json_is_integer(member) || json_integer_value(member) < 0)
        return false;
    *out = (uint64_t)json_integer_value(member);
    return true;
}

const json_t *vector_array(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return json_is_array(member) ? member : NULL;
}

bool vector_suite(const json_t *object, const struct suite **suite)
{
    uint64_t id = 0;
    if (!vector_number(object, "cipher_suite", &id) || id > UINT16_MAX)
        return false;
    *suite = suite_find((uint16_t)id);
    return true;
}

const struct random_source *vector_random(void)
{
    return random_system();
}
