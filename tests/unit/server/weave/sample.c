/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/weave/sample.h"

#include "server/weave/tables.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct graph *graph_of(const struct graph_snapshot *snapshot)
{
    struct graph *graph = NULL;
    assert_int_equal(graph_new(snapshot, &graph), STATUS_OK);
    return graph;
}

static struct graph *graph_of_ties(uint32_t people, const struct graph_tie *ties, size_t count)
{
    struct graph_snapshot snapshot = {.person_count = people, .ties = ties, .tie_count = count};
    return graph_of(&snapshot);
}

struct graph *sample_star(uint32_t people)
{
    struct graph_tie ties[64];
    assert_true(people <= 64);
    for (uint32_t i = 1; i < people; i++)
        ties[i - 1] = (struct graph_tie){0, i, 1};
    return graph_of_ties(people, ties, people - 1);
}

struct graph *sample_chain(uint32_t people)
{
    struct graph_tie ties[64];
    assert_true(people <= 64);
    for (uint32_t i = 1; i < people; i++)
        ties[i - 1] = (struct graph_tie){i - 1, i, 1};
    return graph_of_ties(people, ties, people - 1);
}

struct graph *sample_kite(void)
{
    static const struct graph_tie ties[] = {
        {0, 1, 1}, {0, 2, 1}, {0, 3, 1}, {0, 5, 1}, {1, 3, 1}, {1, 4, 1},
        {1, 6, 1}, {2, 3, 1}, {2, 5, 1}, {3, 4, 1}, {3, 5, 1}, {3, 6, 1},
        {4, 6, 1}, {5, 6, 1}, {5, 7, 1}, {6, 7, 1}, {7, 8, 1}, {8, 9, 1},
    };
    return graph_of_ties(10, ties, sizeof(ties) / sizeof(*ties));
}

struct graph *sample_two_cliques(uint32_t bridges)
{
    static const uint32_t groups[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
    struct graph_tie ties[32];
    size_t count = 0;
    for (uint32_t first = 0; first < 10; first += 5)
        for (uint32_t i = 0; i < 5; i++)
            for (uint32_t j = i + 1; j < 5; j++)
                ties[count++] = (struct graph_tie){first + i, first + j, 1};
    for (uint32_t i = 0; i < bridges; i++)
        ties[count++] = (struct graph_tie){i, 5 + i, 1};
    struct graph_snapshot snapshot = {
        .person_count = 10, .groups = groups, .group_count = 2, .ties = ties, .tie_count = count};
    return graph_of(&snapshot);
}

/* The whole file; the caller frees it. */
static uint8_t *read_file(const char *name, const char *kind, size_t *len)
{
    const char *shared = getenv("WEFT_SHARED");
    char path[512];
    snprintf(path, sizeof(path), "%s/networks/%s.%s.tsv",
             shared != NULL ? shared : WEFT_SHARED_DEFAULT, name, kind);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *len = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *len, file), *len);
    fclose(file);
    return bytes;
}

static struct graph *graph_of_tables(const struct tables_people *people,
                                     const struct tables_ties *table,
                                     double weight_min,
                                     bool without_isolates)
{
    struct graph_tie *ties = calloc(table->count + 1, sizeof(*ties));
    assert_non_null(ties);
    for (uint64_t i = 0; i < table->count; i++)
        ties[i] = (struct graph_tie){table->list[i].a, table->list[i].b, table->list[i].weight};
    struct graph_snapshot snapshot = {.person_count = people->count,
                                      .groups = people->groups,
                                      .group_count = people->group_count,
                                      .ties = ties,
                                      .tie_count = table->count,
                                      .weight_min = weight_min,
                                      .without_isolates = without_isolates};
    struct graph *graph = graph_of(&snapshot);
    free(ties);
    return graph;
}

struct graph *sample_shared(const char *name, double weight_min, bool without_isolates)
{
    size_t groups_len = 0, edges_len = 0;
    uint8_t *groups = read_file(name, "groups", &groups_len);
    uint8_t *edges = read_file(name, "edges", &edges_len);
    struct graph *graph = NULL;
    if (groups == NULL || edges == NULL) {
        print_message("skipped: no shared network %s (set WEFT_SHARED)\n", name);
    } else {
        struct tables_errors errors;
        struct tables_people *people = NULL;
        struct tables_ties *ties = NULL;
        assert_int_equal(tables_people_read(span_of(groups, groups_len), &errors, &people),
                         STATUS_OK);
        assert_int_equal(tables_ties_read(span_of(edges, edges_len), people->index, &errors, &ties),
                         STATUS_OK);
        graph = graph_of_tables(people, ties, weight_min, without_isolates);
        tables_ties_free(&ties);
        tables_people_free(&people);
    }
    free(groups);
    free(edges);
    return graph;
}

void sample_assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.12g is not %.12g to within %g", value, wanted, tolerance);
}
