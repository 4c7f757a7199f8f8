/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/exchange.h"

#include <stdlib.h>
#include <string.h>

/* Rounds over all pairs. Most of what can be won comes with the first; each costs about as much as
 * the greedy choice. */
#define PASSES_MAX 2

/* A replacement must be better by this much, or rounding would let two pairs change for ever. */
#define BETTER (1 + 1e-9)

/* The pairs that may be exchanged. */
struct exchange {
    struct choosing *choosing;
    struct resistance *resistance;
    struct graph_pair *pairs;
    uint32_t count;
    struct graph_pair *kept; /* the last choice that did not lower the connectivity */
};

static void move_load(struct exchange *exchange, struct graph_pair pair, int by)
{
    struct choosing *choosing = exchange->choosing;
    const uint32_t ends[] = {pair.a, pair.b};
    for (size_t i = 0; i < 2; i++) {
        choosing->loads[ends[i]] += (uint32_t)by;
        resistance_set_closed(exchange->resistance, ends[i], choosing_is_full(choosing, ends[i]));
    }
}

static void replace(struct exchange *exchange, uint32_t i, struct graph_pair pair)
{
    move_load(exchange, exchange->pairs[i], -1);
    resistance_remove(exchange->resistance, exchange->pairs[i]);
    move_load(exchange, pair, 1);
    resistance_add(exchange->resistance, pair);
    exchange->pairs[i] = pair;
}

/* Whether the pair was exchanged. */
static bool try_pair(struct exchange *exchange, uint32_t i)
{
    struct resistance_choice best;
    double loss;
    struct graph_pair pair = exchange->pairs[i];
    move_load(exchange, pair, -1);
    bool found = resistance_best_without(exchange->resistance, pair, &best, &loss);
    move_load(exchange, pair, 1);
    if (!found || best.score <= loss * BETTER)
        return false;
    replace(exchange, i, best.pair);
    return true;
}

static enum status run_passes(struct exchange *exchange)
{
    double least, largest;
    TRY(resistance_largest(exchange->resistance, &least));
    for (uint32_t pass = 0; pass < PASSES_MAX; pass++) {
        bool changed = false;
        for (uint32_t i = 0; i < exchange->count; i++) {
            if (choosing_is_cancelled(exchange->choosing))
                return STATUS_CANCELLED;
            changed |= try_pair(exchange, i);
        }
        if (!changed)
            break;
        TRY(resistance_largest(exchange->resistance, &largest));
        if (largest <= least)
            memcpy(exchange->kept, exchange->pairs, exchange->count * sizeof(*exchange->kept));
    }
    return STATUS_OK;
}

static bool same(struct graph_pair one, struct graph_pair other)
{
    return one.a == other.a && one.b == other.b;
}

/* Goes back to what was kept. A kept pair may be among the others at another place: so all that
 * differ are taken out before one is put back. */
static void restore(struct exchange *exchange)
{
    for (uint32_t i = 0; i < exchange->count; i++)
        if (!same(exchange->pairs[i], exchange->kept[i])) {
            move_load(exchange, exchange->pairs[i], -1);
            resistance_remove(exchange->resistance, exchange->pairs[i]);
        }
    for (uint32_t i = 0; i < exchange->count; i++)
        if (!same(exchange->pairs[i], exchange->kept[i])) {
            move_load(exchange, exchange->kept[i], 1);
            resistance_add(exchange->resistance, exchange->kept[i]);
            exchange->pairs[i] = exchange->kept[i];
        }
}

/* Products of the pairs' changes: with b the vector e_a - e_b of a pair, b'Pb' and b'PPb'. Ties
 * between these pairs change both as they change P and P x P. */
struct products {
    uint32_t count;
    double *once;
    double *twice;
    double *column_once;
    double *column_twice;
};

static void products_clear(struct products *products)
{
    free(products->once);
    free(products->twice);
    free(products->column_once);
    free(products->column_twice);
}

