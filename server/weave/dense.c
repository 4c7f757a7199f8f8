/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/dense.h"

#include "server/weave/seeded.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* cblas.h of OpenBLAS declares both: see the header for why one thread. */
static int threads_begin(void)
{
    int before = openblas_get_num_threads();
    openblas_set_num_threads(1);
    return before;
}

static void threads_end(int before)
{
    openblas_set_num_threads(before);
}

static enum status status_of(lapack_int info)
{
    if (info == 0)
        return STATUS_OK;
    return info == LAPACK_WORK_MEMORY_ERROR ? STATUS_NO_MEMORY : STATUS_INTERNAL;
}

static double *matrix_new(uint32_t n)
{
    return calloc(n == 0 ? 1 : (size_t)n * n, sizeof(double));
}

static void add_tie(double *laplacian, uint32_t n, uint32_t u, uint32_t v, double weight)
{
    laplacian[(size_t)u * n + u] += weight;
    laplacian[(size_t)v * n + v] += weight;
    laplacian[(size_t)u * n + v] -= weight;
    laplacian[(size_t)v * n + u] -= weight;
}

/* Of the i-th tie of a node. */
static double weight_of(const struct graph *graph, bool weighted, uint32_t u, uint32_t i)
{
    return weighted ? (double)graph->weights[graph->starts[u] + i] : 1;
}

/* The Laplacian of the first component alone; `places` gives its nodes their rows. */
static double *largest_laplacian(const struct graph *graph,
                                 bool weighted,
                                 const struct graph_components *components)
{
    uint32_t n = components->sizes[0];
    double *laplacian = matrix_new(n);
    uint32_t *places = calloc(graph->node_count, sizeof(uint32_t));
    if (laplacian == NULL || places == NULL) {
        free(laplacian);
        free(places);
        return NULL;
    }
    uint32_t next = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        places[u] = components->labels[u] == 0 ? next++ : GRAPH_NONE;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        const uint32_t *neighbours = graph_neighbours(graph, u);
        for (uint32_t i = 0; places[u] != GRAPH_NONE && i < graph_degree(graph, u); i++)
            if (u < neighbours[i])
                add_tie(laplacian, n, places[u], places[neighbours[i]],
                        weight_of(graph, weighted, u, i));
    }
    free(places);
    return laplacian;
}

enum status dense_spectrum_compute(const struct graph *graph,
                                   bool weighted,
                                   const struct graph_components *components,
                                   struct dense_spectrum *spectrum)
{
    if (components->count == 0 || components->sizes[0] < 2)
        return STATUS_INVALID;
    uint32_t n = components->sizes[0];
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    double *laplacian = largest_laplacian(graph, weighted, components);
    double *eigenvalues = calloc(n, sizeof(double));
    if (laplacian == NULL || eigenvalues == NULL) {
        free(laplacian);
        free(eigenvalues);
        return STATUS_NO_MEMORY;
    }
    int threads = threads_begin();
    lapack_int size = (lapack_int)n;
    lapack_int info =
        LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'N', 'L', size, laplacian, size, eigenvalues);
    threads_end(threads);
    if (info == 0) {
        double sum = 0;
        for (uint32_t i = 1; i < n; i++)
            sum += 1 / eigenvalues[i];
        *spectrum = (struct dense_spectrum){eigenvalues[1], 2 * sum / (n - 1)};
    }
    free(laplacian);
    free(eigenvalues);
    return status_of(info);
}

/* Laplacian + 1/size within each component: regular, and its inverse is the pseudo-inverse plus the
 * same again. */
static void fill_regular(const struct dense_ties *ties,
                         const struct graph_components *components,
                         double *matrix)
{
    const struct graph *graph = ties->graph;
    uint32_t n = graph->node_count;
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = 0; v < n; v++)
            matrix[(size_t)u * n + v] = components->labels[u] == components->labels[v]
                                            ? 1.0 / components->sizes[components->labels[u]]
                                            : 0;
    for (uint32_t u = 0; u < n; u++) {
        const uint32_t *neighbours = graph_neighbours(graph, u);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++)
            if (u < neighbours[i])
                add_tie(matrix, n, u, neighbours[i], weight_of(graph, ties->weighted, u, i));
    }
    for (size_t i = 0; i < ties->extra_count; i++)
        add_tie(matrix, n, ties->extra[i].a, ties->extra[i].b, ties->extra_weight);
}

