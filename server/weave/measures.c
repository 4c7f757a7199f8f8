/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/measures.h"

#include "server/weave/dense.h"
#include "server/weave/library.h"
#include "server/weave/paths.h"
#include "server/weave/seeded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Somebody, but fewer people than may be told of. */
static bool is_few(double people)
{
    return people > 0 && people < WEAVE_CELL_PEOPLE_MIN;
}

bool measures_may_show(const struct measures *measures, enum measures_kind kind)
{
    if (!measures->values[kind].defined)
        return false;
    if (measures->values[MEASURES_PEOPLE].value < WEAVE_CELL_PEOPLE_MIN)
        return kind == MEASURES_PEOPLE;
    double people = measures->values[MEASURES_PEOPLE].value;
    double isolates = measures->values[MEASURES_ISOLATES].value;
    double largest = round(measures->values[MEASURES_LARGEST_COMPONENT].value * people);
    if (is_few(people - isolates))
        return kind == MEASURES_PEOPLE || kind == MEASURES_GROUPS || kind == MEASURES_E_I_RANDOM;
    if (kind == MEASURES_LARGEST_COMPONENT && is_few(largest))
        return false;
    if (kind == MEASURES_ISOLATES || kind == MEASURES_COMPONENTS ||
        kind == MEASURES_LARGEST_COMPONENT)
        return !is_few(people - largest) && !is_few(isolates);
    return true;
}

static void
set_estimate(struct measures *measures, enum measures_kind kind, double value, double error)
{
    measures->values[kind] = (struct measures_value){value, error, true};
}

static void set(struct measures *measures, enum measures_kind kind, double value)
{
    set_estimate(measures, kind, value, 0);
}

static void compute_degrees(const struct graph *graph, struct measures *measures)
{
    double n = graph->node_count, ties = (double)graph->tie_count;
    uint32_t largest = 0, isolates = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        uint32_t degree = graph_degree(graph, u);
        largest = degree > largest ? degree : largest;
        isolates += degree == 0;
    }
    set(measures, MEASURES_PEOPLE, n);
    set(measures, MEASURES_TIES, ties);
    set(measures, MEASURES_ISOLATES, isolates);
    if (n >= 1)
        set(measures, MEASURES_MEAN_DEGREE, 2 * ties / n);
    if (n >= 2)
        set(measures, MEASURES_DENSITY, 2 * ties / (n * (n - 1)));
    if (n >= 3)
        set(measures, MEASURES_DEGREE_CENTRALISATION,
            (n * largest - 2 * ties) / ((n - 1) * (n - 2)));
}

static double ties_across(const struct graph *graph)
{
    uint64_t ends = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        const uint32_t *neighbours = graph_neighbours(graph, u);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++)
            ends += graph->groups[u] != graph->groups[neighbours[i]];
    }
    return (double)ends / 2;
}

/* `sizes` are those of the groups. */
static void set_e_i(const struct graph *graph,
                    const uint32_t *sizes,
                    uint32_t groups,
                    struct measures *measures)
{
    double n = graph->node_count, pairs_within = 0;
    for (uint32_t i = 0; i < graph->group_count; i++)
        pairs_within += (double)sizes[i] * ((double)sizes[i] - 1) / 2;
    set(measures, MEASURES_GROUPS, groups);
    if (groups < 2)
        return;
    double random = 1 - 2 * pairs_within / (n * (n - 1) / 2);
    set(measures, MEASURES_E_I_RANDOM, random);
    if (graph->tie_count == 0)
        return;
    double e_i = 2 * ties_across(graph) / (double)graph->tie_count - 1;
    set(measures, MEASURES_E_I, e_i);
    double room = e_i >= random ? 1 - random : 1 + random;
    if (room > 0)
        set(measures, MEASURES_E_I_RESCALED, (e_i - random) / room);
}

static enum status compute_groups(const struct graph *graph, struct measures *measures)
{
    if (graph->groups == NULL)
        return STATUS_OK;
    uint32_t *sizes = calloc(graph->group_count + 1u, sizeof(*sizes));
    if (sizes == NULL)
        return STATUS_NO_MEMORY;
    uint32_t groups = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        groups += sizes[graph->groups[u]]++ == 0;
    set_e_i(graph, sizes, groups, measures);
    free(sizes);
    return STATUS_OK;
}

