/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/dense.h"

#include <cblas.h>
#include <lapacke.h>
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

static void add_tie(double *laplacian, uint32_t n, uint32_t u, uint32_t v)
{
    laplacian[(size_t)u * n + u] += 1;
    laplacian[(size_t)v * n + v] += 1;
    laplacian[(size_t)u * n + v] -= 1;
    laplacian[(size_t)v * n + u] -= 1;
}

/* The Laplacian of the first component alone; `places` gives its nodes their rows. */
static double *largest_laplacian(const struct graph *graph,
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
                add_tie(laplacian, n, places[u], places[neighbours[i]]);
    }
    free(places);
    return laplacian;
}

enum status dense_spectrum_compute(const struct graph *graph,
                                   const struct graph_components *components,
                                   struct dense_spectrum *spectrum)
{
    if (components->count == 0 || components->sizes[0] < 2)
        return STATUS_INVALID;
    uint32_t n = components->sizes[0];
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    double *laplacian = largest_laplacian(graph, components);
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
static void fill_regular(const struct graph *graph,
                         const struct graph_pair *extra,
                         size_t extra_count,
                         const struct graph_components *components,
                         double *matrix)
{
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
                add_tie(matrix, n, u, neighbours[i]);
    }
    for (size_t i = 0; i < extra_count; i++)
        add_tie(matrix, n, extra[i].a, extra[i].b);
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

enum status dense_inverse(const struct graph *graph,
                          const struct graph_pair *extra,
                          size_t extra_count,
                          const struct graph_components *components,
                          double *inverse)
{
    uint32_t n = graph->node_count;
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    if (n == 0)
        return STATUS_OK;
    fill_regular(graph, extra, extra_count, components, inverse);
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

void dense_multiply(uint32_t n, const double *a, const double *x, double *y)
{
    if (n == 0)
        return;
    int threads = threads_begin();
    cblas_dsymv(CblasRowMajor, CblasUpper, (int)n, 1.0, a, (int)n, x, 1, 0.0, y, 1);
    threads_end(threads);
}
