/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The operator's log: one line an event, `time level event key=value ...`, to a stream.
 *
 * Ids are logged as a keyed hash whose key lives as long as the process, so that lines of one run
 * can be joined and lines of two runs, or a line and the database, cannot. Never logged: content,
 * keys, tokens, names, addresses of people. Values are cleaned of anything but printable ASCII.
 * Thread rule: any thread.
 */
#ifndef WEFT_SERVER_BASE_JOURNAL_H
#define WEFT_SERVER_BASE_JOURNAL_H

#include "protocol/base/id.h"
#include "protocol/base/random.h"
#include "server/base/clock.h"

#include <pthread.h>
#include <stdio.h>

enum journal_level { JOURNAL_DEBUG, JOURNAL_INFO, JOURNAL_WARNING, JOURNAL_ERROR };

struct journal {
    FILE *stream; /* borrowed */
    const struct clock_source *clock;
    enum journal_level lowest;
    uint8_t key[16];
    pthread_mutex_t lock;
};

/* One key=value of a line. Exactly one of the values is used, by `kind`. */
struct journal_value {
    const char *key;
    enum { JOURNAL_TEXT, JOURNAL_NUMBER, JOURNAL_ID, JOURNAL_STATUS } kind;
    const char *text;
    int64_t number;
    const struct id *id;
};

#define JOURNAL_T(key_, text_)                                                                     \
    ((struct journal_value){.key = (key_), .kind = JOURNAL_TEXT, .text = (text_)})
#define JOURNAL_N(key_, number_)                                                                   \
    ((struct journal_value){.key = (key_), .kind = JOURNAL_NUMBER, .number = (int64_t)(number_)})
#define JOURNAL_I(key_, id_)                                                                       \
    ((struct journal_value){.key = (key_), .kind = JOURNAL_ID, .id = (id_)})
#define JOURNAL_S(status_)                                                                         \
    ((struct journal_value){.key = "status", .kind = JOURNAL_STATUS, .number = (int64_t)(status_)})

MUST_CHECK enum status journal_init(struct journal *journal,
                                    FILE *stream,
                                    enum journal_level lowest,
                                    const struct clock_source *clock,
                                    const struct random_source *random);
void journal_clear(struct journal *journal);

/* Writes one line. Use the macro below. */
void journal_write(struct journal *journal,
                   enum journal_level level,
                   const char *event,
                   const struct journal_value *values,
                   size_t count);

/* JOURNAL(journal, JOURNAL_INFO, "login", JOURNAL_I("device", &id)); at least one value. */
#define JOURNAL(journal_, level_, event_, ...)                                                     \
    do {                                                                                           \
        const struct journal_value journal_values_[] = {__VA_ARGS__};                              \
        journal_write((journal_), (level_), (event_), journal_values_,                             \
                      sizeof journal_values_ / sizeof *journal_values_);                           \
    } while (0)

#endif
