/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Reading the two files of an import: `people` and `ties`. Bytes in, structures out; the caller
 * reads or maps the file.
 *
 * Two forms are read, told apart by the first row:
 *   - with a header (RFC 4180): people have exactly the columns person_id, name, group; ties have
 *     person_a, person_b and, if wanted, weight; in any order, compared without case. Any other
 *     column is an error, since it may hold what its owner did not mean to hand over. The
 *     delimiter is the comma, semicolon or tab that the header uses. Quoted fields may hold the
 *     delimiter and doubled quotes.
 *   - plain, when the first field of the first row is a number: tab-separated `node group`
 *     and `u v [w]`; a line that starts with # is a comment. Such people have no name.
 * Lines end with LF or CRLF; a byte order mark, comment lines before the first row and blank
 * lines are skipped. Spaces around a field that is not quoted are dropped.
 *
 * Rules: ids are compared byte by byte. The same id twice is an error. Ties have no direction, and
 * the same pair again, in either order, is one tie with the weights added: surveys name a tie from
 * both ends, and the sum then says whether it is mutual. A weight must be a decimal number above 0
 * and at most WEAVE_WEIGHT_MAX; without that column it is 1. Ids and groups may not be empty, a
 * name may. Control characters and characters that turn the direction of text are refused in every
 * field.
 *
 * Errors: every bad row is counted, the first WEAVE_ERRORS_LISTED are kept with line, column and
 * reason; a table is made only when there is none, so nothing is half-imported
 * (STATUS_MALFORMED otherwise). STATUS_LIMIT above WEAVE_ROWS_MAX rows or WEAVE_GROUPS_MAX groups,
 * STATUS_NO_MEMORY.
 * Thread rule: pure functions; a table may be read from any thread.
 * Source: RFC 4180; the survey of methods described in DESIGN.md.
 */
#ifndef WEFT_WEAVE_TABLES_H
#define WEFT_WEAVE_TABLES_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"
#include "server/weave/ids.h"

/* TABLES_FAULT(name, text): what may be wrong with a row. */
#define TABLES_FAULTS(FAULT)                                                                       \
    FAULT(NOT_UTF8, "is not valid UTF-8 text")                                                     \
    FAULT(CONTROL_CHARACTER, "holds a control character")                                          \
    FAULT(TOO_LONG, "is too long")                                                                 \
    FAULT(STRAY_QUOTE, "has a quote in the wrong place")                                           \
    FAULT(OPEN_QUOTE, "has a quote that is never closed")                                          \
    FAULT(FIELDS_MISSING, "the row has fewer fields than it should")                               \
    FAULT(FIELDS_EXTRA, "the row has more fields than it should")                                  \
    FAULT(EMPTY_FILE, "the file has no row")                                                       \
    FAULT(COLUMN_MISSING,                                                                          \
          "a needed column is missing: person_id, name, group; or person_a, person_b")             \
    FAULT(COLUMN_UNKNOWN, "the header has a column that is not known")                             \
    FAULT(COLUMN_REPEATED, "the header has this column twice")                                     \
    FAULT(EMPTY_ID, "the id is empty")                                                             \
    FAULT(EMPTY_GROUP, "the group is empty")                                                       \
    FAULT(ID_REPEATED, "this id stands on an earlier line too")                                    \
    FAULT(ID_UNKNOWN, "no person has this id")                                                     \
    FAULT(SELF_TIE, "ties a person to themselves")                                                 \
    FAULT(WEIGHT_NOT_NUMBER, "the weight is not a decimal number")                                 \
    FAULT(WEIGHT_OUT_OF_RANGE, "the weight must be above 0 and not enormous")

#define TABLES_FAULT_ENUM(name, text) TABLES_##name,
enum tables_fault { TABLES_FAULTS(TABLES_FAULT_ENUM) };
#undef TABLES_FAULT_ENUM

struct tables_error {
    uint64_t line;       /* of the file, from 1; of a field that spans lines, where it starts */
    uint64_t column;     /* of the line, in bytes, from 1: where the field starts */
    uint64_t line_other; /* ID_REPEATED: the earlier line; otherwise 0 */
    enum tables_fault fault;
};

/* Owned by the caller; = {0} at first. */
struct tables_errors {
    struct tables_error list[WEAVE_ERRORS_LISTED];
    size_t listed;
    uint64_t total;
};

/* A short English text, never NULL. */
const char *tables_fault_text(enum tables_fault fault);

/* People in the order of the file. The spans point into the bytes that were read (which must
 * outlive the table) or, where quotes had to be undone, into the table. */
struct tables_people {
    uint32_t count;
    struct span *ids;
    struct span *names; /* empty where the file gives none */
    uint32_t *groups;   /* of each person: a position in group_names */
    uint32_t group_count;
    struct span *group_names;  /* in order of first appearance */
    struct ids *index;         /* over ids */
    struct tables_text *texts; /* private: unquoted copies */
};

/* Reads a people file. An empty file is an error: it is never what was meant. */
MUST_CHECK enum status
tables_people_read(struct span bytes, struct tables_errors *errors, struct tables_people **people);

/* The people of a file with errors, so that ties can be read beside it: their ids and the index
 * over them alone, of bad rows too. STATUS_MALFORMED where some row's id cannot be read. */
MUST_CHECK enum status tables_people_ids(struct span bytes, struct tables_people **people);

/* `*people` becomes NULL; NULL is allowed. */
void tables_people_free(struct tables_people **people);

struct tables_tie {
    uint32_t a; /* positions in the index, a < b */
    uint32_t b;
    double weight;
};

/* Ties in ascending order of (a, b), each pair once. */
struct tables_ties {
    uint64_t count;
    uint64_t rows; /* in the file: rows - count of them were repeats and were added up */
    struct tables_tie *list;
};

/* Reads a ties file whose ids are those of `index`. A header alone gives no ties and no error.
 * Without an index no id is looked up, and no tie is given: for the errors alone. */
MUST_CHECK enum status tables_ties_read(struct span bytes,
                                        const struct ids *index,
                                        struct tables_errors *errors,
                                        struct tables_ties **ties);

/* `*ties` becomes NULL; NULL is allowed. */
void tables_ties_free(struct tables_ties **ties);

#endif
