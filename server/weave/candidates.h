/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The people among whom a sketch looks for pairs: those whose ties would gain most by themselves,
 * some of every group; and what a sketch says of their pairs, kept up while ties are added.
 *
 * With x_u the row of u in U, d = x_u - x_v, and e and f the diagonals of the rest and of its
 * square, a tie (u, v) of weight w lowers the trace of P by
 * (|S d|^2 + f_u + f_v) / (1/w + d'S d + e_u + e_v). It takes k S d d'S off S, with k = 1 / (1/w +
 * R), moves x_u and x_v towards each other, and lowers e and f of both.
 *
 * Errors: STATUS_NO_MEMORY. Thread rule: pure functions over the caller's objects.
 */
#ifndef WEFT_WEAVE_CANDIDATES_H
#define WEFT_WEAVE_CANDIDATES_H

#include "server/weave/choosing.h"
#include "server/weave/spectral.h"

struct candidates;

/* For about `count` pairs. Everything is lent until the candidates are freed. */
MUST_CHECK enum status candidates_new(const struct choosing *choosing,
                                      const struct mesh *mesh,
                                      const struct spectral *spectral,
                                      uint32_t count,
                                      struct candidates **candidates);

/* `*candidates` becomes NULL; NULL is allowed. */
void candidates_free(struct candidates **candidates);

struct candidates_choice {
    uint32_t one; /* candidates */
    uint32_t other;
    double drop;  /* in the trace of P, times the probability */
    double score; /* the drop with emphasis on what nearly cuts the network, and bonus */
};

/* Looks afresh at the candidate with the highest score at its last look: its best pair. False when
 * no candidate has a pair left. */
bool candidates_look(struct candidates *candidates, struct candidates_choice *best);

/* The highest score of any candidate at its last look; below 0 when there is none. */
double candidates_highest(const struct candidates *candidates);

/* Of the pairs of the highest candidates with a score of at least `least`, the most relevant that
 * is more so than `*best`; `*best` stays where there is none. */
void candidates_most_relevant(struct candidates *candidates,
                              double least,
                              struct candidates_choice *best);

/* The nodes, the lower first. */
struct graph_pair candidates_pair(const struct candidates *candidates,
                                  const struct candidates_choice *choice);

/* Adds a pair that was counted in the choosing's loads already. */
void candidates_add(struct candidates *candidates, const struct candidates_choice *choice);

#endif