static enum status
compute_components(const struct graph *graph, bool with_dense, struct measures *measures)
{
    CLEANUP(graph_components_clear) struct graph_components components = {0};
    TRY(graph_components_init(graph, &components));
    set(measures, MEASURES_COMPONENTS, components.count);
    if (components.count == 0)
        return STATUS_OK;
    set(measures, MEASURES_LARGEST_COMPONENT, (double)components.sizes[0] / graph->node_count);
    if (!with_dense || components.sizes[0] < 2 || components.sizes[0] > WEAVE_DENSE_PEOPLE_MAX)
        return STATUS_OK;
    struct dense_spectrum spectrum;
    TRY(dense_spectrum_compute(graph, false, &components, &spectrum));
    set(measures, MEASURES_ALGEBRAIC_CONNECTIVITY, spectrum.algebraic_connectivity);
    set(measures, MEASURES_MEAN_RESISTANCE, spectrum.mean_resistance);
    return STATUS_OK;
}

static enum status compute_paths(const struct graph *graph,
                                 uint32_t source_count,
                                 uint64_t seed,
                                 struct measures *measures)
{
    struct paths paths;
    uint32_t *sources = calloc(source_count, sizeof(*sources));
    if (sources == NULL)
        return STATUS_NO_MEMORY;
    enum status status = paths_sample(graph, source_count, seed, sources);
    if (status == STATUS_OK)
        status = paths_compute(graph, sources, source_count, &paths);
    free(sources);
    TRY(status);
    set_estimate(measures, MEASURES_EFFICIENCY, paths.efficiency.value, paths.efficiency.error);
    set_estimate(measures, MEASURES_TWO_STEP_REACH, paths.two_step_reach.value,
                 paths.two_step_reach.error);
    if (!paths.any_pair)
        return STATUS_OK;
    set_estimate(measures, MEASURES_MEAN_PATH_REACHABLE, paths.mean.value, paths.mean.error);
    if (measures->values[MEASURES_COMPONENTS].value == 1)
        set_estimate(measures, MEASURES_MEAN_PATH, paths.mean.value, paths.mean.error);
    return STATUS_OK;
}

/* Freeman's centralisation of `values`, which a star has the most of: (n - 1)^2 (n - 2) / 2. */
static double betweenness_centralisation(const double *values, uint32_t n, uint32_t at_most)
{
    double sum = 0;
    for (uint32_t u = 0; u < n; u++)
        sum += values[at_most] - values[u];
    return sum / ((n - 1.0) * (n - 1.0) * (n - 2.0) / 2);
}

static uint32_t position_of_largest(const double *values, uint32_t n)
{
    uint32_t largest = 0;
    for (uint32_t u = 1; u < n; u++)
        if (values[u] > values[largest])
            largest = u;
    return largest;
}

/* Values of one batch of starting points at a time, scaled to all starting points; their mean is
 * the estimate, and how much the batches differ is its error. */
struct batches {
    double *values[WEAVE_BETWEENNESS_BATCHES];
    double *mean;
};

static void batches_clear(struct batches *batches)
{
    for (size_t i = 0; i < WEAVE_BETWEENNESS_BATCHES; i++)
        free(batches->values[i]);
    free(batches->mean);
}

static enum status batch_fill(const struct graph *graph,
                              const struct library_graph *copy,
                              uint64_t seed,
                              struct batches *batches,
                              size_t batch)
{
    uint32_t sources[WEAVE_BETWEENNESS_SAMPLES], n = graph->node_count;
    double *values = batches->values[batch] = calloc(n, sizeof(double));
    if (values == NULL)
        return STATUS_NO_MEMORY;
    TRY(paths_sample(graph, WEAVE_BETWEENNESS_SAMPLES, seeded_for(seed, batch), sources));
    TRY(library_betweenness(copy, sources, WEAVE_BETWEENNESS_SAMPLES, values));
    for (uint32_t u = 0; u < n; u++) {
        values[u] *= (double)n / WEAVE_BETWEENNESS_SAMPLES;
        batches->mean[u] += values[u] / WEAVE_BETWEENNESS_BATCHES;
    }
    return STATUS_OK;
}

