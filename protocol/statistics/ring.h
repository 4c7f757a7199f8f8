/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups on a ring, each beside those it has most ties with, sized by their people, with their
 * names around it: an arrangement in which no name meets another, however many groups there are.
 * Thread rule: pure functions.
 */
#ifndef WEFT_STATISTICS_RING_H
#define WEFT_STATISTICS_RING_H

#include "protocol/statistics/canvas.h"

/* Up to so many groups names stand upright; beyond, they point outwards. */
#define RING_UPRIGHT_MAX 16

/* The radius of the largest group's circle. */
#define RING_CIRCLE_MAX 30.0

struct ring_node {
    uint32_t part;
    double angle; /* radians, clockwise from the top */
    double x;
    double y;
    double radius;
    bool tied; /* to another group, as far as may be told */
};

struct ring {
    double x; /* the middle */
    double y;
    double radius;
    double letters;   /* size of names */
    uint32_t columns; /* characters of a name */
    uint32_t count;
    struct ring_node nodes[STATISTICS_MATRIX_PARTS];
};

/* The parts in an order in which groups with many ties stand beside each other, groups that are
 * none last. `order` has part_count entries. At most STATISTICS_MATRIX_PARTS parts, with cells. */
void ring_order(const struct statistics *statistics, uint32_t *order);

/* Sets the nodes; the members before `count` are the caller's. */
void ring_place(struct ring *ring, const struct statistics *statistics);

/* How a line is drawn, as attributes of its element: the strength is the root of its share of the
 * most ties. */
void ring_stroke(struct page *page, double strength, double width_max);

/* Lines for ties, weak ones first: thickness and colour say how many. */
void ring_ties(struct page *page, const struct ring *ring, const uint64_t *cells, double width_max);

/* The same in one strong colour. */
void ring_new_ties(struct page *page,
                   const struct ring *ring,
                   const uint64_t *cells,
                   double width_max);

/* Circles and names. */
void ring_groups(struct page *page, const struct ring *ring, const struct statistics *statistics);

#endif
