/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/library.h"

/* Another project's header: its warnings are not ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include <igraph/igraph.h>
#pragma GCC diagnostic pop

#include <stdlib.h>

struct library_graph {
    igraph_t graph;
};

/* igraph's handlers while one of our calls runs. */
struct handlers {
    igraph_error_handler_t *error;
    igraph_warning_handler_t *warning;
};

static struct handlers handlers_begin(void)
{
    return (struct handlers){igraph_set_error_handler(igraph_error_handler_ignore),
                             igraph_set_warning_handler(igraph_warning_handler_ignore)};
}

static void handlers_end(const struct handlers *before)
{
    igraph_set_error_handler(before->error);
    igraph_set_warning_handler(before->warning);
}

static enum status status_of(igraph_error_t error)
{
    if (error == IGRAPH_SUCCESS)
        return STATUS_OK;
    return error == IGRAPH_ENOMEM ? STATUS_NO_MEMORY : STATUS_INTERNAL;
}

static void fill_edges(const struct graph *graph, igraph_vector_int_t *edges)
{
    igraph_integer_t at = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        const uint32_t *neighbours = graph_neighbours(graph, u);
        for (uint32_t i = 0; i < graph_degree(graph, u); i++) {
            if (neighbours[i] < u)
                continue;
            VECTOR(*edges)[at++] = u;
            VECTOR(*edges)[at++] = neighbours[i];
        }
    }
}

static igraph_error_t create(const struct graph *graph, igraph_t *copy)
{
    igraph_vector_int_t edges;
    igraph_error_t error = igraph_vector_int_init(&edges, 2 * (igraph_integer_t)graph->tie_count);
    if (error != IGRAPH_SUCCESS)
        return error;
    fill_edges(graph, &edges);
    error = igraph_create(copy, &edges, (igraph_integer_t)graph->node_count, IGRAPH_UNDIRECTED);
    igraph_vector_int_destroy(&edges);
    return error;
}

enum status library_graph_new(const struct graph *graph, struct library_graph **copy)
{
    struct library_graph *made = malloc(sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    struct handlers before = handlers_begin();
    enum status status = status_of(create(graph, &made->graph));
    handlers_end(&before);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *copy = made;
    return STATUS_OK;
}

void library_graph_free(struct library_graph **copy)
{
    if (*copy != NULL)
        igraph_destroy(&(*copy)->graph);
    free(*copy);
    *copy = NULL;
}

/* Runs one measure into a vector of igraph's, and copies that to `values`. */
static enum status
measure(const struct library_graph *copy,
        igraph_error_t (*run)(const igraph_t *graph, igraph_vector_t *result, const void *context),
        const void *context,
        double *values)
{
    struct handlers before = handlers_begin();
    igraph_vector_t result;
    igraph_error_t error = igraph_vector_init(&result, 0);
    if (error == IGRAPH_SUCCESS) {
        error = run(&copy->graph, &result, context);
        for (igraph_integer_t i = 0; error == IGRAPH_SUCCESS && i < igraph_vcount(&copy->graph);
             i++)
            values[i] = VECTOR(result)[i];
        igraph_vector_destroy(&result);
    }
    handlers_end(&before);
    return status_of(error);
}

static igraph_error_t
run_clustering(const igraph_t *graph, igraph_vector_t *result, const void *context)
{
    (void)context;
    return igraph_transitivity_local_undirected(graph, result, igraph_vss_all(),
                                                IGRAPH_TRANSITIVITY_ZERO);
}

enum status library_clustering(const struct library_graph *copy, double *values)
{
    return measure(copy, run_clustering, NULL, values);
}

static igraph_error_t
run_betweenness(const igraph_t *graph, igraph_vector_t *result, const void *context)
{
    const igraph_vector_int_t *sources = context;
    if (sources == NULL)
        return igraph_betweenness(graph, result, igraph_vss_all(), IGRAPH_UNDIRECTED, NULL);
    return igraph_betweenness_subset(graph, result, igraph_vss_all(), IGRAPH_UNDIRECTED,
                                     igraph_vss_vector(sources), igraph_vss_all(), NULL);
}

enum status library_betweenness(const struct library_graph *copy,
                                const uint32_t *sources,
                                uint32_t source_count,
                                double *values)
{
    if (sources == NULL)
        return measure(copy, run_betweenness, NULL, values);
    struct handlers before = handlers_begin();
    igraph_vector_int_t list;
    enum status status = status_of(igraph_vector_int_init(&list, (igraph_integer_t)source_count));
    handlers_end(&before);
    TRY(status);
    for (uint32_t i = 0; i < source_count; i++)
        VECTOR(list)[i] = sources[i];
    status = measure(copy, run_betweenness, &list, values);
    igraph_vector_int_destroy(&list);
    return status;
}

static igraph_error_t largest_block(const igraph_t *graph, igraph_integer_t *people)
{
    igraph_vector_int_list_t blocks;
    igraph_integer_t count;
    igraph_error_t error = igraph_vector_int_list_init(&blocks, 0);
    if (error != IGRAPH_SUCCESS)
        return error;
    error = igraph_biconnected_components(graph, &count, NULL, NULL, &blocks, NULL);
    *people = 0;
    for (igraph_integer_t i = 0; error == IGRAPH_SUCCESS && i < count; i++) {
        igraph_integer_t size = igraph_vector_int_size(igraph_vector_int_list_get_ptr(&blocks, i));
        *people = size > *people ? size : *people;
    }
    igraph_vector_int_list_destroy(&blocks);
    return error;
}

enum status library_largest_block(const struct library_graph *copy, uint32_t *people)
{
    igraph_integer_t largest;
    struct handlers before = handlers_begin();
    igraph_error_t error = largest_block(&copy->graph, &largest);
    handlers_end(&before);
    TRY(status_of(error));
    *people = (uint32_t)largest;
    return STATUS_OK;
}
