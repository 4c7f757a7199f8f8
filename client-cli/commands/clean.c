/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/clean.h"

#include <string.h>

static const uint8_t replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */

/* What a terminal, or a reader's eye, would be led astray by. */
struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range unsafe[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f},   {0x2028, 0x202e},
    {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool is_unsafe(uint32_t point)
{
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        if (point >= unsafe[i].first && point <= unsafe[i].last)
            return true;
    return false;
}

/* The length a sequence claims by its first byte; 0 for a byte that begins none. */
static size_t sequence_length(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Decodes one sequence at the front; its length, or 0 when it is not valid UTF-8. */
static size_t decode(struct span text, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = sequence_length(text.ptr[0]);
    if (length == 0 || length > text.len)
        return 0;
    uint32_t value = text.ptr[0] & first_bits[length];
    for (size_t i = 1; i < length; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (text.ptr[i] & 0x3fu);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *point = value;
    return length;
}

enum status clean_line(struct span text, struct buffer *out)
{
    while (text.len != 0) {
        uint32_t point = 0;
        size_t length = decode(text, &point);
        bool blank = point == '\n' || point == '\t' || point == '\r';
        if (length != 0 && blank)
            TRY(buffer_append(out, SPAN_LITERAL(" ")));
        else if (length == 0 || is_unsafe(point))
            TRY(buffer_append(out, SPAN_OF(replacement)));
        else
            TRY(buffer_append(out, span_of(text.ptr, length)));
        size_t step = length == 0 ? 1 : length;
        text = span_of(text.ptr + step, text.len - step);
    }
    return STATUS_OK;
}

bool clean_next_line(struct span *text, struct span *line)
{
    if (text->len == 0)
        return false;
    const uint8_t *end = memchr(text->ptr, '\n', text->len);
    size_t length = end == NULL ? text->len : (size_t)(end - text->ptr);
    *line = span_of(text->ptr, length);
    size_t step = end == NULL ? length : length + 1;
    *text = span_of(text->ptr + step, text->len - step);
    return true;
}
