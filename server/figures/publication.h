/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The next publication of a community's statistics, from one frozen snapshot of the network and
 * from the publication before: what may change, and by how much (DESIGN.md has the reasoning).
 *
 *   1. The first one is exact; small groups and small cells are hidden as weave/groups.h says.
 *   2. After it, a published cell changes only when at least ten people entered or left it, and
 *      then in whole tens; otherwise what was published stands. A cell that was never shown counts
 *      from nothing, one that was hidden meanwhile from what it was. So any sum or difference of
 * published numbers of people or of ties, over any tables of any weeks, changes by whole tens or
 * not at all.
 *   3. The figures of the whole network are one cell of everybody. Those that are made of counts
 *      (density, E-I, ...) are made of the published counts.
 *
 * Ownership: a publication owns its arenas. Errors: those of measures.h, groups.h, profile.h.
 * Thread rule: that of weave/library.h.
 */
#ifndef WEFT_FIGURES_PUBLICATION_H
#define WEFT_FIGURES_PUBLICATION_H

#include "protocol/statistics/statistics.h"
#include "server/figures/marks.h"

/* How long a publication stands. */
#define PUBLICATION_INTERVAL_MS (INT64_C(7) * 24 * 3600 * 1000)

/* Marks of 200,000 people in 64 parts, before and after. */
#define PUBLICATION_BYTES_MAX (256u << 20)

/* A number that was published, also while it is hidden. */
struct publication_cell {
    struct span key;
    uint64_t value; /* what was published last; 0: nothing yet */
    struct marks marks;
};

struct publication {
    struct statistics statistics;
    struct publication_cell *cells; /* by key; none: too few people for more than their number */
    size_t cell_count;
    struct arena arena;
};

void publication_init(struct publication *publication);
void publication_clear(struct publication *publication);

/* `before` may be NULL: this is the first. STATUS_NOT_NOW when there was one and fewer than ten
 * people are left: then that one stands. `made` is one that publication_init made. */
MUST_CHECK enum status publication_make(const struct network *network,
                                        const struct publication *before,
                                        struct publication *made);

#endif
