/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/journal.h"

#include <inttypes.h>
#include <sodium.h>
#include <time.h>

static const char *const level_names[] = {
    [JOURNAL_DEBUG] = "debug",
    [JOURNAL_INFO] = "info",
    [JOURNAL_WARNING] = "warning",
    [JOURNAL_ERROR] = "error",
};

enum status journal_init(struct journal *journal,
                         FILE *stream,
                         enum journal_level lowest,
                         const struct clock_source *clock,
                         const struct random_source *random)
{
    *journal = (struct journal){.stream = stream, .clock = clock, .lowest = lowest};
    TRY(random_fill(random, journal->key, sizeof journal->key));
    return pthread_mutex_init(&journal->lock, NULL) == 0 ? STATUS_OK : STATUS_INTERNAL;
}

void journal_clear(struct journal *journal)
{
    pthread_mutex_destroy(&journal->lock);
    sodium_memzero(journal->key, sizeof journal->key);
}

static void write_time(struct journal *journal)
{
    int64_t now_ms = clock_wall_ms(journal->clock);
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    char text[24];
    if (gmtime_r(&seconds, &utc) == NULL || strftime(text, sizeof text, "%FT%T", &utc) == 0)
        return;
    fprintf(journal->stream, "%s.%03dZ", text, (int)(now_ms % 1000));
}

static void write_text(FILE *stream, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        fputc(*c > ' ' && *c < 127 && *c != '=' && *c != '"' ? *c : '_', stream);
}

static void write_id(struct journal *journal, const struct id *id)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, id->bytes, ID_SIZE, journal->key);
    for (size_t i = 0; i < sizeof hash; i++)
        fprintf(journal->stream, "%02x", hash[i]);
}

static void write_value(struct journal *journal, const struct journal_value *value)
{
    fprintf(journal->stream, " %s=", value->key);
    switch (value->kind) {
    case JOURNAL_TEXT:
        write_text(journal->stream, value->text);
        break;
    case JOURNAL_NUMBER:
        fprintf(journal->stream, "%" PRId64, value->number);
        break;
    case JOURNAL_ID:
        write_id(journal, value->id);
        break;
    case JOURNAL_STATUS:
        write_text(journal->stream, status_name((enum status)value->number));
        break;
    }
}

void journal_write(struct journal *journal,
                   enum journal_level level,
                   const char *event,
                   const struct journal_value *values,
                   size_t count)
{
    if (level < journal->lowest)
        return;
    pthread_mutex_lock(&journal->lock);
    write_time(journal);
    fprintf(journal->stream, " %s %s", level_names[level], event);
    for (size_t i = 0; i < count; i++)
        write_value(journal, &values[i]);
    fputc('\n', journal->stream);
    fflush(journal->stream);
    pthread_mutex_unlock(&journal->lock);
}
