/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Built for speed (CMakeLists.txt). */
#include "server/weave/solver.h"

#include "server/weave/dense.h"
#include "server/weave/halves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ten to forty are enough where the cells fit the network. Single precision gains no more then. */
#define ITERATIONS_MAX 300

struct solver {
    const struct mesh *mesh;
    double *cells_inverse; /* of the Laplacian over the cells */
    double *cells_sum;     /* the residual, summed up over each cell; of the second half behind */
    double *cells_move;    /* what solves it */
    float *residual;
    float *direction;
    float *image; /* L x direction */
    /* What is taken off so that means stay 0. Rounding would otherwise add a constant, which no
     * step can reduce: where connectivity is 1e-5 it comes to outweigh all the rest. */
    float residual_mean[BLOCK_COLUMNS];
    float preconditioned_mean[BLOCK_COLUMNS];
};

void solver_free(struct solver **solver)
{
    struct solver *old = *solver;
    *solver = NULL;
    if (old == NULL)
        return;
    free(old->cells_inverse);
    free(old->cells_sum);
    free(old->cells_move);
    free(old->residual);
    free(old->direction);
    free(old->image);
    free(old);
}

static enum status invert_cells(struct solver *solver)
{
    const struct mesh *mesh = solver->mesh;
    uint32_t count = mesh->cell_count;
    double *laplacian = solver->cells_inverse, most = 1;
    for (uint32_t u = 0; u < mesh->n; u++)
        for (uint64_t arc = mesh->starts[u]; arc < mesh->starts[u + 1]; arc++) {
            uint32_t a = mesh->cells[u], b = mesh->cells[mesh->to[arc]];
            double weight = mesh->weights != NULL ? (double)mesh->weights[arc] : 1;
            if (a == b)
                continue;
            laplacian[(size_t)a * count + a] += weight;
            laplacian[(size_t)a * count + b] -= weight;
        }
    for (uint32_t i = 0; i < count; i++)
        most = fmax(most, laplacian[(size_t)i * count + i]);
    /* Regular, and the same on whatever adds up to 0. */
    for (size_t i = 0; i < (size_t)count * count; i++)
        laplacian[i] += most / count;
    return dense_invert(count, laplacian);
}

enum status solver_new(const struct mesh *mesh, struct solver **solver)
{
    CLEANUP(solver_free) struct solver *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    size_t cells = mesh->cell_count + 1u;
    *made = (struct solver){.mesh = mesh,
                            .cells_inverse = calloc(cells * cells, sizeof(double)),
                            .cells_sum = calloc(HALVES * cells * BLOCK_COLUMNS, sizeof(double)),
                            .cells_move = calloc(cells * BLOCK_COLUMNS, sizeof(double)),
                            .residual = block_new(mesh->n),
                            .direction = block_new(mesh->n),
                            .image = block_new(mesh->n)};
    if (made->cells_inverse == NULL || made->cells_sum == NULL || made->cells_move == NULL ||
        made->residual == NULL || made->direction == NULL || made->image == NULL)
        return STATUS_NO_MEMORY;
    TRY(invert_cells(made));
    *solver = made;
    made = NULL;
    return STATUS_OK;
}

/* What a pass over the rows reads and adds up. */
struct pass {
    struct solver *solver;
    const float *factors; /* of the columns */
    float *x;
    double sums[HALVES][BLOCK_COLUMNS];
    double totals[HALVES][BLOCK_COLUMNS];
};

static void move_rows(void *context, uint32_t half, uint32_t begin, uint32_t end)
{
    struct pass *pass = context;
    const struct solver *solver = pass->solver;
    const struct mesh *mesh = solver->mesh;
    const float *step = pass->factors;
    double *cells_sum = solver->cells_sum + (size_t)half * mesh->cell_count * BLOCK_COLUMNS;
    double sums[BLOCK_COLUMNS] = {0};
    for (uint32_t u = begin; u < end; u++) {
        size_t at = (size_t)u * BLOCK_COLUMNS;
        float *restrict residual = solver->residual + at, *restrict x = pass->x + at;
        const float *restrict direction = solver->direction + at, *restrict image =
                                                                      solver->image + at;
        double *restrict cell = cells_sum + (size_t)mesh->cells[u] * BLOCK_COLUMNS;
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
            x[c] += step[c] * direction[c];
            residual[c] -= step[c] * image[c];
            sums[c] += (double)(residual[c] * residual[c]);
            cell[c] += (double)residual[c];
        }
    }
    memcpy(pass->sums[half], sums, sizeof(sums));
}

/* x += step * direction, residual -= step * image; the squares of the new residual's columns, and
 * its sums over cells. */
static void move(struct solver *solver, const float *step, float *x, double *squares)
{
    const struct mesh *mesh = solver->mesh;
    size_t size = (size_t)mesh->cell_count * BLOCK_COLUMNS;
    struct pass pass = {.solver = solver, .factors = step, .x = x};
    double totals[BLOCK_COLUMNS] = {0};
    memset(solver->cells_sum, 0, HALVES * size * sizeof(double));
    halves_run(mesh->n, move_rows, &pass);
    for (size_t i = 0; i < size; i++) {
        solver->cells_sum[i] += solver->cells_sum[size + i];
        totals[i % BLOCK_COLUMNS] += solver->cells_sum[i];
    }
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
        squares[c] = pass.sums[0][c] + pass.sums[1][c];
        solver->residual_mean[c] = (float)(totals[c] / mesh->n);
    }
}

