/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who comes into question for introductions, of a whole network: the people whose ties would gain
 * most by themselves, and some of every group, or all would go to a few groups at the far ends.
 *
 * Errors: STATUS_NO_MEMORY. Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_SHORTLIST_H
#define WEFT_WEAVE_SHORTLIST_H

#include "server/weave/choosing.h"
#include "server/weave/spectral.h"

struct shortlist {
    uint32_t count;
    uint32_t *places; /* of the mesh, the highest gain first */
};

/* For about `count` pairs. Only who may be proposed and is not full. The network has groups. */
MUST_CHECK enum status shortlist_init(const struct choosing *choosing,
                                      const struct mesh *mesh,
                                      const struct spectral *spectral,
                                      uint32_t count,
                                      struct shortlist *list);

void shortlist_clear(struct shortlist *list);

#endif
