/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Dense linear algebra on the Laplacian of a network of up to WEAVE_DENSE_PEOPLE_MAX people:
 * n x n doubles, by LAPACK.
 *
 * Errors: STATUS_LIMIT above that number, STATUS_NO_MEMORY, STATUS_INTERNAL when LAPACK fails.
 * Thread rule: one caller at a time (OpenBLAS is set to one thread for the call, so that the
 * result is the same on every machine and the other core stays free).
 */
#ifndef WEFT_WEAVE_DENSE_H
#define WEFT_WEAVE_DENSE_H

#include "server/weave/graph.h"

struct dense_spectrum {
    double algebraic_connectivity; /* the second smallest eigenvalue of the Laplacian */
    double mean_resistance;        /* 2 / (n - 1) x the sum of 1 / eigenvalue */
};

/* Of the largest component, which needs two people or more (STATUS_INVALID otherwise). */
MUST_CHECK enum status dense_spectrum_compute(const struct graph *graph,
                                              const struct graph_components *components,
                                              struct dense_spectrum *spectrum);

/* The pseudo-inverse of the Laplacian of a graph with `extra` ties added, component by component.
 * `inverse` has n x n entries and comes out full (both triangles); entries between components
 * are 0. `labels` and `sizes` are those of the components after adding. */
MUST_CHECK enum status dense_inverse(const struct graph *graph,
                                     const struct graph_pair *extra,
                                     size_t extra_count,
                                     const struct graph_components *components,
                                     double *inverse);

/* square = inverse x inverse, both triangles. */
void dense_square(uint32_t n, const double *inverse, double *square);

/* y = A x for a symmetric A. */
void dense_multiply(uint32_t n, const double *a, const double *x, double *y);

#endif
