/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/weave_input.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn void weave_input_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void weave_input_check(enum status status, const char *what)
{
    if (status != STATUS_OK)
        weave_input_fail(what, status_text(status));
}

void *weave_input_allocate(size_t count, size_t size)
{
    void *items = calloc(count + 1, size);
    if (items == NULL)
        weave_input_fail("memory", status_text(STATUS_NO_MEMORY));
    return items;
}

struct span weave_input_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        weave_input_fail(path, "cannot be read");
    long len = ftell(file);
    uint8_t *bytes = weave_input_allocate((size_t)len, 1);
    rewind(file);
    if (fread(bytes, 1, (size_t)len, file) != (size_t)len)
        weave_input_fail(path, "cannot be read");
    fclose(file);
    return span_of(bytes, (size_t)len);
}

static void check_table(enum status status, const struct tables_errors *errors, const char *path)
{
    for (size_t i = 0; i < errors->listed; i++)
        fprintf(stderr, "%s:%llu:%llu: %s\n", path, (unsigned long long)errors->list[i].line,
                (unsigned long long)errors->list[i].column,
                tables_fault_text(errors->list[i].fault));
    weave_input_check(status, path);
}

void weave_input_init(struct weave_input *input,
                      const char *edges,
                      const char *groups,
                      double weight_min,
                      bool without_isolates)
{
    *input = (struct weave_input){0};
    static struct tables_errors errors;
    struct tables_ties *table = NULL;
    input->groups = weave_input_read(groups);
    input->edges = weave_input_read(edges);
    check_table(tables_people_read(input->groups, &errors, &input->people), &errors, groups);
    check_table(tables_ties_read(input->edges, input->people->index, &errors, &table), &errors,
                edges);
    struct graph_tie *ties = weave_input_allocate(table->count, sizeof(*ties));
    for (uint64_t i = 0; i < table->count; i++)
        ties[i] = (struct graph_tie){table->list[i].a, table->list[i].b, table->list[i].weight};
    struct graph_snapshot snapshot = {.person_count = input->people->count,
                                      .groups = input->people->groups,
                                      .group_count = input->people->group_count,
                                      .ties = ties,
                                      .tie_count = table->count,
                                      .weight_min = weight_min,
                                      .without_isolates = without_isolates};
    weave_input_check(graph_new(&snapshot, &input->graph), "graph");
    free(ties);
    tables_ties_free(&table);
}

double weave_input_number(const char *text, const char *name)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(value >= 0) || value > 1e15)
        weave_input_fail(name, "is not a number that makes sense");
    return value;
}

double weave_input_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double weave_input_cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void weave_input_free(struct span bytes)
{
    free((void *)(uintptr_t)bytes.ptr);
}

void weave_input_clear(struct weave_input *input)
{
    graph_free(&input->graph);
    tables_people_free(&input->people);
    weave_input_free(input->edges);
    weave_input_free(input->groups);
}

/* The node of the id at the start of the text, which is moved past it. */
static uint32_t next_node(const struct weave_input *input, char **text, const char *path)
{
    char *id = *text + strspn(*text, "\t ");
    size_t len = strcspn(id, "\t ");
    uint32_t person;
    *text = id + len;
    if (ids_find(input->people->index, span_of((const uint8_t *)id, len), &person) != STATUS_OK)
        weave_input_fail(path, "names somebody who is not in the groups file");
    return input->graph->nodes[person];
}

static size_t read_entries(const struct weave_input *input,
                           FILE *file,
                           const char *path,
                           double most,
                           struct pairwise_entry **entries)
{
    size_t count = 0, room = 1024;
    char line[3 * WEAVE_ID_BYTES_MAX];
    *entries = weave_input_allocate(room, sizeof(**entries));
    while (fgets(line, sizeof(line), file) != NULL) {
        char *rest = line;
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        uint32_t a = next_node(input, &rest, path), b = next_node(input, &rest, path);
        double value = weave_input_number(rest + strspn(rest, "\t "), path);
        if (value > most)
            weave_input_fail(path, "has a value that is too large");
        if (a == GRAPH_NONE || b == GRAPH_NONE)
            continue;
        if (a == b)
            weave_input_fail(path, "names a pair of one person");
        if (count == room) {
            *entries = realloc(*entries, (room *= 2) * sizeof(**entries));
            if (*entries == NULL)
                weave_input_fail("memory", status_text(STATUS_NO_MEMORY));
        }
        (*entries)[count++] = (struct pairwise_entry){a, b, (float)value};
    }
    return count;
}

struct pairwise *
weave_input_pairwise(const struct weave_input *input, const char *path, double most, double missing)
{
    struct pairwise_entry *entries = NULL;
    struct pairwise *made = NULL;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        weave_input_fail(path, "cannot be read");
    size_t count = read_entries(input, file, path, most, &entries);
    float least = count == 0 ? 1 : entries[0].value;
    for (size_t i = 0; i < count; i++)
        least = entries[i].value < least ? entries[i].value : least;
    weave_input_check(pairwise_new(input->graph->node_count, entries, count,
                                   missing < 0 ? least : (float)missing, &made),
                      path);
    fclose(file);
    free(entries);
    return made;
}

void weave_input_print_pair(
    const struct weave_input *input, uint32_t u, uint32_t v, double gain, FILE *file)
{
    struct span a = input->people->ids[input->graph->persons[u]];
    struct span b = input->people->ids[input->graph->persons[v]];
    fprintf(file, "%.*s\t%.*s\t%.9g\n", (int)a.len, (const char *)a.ptr, (int)b.len,
            (const char *)b.ptr, gain);
}
