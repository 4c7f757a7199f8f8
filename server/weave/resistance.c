/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Built for speed and without infinities (CMakeLists.txt): closed pairs hold CLOSED, not one. */
#include "server/weave/resistance.h"

#include "server/weave/dense.h"

#include <stdlib.h>
#include <string.h>

/* In the square of P this makes a pair's gain enormously negative, and no update brings it back. */
#define CLOSED 1e300

/* Only the upper triangles, row by row, are kept up to date. */
struct resistance {
    uint32_t n;
    double *inverse; /* P */
    double *square;  /* P x P, with CLOSED at pairs that are not open */
    double *inverse_diagonal;
    double *square_diagonal;
    double *row_best; /* of each row of the upper triangle: the largest gain */
    double *change;   /* P(e_u - e_v) */
    double *product;  /* P x change, then the factor of the second update */
};

static double *numbers_new(size_t count)
{
    return calloc(count == 0 ? 1 : count, sizeof(double));
}

void resistance_free(struct resistance **resistance)
{
    struct resistance *old = *resistance;
    *resistance = NULL;
    if (old == NULL)
        return;
    free(old->inverse);
    free(old->square);
    free(old->inverse_diagonal);
    free(old->square_diagonal);
    free(old->row_best);
    free(old->change);
    free(old->product);
    free(old);
}

static double *at(double *matrix, uint32_t n, uint32_t u, uint32_t v)
{
    return u < v ? &matrix[(size_t)u * n + v] : &matrix[(size_t)v * n + u];
}

/* One pass over the rows of both matrices: takes off change x change' * factor and
 * change x product' + product x change', and finds each row's largest gain. */
static void sweep_row(struct resistance *state, uint32_t u, double factor)
{
    const uint32_t n = state->n;
    double *restrict inverse = state->inverse + (size_t)u * n;
    double *restrict square = state->square + (size_t)u * n;
    const double *restrict change = state->change, *restrict product = state->product;
    const double *restrict inverse_diagonal = state->inverse_diagonal;
    const double *restrict square_diagonal = state->square_diagonal;
    const double change_u = change[u], product_u = product[u], factor_u = factor * change_u;
    const double numerator_u = square_diagonal[u], denominator_u = 1 + inverse_diagonal[u];
    double best = -CLOSED;
    for (uint32_t v = u + 1; v < n; v++) {
        inverse[v] -= factor_u * change[v];
        square[v] -= change_u * product[v] + product_u * change[v];
        double gain = (numerator_u + square_diagonal[v] - 2 * square[v]) /
                      (denominator_u + inverse_diagonal[v] - 2 * inverse[v]);
        best = gain > best ? gain : best;
    }
    state->row_best[u] = best;
}

static void sweep(struct resistance *state, double factor)
{
    for (uint32_t u = 0; u < state->n; u++) {
        double change = state->change[u];
        state->inverse_diagonal[u] -= factor * change * change;
        state->square_diagonal[u] -= 2 * change * state->product[u];
    }
    for (uint32_t u = 0; u < state->n; u++)
        sweep_row(state, u, factor);
}

static bool starts_open(const struct resistance_start *start, uint32_t u, uint32_t v)
{
    const struct graph *graph = start->graph;
    return graph->groups != NULL && graph->groups[u] != graph->groups[v] && graph->proposable[u] &&
           graph->proposable[v] && !start->closed[u] && !start->closed[v] &&
           start->components->labels[u] == start->components->labels[v];
}

/* What graph_may_pair says, without asking it for each of n^2 pairs. */
static void close_pairs(const struct resistance_start *start, struct resistance *state)
{
    const struct graph *graph = start->graph;
    for (uint32_t u = 0; u < state->n; u++)
        for (uint32_t v = u + 1; v < state->n; v++)
            if (!starts_open(start, u, v))
                *at(state->square, state->n, u, v) = CLOSED;
    for (uint32_t u = 0; u < state->n; u++) {
        for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++)
            *at(state->square, state->n, u, graph->neighbours[i]) = CLOSED;
        for (uint64_t i = graph->never_starts[u]; i < graph->never_starts[u + 1]; i++)
            *at(state->square, state->n, u, graph->never[i]) = CLOSED;
    }
    for (size_t i = 0; i < start->extra_count; i++)
        *at(state->square, state->n, start->extra[i].a, start->extra[i].b) = CLOSED;
}

