/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/paths.h"

#include "server/weave/seeded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint32_t
paths_from(const struct graph *graph, uint32_t source, uint32_t *distances, uint32_t *queue)
{
    memset(distances, 0xFF, (size_t)graph->node_count * sizeof(*distances));
    uint32_t head = 0, tail = 0;
    distances[source] = 0;
    queue[tail++] = source;
    while (head < tail) {
        uint32_t u = queue[head++];
        const uint32_t *neighbours = graph_neighbours(graph, u);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
            if (distances[neighbours[i]] != GRAPH_NONE)
                continue;
            distances[neighbours[i]] = distances[u] + 1;
            queue[tail++] = neighbours[i];
        }
    }
    return tail;
}

/* What one starting point sees of the others. */
struct view {
    double reached;
    double steps;
    double inverse_steps;
    double near;
};

static struct view
view_from(const struct graph *graph, uint32_t source, uint32_t *distances, uint32_t *queue)
{
    struct view view = {0};
    uint32_t reached = paths_from(graph, source, distances, queue);
    for (uint32_t i = 1; i < reached; i++) {
        uint32_t steps = distances[queue[i]];
        view.steps += steps;
        view.inverse_steps += 1.0 / steps;
        view.near += steps <= 2;
    }
    view.reached = reached - 1;
    return view;
}

/* Standard error of a mean of `count` of `population` values without replacement. */
static double error_of_mean(double square_sum, uint32_t count, uint32_t population)
{
    if (count >= population || count < 2)
        return 0;
    double variance = square_sum / (count - 1);
    return sqrt(variance / count * (1 - (double)count / population));
}

static double square(double x)
{
    return x * x;
}

/* The mean path is a ratio of two means; its error comes from the residuals (the usual linear
 * approximation for ratio estimators). */
static void summarise(const struct view *views, uint32_t count, uint32_t n, struct paths *paths)
{
    struct view sum = {0};
    for (uint32_t i = 0; i < count; i++) {
        sum.reached += views[i].reached;
        sum.steps += views[i].steps;
        sum.inverse_steps += views[i].inverse_steps;
        sum.near += views[i].near;
    }
    double others = n - 1;
    paths->any_pair = sum.reached > 0;
    paths->mean.value = paths->any_pair ? sum.steps / sum.reached : 0;
    paths->efficiency.value = sum.inverse_steps / count / others;
    paths->two_step_reach.value = sum.near / count / others;
    double mean_squares = 0, efficiency_squares = 0, reach_squares = 0;
    for (uint32_t i = 0; i < count; i++) {
        mean_squares += square(views[i].steps - paths->mean.value * views[i].reached);
        efficiency_squares += square(views[i].inverse_steps / others - paths->efficiency.value);
        reach_squares += square(views[i].near / others - paths->two_step_reach.value);
    }
    paths->mean.error =
        paths->any_pair ? error_of_mean(mean_squares, count, n) / (sum.reached / count) : 0;
    paths->efficiency.error = error_of_mean(efficiency_squares, count, n);
    paths->two_step_reach.error = error_of_mean(reach_squares, count, n);
}

enum status paths_compute(const struct graph *graph,
                          const uint32_t *sources,
                          uint32_t source_count,
                          struct paths *paths)
{
    uint32_t n = graph->node_count;
    uint32_t *distances = calloc(n, sizeof(*distances));
    uint32_t *queue = calloc(n, sizeof(*queue));
    struct view *views = calloc(source_count, sizeof(*views));
    if (distances != NULL && queue != NULL && views != NULL) {
        for (uint32_t i = 0; i < source_count; i++)
            views[i] = view_from(graph, sources[i], distances, queue);
        summarise(views, source_count, n, paths);
    }
    bool done = distances != NULL && queue != NULL && views != NULL;
    free(distances);
    free(queue);
    free(views);
    return done ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status
paths_sample(const struct graph *graph, uint32_t count, uint64_t seed, uint32_t *sources)
{
    uint32_t n = graph->node_count;
    bool *taken = calloc(n == 0 ? 1 : n, sizeof(*taken));
    if (taken == NULL)
        return STATUS_NO_MEMORY;
    count = count < n ? count : n;
    /* Floyd's method: a uniform choice with exactly `count` draws. */
    for (uint32_t last = n - count; last < n; last++) {
        uint32_t drawn = seeded_below(&seed, last + 1);
        taken[taken[drawn] ? last : drawn] = true;
    }
    uint32_t at = 0;
    for (uint32_t u = 0; u < n; u++)
        if (taken[u])
            sources[at++] = u;
    free(taken);
    return STATUS_OK;
}
