/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/rows.h"

#include <string.h>

static const uint8_t *find(const uint8_t *from, const uint8_t *end, uint8_t byte)
{
    const uint8_t *found = from == end ? NULL : memchr(from, byte, (size_t)(end - from));
    return found == NULL ? end : found;
}

static bool at_line_end(const struct rows *rows, const uint8_t *at)
{
    return at == rows->end || *at == '\n' || (*at == '\r' && at + 1 != rows->end && at[1] == '\n');
}

static void next_line(struct rows *rows, const uint8_t *from)
{
    const uint8_t *newline = find(from, rows->end, '\n');
    rows->next = newline == rows->end ? newline : newline + 1;
    rows->line_start = rows->next;
    rows->line++;
}

static void skip_lines_without_row(struct rows *rows)
{
    while (rows->next != rows->end &&
           (at_line_end(rows, rows->next) || (rows->with_comments && *rows->next == '#')))
        next_line(rows, rows->next);
}

static uint8_t most_frequent_delimiter(const struct rows *rows)
{
    static const uint8_t delimiters[] = {'\t', ',', ';'};
    size_t counts[sizeof(delimiters)] = {0};
    bool quoted = false;
    for (const uint8_t *at = rows->next; at != rows->end && *at != '\n'; at++) {
        quoted ^= *at == '"';
        for (size_t i = 0; i < sizeof(delimiters); i++)
            counts[i] += !quoted && *at == delimiters[i];
    }
    size_t best = 0;
    for (size_t i = 1; i < sizeof(delimiters); i++)
        if (counts[i] > counts[best])
            best = i;
    return delimiters[best];
}

void rows_init(struct rows *rows, struct span bytes)
{
    if (span_starts_with(bytes, SPAN_LITERAL("\xEF\xBB\xBF")))
        bytes = span_of(bytes.ptr + 3, bytes.len - 3);
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.len == 0 ? nothing : bytes.ptr;
    *rows = (struct rows){.next = start,
                          .end = start + bytes.len,
                          .line_start = start,
                          .line = 1,
                          .with_comments = true};
    skip_lines_without_row(rows);
    rows->with_comments = false;
    rows->delimiter = most_frequent_delimiter(rows);
}

static void set_fault(struct rows_row *row, const struct rows_field *at, enum rows_fault fault)
{
    row->fault = fault;
    row->fault_line = at->line;
    row->fault_column = at->column;
}

/* A field after its opening quote. Lines inside it are counted. False on a fault. */
static bool read_quoted(struct rows *rows, struct rows_row *row, struct rows_field *field)
{
    const struct rows before = *rows;
    const uint8_t *start = rows->next + 1;
    for (const uint8_t *at = start; at != rows->end; at++) {
        if (*at == '\n') {
            rows->line++;
            rows->line_start = at + 1;
        }
        if (*at != '"')
            continue;
        if (at + 1 != rows->end && at[1] == '"') {
            field->has_doubled_quotes = true;
            at++;
            continue;
        }
        rows->next = at + 1;
        field->text = span_of(start, (size_t)(at - start));
        if (at_line_end(rows, rows->next) || *rows->next == rows->delimiter)
            return true;
        set_fault(row, field, ROWS_FAULT_STRAY_QUOTE);
        return false;
    }
    *rows = before;
    set_fault(row, field, ROWS_FAULT_OPEN_QUOTE);
    return false;
}

static bool read_bare(struct rows *rows, struct rows_row *row, struct rows_field *field)
{
    const uint8_t *start = rows->next, *at = start;
    while (!at_line_end(rows, at) && *at != rows->delimiter && *at != '"')
        at++;
    rows->next = at;
    if (at != rows->end && *at == '"') {
        set_fault(row, field, ROWS_FAULT_STRAY_QUOTE);
        return false;
    }
    while (start != at && *start == ' ')
        start++;
    while (at != start && at[-1] == ' ')
        at--;
    field->text = span_of(start, (size_t)(at - start));
    return true;
}

/* One field and the delimiter or line end after it; `more`: the row goes on. */
static bool read_field(struct rows *rows, struct rows_row *row, bool *more)
{
    struct rows_field field = {.line = rows->line,
                               .column = (uint64_t)(rows->next - rows->line_start) + 1};
    bool is_quoted = rows->next != rows->end && *rows->next == '"';
    if (!(is_quoted ? read_quoted(rows, row, &field) : read_bare(rows, row, &field)))
        return false;
    if (row->count < WEAVE_COLUMNS_MAX)
        row->fields[row->count] = field;
    row->count++;
    *more = !at_line_end(rows, rows->next);
    if (*more)
        rows->next++;
    return true;
}

bool rows_next(struct rows *rows, struct rows_row *row)
{
    skip_lines_without_row(rows);
    if (rows->next == rows->end)
        return false;
    row->count = 0;
    row->line = rows->line;
    row->fault = ROWS_FAULT_NONE;
    bool more = true;
    while (more && read_field(rows, row, &more))
        continue;
    next_line(rows, rows->next);
    return true;
}
