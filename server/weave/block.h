/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Blocks: BLOCK_COLUMNS vectors over the nodes of a mesh, side by side in single precision, so
 * that one pass over the ties serves them all. Row by row: n x BLOCK_COLUMNS.
 *
 * Sums over nodes are kept in double precision.
 * Thread rule: that of dense.h.
 */
#ifndef WEFT_WEAVE_BLOCK_H
#define WEFT_WEAVE_BLOCK_H

#include "server/weave/mesh.h"

/* As many as one row of a block and its neighbours' keep in the cache; 24 of them are used
 * as eigenvectors. */
#define BLOCK_COLUMNS 32

/* NULL without memory. All 0. */
float *block_new(uint32_t n);

/* y = L x, and the dot products of their columns. */
void block_apply(const struct mesh *mesh, const float *x, float *y, double *dots);

/* Makes the mean of each column 0. */
void block_centre(uint32_t n, float *x);

/* A basis of what the columns span, each of length 1; columns that depend on others become 0. */
MUST_CHECK enum status block_orthonormalise(uint32_t n, float *x);

/* Takes off `y` what lies in the first `count` columns of `basis`, which are orthonormal. */
void block_project_out(uint32_t n, const float *basis, uint32_t count, float *y);

#endif
