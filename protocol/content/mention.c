/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/mention.h"

static bool is_mention(struct span text, struct id *person)
{
    return text.len >= MENTION_SIZE && text.ptr[0] == '@' && text.ptr[1] == '{' &&
           text.ptr[MENTION_SIZE - 1] == '}' &&
           id_parse(span_of(text.ptr + 2, 2 * ID_SIZE), person) == STATUS_OK;
}

bool mention_next(struct span *text, struct span *before, struct id *person)
{
    struct span rest = *text;
    for (size_t at = 0; at < rest.len; at++) {
        struct span here = span_of(rest.ptr + at, rest.len - at);
        if (!is_mention(here, person))
            continue;
        *before = span_of(rest.ptr, at);
        *text = span_of(here.ptr + MENTION_SIZE, here.len - MENTION_SIZE);
        return true;
    }
    *before = rest;
    *text = SPAN_EMPTY;
    return false;
}

enum status mention_append(struct buffer *text, const struct id *person)
{
    char digits[ID_TEXT_SIZE];
    id_text(person, digits);
    TRY(buffer_reserve(text, MENTION_SIZE));
    TRY(buffer_append(text, SPAN_LITERAL("@{")));
    TRY(buffer_append(text, span_from_text(digits)));
    return buffer_append(text, SPAN_LITERAL("}"));
}

bool mention_has(struct span text, const struct id *person)
{
    struct span before;
    struct id mentioned;
    while (mention_next(&text, &before, &mentioned)) {
        if (id_equal(&mentioned, person))
            return true;
    }
    return false;
}
