/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Why two people are introduced, told to one of them in plain words: what they have in common, in
 * the reader's own words, and what a tie between them would join.
 *
 * The reader must not learn from it who the other is. Members can look up who said what of
 * themselves; so something in common, or the other's group, is named only when it fits
 * REASON_CROWD_MIN people or more, or everybody whom the introduction could be with anyway; else it
 * is said that there is something, when that fits as many. What a tie would join rests on ties,
 * which nobody can look up, and its numbers are rounded down.
 *
 * Errors: STATUS_NO_MEMORY. Thread rule: pure functions.
 */
#ifndef WEFT_INTRODUCE_REASON_H
#define WEFT_INTRODUCE_REASON_H

#include "protocol/base/buffer.h"
#include "server/introduce/interests.h"

/* A refusal must have five possible senders: so many people must fit what is told, and so many must
 * there be at all whom an introduction could be about, or it would say who it is. */
#define REASON_CROWD_MIN 5

struct reasons;

/* All arguments are lent as long as the result is used. */
MUST_CHECK enum status reasons_new(const struct network *network,
                                   const struct graph *graph,
                                   const struct interests *interests,
                                   struct reasons **reasons);

/* `*reasons` becomes NULL. NULL is allowed. */
void reasons_free(struct reasons **reasons);

/* How many people an introduction could be about, from what the reader can know: those who may be
 * introduced, of another group, not tied to the reader and not introduced before. Who of them takes
 * part in a round nobody can look up. */
uint32_t reasons_possible(struct reasons *reasons, uint32_t reader);

/* Appends what `reader` is told of an introduction to `other` (persons); at most
 * LIMIT_REASON_BYTES, and nothing of two who are close already and have nothing to be said. */
MUST_CHECK enum status
reasons_write(struct reasons *reasons, uint32_t reader, uint32_t other, struct buffer *text);

#endif
