/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/utf8.h"

/* The length of the well-formed sequence at `ptr`, 0 when there is none (RFC 3629, 4). */
static size_t sequence(const uint8_t *ptr, size_t left)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high;
        uint8_t length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (ptr[0] < forms[i].first_low || ptr[0] > forms[i].first_high)
            continue;
        if (forms[i].length > left)
            return 0;
        if (forms[i].length > 1 && (ptr[1] < forms[i].second_low || ptr[1] > forms[i].second_high))
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if (ptr[k] < 0x80 || ptr[k] > 0xbf)
                return 0;
        return forms[i].length;
    }
    return 0;
}

bool utf8_is_valid(struct span text)
{
    for (size_t at = 0; at < text.len;) {
        size_t length = sequence(text.ptr + at, text.len - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

size_t utf8_decode(struct span text, uint32_t *point)
{
    static const uint8_t first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t length = sequence(text.ptr, text.len);
    if (length == 0)
        return 0;
    *point = text.ptr[0] & first_bits[length];
    for (size_t i = 1; i < length; i++)
        *point = *point << 6 | (text.ptr[i] & 0x3fu);
    return length;
}

bool utf8_is_unsafe(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f},   {0x2028, 0x202e},
        {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

size_t utf8_count(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += utf8_begins(text.ptr[i]);
    return count;
}

struct span utf8_first(struct span text, size_t characters)
{
    size_t length = 0;
    for (; length < text.len; length++)
        if (utf8_begins(text.ptr[length]) && characters-- == 0)
            break;
    return span_of(text.ptr, length);
}

struct span utf8_fitting(struct span text, size_t bytes)
{
    if (text.len <= bytes)
        return text;
    while (bytes > 0 && !utf8_begins(text.ptr[bytes]))
        bytes--;
    return span_of(text.ptr, bytes);
}
