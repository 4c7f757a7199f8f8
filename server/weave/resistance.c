/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Built for speed and without infinities (CMakeLists.txt): closed pairs hold CLOSED, not one. */
#include "server/weave/resistance.h"

#include <stdlib.h>
#include <string.h>

/* Taken off a pair's gain this leaves it enormously negative. */
#define CLOSED 1e30F

/* Pairs that are looked at together: their scores are divided out only if one of them may be the
 * best so far, which is rare. Fits the nearest cache beside the rows. */
#define BLOCK 64

/* Only the upper triangles, row by row, are kept up to date. */
struct resistance {
    uint32_t n;
    double inverse_weight; /* of a new tie */
    double *inverse;       /* P */
    double *square;        /* P x P */
    float *barrier;        /* of each pair: 0 when it is open, or CLOSED */
    double *inverse_diagonal;
    double *square_diagonal;
    double *closed;    /* of each node: 0 or CLOSED */
    double *reach;     /* square_diagonal - closed, of the sweep under way */
    double *bonus;     /* of each node */
    float *acceptance; /* of each pair, both triangles; NULL: 1 */
    double *change;    /* P(e_u - e_v) */
    double *product;   /* P x change, then the factor of the second update */
    bool found;
    struct resistance_choice best; /* drop is filled in when it is asked for */
};

/* One pass over the pairs. */
struct sweep {
    struct resistance *state;
    double factor; /* of change x change' */
    struct resistance_choice best;
};

void resistance_free(struct resistance **resistance)
{
    struct resistance *old = *resistance;
    *resistance = NULL;
    if (old == NULL)
        return;
    free(old->inverse);
    free(old->square);
    free(old->barrier);
    free(old->inverse_diagonal);
    free(old->square_diagonal);
    free(old->closed);
    free(old->reach);
    free(old->bonus);
    free(old->acceptance);
    free(old->change);
    free(old->product);
    free(old);
}

static size_t place_of(uint32_t n, uint32_t u, uint32_t v)
{
    return u < v ? (size_t)u * n + v : (size_t)v * n + u;
}

static void set_barrier(struct resistance *state, uint32_t u, uint32_t v, float barrier)
{
    state->barrier[place_of(state->n, u, v)] = barrier;
}

/* The difference of two columns of a matrix. */
static void
subtract_columns(const double *matrix, uint32_t n, struct graph_pair pair, double *difference)
{
    for (uint32_t v = 0; v < n; v++)
        difference[v] = matrix[place_of(n, pair.a, v)] - matrix[place_of(n, pair.b, v)];
}

/* What does not change along a row. */
struct row {
    uint32_t u;
    double *inverse;
    double *square;
    const float *barrier;
    const float *acceptance;
    double change;
    double product;
    double factor;
    double numerator;
    double denominator;
    double bonus;
};

/* Takes change x change' * factor and change x product' + product x change' off a part of a row.
 * Above 0 when one of its pairs has a score above `floor`: drop + bonus > floor, multiplied by
 * what the drop is divided by. */
static inline __attribute__((always_inline)) double sweep_block(const struct resistance *state,
                                                                const struct row *row,
                                                                uint32_t begin,
                                                                uint32_t end,
                                                                double floor,
                                                                bool writes,
                                                                bool accepts)
{
    const double *restrict change = state->change, *restrict product = state->product;
    const double *restrict diagonal = state->inverse_diagonal, *restrict reach = state->reach;
    const double *restrict bonus = state->bonus;
    const float *restrict acceptance = row->acceptance, *restrict barrier = row->barrier;
    double *restrict inverse = row->inverse, *restrict square = row->square;
    const double room = floor - row->bonus;
    double most = 0;
#ifndef __clang__
#pragma GCC ivdep /* `restrict` says so too, but is forgotten where this is inlined */
#endif
    for (uint32_t v = begin; v < end; v++) {
        double p = inverse[v] - row->factor * change[v];
        double s = square[v] - (row->change * product[v] + row->product * change[v]);
        if (writes) {
            inverse[v] = p;
            square[v] = s;
        }
        double numerator = row->numerator + reach[v] - 2 * s - (double)barrier[v];
        if (accepts)
            numerator *= (double)acceptance[v];
        double denominator = row->denominator + diagonal[v] - 2 * p;
        double over = numerator - (room - bonus[v]) * denominator;
        most = over > most ? over : most;
    }
    return most;
}