static enum status state_allocate(uint32_t n, struct resistance *state)
{
    state->n = n;
    state->inverse = numbers_new((size_t)n * n);
    state->square = numbers_new((size_t)n * n);
    state->inverse_diagonal = numbers_new(n);
    state->square_diagonal = numbers_new(n);
    state->row_best = numbers_new(n);
    state->change = numbers_new(n);
    state->product = numbers_new(n);
    if (state->inverse == NULL || state->square == NULL || state->inverse_diagonal == NULL ||
        state->square_diagonal == NULL || state->row_best == NULL || state->change == NULL ||
        state->product == NULL)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

enum status resistance_new(const struct resistance_start *start, struct resistance **resistance)
{
    uint32_t n = start->graph->node_count;
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    CLEANUP(resistance_free) struct resistance *state = calloc(1, sizeof(*state));
    if (state == NULL)
        return STATUS_NO_MEMORY;
    TRY(state_allocate(n, state));
    TRY(dense_inverse(start->graph, start->extra, start->extra_count, start->components,
                      state->inverse));
    dense_square(n, state->inverse, state->square);
    for (uint32_t u = 0; u < n; u++) {
        state->inverse_diagonal[u] = state->inverse[(size_t)u * n + u];
        state->square_diagonal[u] = state->square[(size_t)u * n + u];
    }
    close_pairs(start, state);
    sweep(state, 0); /* change and product are 0: only finds the best of each row */
    *resistance = state;
    state = NULL;
    return STATUS_OK;
}

void resistance_close_node(struct resistance *resistance, uint32_t u)
{
    for (uint32_t v = 0; v < resistance->n; v++)
        if (v != u)
            *at(resistance->square, resistance->n, u, v) = CLOSED;
}

static double gain_of(const struct resistance *state, uint32_t u, uint32_t v)
{
    size_t place = (size_t)u * state->n + v;
    return (state->square_diagonal[u] + state->square_diagonal[v] - 2 * state->square[place]) /
           (1 + state->inverse_diagonal[u] + state->inverse_diagonal[v] -
            2 * state->inverse[place]);
}

bool resistance_best(const struct resistance *resistance, struct graph_pair *pair, double *drop)
{
    uint32_t n = resistance->n, row = 0;
    for (uint32_t u = 1; u < n; u++)
        if (resistance->row_best[u] > resistance->row_best[row])
            row = u;
    if (n == 0 || resistance->row_best[row] <= 0)
        return false;
    uint32_t column = row + 1;
    for (uint32_t v = row + 2; v < n; v++)
        if (gain_of(resistance, row, v) > gain_of(resistance, row, column))
            column = v;
    *pair = (struct graph_pair){row, column};
    *drop = gain_of(resistance, row, column);
    return true;
}

void resistance_add(struct resistance *resistance, struct graph_pair pair)
{
    uint32_t n = resistance->n;
    double *change = resistance->change, *product = resistance->product, squared = 0;
    for (uint32_t v = 0; v < n; v++)
        change[v] = *at(resistance->inverse, n, pair.a, v) - *at(resistance->inverse, n, pair.b, v);
    /* The diagonals are kept apart. */
    change[pair.a] =
        resistance->inverse_diagonal[pair.a] - *at(resistance->inverse, n, pair.a, pair.b);
    change[pair.b] =
        *at(resistance->inverse, n, pair.a, pair.b) - resistance->inverse_diagonal[pair.b];
    for (uint32_t v = 0; v < n; v++) {
        resistance->inverse[(size_t)v * n + v] = resistance->inverse_diagonal[v];
        squared += change[v] * change[v];
    }
    dense_multiply(n, resistance->inverse, change, product);
    double factor = 1 / (1 + change[pair.a] - change[pair.b]);
    /* square -= factor (p c' + c p') - factor^2 |c|^2 c c', in the form c w' + w c'. */
    for (uint32_t v = 0; v < n; v++)
        product[v] = factor * product[v] - factor * factor * squared / 2 * change[v];
    *at(resistance->square, n, pair.a, pair.b) = CLOSED;
    sweep(resistance, factor);
}

enum status resistance_remoteness(const struct graph *graph,
                                  const struct graph_components *components,
                                  double *remoteness)
{
    uint32_t n = graph->node_count;
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    double *inverse = numbers_new((size_t)n * n);
    if (inverse == NULL)
        return STATUS_NO_MEMORY;
    enum status status = dense_inverse(graph, NULL, 0, components, inverse);
    for (uint32_t u = 0; status == STATUS_OK && u < n; u++)
        remoteness[u] = inverse[(size_t)u * n + u];
    free(inverse);
    return status;
}
