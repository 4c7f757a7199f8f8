/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/spectral.h"

#include "server/weave/dense.h"
#include "server/weave/seeded.h"
#include "server/weave/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The diagonal of the rest is at least about 1/degree: a node's way to its neighbours. What the
 * random signs say below that is their error. */
#define REST_BY_DEGREE 0.8F

/* A measure: steps until the smallest eigenvalue stands still by this share, or so many. Two steps
 * are known to be far too few; one adds about two digits on the networks here. */
#define MEASURE_STEPS_MIN 4
#define MEASURE_STEPS_MAX 16
#define MEASURE_STILL 1e-4
#define MEASURE_TOLERANCE 1e-3

void spectral_free(struct spectral **spectral)
{
    struct spectral *old = *spectral;
    *spectral = NULL;
    if (old == NULL)
        return;
    free(old->vectors);
    free(old->rest);
    free(old->rest_square);
    free(old->solution);
    free(old);
}

enum status spectral_new(uint32_t n, uint64_t seed, struct spectral **spectral)
{
    CLEANUP(spectral_free) struct spectral *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    *made = (struct spectral){.n = n,
                              .vectors = block_new(n),
                              .rest = calloc(n + 1u, sizeof(float)),
                              .rest_square = calloc(n + 1u, sizeof(float)),
                              .solution = block_new(n),
                              .seed = seed};
    if (made->vectors == NULL || made->rest == NULL || made->rest_square == NULL ||
        made->solution == NULL)
        return STATUS_NO_MEMORY;
    uint64_t state = seed;
    for (size_t i = 0; i < (size_t)n * BLOCK_COLUMNS; i++)
        made->vectors[i] = (float)(seeded_next(&state) >> 40) * 0x1p-23F - 1;
    *spectral = made;
    made = NULL;
    return STATUS_OK;
}

static void fill_signs(uint32_t n, uint64_t seed, float *signs)
{
    const float size = 1 / sqrtf(BLOCK_COLUMNS);
    uint64_t state = ~seed;
    for (uint32_t u = 0; u < n; u++) {
        uint64_t bits = seeded_next(&state);
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            signs[(size_t)u * BLOCK_COLUMNS + c] = (bits >> (c + 8) & 1) != 0 ? size : -size;
    }
    block_centre(n, signs);
}

/* One step of inverse iteration; the vectors are orthonormal before and after. */
static enum status
iterate(struct spectral *spectral, struct solver *solver, double tolerance, float *work)
{
    memset(work, 0, (size_t)spectral->n * BLOCK_COLUMNS * sizeof(float));
    TRY(solver_run(solver, spectral->vectors, tolerance, work));
    memcpy(spectral->vectors, work, (size_t)spectral->n * BLOCK_COLUMNS * sizeof(float));
    return block_orthonormalise(spectral->n, spectral->vectors);
}

/* Turns the vectors into the best eigenvectors that they span (Rayleigh and Ritz). Columns that
 * are 0, in networks smaller than a block, sort first and come last then, with value 0. */
static enum status ritz(struct spectral *spectral, const struct mesh *mesh, float *work)
{
    double products[BLOCK_COLUMNS * BLOCK_COLUMNS], values[BLOCK_COLUMNS], dots[BLOCK_COLUMNS];
    float turn[BLOCK_COLUMNS * BLOCK_COLUMNS];
    block_apply(mesh, spectral->vectors, work, dots);
    dense_float_gram(spectral->n, BLOCK_COLUMNS, spectral->vectors, work, products);
    for (uint32_t i = 0; i < BLOCK_COLUMNS; i++)
        for (uint32_t j = 0; j < i; j++)
            products[i * BLOCK_COLUMNS + j] = products[j * BLOCK_COLUMNS + i] =
                (products[i * BLOCK_COLUMNS + j] + products[j * BLOCK_COLUMNS + i]) / 2;
    TRY(dense_eigen(BLOCK_COLUMNS, products, values));
    uint32_t empty = 0;
    while (empty < BLOCK_COLUMNS && values[empty] <= 1e-9 * values[BLOCK_COLUMNS - 1])
        empty++;
    for (uint32_t i = 0; i < BLOCK_COLUMNS; i++)
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            turn[i * BLOCK_COLUMNS + c] =
                (float)products[i * BLOCK_COLUMNS + (c + empty) % BLOCK_COLUMNS];
    for (uint32_t c = 0; c < SPECTRAL_RANK; c++)
        spectral->values[c] = c + empty < BLOCK_COLUMNS ? values[c + empty] : 0;
    dense_float_turn(spectral->n, BLOCK_COLUMNS, turn, spectral->vectors);
    return STATUS_OK;
}

