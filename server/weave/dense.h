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

/* What the Laplacian is made of. Everything is lent for the call. */
struct dense_ties {
    const struct graph *graph;
    const struct graph_pair *extra; /* ties that were added */
    size_t extra_count;
    double extra_weight; /* of each of them */
    bool weighted;       /* ties count by their weight; otherwise 1 */
};

struct dense_spectrum {
    double algebraic_connectivity; /* the second smallest eigenvalue of the Laplacian */
    double mean_resistance;        /* 2 / (n - 1) x the sum of 1 / eigenvalue */
};

/* Of the largest component, which needs two people or more (STATUS_INVALID otherwise). */
MUST_CHECK enum status dense_spectrum_compute(const struct graph *graph,
                                              bool weighted,
                                              const struct graph_components *components,
                                              struct dense_spectrum *spectrum);

/* The pseudo-inverse of the Laplacian, component by component. `inverse` has n x n entries and
 * comes out full (both triangles); entries between components are 0. `components` are those with
 * the extra ties. */
MUST_CHECK enum status dense_inverse(const struct dense_ties *ties,
                                     const struct graph_components *components,
                                     double *inverse);

/* square = inverse x inverse, both triangles. */
void dense_square(uint32_t n, const double *inverse, double *square);

/* The largest eigenvalue of a symmetric A whose rows add up to 0, of which the upper triangle is
 * read, by Lanczos' method: exact to about nine digits where it stands apart from the second. */
MUST_CHECK enum status dense_largest_eigenvalue(uint32_t n, const double *a, double *eigenvalue);

/* The products of `count` rows of n numbers with each other: `count` x `count`, both triangles. */
void dense_products(uint32_t count, uint32_t n, const double *rows, double *products);

/* The inverse of a positive definite matrix, in place, both triangles. */
MUST_CHECK enum status dense_invert(uint32_t n, double *a);

/* Eigenvalues, ascending, and eigenvectors: those of the i-th value become column i of `a`, which
 * is symmetric and row by row. */
MUST_CHECK enum status dense_eigen(uint32_t n, double *a, double *values);

/* y = A x for `columns` columns: n x columns numbers each, row by row. */
void dense_apply(uint32_t n, uint32_t columns, const double *a, const double *x, double *y);

/* Tall and narrow matrices in single precision, n x columns numbers row by row, columns at most
 * 32. products = x'y, summed up in double precision. */
void dense_float_gram(
    uint32_t n, uint32_t columns, const float *x, const float *y, double *products);

/* x = x turn, with columns x columns numbers. */
void dense_float_turn(uint32_t n, uint32_t columns, const float *turn, float *x);

/* y -= x parts. */
void dense_float_subtract(
    uint32_t n, uint32_t columns, const float *x, const float *parts, float *y);

#endif