static enum status products_init(const struct exchange *exchange, struct products *products)
{
    uint32_t count = exchange->count, n = exchange->choosing->graph->node_count;
    products->count = count;
    products->once = calloc((size_t)count * count, sizeof(double));
    products->twice = calloc((size_t)count * count, sizeof(double));
    products->column_once = calloc(count, sizeof(double));
    products->column_twice = calloc(count, sizeof(double));
    double *changes = calloc((size_t)count * n, sizeof(double));
    if (products->once == NULL || products->twice == NULL || products->column_once == NULL ||
        products->column_twice == NULL || changes == NULL) {
        free(changes);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        double *change = changes + (size_t)i * n;
        resistance_change(exchange->resistance, exchange->pairs[i], change);
        for (uint32_t j = 0; j < count; j++)
            products->once[(size_t)i * count + j] =
                change[exchange->pairs[j].a] - change[exchange->pairs[j].b];
    }
    dense_products(count, n, changes, products->twice);
    free(changes);
    return STATUS_OK;
}

/* Adds the i-th tie, or takes it away with a negative weight. */
static void products_change(struct products *products, uint32_t i, double inverse_weight)
{
    uint32_t count = products->count;
    double *once = products->column_once, *twice = products->column_twice;
    memcpy(once, products->once + (size_t)i * count, count * sizeof(double));
    memcpy(twice, products->twice + (size_t)i * count, count * sizeof(double));
    double factor = 1 / (inverse_weight + once[i]), squared = factor * factor * twice[i];
    for (uint32_t j = 0; j < count; j++) {
        double *row_once = products->once + (size_t)j * count;
        double *row_twice = products->twice + (size_t)j * count;
        for (uint32_t k = 0; k < count; k++) {
            row_once[k] -= factor * once[j] * once[k];
            row_twice[k] -=
                factor * (twice[j] * once[k] + once[j] * twice[k]) - squared * once[j] * once[k];
        }
    }
}

static double products_drop(const struct products *products, uint32_t i, double inverse_weight)
{
    size_t place = (size_t)i * products->count + i;
    return products->twice[place] / (inverse_weight + products->once[place]);
}

/* Best first, as if they were chosen greedily among themselves. */
static enum status sort_pairs(struct exchange *exchange)
{
    struct choosing *choosing = exchange->choosing;
    double inverse_weight = 1 / choosing->tie_weight;
    CLEANUP(products_clear) struct products products = {0};
    bool *taken = calloc(exchange->count, sizeof(*taken));
    if (taken == NULL)
        return STATUS_NO_MEMORY;
    enum status status = products_init(exchange, &products);
    for (uint32_t i = 0; status == STATUS_OK && i < exchange->count; i++)
        products_change(&products, i, -inverse_weight);
    for (uint32_t place = 0; status == STATUS_OK && place < exchange->count; place++) {
        uint32_t best = GRAPH_NONE;
        for (uint32_t i = 0; i < exchange->count; i++)
            if (!taken[i] &&
                (best == GRAPH_NONE || products_drop(&products, i, inverse_weight) >
                                           products_drop(&products, best, inverse_weight)))
                best = i;
        taken[best] = true;
        exchange->kept[place] = exchange->pairs[best];
        choosing->gains[choosing->bridge_count + place] =
            2 * products_drop(&products, best, inverse_weight) / (choosing->graph->node_count - 1);
        products_change(&products, best, inverse_weight);
    }
    free(taken);
    TRY(status);
    memcpy(exchange->pairs, exchange->kept, exchange->count * sizeof(*exchange->pairs));
    return STATUS_OK;
}

enum status exchange_run(struct choosing *choosing, struct resistance *resistance)
{
    struct exchange exchange = {.choosing = choosing,
                                .resistance = resistance,
                                .pairs = choosing->pairs + choosing->bridge_count,
                                .count = choosing->count - choosing->bridge_count};
    exchange.kept = calloc(exchange.count + 1u, sizeof(*exchange.kept));
    if (exchange.kept == NULL)
        return STATUS_NO_MEMORY;
    memcpy(exchange.kept, exchange.pairs, exchange.count * sizeof(*exchange.kept));
    enum status status = run_passes(&exchange);
    if (status == STATUS_OK) {
        restore(&exchange);
        status = sort_pairs(&exchange);
    }
    free(exchange.kept);
    return status;
}
