/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/clean.h"

#include "protocol/codec/utf8.h"

#include <string.h>

static const uint8_t replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */

enum status clean_line(struct span text, struct buffer *out)
{
    while (text.len != 0) {
        uint32_t point = 0;
        size_t length = utf8_decode(text, &point);
        bool blank = point == '\n' || point == '\t' || point == '\r';
        if (length != 0 && blank)
            TRY(buffer_append(out, SPAN_LITERAL(" ")));
        else if (length == 0 || utf8_is_unsafe(point))
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
