/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What may be told about groups: the matrix of ties per pair of groups, and how many introductions
 * per pair of groups would help most. Never a person.
 *
 * Small cells (DESIGN.md has the reasoning):
 *   1. Groups under WEAVE_CELL_PEOPLE_MIN people are shown only as one pool, "smaller groups";
 *      while the pool is one group alone or under the minimum itself, the smallest group
 *      outside joins it. Tables are made of the parts that remain, and of nothing else.
 *   2. A cell of ties is hidden when fewer than WEAVE_CELL_PEOPLE_MIN people hold them, none
 *      included. Since the totals within and across are public, the smallest cell of the same
 *      kind that is shown is hidden too when only one of a kind is hidden, or when fewer than that
 *      many people hold the hidden ones together.
 *   3. The pool's own cell has ties of both kinds, within its groups and between them, and the
 *      totals would tell the two apart. A kind that fewer than that many people hold is left out
 *      of it, and counts as one more hidden cell of its kind.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_LIMIT for a matrix above GROUPS_PARTS_MAX parts.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_GROUPS_H
#define WEFT_WEAVE_GROUPS_H

#include "protocol/statistics/statistics.h"
#include "server/weave/introductions.h"

/* Parts of a full matrix: 4 million cells of 16 bytes; nobody reads a larger one. */
#define GROUPS_PARTS_MAX 2048

/* The groups as they may be shown. */
struct groups_parts {
    uint32_t count;
    uint32_t *of_group; /* part of each group of the graph; GRAPH_NONE for one without people */
    uint32_t *group;    /* of each part: its group, or GRAPH_NONE for the pool */
    uint32_t *people;   /* of each part */
    uint32_t group_count;
};

/* No parts when the whole network is under the minimum, or has no groups. */
MUST_CHECK enum status groups_parts_init(const struct graph *graph, struct groups_parts *parts);

/* Parts that somebody else has chosen: the groups that `alone` names (group_count entries), each of
 * which has people, and the pool of all others, however few they are. For tables that go on from
 * earlier ones. */
MUST_CHECK enum status
groups_parts_choose(const struct graph *graph, const bool *alone, struct groups_parts *parts);

void groups_parts_clear(struct groups_parts *parts);

struct groups_cell {
    uint64_t ties;
    uint32_t people; /* who hold them; the pool's own: with what is left out of it */
    bool hidden;     /* then neither number may be shown */
};

/* Symmetric; the upper triangle row by row, as statistics_place says. */
struct groups_matrix {
    uint32_t part_count;
    struct groups_cell *cells;
    bool pool_hides[2]; /* of its own cell: ties between its groups, ties within them */
};

MUST_CHECK enum status groups_matrix_init(const struct graph *graph,
                                          const struct groups_parts *parts,
                                          struct groups_matrix *matrix);

/* The same in two steps, for a matrix that goes on from an earlier one: cells that few people hold
 * are hidden; and then, with whatever else the caller has hidden or shown, those that would tell a
 * hidden one. */
MUST_CHECK enum status groups_matrix_count(const struct graph *graph,
                                           const struct groups_parts *parts,
                                           struct groups_matrix *matrix);
void groups_matrix_complement(const struct graph *graph,
                              const struct groups_parts *parts,
                              struct groups_matrix *matrix);

void groups_matrix_clear(struct groups_matrix *matrix);

/* The cell of two parts, in either order. */
const struct groups_cell *
groups_matrix_cell(const struct groups_matrix *matrix, uint32_t a, uint32_t b);

struct groups_need {
    uint32_t a; /* parts, a <= b; equal only for the pool */
    uint32_t b;
    uint32_t introductions;
};

/* Most first; pairs without an introduction are left out. */
struct groups_needs {
    uint32_t count;
    struct groups_need *list;
};

MUST_CHECK enum status groups_needs_init(const struct graph *graph,
                                         const struct groups_parts *parts,
                                         const struct introductions *introductions,
                                         struct groups_needs *needs);

void groups_needs_clear(struct groups_needs *needs);

#endif
