/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/id.h"

#include <string.h>

bool id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->bytes, b->bytes, ID_SIZE) == 0;
}

bool id_is_none(const struct id *id)
{
    static const struct id none;
    return id_equal(id, &none);
}

enum status id_random(const struct random_source *random, struct id *id)
{
    struct id fresh;
    TRY(random_fill(random, fresh.bytes, ID_SIZE));
    *id = fresh;
    return STATUS_OK;
}

void id_text(const struct id *id, char text[ID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < ID_SIZE; i++) {
        text[2 * i] = digits[id->bytes[i] >> 4];
        text[2 * i + 1] = digits[id->bytes[i] & 15];
    }
    text[2 * ID_SIZE] = '\0';
}

static int digit_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

enum status id_parse(struct span text, struct id *id)
{
    if (text.len != ID_TEXT_SIZE - 1)
        return STATUS_MALFORMED;
    struct id parsed;
    for (size_t i = 0; i < ID_SIZE; i++) {
        int high = digit_value(text.ptr[2 * i]);
        int low = digit_value(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return STATUS_MALFORMED;
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *id = parsed;
    return STATUS_OK;
}
