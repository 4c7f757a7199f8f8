/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Solves L x = y for the columns of a block: conjugate gradients, preconditioned with the degrees
 * and an exact solution over the cells of the mesh. The cells make it fast where networks are
 * hardest: along chains of groups.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL.
 * Thread rule: that of dense.h.
 */
#ifndef WEFT_WEAVE_SOLVER_H
#define WEFT_WEAVE_SOLVER_H

#include "server/weave/block.h"

struct solver;

/* The mesh is lent until the solver is freed. */
MUST_CHECK enum status solver_new(const struct mesh *mesh, struct solver **solver);

/* `*solver` becomes NULL; NULL is allowed. */
void solver_free(struct solver **solver);

/* From `x` on, which may be 0, until no column's residual is above `tolerance` of it. The columns
 * of `y` and then of `x` have mean 0. */
MUST_CHECK enum status
solver_run(struct solver *solver, const float *y, double tolerance, float *x);

#endif