/* Takes the 1/size off again, and fills the triangle that LAPACK left (row-wise: the upper). */
static void finish_inverse(uint32_t n, const struct graph_components *components, double *inverse)
{
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = u; v < n; v++) {
            double *upper = &inverse[(size_t)u * n + v];
            if (components->labels[u] == components->labels[v])
                *upper -= 1.0 / components->sizes[components->labels[u]];
            else
                *upper = 0;
            inverse[(size_t)v * n + u] = *upper;
        }
}

enum status dense_inverse(const struct dense_ties *ties,
                          const struct graph_components *components,
                          double *inverse)
{
    uint32_t n = ties->graph->node_count;
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    if (n == 0)
        return STATUS_OK;
    fill_regular(ties, components, inverse);
    int threads = threads_begin();
    lapack_int size = (lapack_int)n;
    /* The matrix is symmetric, so the lower triangle by columns is the upper one by rows. */
    lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', size, inverse, size);
    if (info == 0)
        info = LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', size, inverse, size);
    threads_end(threads);
    TRY(status_of(info));
    finish_inverse(n, components, inverse);
    return STATUS_OK;
}

void dense_square(uint32_t n, const double *inverse, double *square)
{
    if (n == 0)
        return;
    int threads = threads_begin();
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, (int)n, (int)n, 1.0, inverse, (int)n, 0.0,
                square, (int)n);
    threads_end(threads);
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = u + 1; v < n; v++)
            square[(size_t)v * n + u] = square[(size_t)u * n + v];
}

void dense_products(uint32_t count, uint32_t n, const double *rows, double *products)
{
    if (n == 0 || count == 0)
        return;
    int threads = threads_begin();
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, (int)count, (int)n, 1.0, rows, (int)n, 0.0,
                products, (int)count);
    threads_end(threads);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = i + 1; j < count; j++)
            products[(size_t)j * count + i] = products[(size_t)i * count + j];
}

/* Steps of Lanczos' method. */
#define LANCZOS_STEPS 60

/* y = A x by the upper triangle. Not by dsymv: that of OpenBLAS 0.3.21 reads past the end of y
 * where a processor is new to it, and ends the program when nothing is mapped there. */
static void multiply(uint32_t n, const double *a, const double *x, double *y)
{
    memset(y, 0, n * sizeof(double));
    for (uint32_t u = 0; u < n; u++) {
        const double *row = a + (size_t)u * n + u;
        int beyond = (int)(n - u - 1);
        y[u] += row[0] * x[u] + cblas_ddot(beyond, row + 1, 1, x + u + 1, 1);
        cblas_daxpy(beyond, x[u], row + 1, 1, y + u + 1, 1);
    }
}

static double norm_of(uint32_t n, const double *x)
{
    return sqrt(cblas_ddot((int)n, x, 1, x, 1));
}

/* The start: without a direction of its own, and at right angles to the constant vector. */
static void lanczos_start(uint32_t n, double *x)
{
    uint64_t state = n;
    double sum = 0;
    for (uint32_t u = 0; u < n; u++)
        sum += x[u] = (double)(seeded_next(&state) >> 11) * 0x1p-53;
    for (uint32_t u = 0; u < n; u++)
        x[u] -= sum / n;
    double norm = norm_of(n, x);
    for (uint32_t u = 0; u < n; u++)
        x[u] /= norm;
}

/* The tridiagonal matrix: how many rows of it there are. `vectors` holds three of n numbers. */
static lapack_int
lanczos(uint32_t n, const double *a, double *vectors, double *diagonal, double *beside)
{
    double *before = vectors, *now = vectors + n, *next = vectors + 2 * (size_t)n, beta = 0;
    lanczos_start(n, now);
    for (lapack_int step = 0;; step++) {
        multiply(n, a, now, next);
        double alpha = diagonal[step] = cblas_ddot((int)n, now, 1, next, 1);
        for (uint32_t u = 0; u < n; u++)
            next[u] -= alpha * now[u] + beta * before[u];
        beta = norm_of(n, next);
        if (step + 1 == LANCZOS_STEPS || beta <= 1e-12 * fabs(diagonal[0]))
            return step + 1;
        beside[step] = beta;
        for (uint32_t u = 0; u < n; u++)
            next[u] /= beta;
        double *free_again = before;
        before = now;
        now = next;
        next = free_again;
    }
}