/* The scores of a part of a row, divided out. */
static void
take_best(struct sweep *sweep, const struct row *row, uint32_t begin, uint32_t end, bool is_written)
{
    const struct resistance *state = sweep->state;
    double factor = is_written ? 0 : row->factor, change = is_written ? 0 : row->change;
    double product = is_written ? 0 : row->product;
    for (uint32_t v = begin; v < end; v++) {
        double p = row->inverse[v] - factor * state->change[v];
        double s = row->square[v] - (change * state->product[v] + product * state->change[v]);
        double numerator = row->numerator + state->reach[v] - 2 * s - (double)row->barrier[v];
        if (row->acceptance != NULL)
            numerator *= (double)row->acceptance[v];
        double drop = numerator / (row->denominator + state->inverse_diagonal[v] - 2 * p);
        double score = drop + row->bonus + state->bonus[v];
        if (score > sweep->best.score)
            sweep->best = (struct resistance_choice){{row->u, v}, drop, score};
    }
}

static inline __attribute__((always_inline)) void
sweep_rows(struct sweep *sweep, bool writes, bool accepts)
{
    struct resistance *state = sweep->state;
    for (uint32_t u = 0; u < state->n; u++) {
        struct row row = {.u = u,
                          .inverse = state->inverse + (size_t)u * state->n,
                          .square = state->square + (size_t)u * state->n,
                          .barrier = state->barrier + (size_t)u * state->n,
                          .acceptance = accepts ? state->acceptance + (size_t)u * state->n : NULL,
                          .change = state->change[u],
                          .product = state->product[u],
                          .factor = sweep->factor * state->change[u],
                          .numerator = state->reach[u],
                          .denominator = state->inverse_weight + state->inverse_diagonal[u],
                          .bonus = state->bonus[u]};
        for (uint32_t begin = u + 1; begin < state->n; begin += BLOCK) {
            uint32_t end = state->n - begin < BLOCK ? state->n : begin + BLOCK;
            if (sweep_block(state, &row, begin, end, sweep->best.score, writes, accepts) > 0)
                take_best(sweep, &row, begin, end, writes);
        }
    }
}

static inline __attribute__((always_inline)) void sweep_any(struct sweep *sweep, bool writes)
{
    if (!writes)
        sweep_rows(sweep, false, false);
    else if (sweep->state->acceptance != NULL)
        sweep_rows(sweep, true, true);
    else
        sweep_rows(sweep, true, false);
}

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_WIDE 1
/* Twice as many numbers at once where the processor can. It multiplies and adds apart as the other
 * does (no fma), so that both give the same result to the last bit. */
__attribute__((target("avx2"))) static void sweep_wide(struct sweep *sweep, bool writes)
{
    sweep_any(sweep, writes);
}
#endif

/* The matrices change only if it writes. */
static void sweep_all(struct sweep *sweep, bool writes)
{
#ifdef HAS_WIDE
    if (__builtin_cpu_supports("avx2")) {
        sweep_wide(sweep, writes);
        return;
    }
#endif
    sweep_any(sweep, writes);
}

static void sweep_diagonals(struct resistance *state, double factor)
{
    for (uint32_t u = 0; u < state->n; u++) {
        double change = state->change[u];
        state->inverse_diagonal[u] -= factor * change * change;
        state->square_diagonal[u] -= 2 * change * state->product[u];
        state->reach[u] = state->square_diagonal[u] - state->closed[u];
    }
}

static void sweep_and_write(struct resistance *state, double factor)
{
    struct sweep sweep = {.state = state, .factor = factor};
    sweep_diagonals(state, factor);
    for (uint32_t u = 0; u < state->n; u++) {
        state->inverse[(size_t)u * state->n + u] = state->inverse_diagonal[u];
        state->square[(size_t)u * state->n + u] = state->square_diagonal[u];
    }
    sweep_all(&sweep, true);
    state->best = sweep.best;
    state->found = sweep.best.score > 0;
}

static bool starts_open(const struct resistance_start *start, uint32_t u, uint32_t v)
{
    const struct graph *graph = start->ties->graph;
    return graph->groups != NULL && graph->groups[u] != graph->groups[v] && graph->proposable[u] &&
           graph->proposable[v] && start->components->labels[u] == start->components->labels[v];
}

