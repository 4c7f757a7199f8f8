/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/directory_log.h"

#include "server/store/query.h"

static enum status next_index(struct store_db *db, uint64_t *index)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT ifnull(max(log_index) + 1, 0) FROM directory_log");
    TRY(query_one(&q));
    query_take_unsigned(&q, index);
    return q.status;
}

static enum status write_head(struct store_db *db, const struct store_directory_head *head)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT OR REPLACE INTO directory_head (row, size, root, signed_head)"
                     " VALUES (1, ?, ?, ?)");
    query_bind_unsigned(&q, head->size);
    query_bind_hash(&q, &head->root);
    query_bind_bytes(&q, head->signed_head);
    return query_run(&q);
}

static enum status write_entry(struct store_db *db,
                               uint64_t index,
                               struct span entry,
                               const struct store_hash *leaf_hash,
                               int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO directory_log (log_index, entry, leaf_hash, at_ms)"
                                  " VALUES (?, ?, ?, ?)");
    query_bind_unsigned(&q, index);
    query_bind_bytes(&q, entry);
    query_bind_hash(&q, leaf_hash);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

enum status store_directory_log_append(struct store_db *db,
                                       uint64_t index,
                                       struct span entry,
                                       const struct store_hash *leaf_hash,
                                       const struct store_directory_head *head,
                                       int64_t now_ms)
{
    uint64_t next;
    TRY(next_index(db, &next));
    if (index != next || head->size != index + 1)
        return STATUS_CONFLICT;
    TRY(write_entry(db, index, entry, leaf_hash, now_ms));
    return write_head(db, head);
}

enum status store_directory_log_head(struct store_db *db,
                                     struct arena *arena,
                                     struct store_directory_head *head)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT size, root, signed_head FROM directory_head");
    struct store_directory_head taken = {0};
    TRY(query_one(&q));
    query_take_unsigned(&q, &taken.size);
    query_take_hash(&q, &taken.root);
    query_take_bytes(&q, arena, &taken.signed_head);
    TRY(q.status);
    *head = taken;
    return STATUS_OK;
}

enum status store_directory_log_entries(struct store_db *db,
                                        uint64_t from,
                                        uint32_t count_max,
                                        size_t bytes_max,
                                        struct arena *arena,
                                        struct store_directory_page *page)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT entry FROM directory_log WHERE log_index >= ? ORDER BY log_index");
    struct query_rows rows = {0};
    size_t bytes = 0;
    bool has_row;
    query_bind_unsigned(&q, from);
    for (;;) {
        struct span entry = SPAN_EMPTY;
        void *item;
        TRY(query_next(&q, &has_row));
        if (!has_row || rows.count == count_max)
            break;
        query_borrow_bytes(&q, &entry);
        TRY(q.status);
        if (rows.count != 0 && entry.len > bytes_max - bytes)
            break;
        TRY(query_rows_add(&rows, arena, sizeof entry, &item));
        TRY(arena_copy(arena, entry, item));
        bytes = entry.len > bytes_max - bytes ? bytes_max : bytes + entry.len;
    }
    *page = (struct store_directory_page){rows.items, rows.count, has_row};
    return STATUS_OK;
}

enum status store_directory_log_leaf_hashes(struct store_db *db,
                                            uint64_t from,
                                            enum status (*each)(void *context,
                                                                const struct store_hash *hash),
                                            void *context)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT leaf_hash FROM directory_log WHERE log_index >= ? ORDER BY log_index");
    query_bind_unsigned(&q, from);
    for (;;) {
        struct store_hash hash;
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        query_take_hash(&q, &hash);
        TRY(q.status);
        TRY(each(context, &hash));
    }
}
