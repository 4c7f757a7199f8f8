/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One run of a prepared statement. The text is a constant of the file that uses it; it is prepared
 * once a connection. Parameters are bound, and columns taken, in their order.
 *
 *     CLEANUP(query_end) struct query q = query_on(db, SQL);
 *     query_bind_id(&q, person);
 *     TRY(query_one(&q));
 *     query_take_int(&q, &number);
 *     return q.status;
 *
 * Errors stick: after the first one nothing more happens and every step returns it. A column that
 * has not the type asked for is STATUS_CORRUPT, since only this folder writes rows.
 * A statement cannot be run inside its own run (a bug of ours, asserted).
 */
#ifndef WEFT_STORE_QUERY_H
#define WEFT_STORE_QUERY_H

#include "server/store/db.h"

struct query {
    struct store_db *db;
    struct store_statement *statement;
    enum status status;
    int bound;
    int taken;
};

struct query query_on(struct store_db *db, const char *sql);

/* Gives the statement back and forgets what was bound. */
void query_end(struct query *query);

void query_bind_int(struct query *query, int64_t value);

/* STATUS_LIMIT over 2^63 - 1, which no counter of ours reaches. */
void query_bind_unsigned(struct query *query, uint64_t value);
void query_bind_real(struct query *query, double value);

/* The bytes must live until query_end; so must those of the next four. */
void query_bind_bytes(struct query *query, struct span bytes);
void query_bind_text(struct query *query, struct span text);
void query_bind_id(struct query *query, const struct id *id);
void query_bind_hash(struct query *query, const struct store_hash *hash);
void query_bind_key(struct query *query, const struct store_key *key);

/* NULL for the id "none", and for an empty text. */
void query_bind_optional_id(struct query *query, const struct id *id);
void query_bind_optional_text(struct query *query, struct span text);

/* Runs a statement that gives no row. */
MUST_CHECK enum status query_run(struct query *query);

/* As query_run; `*rows` is how many rows it changed. */
MUST_CHECK enum status query_run_counted(struct query *query, uint64_t *rows);

/* As query_run for an INSERT into a table with row ids; `*row` is that of the new row. */
MUST_CHECK enum status query_run_inserted(struct query *query, int64_t *row);

/* The first or the next row, whose columns are then taken from the first on. */
MUST_CHECK enum status query_next(struct query *query, bool *has_row);

/* The first row; STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status query_one(struct query *query);

void query_take_int(struct query *query, int64_t *value);
void query_take_unsigned(struct query *query, uint64_t *value);
void query_take_unsigned32(struct query *query, uint32_t *value);
void query_take_bool(struct query *query, bool *value);

/* A value of an enum of ours that goes from 1 to `last`. */
void query_take_enum(struct query *query, int last, int *value);
void query_take_real(struct query *query, double *value);

/* NULL gives "none". */
void query_take_id(struct query *query, struct id *id);
void query_take_hash(struct query *query, struct store_hash *hash);
void query_take_key(struct query *query, struct store_key *key);

/* Bytes or text, copied into the arena; NULL gives the empty span. */
void query_take_bytes(struct query *query, struct arena *arena, struct span *bytes);

/* As above without a copy: valid until the next step. */
void query_borrow_bytes(struct query *query, struct span *bytes);

/* A list that grows inside an arena. */
struct query_rows {
    void *items;
    size_t count;
    size_t capacity;
};

/* A zeroed place at the end of the list. */
MUST_CHECK enum status
query_rows_add(struct query_rows *rows, struct arena *arena, size_t item_size, void **item);

/* Every row of the statement: `take` takes the columns of one into a zeroed item. */
MUST_CHECK enum status query_all(struct query *query,
                                 struct arena *arena,
                                 size_t item_size,
                                 void (*take)(struct query *query, struct arena *arena, void *item),
                                 struct query_rows *rows);

/* The same of a statement with one column, an id: the items are struct id. */
MUST_CHECK enum status
query_all_ids(struct query *query, struct arena *arena, struct query_rows *rows);

/* As query_all for a statement limited to `count_max` + 1 rows: keeps `count_max` of them. */
MUST_CHECK enum status
query_page(struct query *query,
           struct arena *arena,
           size_t item_size,
           void (*take)(struct query *query, struct arena *arena, void *item),
           uint32_t count_max,
           struct query_rows *rows,
           bool *more);

#endif
