/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/word_index.h"

#include <sqlite3.h>
#include <stdlib.h>

/* Each byte of the words may be a quotation mark, which is doubled. */
#define QUERY_BYTES_MAX (1u << 16)

/* No text, no column sizes: the words and the numbers are all that is asked for. The tokenizer
 * folds case and takes accents off, in both spellings of Unicode. */
static const char schema_sql[] =
    "PRAGMA temp_store = MEMORY;"
    "CREATE VIRTUAL TABLE words USING fts5("
    " text, content = '', columnsize = 0, tokenize = \"unicode61 remove_diacritics 2\");";

struct word_index {
    sqlite3 *database;
    sqlite3_stmt *add;
    sqlite3_stmt *find;
    bool adding; /* a transaction is open: adding one by one would be several times slower */
};

static enum status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STATUS_OK;
    case SQLITE_NOMEM:
    case SQLITE_FULL:
        return STATUS_NO_MEMORY;
    case SQLITE_TOOBIG:
        return STATUS_LIMIT;
    default: /* SQLite's codes are not an enum of ours */
        return STATUS_INTERNAL;
    }
}

static enum status execute(struct word_index *index, const char *sql)
{
    return status_of(sqlite3_exec(index->database, sql, NULL, NULL, NULL));
}

static enum status open_parts(struct word_index *index)
{
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    TRY(status_of(sqlite3_open_v2(":memory:", &index->database, flags, NULL)));
    TRY(execute(index, schema_sql));
    int code = sqlite3_prepare_v2(
        index->database, "INSERT INTO words (rowid, text) VALUES (?1, ?2)", -1, &index->add, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            index->database, "SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid DESC", -1,
            &index->find, NULL);
    return status_of(code);
}

enum status word_index_new(struct word_index **index)
{
    struct word_index *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    enum status status = open_parts(fresh);
    if (status != STATUS_OK) {
        word_index_free(&fresh);
        return status;
    }
    *index = fresh;
    return STATUS_OK;
}

void word_index_free(struct word_index **index)
{
    struct word_index *ending = *index;
    if (ending == NULL)
        return;
    sqlite3_finalize(ending->add);
    sqlite3_finalize(ending->find);
    sqlite3_close(ending->database);
    free(ending);
    *index = NULL;
}

enum status word_index_add(struct word_index *index, uint64_t number, struct span text)
{
    if (number > INT64_MAX || text.len > INT32_MAX)
        return STATUS_LIMIT;
    if (!index->adding)
        TRY(execute(index, "BEGIN"));
    index->adding = true;
    int code = sqlite3_bind_int64(index->add, 1, (int64_t)number);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(index->add, 2, text.len == 0 ? "" : (const char *)text.ptr,
                                 (int)text.len, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(index->add);
    sqlite3_reset(index->add);
    sqlite3_clear_bindings(index->add);
    return status_of(code);
}

/* ---- finding ---- */

/* ASCII separates words here; the tokenizer cuts what is inside the quotation marks further. */
static bool is_word(uint8_t byte)
{
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

/* FTS5's language: every word as a string, so that none of it is an operator, and a star for words
 * that only begin so. */
static enum status write_query(struct span words, struct buffer *query)
{
    size_t count = 0;
    for (size_t at = 0; at < words.len && count < WORD_INDEX_WORDS_MAX;) {
        size_t end = at;
        while (end < words.len && is_word(words.ptr[end]))
            end++;
        if (end > at) {
            TRY(buffer_append(query, count++ == 0 ? SPAN_LITERAL("\"") : SPAN_LITERAL(" AND \"")));
            TRY(buffer_append(query, span_of(words.ptr + at, end - at)));
            TRY(buffer_append(query, SPAN_LITERAL("\"*")));
        }
        at = end + 1;
    }
    return count == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

static enum status visit_all(struct word_index *index,
                             enum status (*visit)(void *context, uint64_t number),
                             void *context)
{
    int code = sqlite3_step(index->find);
    while (code == SQLITE_ROW) {
        enum status status = visit(context, (uint64_t)sqlite3_column_int64(index->find, 0));
        if (status != STATUS_OK)
            return status == STATUS_CANCELLED ? STATUS_OK : status;
        code = sqlite3_step(index->find);
    }
    return status_of(code);
}

enum status word_index_find(struct word_index *index,
                            struct span words,
                            enum status (*visit)(void *context, uint64_t number),
                            void *context)
{
    CLEANUP(buffer_clear) struct buffer query = BUFFER_INIT(QUERY_BYTES_MAX);
    enum status written = write_query(words, &query);
    if (written == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(written);
    if (index->adding)
        TRY(execute(index, "COMMIT"));
    index->adding = false;
    int code =
        sqlite3_bind_text(index->find, 1, (const char *)query.ptr, (int)query.len, SQLITE_STATIC);
    enum status status = status_of(code);
    if (status == STATUS_OK)
        status = visit_all(index, visit, context);
    sqlite3_reset(index->find);
    sqlite3_clear_bindings(index->find);
    return status;
}
