/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The figures of a whole network, with and without the introductions that were accepted, and what
 * of them is published.
 *
 * Errors: those of measures.h and profile.h. Thread rule: that of weave/library.h.
 */
#ifndef WEFT_FIGURES_WHOLE_H
#define WEFT_FIGURES_WHOLE_H

#include "protocol/statistics/statistics.h"
#include "server/figures/network.h"
#include "server/weave/groups.h"
#include "server/weave/measures.h"
#include "server/weave/profile.h"

struct whole {
    struct graph *graph;
    struct graph *introduced; /* the same people with the ties that introductions alone made */
    struct measures measures;
    bool has_profile; /* not of a network without ties */
    struct profile profile;
    bool few_within; /* one to nine people hold all ties within groups */
    bool few_across; /* or all across */
    uint32_t introduced_people;
    struct measures without; /* introductions; when ten people or more have any */
};

MUST_CHECK enum status whole_init(const struct network *network, struct whole *whole);
void whole_clear(struct whole *whole);

/* What is published of a count: what was published before, moved in whole tens towards what it is
 * now. A count that was not published counts from 0. */
uint64_t whole_step(uint64_t published, uint64_t now);

/* Everything that is counted of the whole network. */
enum whole_count {
    WHOLE_PEOPLE,
    WHOLE_WITHIN, /* ties, within groups and across */
    WHOLE_ACROSS,
    WHOLE_ISOLATES,
    WHOLE_LARGEST,    /* people in the largest part */
    WHOLE_INTRODUCED, /* ties that introductions made */
    WHOLE_COUNTS
};

/* The numbers, the profile, the coverage set and what introductions changed. `after` has its parts;
 * `counts` are what was published before, and become what is published now. `first`: nothing was.
 */
void whole_tell(const struct whole *whole,
                const struct groups_parts *parts,
                bool first,
                uint64_t counts[WHOLE_COUNTS],
                struct statistics *after);

/* All of that as it was; the cells of introductions aside. */
void whole_keep(const struct statistics *before, struct statistics *after);

#endif