static enum status estimate_betweenness(const struct graph *graph,
                                        const struct library_graph *copy,
                                        uint64_t seed,
                                        struct measures *measures)
{
    CLEANUP(batches_clear) struct batches batches = {0};
    uint32_t n = graph->node_count;
    batches.mean = calloc(n, sizeof(double));
    if (batches.mean == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < WEAVE_BETWEENNESS_BATCHES; i++)
        TRY(batch_fill(graph, copy, seed, &batches, i));
    uint32_t largest = position_of_largest(batches.mean, n);
    double estimate = betweenness_centralisation(batches.mean, n, largest), squares = 0;
    for (size_t i = 0; i < WEAVE_BETWEENNESS_BATCHES; i++) {
        double of_batch = betweenness_centralisation(batches.values[i], n, largest);
        squares += (of_batch - estimate) * (of_batch - estimate);
    }
    double variance = squares / (WEAVE_BETWEENNESS_BATCHES - 1) / WEAVE_BETWEENNESS_BATCHES;
    set_estimate(measures, MEASURES_BETWEENNESS_CENTRALISATION, estimate, sqrt(variance));
    return STATUS_OK;
}

static enum status exact_betweenness(const struct graph *graph,
                                     const struct library_graph *copy,
                                     struct measures *measures)
{
    uint32_t n = graph->node_count;
    double *values = calloc(n, sizeof(double));
    if (values == NULL)
        return STATUS_NO_MEMORY;
    enum status status = library_betweenness(copy, NULL, 0, values);
    if (status == STATUS_OK)
        set(measures, MEASURES_BETWEENNESS_CENTRALISATION,
            betweenness_centralisation(values, n, position_of_largest(values, n)));
    free(values);
    return status;
}

static enum status compute_clustering(const struct graph *graph,
                                      const struct library_graph *copy,
                                      struct measures *measures)
{
    uint32_t n = graph->node_count;
    double *values = calloc(n, sizeof(double)), sum = 0;
    if (values == NULL)
        return STATUS_NO_MEMORY;
    enum status status = library_clustering(copy, values);
    for (uint32_t u = 0; u < n; u++)
        sum += values[u];
    free(values);
    TRY(status);
    set(measures, MEASURES_CLUSTERING, sum / n);
    return STATUS_OK;
}

/* Everything that needs shortest paths or igraph. */
static enum status compute_structure(const struct graph *graph,
                                     const struct measures_options *options,
                                     struct measures *measures)
{
    uint32_t n = graph->node_count;
    if (n == 0)
        return STATUS_OK;
    CLEANUP(library_graph_free) struct library_graph *copy = NULL;
    TRY(library_graph_new(graph, &copy));
    TRY(compute_clustering(graph, copy, measures));
    if (options->without_paths || n < 2)
        return STATUS_OK;
    uint32_t exact_max = options->exact_max != 0 ? options->exact_max : WEAVE_EXACT_PEOPLE_MAX;
    bool exact = n <= exact_max || n <= WEAVE_SAMPLES;
    TRY(compute_paths(graph, exact ? n : WEAVE_SAMPLES, options->seed, measures));
    if (n < 3)
        return STATUS_OK;
    return exact ? exact_betweenness(graph, copy, measures)
                 : estimate_betweenness(graph, copy, options->seed, measures);
}

enum status measures_compute(const struct graph *graph,
                             const struct measures_options *options,
                             struct measures *measures)
{
    static const struct measures_options everything = {0};
    if (options == NULL)
        options = &everything;
    struct measures made = {0};
    compute_degrees(graph, &made);
    TRY(compute_groups(graph, &made));
    TRY(compute_components(graph, !options->without_dense, &made));
    TRY(compute_structure(graph, options, &made));
    *measures = made;
    return STATUS_OK;
}