/* The diagonals of the rest, and the trace, from the random signs and their solution. */
static void read_rest(struct spectral *spectral, const struct mesh *mesh, const float *signs)
{
    double sums[BLOCK_COLUMNS] = {0}, sum = 0, squares = 0;
    for (uint32_t u = 0; u < spectral->n; u++) {
        float square = 0, product = 0;
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
            size_t at = (size_t)u * BLOCK_COLUMNS + c;
            float one = spectral->solution[at] * signs[at];
            square += spectral->solution[at] * spectral->solution[at];
            product += one;
            sums[c] += (double)one;
        }
        float high = sqrtf(square), low = fminf(REST_BY_DEGREE / mesh->degrees[u], high);
        spectral->rest_square[u] = square;
        spectral->rest[u] = fminf(fmaxf(product, low), high);
    }
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
        sum += sums[c];
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
        double deviation = sums[c] * BLOCK_COLUMNS - sum;
        squares += deviation * deviation;
    }
    spectral->trace = sum;
    spectral->trace_error = sqrt(squares / (BLOCK_COLUMNS - 1) / BLOCK_COLUMNS);
    for (uint32_t i = 0; i < SPECTRAL_RANK; i++)
        spectral->trace += spectral->values[i] > 0 ? 1 / spectral->values[i] : 0;
}

static enum status sketch_rest(struct spectral *spectral,
                               const struct mesh *mesh,
                               struct solver *solver,
                               double tolerance,
                               float *signs)
{
    uint32_t n = spectral->n;
    fill_signs(n, spectral->seed, signs);
    block_project_out(n, spectral->vectors, SPECTRAL_RANK, signs);
    TRY(solver_run(solver, signs, tolerance, spectral->solution));
    block_project_out(n, spectral->vectors, SPECTRAL_RANK, spectral->solution);
    read_rest(spectral, mesh, signs);
    return STATUS_OK;
}

static enum status begin(struct spectral *spectral)
{
    if (spectral->is_started)
        return STATUS_OK;
    spectral->is_started = true;
    block_centre(spectral->n, spectral->vectors);
    return block_orthonormalise(spectral->n, spectral->vectors);
}

enum status spectral_update(struct spectral *spectral,
                            const struct mesh *mesh,
                            uint32_t steps,
                            double tolerance)
{
    CLEANUP(solver_free) struct solver *solver = NULL;
    TRY(solver_new(mesh, &solver));
    float *work = block_new(spectral->n);
    enum status status = work != NULL ? begin(spectral) : STATUS_NO_MEMORY;
    for (uint32_t i = 0; status == STATUS_OK && i < steps; i++)
        status = iterate(spectral, solver, tolerance, work);
    if (status == STATUS_OK)
        status = ritz(spectral, mesh, work);
    if (status == STATUS_OK)
        status = sketch_rest(spectral, mesh, solver, tolerance, work);
    free(work);
    return status;
}

static enum status find_smallest(struct spectral *spectral,
                                 const struct mesh *mesh,
                                 struct solver *solver,
                                 float *work)
{
    double before = 0;
    TRY(begin(spectral));
    for (uint32_t i = 0; i < MEASURE_STEPS_MAX; i++) {
        TRY(iterate(spectral, solver, MEASURE_TOLERANCE, work));
        TRY(ritz(spectral, mesh, work));
        if (i + 1 >= MEASURE_STEPS_MIN &&
            fabs(before - spectral->values[0]) <= MEASURE_STILL * spectral->values[0])
            break;
        before = spectral->values[0];
    }
    return sketch_rest(spectral, mesh, solver, MEASURE_TOLERANCE, work);
}

static enum status
estimate(const struct mesh *mesh, uint64_t seed, struct spectral_figures *figures)
{
    CLEANUP(spectral_free) struct spectral *spectral = NULL;
    CLEANUP(solver_free) struct solver *solver = NULL;
    TRY(spectral_new(mesh->n, seed, &spectral));
    TRY(solver_new(mesh, &solver));
    float *work = block_new(mesh->n);
    if (work == NULL)
        return STATUS_NO_MEMORY;
    enum status status = find_smallest(spectral, mesh, solver, work);
    free(work);
    TRY(status);
    double pairs = (mesh->n - 1.0) / 2;
    *figures = (struct spectral_figures){spectral->values[0], spectral->trace / pairs,
                                         spectral->trace_error / pairs};
    return STATUS_OK;
}

enum status spectral_measure(const struct graph *graph,
                             const struct spectral_options *options,
                             struct spectral_figures *figures)
{
    CLEANUP(graph_components_clear) struct graph_components components = {0};
    TRY(graph_components_init(graph, &components));
    if (components.count == 0 || components.sizes[0] < 2)
        return STATUS_INVALID;
    if (components.sizes[0] <= WEAVE_DENSE_PEOPLE_MAX) {
        struct dense_spectrum exact;
        TRY(dense_spectrum_compute(graph, options->weighted, &components, &exact));
        *figures =
            (struct spectral_figures){exact.algebraic_connectivity, exact.mean_resistance, 0};
        return STATUS_OK;
    }
    CLEANUP(mesh_free) struct mesh *mesh = NULL;
    struct mesh_start start = {
        .graph = graph, .components = &components, .weighted = options->weighted};
    TRY(mesh_new(&start, &mesh));
    return estimate(mesh, options->seed, figures);
}
