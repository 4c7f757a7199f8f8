/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Rows and fields of delimited text (RFC 4180): no copy, no memory of its own. tables.h says what
 * is accepted.
 * Thread rule: pure functions over the caller's struct.
 */
#ifndef WEFT_WEAVE_ROWS_H
#define WEFT_WEAVE_ROWS_H

#include "protocol/base/span.h"
#include "server/weave/limits.h"

struct rows_field {
    struct span text; /* inside its quotes, quotes still doubled; trimmed when there are none */
    uint64_t line;
    uint64_t column;
    bool has_doubled_quotes;
};

enum rows_fault { ROWS_FAULT_NONE, ROWS_FAULT_STRAY_QUOTE, ROWS_FAULT_OPEN_QUOTE };

struct rows_row {
    struct rows_field fields[WEAVE_COLUMNS_MAX];
    size_t count; /* of fields; those after WEAVE_COLUMNS_MAX are counted and not kept */
    uint64_t line;
    enum rows_fault fault; /* then the fields are not complete, */
    uint64_t fault_line;   /* and this is where it is */
    uint64_t fault_column;
};

struct rows {
    const uint8_t *next;
    const uint8_t *end;
    const uint8_t *line_start;
    uint64_t line;
    uint8_t delimiter;
    bool with_comments; /* lines that start with # are skipped */
};

/* Starts before the first row: a byte order mark, comments and blank lines are skipped, the
 * delimiter is the one that the first row has most of (tab where none). */
void rows_init(struct rows *rows, struct span bytes);

/* The next row, or false at the end. After a fault, reading goes on at the line that follows the
 * one where the fault is. */
bool rows_next(struct rows *rows, struct rows_row *row);

#endif
