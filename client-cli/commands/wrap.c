/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/wrap.h"

#include "client-cli/commands/clean.h"
#include "protocol/codec/utf8.h"

/* What turns bold letters on and off takes no room. */
static size_t width_of(struct span text)
{
    size_t width = 0;
    bool escape = false;
    for (size_t i = 0; i < text.len; i++) {
        escape = escape || text.ptr[i] == '\x1b';
        width += !escape && utf8_begins(text.ptr[i]) ? 1 : 0;
        escape = escape && text.ptr[i] != 'm';
    }
    return width;
}

static struct span after(struct span text, size_t count)
{
    return span_of(text.ptr + count, text.len - count);
}

static size_t blanks_in_front(struct span text)
{
    size_t count = 0;
    while (count < text.len && text.ptr[count] == ' ')
        count++;
    return count;
}

/* Takes the next word off the front, and the blanks before it. */
static struct span next_word(struct span *line)
{
    size_t start = blanks_in_front(*line);
    size_t end = start;
    while (end < line->len && line->ptr[end] != ' ')
        end++;
    struct span word = span_of(line->ptr + start, end - start);
    *line = after(*line, end);
    return word;
}

/* How far from the edge a line goes on. */
static size_t indent_of(struct span line)
{
    static const char *const marks[] = {"weft:", "--", "**", "!!"};
    size_t blanks = blanks_in_front(line);
    struct span first = next_word(&line);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (span_equal(first, span_from_text(marks[i])))
            return blanks + first.len + 1;
    return blanks;
}

static enum status append_blanks(struct buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(buffer_append(out, SPAN_LITERAL(" ")));
    return STATUS_OK;
}

static enum status wrap_line(struct span line, size_t columns, struct buffer *out)
{
    size_t indent = indent_of(line);
    size_t used = blanks_in_front(line);
    TRY(append_blanks(out, used));
    line = after(line, used);
    while (blanks_in_front(line) < line.len) {
        struct span gap = span_of(line.ptr, blanks_in_front(line)); /* none before the first word */
        struct span word = next_word(&line);
        size_t width = width_of(word);
        if (gap.len == 0 || used + gap.len + width <= columns) {
            TRY(buffer_append(out, gap));
            used += gap.len;
        } else {
            TRY(buffer_append(out, SPAN_LITERAL("\n")));
            TRY(append_blanks(out, indent));
            used = indent;
        }
        TRY(buffer_append(out, word));
        used += width;
    }
    return buffer_append(out, SPAN_LITERAL("\n"));
}

enum status wrap_text(struct span text, size_t columns, struct buffer *out)
{
    struct span line;
    if (columns < WRAP_COLUMNS_MIN)
        columns = WRAP_COLUMNS_MIN;
    while (clean_next_line(&text, &line))
        TRY(wrap_line(line, columns, out));
    return STATUS_OK;
}
