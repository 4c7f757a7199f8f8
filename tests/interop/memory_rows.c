/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/interop/memory_rows.h"

#include <stdlib.h>

struct memory_rows_row {
    struct mls_row_key key;
    struct buffer bytes;
};

static struct memory_rows_row *find(struct memory_rows *table, const struct mls_row_key *key)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct mls_row_key *other = &table->rows[i].key;
        if (other->kind == key->kind && other->epoch == key->epoch && other->index == key->index)
            return &table->rows[i];
    }
    return NULL;
}

static enum status append(struct memory_rows *table, struct memory_rows_row **row)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity * 2 + 64;
        void *grown = realloc(table->rows, capacity * sizeof *table->rows);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        table->rows = grown;
        table->capacity = capacity;
    }
    *row = &table->rows[table->count++];
    **row = (struct memory_rows_row){.bytes = BUFFER_INIT(SIZE_MAX)};
    return STATUS_OK;
}

static enum status put(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct memory_rows *table = context;
    struct memory_rows_row *row = find(table, key);
    if (row == NULL)
        TRY(append(table, &row));
    row->key = *key;
    buffer_truncate(&row->bytes, 0);
    return buffer_append(&row->bytes, bytes);
}

static enum status drop(void *context, const struct mls_row_key *key)
{
    struct memory_rows *table = context;
    struct memory_rows_row *row = find(table, key);
    if (row != NULL) {
        buffer_clear(&row->bytes);
        *row = table->rows[--table->count];
    }
    return STATUS_OK;
}

static enum status next_row(void *context, struct mls_row_key *key, struct span *bytes)
{
    struct memory_rows *table = context;
    if (table->next == table->count)
        return STATUS_NOT_FOUND;
    *key = table->rows[table->next].key;
    *bytes = buffer_span(&table->rows[table->next].bytes);
    table->next++;
    return STATUS_OK;
}

void memory_rows_clear(struct memory_rows *table)
{
    for (size_t i = 0; i < table->count; i++)
        buffer_clear(&table->rows[i].bytes);
    free(table->rows);
    *table = (struct memory_rows){0};
}

enum status memory_rows_store(struct memory_rows *table, struct mls_group *group)
{
    struct mls_row_sink sink = {put, drop, table};
    TRY(mls_group_changes(group, &sink));
    mls_group_changes_done(group);
    return STATUS_OK;
}

enum status memory_rows_restore(struct memory_rows *table,
                                const struct mls_options *options,
                                struct mls_group **group)
{
    struct mls_row_source source = {next_row, table};
    table->next = 0;
    return mls_group_restore(&source, options, group);
}
