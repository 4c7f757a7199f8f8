/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How much of what was said in a channel before we joined it is here. Counts all that is here: the
 * cost of a walk through the channel's entries.
 * Errors: those of vault.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_COUNT_H
#define WEFT_CORE_HISTORY_COUNT_H

#include "client-cli/core/channel.h"

/* Missing entries next to each other; so many places are told one by one. */
struct history_missing {
    uint64_t first; /* sequences */
    uint64_t last;
};
#define HISTORY_COUNT_RANGES_MAX 8

/* How much of what was said before we joined is here. */
struct history_figures {
    size_t messages;  /* that people said */
    size_t withheld;  /* deleted, over, or left out: by the word of whoever shared it */
    size_t control;   /* likewise by their word: nothing for people */
    size_t kept_back; /* left out, and still on the server: not among those */
    uint64_t kept_back_at[HISTORY_COUNT_RANGES_MAX]; /* the first of them */
    size_t refused; /* shared, but not said by whom it is said to be, or shared twice */
    /* Entries of this generation that are said to be commits, beyond those that led to the epoch in
     * which we joined: left out, and among the withheld. */
    uint64_t commits_too_many;
    uint64_t missing; /* entries of this generation before our joining that nobody shared */
    /* The first of them, by rising sequence. */
    struct history_missing ranges[HISTORY_COUNT_RANGES_MAX];
    size_t range_count; /* of all */
};

/* What is to be said of those that are not shown as messages. */
#define HISTORY_COUNT_WITHHELD "not shared: deleted or no longer kept, says whoever shared the rest"
#define HISTORY_COUNT_LEFT_OUT "left out, and passed off as changes of the channel"
#define HISTORY_COUNT_KEPT_BACK                                                                    \
    "left out by whoever shared the rest, though the server still has them: kept back"
#define HISTORY_COUNT_REFUSED "refused: shared twice, or not said by whom it is said to be"
#define HISTORY_COUNT_CONTROL "that hold nothing to read, says whoever shared the rest"

/* Whether something is left out by the word of whoever shared the rest, or was refused: then
 * another member may have it. */
bool history_count_is_doubtful(const struct history_figures *figures);

MUST_CHECK enum status history_count(struct engine *engine,
                                     const struct channel *channel,
                                     struct history_figures *figures);

/* The ranges for people: two numbers of twenty digits each, and what stands between them. */
#define HISTORY_COUNT_RANGES_SIZE (HISTORY_COUNT_RANGES_MAX * 48 + 16)
void history_count_ranges_text(const struct history_figures *figures,
                               char text[HISTORY_COUNT_RANGES_SIZE]);

/* Numbers of what is kept back, for people. */
void history_count_kept_back_text(const struct history_figures *figures,
                                  char text[HISTORY_COUNT_RANGES_SIZE]);

#endif