/* One row of what the preconditioner makes of the residual. */
static inline void precondition_row(const struct solver *solver, uint32_t u, float *restrict row)
{
    const float *restrict residual = solver->residual + (size_t)u * BLOCK_COLUMNS;
    const double *restrict cell =
        solver->cells_move + (size_t)solver->mesh->cells[u] * BLOCK_COLUMNS;
    float degree = solver->mesh->degrees[u], by_degree = degree > 0 ? 1 / degree : 0;
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
        row[c] = residual[c] * by_degree + (float)cell[c];
}

static void precondition_rows(void *context, uint32_t half, uint32_t begin, uint32_t end)
{
    struct pass *pass = context;
    const struct solver *solver = pass->solver;
    double sums[BLOCK_COLUMNS] = {0}, totals[BLOCK_COLUMNS] = {0};
    for (uint32_t u = begin; u < end; u++) {
        float *restrict residual = solver->residual + (size_t)u * BLOCK_COLUMNS;
        float row[BLOCK_COLUMNS];
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            residual[c] -= solver->residual_mean[c];
        precondition_row(solver, u, row);
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
            sums[c] += (double)(residual[c] * row[c]);
            totals[c] += (double)row[c];
        }
    }
    memcpy(pass->sums[half], sums, sizeof(sums));
    memcpy(pass->totals[half], totals, sizeof(totals));
}

/* residual x preconditioned residual, column by column; sets the mean of the latter. */
static void precondition(struct solver *solver, double *dots)
{
    struct pass pass = {.solver = solver};
    dense_apply(solver->mesh->cell_count, BLOCK_COLUMNS, solver->cells_inverse, solver->cells_sum,
                solver->cells_move);
    halves_run(solver->mesh->n, precondition_rows, &pass);
    for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
        dots[c] = pass.sums[0][c] + pass.sums[1][c];
        solver->preconditioned_mean[c] =
            (float)((pass.totals[0][c] + pass.totals[1][c]) / solver->mesh->n);
    }
}

static void turn_rows(void *context, uint32_t half, uint32_t begin, uint32_t end)
{
    const struct pass *pass = context;
    const struct solver *solver = pass->solver;
    const float *keep = pass->factors;
    (void)half;
    for (uint32_t u = begin; u < end; u++) {
        float *restrict direction = solver->direction + (size_t)u * BLOCK_COLUMNS;
        float row[BLOCK_COLUMNS];
        precondition_row(solver, u, row);
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            direction[c] = row[c] - solver->preconditioned_mean[c] + keep[c] * direction[c];
    }
}

/* direction = preconditioned residual + keep * direction. */
static void turn(struct solver *solver, const float *keep)
{
    struct pass pass = {.solver = solver, .factors = keep};
    halves_run(solver->mesh->n, turn_rows, &pass);
}

static double ratio(double above, double below)
{
    return below > 0 ? above / below : 0;
}

/* residual = y - L x, and its sums and squares. The squares of y. */
static void start(struct solver *solver, const float *y, float *x, double *squares)
{
    static const float none[BLOCK_COLUMNS];
    size_t size = (size_t)solver->mesh->n * BLOCK_COLUMNS;
    double dots[BLOCK_COLUMNS];
    block_apply(solver->mesh, x, solver->image, dots);
    memset(squares, 0, BLOCK_COLUMNS * sizeof(double));
    for (size_t i = 0; i < size; i++) {
        solver->residual[i] = y[i] - solver->image[i];
        solver->direction[i] = 0;
        squares[i % BLOCK_COLUMNS] += (double)(y[i] * y[i]);
    }
    block_centre(solver->mesh->n, solver->residual);
    double ignored[BLOCK_COLUMNS];
    move(solver, none, x, ignored);
}

enum status solver_run(struct solver *solver, const float *y, double tolerance, float *x)
{
    double wanted[BLOCK_COLUMNS], dots[BLOCK_COLUMNS], next[BLOCK_COLUMNS], down[BLOCK_COLUMNS];
    double squares[BLOCK_COLUMNS];
    float step[BLOCK_COLUMNS], keep[BLOCK_COLUMNS] = {0};
    start(solver, y, x, wanted);
    precondition(solver, dots);
    for (uint32_t i = 0; i < ITERATIONS_MAX; i++) {
        turn(solver, keep);
        block_apply(solver->mesh, solver->direction, solver->image, down);
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            step[c] = (float)ratio(dots[c], down[c]);
        move(solver, step, x, squares);
        double worst = 0;
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++)
            worst = fmax(worst, ratio(squares[c], wanted[c]));
        if (worst < tolerance * tolerance)
            break;
        precondition(solver, next);
        for (uint32_t c = 0; c < BLOCK_COLUMNS; c++) {
            keep[c] = (float)ratio(next[c], dots[c]);
            dots[c] = next[c];
        }
    }
    block_centre(solver->mesh->n, x);
    return STATUS_OK;
}
