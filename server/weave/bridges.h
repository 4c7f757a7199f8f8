/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Introductions that join the parts of a network which have no tie to each other.
 *
 * Errors: STATUS_NO_MEMORY.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_BRIDGES_H
#define WEFT_WEAVE_BRIDGES_H

#include "server/weave/graph.h"

struct bridges_options {
    uint32_t count;           /* at most so many */
    uint32_t load_cap;        /* new ties a person, counting those in `loads` */
    const double *remoteness; /* of each node: the least remote are joined first */
    const bool *favoured; /* of each node: they get a fifth of the places at least, if there is a
                             way; NULL: nobody */
};

/* Joins the components, largest first, each at its least remote people who may be paired. What
 * cannot be joined to the largest is joined among itself. Adds to `loads` (node_count entries) and
 * appends to `pairs` from `*pair_count` on (room for options->count more). */
MUST_CHECK enum status bridges_choose(const struct graph *graph,
                                      const struct graph_components *components,
                                      const struct bridges_options *options,
                                      uint32_t *loads,
                                      struct graph_pair *pairs,
                                      uint32_t *pair_count);

#endif