enum status dense_largest_eigenvalue(uint32_t n, const double *a, double *eigenvalue)
{
    double diagonal[LANCZOS_STEPS], beside[LANCZOS_STEPS];
    if (n < 2)
        return STATUS_INVALID;
    double *vectors = calloc(3 * (size_t)n, sizeof(double));
    if (vectors == NULL)
        return STATUS_NO_MEMORY;
    int threads = threads_begin();
    lapack_int rows = lanczos(n, a, vectors, diagonal, beside);
    lapack_int info = LAPACKE_dsterf(rows, diagonal, beside);
    threads_end(threads);
    free(vectors);
    TRY(status_of(info));
    *eigenvalue = diagonal[rows - 1];
    return STATUS_OK;
}

enum status dense_invert(uint32_t n, double *a)
{
    if (n == 0)
        return STATUS_OK;
    int threads = threads_begin();
    lapack_int size = (lapack_int)n;
    lapack_int info = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', size, a, size);
    if (info == 0)
        info = LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', size, a, size);
    threads_end(threads);
    TRY(status_of(info));
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = u + 1; v < n; v++)
            a[(size_t)v * n + u] = a[(size_t)u * n + v];
    return STATUS_OK;
}

enum status dense_eigen(uint32_t n, double *a, double *values)
{
    int threads = threads_begin();
    lapack_int size = (lapack_int)n;
    lapack_int info = LAPACKE_dsyevd(LAPACK_ROW_MAJOR, 'V', 'U', size, a, size, values);
    threads_end(threads);
    return status_of(info);
}

void dense_apply(uint32_t n, uint32_t columns, const double *a, const double *x, double *y)
{
    if (n == 0)
        return;
    int threads = threads_begin();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)columns, (int)n, 1.0, a,
                (int)n, x, (int)columns, 0.0, y, (int)columns);
    threads_end(threads);
}

/* Rows that are multiplied at once: single precision may sum up so many, and a copy of them fits
 * the cache. */
#define ROWS_AT_ONCE 2048
#define COLUMNS_MAX 32

static uint32_t rows_from(uint32_t n, uint32_t row)
{
    return n - row < ROWS_AT_ONCE ? n - row : ROWS_AT_ONCE;
}

void dense_float_gram(
    uint32_t n, uint32_t columns, const float *x, const float *y, double *products)
{
    float part[COLUMNS_MAX * COLUMNS_MAX];
    int c = (int)columns, threads = threads_begin();
    memset(products, 0, (size_t)columns * columns * sizeof(double));
    for (uint32_t row = 0; row < n; row += ROWS_AT_ONCE) {
        size_t at = (size_t)row * columns;
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, c, c, (int)rows_from(n, row), 1.0F,
                    x + at, c, y + at, c, 0.0F, part, c);
        for (uint32_t i = 0; i < columns * columns; i++)
            products[i] += (double)part[i];
    }
    threads_end(threads);
}

void dense_float_turn(uint32_t n, uint32_t columns, const float *turn, float *x)
{
    float part[64 * COLUMNS_MAX];
    int c = (int)columns, threads = threads_begin();
    for (uint32_t row = 0; row < n; row += 64) {
        uint32_t rows = n - row < 64 ? n - row : 64;
        float *at = x + (size_t)row * columns;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, c, c, 1.0F, at, c, turn,
                    c, 0.0F, part, c);
        memcpy(at, part, (size_t)rows * columns * sizeof(float));
    }
    threads_end(threads);
}

void dense_float_subtract(
    uint32_t n, uint32_t columns, const float *x, const float *parts, float *y)
{
    int c = (int)columns, threads = threads_begin();
    if (n != 0)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, c, c, -1.0F, x, c, parts, c,
                    1.0F, y, c);
    threads_end(threads);
}
