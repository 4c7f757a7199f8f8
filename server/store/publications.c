/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/publications.h"

#include "server/store/query.h"

static enum status add_marks(struct store_db *db, const struct store_marks *marks)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO publication_marks (cell, value, marks) VALUES (?, ?, ?)");
    query_bind_bytes(&q, marks->cell);
    query_bind_unsigned(&q, marks->value);
    query_bind_bytes(&q, marks->marks);
    return query_run(&q);
}

static enum status clear_marks(struct store_db *db)
{
    CLEANUP(query_end) struct query q = query_on(db, "DELETE FROM publication_marks");
    return query_run(&q);
}

static enum status add_document(struct store_db *db, const struct store_publication *publication)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO publications (as_of_ms, document) VALUES (?, ?)");
    query_bind_int(&q, publication->as_of_ms);
    query_bind_bytes(&q, publication->document);
    return query_run(&q);
}

enum status store_publications_add(struct store_db *db,
                                   const struct store_publication *publication,
                                   const struct store_marks_list *marks)
{
    TRY(add_document(db, publication));
    TRY(clear_marks(db));
    for (size_t i = 0; i < marks->count; i++)
        TRY(add_marks(db, &marks->items[i]));
    return STATUS_OK;
}

enum status store_publications_last(struct store_db *db,
                                    struct arena *arena,
                                    struct store_publication *publication)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT as_of_ms, document FROM publications ORDER BY row DESC LIMIT 1");
    TRY(query_one(&q));
    query_take_int(&q, &publication->as_of_ms);
    query_take_bytes(&q, arena, &publication->document);
    return q.status;
}

static void take_marks(struct query *q, struct arena *arena, void *item)
{
    struct store_marks *marks = item;
    query_take_bytes(q, arena, &marks->cell);
    query_take_unsigned(q, &marks->value);
    query_take_bytes(q, arena, &marks->marks);
}

enum status
store_publications_marks(struct store_db *db, struct arena *arena, struct store_marks_list *marks)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT cell, value, marks FROM publication_marks ORDER BY cell");
    struct query_rows rows = {0};
    TRY(query_all(&q, arena, sizeof(struct store_marks), take_marks, &rows));
    *marks = (struct store_marks_list){rows.items, rows.count};
    return STATUS_OK;
}
