/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A sketch of the pseudo-inverse P of the Laplacian: U S U' + the diagonal of what is left, with U
 * the eigenvectors of the smallest eigenvalues (subspace iteration and Rayleigh-Ritz) and the
 * diagonals of what is left and of its square by random signs (Johnson and Lindenstrauss).
 * DESIGN.md has the reasoning.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL. Thread rule: that of dense.h.
 */
#ifndef WEFT_WEAVE_SPECTRAL_H
#define WEFT_WEAVE_SPECTRAL_H

#include "server/weave/block.h"

/* Eigenvectors that are used; the other columns of their block only speed the iteration up. */
#define SPECTRAL_RANK 24

struct spectral {
    uint32_t n;
    float *vectors;               /* a block; the first SPECTRAL_RANK columns are U */
    double values[SPECTRAL_RANK]; /* of the Laplacian, ascending; 0: there are no more */
    float *rest;                  /* diagonal of P without U S U' */
    float *rest_square;           /* diagonal of its square */
    double trace;                 /* of P */
    double trace_error;           /* standard error */
    float *solution;              /* private: of the random signs, where the next solution starts */
    uint64_t seed;
    bool is_started;
};

MUST_CHECK enum status spectral_new(uint32_t n, uint64_t seed, struct spectral **spectral);

/* `*spectral` becomes NULL; NULL is allowed. */
void spectral_free(struct spectral **spectral);

/* Makes the sketch of a mesh, starting from what the last call left: that of the same nodes with
 * fewer ties is close. `steps` of subspace iteration, solutions to `tolerance`. */
MUST_CHECK enum status spectral_update(struct spectral *spectral,
                                       const struct mesh *mesh,
                                       uint32_t steps,
                                       double tolerance);

struct spectral_options {
    bool weighted;
    uint64_t seed;
};

/* Of the largest component. */
struct spectral_figures {
    double connectivity;          /* algebraic */
    double mean_resistance;       /* of a pair */
    double mean_resistance_error; /* standard error; 0: exact */
};

/* Exact up to WEAVE_DENSE_PEOPLE_MAX people, estimated above. STATUS_INVALID where no two people
 * are connected. */
MUST_CHECK enum status spectral_measure(const struct graph *graph,
                                        const struct spectral_options *options,
                                        struct spectral_figures *figures);

#endif
