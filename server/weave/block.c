/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Built for speed (CMakeLists.txt): one row of a block is what the compiler makes vectors of. */
#include "server/weave/block.h"

#include "server/weave/dense.h"
#include "server/weave/halves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An eigenvalue of the columns' products below this share of the largest is rounding. */
#define DEPENDENT 1e-10

float *block_new(uint32_t n)
{
    return calloc((size_t)n * BLOCK_COLUMNS + 1, sizeof(float));
}

/* sum = degree * own - the neighbours' rows. */
static inline void
apply_row(const struct mesh *mesh, const float *restrict x, uint32_t u, float *restrict sum)
{
    const float *own = x + (size_t)u * BLOCK_COLUMNS;
    float degree = mesh->degrees[u];
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
        sum[c] = degree * own[c];
    for (uint64_t arc = mesh->starts[u]; arc < mesh->starts[u + 1]; arc++) {
        const float *later = x + (size_t)mesh->to[arc + MESH_AHEAD] * BLOCK_COLUMNS;
        __builtin_prefetch(later);
        __builtin_prefetch(later + BLOCK_COLUMNS / 2); /* a row is two lines of the cache */
        const float *other = x + (size_t)mesh->to[arc] * BLOCK_COLUMNS;
        float weight = mesh->weights != NULL ? mesh->weights[arc] : 1;
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            sum[c] -= weight * other[c];
    }
}

struct apply {
    const struct mesh *mesh;
    const float *x;
    float *y;
    double sums[HALVES][BLOCK_COLUMNS];
};

static void apply_rows(void *context, uint32_t half, uint32_t begin, uint32_t end)
{
    struct apply *apply = context;
    double sums[BLOCK_COLUMNS] = {0};
    for (uint32_t u = begin; u < end; u++) {
        float sum[BLOCK_COLUMNS];
        const float *own = apply->x + (size_t)u * BLOCK_COLUMNS;
        apply_row(apply->mesh, apply->x, u, sum);
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            sums[c] += (double)(own[c] * sum[c]);
        memcpy(apply->y + (size_t)u * BLOCK_COLUMNS, sum, sizeof(sum));
    }
    memcpy(apply->sums[half], sums, sizeof(sums));
}

void block_apply(const struct mesh *mesh, const float *x, float *y, double *dots)
{
    struct apply apply = {.mesh = mesh, .x = x, .y = y};
    halves_run(mesh->n, apply_rows, &apply);
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
        dots[c] = apply.sums[0][c] + apply.sums[1][c];
}

void block_centre(uint32_t n, float *x)
{
    double sums[BLOCK_COLUMNS] = {0};
    float means[BLOCK_COLUMNS];
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            sums[c] += (double)x[(size_t)u * BLOCK_COLUMNS + c];
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
        means[c] = (float)(sums[c] / n);
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            x[(size_t)u * BLOCK_COLUMNS + c] -= means[c];
}

enum status block_orthonormalise(uint32_t n, float *x)
{
    double products[BLOCK_COLUMNS * BLOCK_COLUMNS], values[BLOCK_COLUMNS];
    float turn[BLOCK_COLUMNS * BLOCK_COLUMNS];
    /* Twice: the first time leaves rounding of the size of its worst column. */
    for (int i = 0; i < 2; i++) {
        dense_float_gram(n, BLOCK_COLUMNS, x, x, products);
        TRY(dense_eigen(BLOCK_COLUMNS, products, values));
        double largest = values[BLOCK_COLUMNS - 1];
        for (uint32_t row = 0; row < BLOCK_COLUMNS; row++)
            for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
                turn[row * BLOCK_COLUMNS + c] =
                    values[c] > DEPENDENT * largest
                        ? (float)(products[row * BLOCK_COLUMNS + c] / sqrt(values[c]))
                        : 0;
        dense_float_turn(n, BLOCK_COLUMNS, turn, x);
    }
    return STATUS_OK;
}

void block_project_out(uint32_t n, const float *basis, uint32_t count, float *y)
{
    double products[BLOCK_COLUMNS * BLOCK_COLUMNS];
    float parts[BLOCK_COLUMNS * BLOCK_COLUMNS] = {0};
    dense_float_gram(n, BLOCK_COLUMNS, basis, y, products);
    for (uint32_t i = 0; i < count * BLOCK_COLUMNS; i++)
        parts[i] = (float)products[i];
    dense_float_subtract(n, BLOCK_COLUMNS, basis, parts, y);
}