/* What graph_may_pair says, without asking it for each of n^2 pairs. */
static void close_pairs(const struct resistance_start *start, struct resistance *state)
{
    const struct graph *graph = start->ties->graph;
    for (uint32_t u = 0; u < state->n; u++)
        for (uint32_t v = u + 1; v < state->n; v++)
            if (!starts_open(start, u, v))
                set_barrier(state, u, v, CLOSED);
    for (uint32_t u = 0; u < state->n; u++) {
        for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++)
            set_barrier(state, u, graph->neighbours[i], CLOSED);
        for (uint64_t i = graph->never_starts[u]; i < graph->never_starts[u + 1]; i++)
            set_barrier(state, u, graph->never[i], CLOSED);
    }
    for (size_t i = 0; i < start->ties->extra_count; i++)
        set_barrier(state, start->ties->extra[i].a, start->ties->extra[i].b, CLOSED);
}

static double *numbers_new(size_t count)
{
    return calloc(count == 0 ? 1 : count, sizeof(double));
}

static enum status state_allocate(uint32_t n, bool accepts, struct resistance *state)
{
    state->n = n;
    state->inverse = numbers_new((size_t)n * n);
    state->square = numbers_new((size_t)n * n);
    state->barrier = calloc((size_t)n * n + 1, sizeof(float));
    state->inverse_diagonal = numbers_new(n);
    state->square_diagonal = numbers_new(n);
    state->closed = numbers_new(n);
    state->reach = numbers_new(n);
    state->bonus = numbers_new(n);
    state->change = numbers_new(n);
    state->product = numbers_new(n);
    state->acceptance = accepts ? calloc((size_t)n * n + 1, sizeof(float)) : NULL;
    if (state->inverse == NULL || state->square == NULL || state->barrier == NULL ||
        state->inverse_diagonal == NULL || state->square_diagonal == NULL ||
        state->closed == NULL || state->reach == NULL || state->bonus == NULL ||
        state->change == NULL || state->product == NULL || (accepts && state->acceptance == NULL))
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static void fill_acceptance(const struct pairwise *acceptance, struct resistance *state)
{
    for (uint32_t u = 0; u < state->n; u++) {
        float *row = state->acceptance + (size_t)u * state->n;
        for (uint32_t v = 0; v < state->n; v++)
            row[v] = acceptance->missing;
        for (uint64_t i = acceptance->starts[u]; i < acceptance->starts[u + 1]; i++)
            row[acceptance->others[i]] = acceptance->values[i];
    }
}

enum status resistance_new(const struct resistance_start *start, struct resistance **resistance)
{
    uint32_t n = start->ties->graph->node_count;
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    CLEANUP(resistance_free) struct resistance *state = calloc(1, sizeof(*state));
    if (state == NULL)
        return STATUS_NO_MEMORY;
    TRY(state_allocate(n, start->acceptance != NULL, state));
    TRY(dense_inverse(start->ties, start->components, state->inverse));
    dense_square(n, state->inverse, state->square);
    for (uint32_t u = 0; u < n; u++) {
        state->inverse_diagonal[u] = state->inverse[(size_t)u * n + u];
        state->square_diagonal[u] = state->square[(size_t)u * n + u];
    }
    for (uint32_t u = 0; u < n; u++)
        resistance_set_closed(state, u, start->closed[u]);
    state->inverse_weight = 1 / start->tie_weight;
    if (start->bonus != NULL)
        memcpy(state->bonus, start->bonus, n * sizeof(double));
    if (start->acceptance != NULL)
        fill_acceptance(start->acceptance, state);
    close_pairs(start, state);
    sweep_and_write(state, 0); /* change and product are 0: only finds the best */
    *resistance = state;
    state = NULL;
    return STATUS_OK;
}

void resistance_set_closed(struct resistance *resistance, uint32_t u, bool closed)
{
    resistance->closed[u] = closed ? (double)CLOSED : 0;
}

bool resistance_best(const struct resistance *resistance, struct resistance_choice *best)
{
    if (resistance->found)
        *best = resistance->best;
    return resistance->found;
}

static struct resistance_choice choice_of(const struct resistance *state, uint32_t u, uint32_t v)
{
    size_t place = place_of(state->n, u, v);
    double numerator = state->reach[u] + state->reach[v] - 2 * state->square[place] -
                       (double)state->barrier[place];
    if (state->acceptance != NULL)
        numerator *= (double)state->acceptance[place];
    double drop = numerator / (state->inverse_weight + state->inverse_diagonal[u] +
                               state->inverse_diagonal[v] - 2 * state->inverse[place]);
    return (struct resistance_choice){{u, v}, drop, drop + state->bonus[u] + state->bonus[v]};
}

void resistance_most_valued(const struct resistance *resistance,
                            const struct pairwise *values,
                            double least,
                            struct resistance_choice *best)
{
    float most = pairwise_value(values, best->pair.a, best->pair.b);
    for (uint32_t u = 0; u < resistance->n; u++)
        for (uint64_t i = values->starts[u]; i < values->starts[u + 1]; i++) {
            if (values->others[i] < u || values->values[i] <= most)
                continue;
            struct resistance_choice choice = choice_of(resistance, u, values->others[i]);
            if (choice.score < least)
                continue;
            most = values->values[i];
            *best = choice;
        }
}

/* Sets change and product for a tie of this weight (inverse; negative to take one away) that
 * counts `share` times. The factor of change x change'. */
static double
prepare(struct resistance *state, struct graph_pair pair, double inverse_weight, double share)
{
    uint32_t n = state->n;
    double *change = state->change, *product = state->product, squared = 0;
    subtract_columns(state->inverse, n, pair, change);
    subtract_columns(state->square, n, pair, product);
    for (uint32_t v = 0; v < n; v++)
        squared += change[v] * change[v];
    double factor = share / (inverse_weight + change[pair.a] - change[pair.b]);
    /* square -= factor (p c' + c p') - factor^2 |c|^2 c c', in the form c w' + w c'. */
    for (uint32_t v = 0; v < n; v++)
        product[v] = factor * product[v] - factor * factor * squared / 2 * change[v];
    return factor;
}

void resistance_add(struct resistance *resistance, struct graph_pair pair)
{
    double share = resistance->acceptance != NULL
                       ? (double)resistance->acceptance[(size_t)pair.a * resistance->n + pair.b]
                       : 1;
    double factor = prepare(resistance, pair, resistance->inverse_weight, share);
    set_barrier(resistance, pair.a, pair.b, CLOSED);
    sweep_and_write(resistance, factor);
}

void resistance_remove(struct resistance *resistance, struct graph_pair pair)
{
    double factor = prepare(resistance, pair, -resistance->inverse_weight, 1);
    sweep_and_write(resistance, factor);
    set_barrier(resistance, pair.a, pair.b, 0);
}

bool resistance_best_without(struct resistance *resistance,
                             struct graph_pair pair,
                             struct resistance_choice *best,
                             double *loss)
{
    uint32_t n = resistance->n;
    double factor = prepare(resistance, pair, -resistance->inverse_weight, 1), squared = 0;
    for (uint32_t v = 0; v < n; v++)
        squared += resistance->change[v] * resistance->change[v];
    *loss = -factor * squared + resistance->bonus[pair.a] + resistance->bonus[pair.b];
    struct sweep sweep = {.state = resistance, .factor = factor};
    sweep_diagonals(resistance, factor);
    sweep_all(&sweep, false);
    for (uint32_t u = 0; u < n; u++) {
        resistance->inverse_diagonal[u] = resistance->inverse[(size_t)u * n + u];
        resistance->square_diagonal[u] = resistance->square[(size_t)u * n + u];
    }
    if (sweep.best.score <= 0)
        return false;
    *best = sweep.best;
    return true;
}

void resistance_change(const struct resistance *resistance, struct graph_pair pair, double *change)
{
    subtract_columns(resistance->inverse, resistance->n, pair, change);
}

enum status resistance_largest(struct resistance *resistance, double *eigenvalue)
{
    return dense_largest_eigenvalue(resistance->n, resistance->inverse, eigenvalue);
}

enum status resistance_remoteness(const struct graph *graph,
                                  bool weighted,
                                  const struct graph_components *components,
                                  double *remoteness)
{
    uint32_t n = graph->node_count;
    if (n > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_LIMIT;
    double *inverse = numbers_new((size_t)n * n);
    if (inverse == NULL)
        return STATUS_NO_MEMORY;
    struct dense_ties ties = {.graph = graph, .weighted = weighted};
    enum status status = dense_inverse(&ties, components, inverse);
    for (uint32_t u = 0; status == STATUS_OK && u < n; u++)
        remoteness[u] = inverse[(size_t)u * n + u];
    free(inverse);
    return status;
}
