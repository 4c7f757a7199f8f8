/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who is counted in a published cell, and with what, as one 64-bit hash a person: so that the next
 * publication can tell how many people entered or left the cell, without a copy of the network.
 *
 * A person who gains or loses a tie of a cell has another mark in it: they count as one who entered
 * or left. Ids of people are random, so that equal marks of different people are as rare as equal
 * ids of 64 bits.
 * Ownership: lists live in the arena that they are made in. Errors: STATUS_NO_MEMORY, STATUS_LIMIT;
 * STATUS_CORRUPT for bytes that are no marks. Thread rule: pure functions.
 */
#ifndef WEFT_FIGURES_MARKS_H
#define WEFT_FIGURES_MARKS_H

#include "server/figures/network.h"
#include "server/weave/groups.h"

/* Ascending. */
struct marks {
    uint64_t *list;
    size_t count;
};

/* Of the whole network: everybody, with their group and all their ties. */
MUST_CHECK enum status marks_of_network(const struct network *network,
                                        const struct graph *graph,
                                        struct arena *arena,
                                        struct marks *marks);

/* Of each cell of the matrix, in its order: the people who hold ties of it, with those ties.
 * `cells` is an array of the arena. */
MUST_CHECK enum status marks_of_cells(const struct network *network,
                                      const struct graph *graph,
                                      const struct groups_parts *parts,
                                      const struct groups_matrix *matrix,
                                      struct arena *arena,
                                      struct marks **cells);

/* How many people, at least, entered or left between the two. */
size_t marks_changed(const struct marks *before, const struct marks *after);

/* For the store, and back. */
MUST_CHECK enum status
marks_write(const struct marks *marks, struct arena *arena, struct span *bytes);
MUST_CHECK enum status marks_read(struct span bytes, struct arena *arena, struct marks *marks);

#endif
