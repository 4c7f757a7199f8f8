/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What introductions do to a network, beside two usual ways of choosing them: pairs across groups
 * at random, and friends of friends across groups (Adamic and Adar 2003). All keep the same rules.
 *
 *   bench_weave EDGES GROUPS --budget B [--cap C] [--seed S] [--min-weight W] [--unit-weights]
 *               [--drop-isolates] [--no-baselines] [--out PAIRS]
 *
 * EDGES and GROUPS are a ties and a people file as server/weave/tables.h reads them; B is a share
 * of the people, C the most new ties of one (3). Ties always count as 1 (--unit-weights says so).
 * Prints `name value unit` a line; a measure that is not defined or not computed at this size is
 * left out. PAIRS: `u v gain`, the file's own ids, best first.
 */
#include "server/weave/introductions.h"
#include "server/weave/measures.h"
#include "server/weave/seeded.h"
#include "server/weave/tables.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* Draws for each random pair before it is taken that there is none left. */
#define DRAWS_PER_PAIR 400

struct bench {
    double budget;
    uint32_t load_cap;
    uint64_t seed;
    double weight_min;
    bool without_isolates;
    bool without_baselines;
    const char *out;
    struct span edges;
    struct span groups;
    struct tables_people *people;
    struct graph *graph;
};

/* Pairs that grow. */
struct pairs {
    struct introductions_pair *list;
    uint32_t count;
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_weave: %s: %s\n", what, why);
    exit(1);
}

static void check(enum status status, const char *what)
{
    if (status != STATUS_OK)
        fail(what, status_text(status));
}

static void *allocate(size_t count, size_t size)
{
    void *items = calloc(count + 1, size);
    if (items == NULL)
        fail("memory", status_text(STATUS_NO_MEMORY));
    return items;
}

static struct span read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        fail(path, "cannot be read");
    long len = ftell(file);
    uint8_t *bytes = allocate((size_t)len, 1);
    rewind(file);
    if (fread(bytes, 1, (size_t)len, file) != (size_t)len)
        fail(path, "cannot be read");
    fclose(file);
    return span_of(bytes, (size_t)len);
}

static void check_table(enum status status, const struct tables_errors *errors, const char *path)
{
    for (size_t i = 0; i < errors->listed; i++)
        fprintf(stderr, "%s:%llu:%llu: %s\n", path, (unsigned long long)errors->list[i].line,
                (unsigned long long)errors->list[i].column,
                tables_fault_text(errors->list[i].fault));
    check(status, path);
}

static void load(struct bench *bench, const char *edges, const char *groups)
{
    static struct tables_errors errors;
    struct tables_ties *table = NULL;
    bench->groups = read_file(groups);
    bench->edges = read_file(edges);
    check_table(tables_people_read(bench->groups, &errors, &bench->people), &errors, groups);
    check_table(tables_ties_read(bench->edges, bench->people->index, &errors, &table), &errors,
                edges);
    struct graph_tie *ties = allocate(table->count, sizeof(*ties));
    for (uint64_t i = 0; i < table->count; i++)
        ties[i] = (struct graph_tie){table->list[i].a, table->list[i].b, table->list[i].weight};
    struct graph_snapshot snapshot = {.person_count = bench->people->count,
                                      .groups = bench->people->groups,
                                      .group_count = bench->people->group_count,
                                      .ties = ties,
                                      .tie_count = table->count,
                                      .weight_min = bench->weight_min,
                                      .without_isolates = bench->without_isolates};
    check(graph_new(&snapshot, &bench->graph), "graph");
    free(ties);
    tables_ties_free(&table);
}

/* The graph with the pairs tied. */
static struct graph *graph_with(const struct graph *graph, const struct pairs *pairs)
{
    struct graph_tie *ties = allocate(graph->tie_count + pairs->count, sizeof(*ties));
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        for (uint32_t i = 0; i < graph_degree(graph, u); i++)
            if (u < graph_neighbours(graph, u)[i])
                ties[count++] = (struct graph_tie){u, graph_neighbours(graph, u)[i], 1};
    for (uint32_t i = 0; i < pairs->count; i++)
        ties[count++] = (struct graph_tie){pairs->list[i].u, pairs->list[i].v, 1};
    struct graph_snapshot snapshot = {.person_count = graph->node_count,
                                      .groups = graph->groups,
                                      .group_count = graph->group_count,
                                      .ties = ties,
                                      .tie_count = count};
    struct graph *made = NULL;
    check(graph_new(&snapshot, &made), "graph");
    free(ties);
    return made;
}

static void print_measures(const char *name, const struct bench *bench, const struct pairs *pairs)
{
    static const struct {
        enum measures_kind kind;
        const char *key;
        const char *unit;
    } shown[] = {{MEASURES_MEAN_RESISTANCE, "R", "mean"},
                 {MEASURES_ALGEBRAIC_CONNECTIVITY, "l2", "eigenvalue"},
                 {MEASURES_EFFICIENCY, "eff", "mean"},
                 {MEASURES_E_I, "ei", "index"},
                 {MEASURES_COMPONENTS, "components", "count"}};
    struct graph *graph = graph_with(bench->graph, pairs);
    struct measures_options options = {.seed = bench->seed};
    struct measures measures;
    check(measures_compute(graph, &options, &measures), name);
    for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
        const struct measures_value *value = &measures.values[shown[i].kind];
        if (!value->defined)
            continue;
        printf("%s_%s %.6g %s\n", name, shown[i].key, value->value, shown[i].unit);
        if (value->error > 0)
            printf("%s_%s_error %.2g %s\n", name, shown[i].key, value->error, shown[i].unit);
    }
    printf("%s_introductions %u pairs\n", name, pairs->count);
    graph_free(&graph);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What a baseline may still take. */
struct picking {
    const struct bench *bench;
    uint32_t wanted;
    uint32_t *loads;
    struct pairs pairs;
};

static bool pick(struct picking *picking, uint32_t u, uint32_t v)
{
    uint32_t cap = picking->bench->load_cap;
    if (!graph_may_pair(picking->bench->graph, u, v) || picking->loads[u] >= cap ||
        picking->loads[v] >= cap)
        return false;
    for (uint32_t i = 0; i < picking->pairs.count; i++) {
        const struct introductions_pair *pair = &picking->pairs.list[i];
        if ((pair->u == u && pair->v == v) || (pair->u == v && pair->v == u))
            return false;
    }
    picking->loads[u]++;
    picking->loads[v]++;
    picking->pairs.list[picking->pairs.count++] = (struct introductions_pair){u, v, 0};
    return true;
}

static void pick_at_random(struct picking *picking)
{
    uint64_t state = picking->bench->seed;
    uint32_t n = picking->bench->graph->node_count;
    uint64_t draws = (uint64_t)picking->wanted * DRAWS_PER_PAIR;
    for (; draws != 0 && picking->pairs.count < picking->wanted; draws--) {
        uint32_t u = seeded_below(&state, n), v = seeded_below(&state, n);
        (void)pick(picking, u, v);
    }
}

struct scored {
    uint32_t u;
    uint32_t v;
    double score;
};

static int compare_scored(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score < y->score || x->score > y->score)
        return x->score > y->score ? -1 : 1;
    if (x->u != y->u)
        return x->u < y->u ? -1 : 1;
    return x->v < y->v ? -1 : x->v > y->v;
}

/* Scores of u's friends' friends: each common friend counts 1/log of their ties. `scores` is all 0
 * before and after. Appends those across groups to `list`. */
static size_t score_from(const struct graph *graph, uint32_t u, double *scores, struct scored *list)
{
    size_t count = 0;
    for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++) {
        uint32_t friend = graph->neighbours[i];
        double weight = 1 / log(graph_degree(graph, friend) > 2 ? graph_degree(graph, friend) : 2);
        for (uint64_t j = graph->starts[friend]; j < graph->starts[friend + 1]; j++)
            scores[graph->neighbours[j]] += weight;
    }
    for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++) {
        uint32_t friend = graph->neighbours[i];
        for (uint64_t j = graph->starts[friend]; j < graph->starts[friend + 1]; j++) {
            uint32_t v = graph->neighbours[j];
            if (scores[v] > 0 && u < v && graph_may_pair(graph, u, v))
                list[count++] = (struct scored){u, v, scores[v]};
            scores[v] = 0;
        }
    }
    return count;
}

static void pick_friends_of_friends(struct picking *picking)
{
    const struct graph *graph = picking->bench->graph;
    size_t most = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        most += (size_t)graph_degree(graph, u) * graph_degree(graph, u);
    struct scored *list = allocate(most, sizeof(*list));
    double *scores = allocate(graph->node_count, sizeof(*scores));
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        count += score_from(graph, u, scores, list + count);
    qsort(list, count, sizeof(*list), compare_scored);
    for (size_t i = 0; i < count && picking->pairs.count < picking->wanted; i++)
        (void)pick(picking, list[i].u, list[i].v);
    free(list);
    free(scores);
}

static void run_baseline(const struct bench *bench,
                         const char *name,
                         uint32_t wanted,
                         void (*pick_all)(struct picking *picking))
{
    struct picking picking = {.bench = bench, .wanted = wanted};
    picking.loads = allocate(bench->graph->node_count, sizeof(*picking.loads));
    picking.pairs.list = allocate(wanted, sizeof(*picking.pairs.list));
    pick_all(&picking);
    print_measures(name, bench, &picking.pairs);
    free(picking.loads);
    free(picking.pairs.list);
}

static void write_pairs(const struct bench *bench, const struct introductions *chosen)
{
    FILE *file = fopen(bench->out, "w");
    if (file == NULL)
        fail(bench->out, "cannot be written");
    fprintf(file, "# u\tv\tgain\n");
    for (uint32_t i = 0; i < chosen->count; i++) {
        const struct introductions_pair *pair = &chosen->pairs[i];
        struct span u = bench->people->ids[bench->graph->persons[pair->u]];
        struct span v = bench->people->ids[bench->graph->persons[pair->v]];
        fprintf(file, "%.*s\t%.*s\t%.9g\n", (int)u.len, (const char *)u.ptr, (int)v.len,
                (const char *)v.ptr, pair->gain);
    }
    if (fclose(file) != 0)
        fail(bench->out, "cannot be written");
}

static void run_ours(const struct bench *bench, uint32_t wanted)
{
    struct introductions_options options = {
        .count = wanted, .load_cap = bench->load_cap, .seed = bench->seed};
    struct introductions chosen = {0};
    double start = seconds_now();
    check(introductions_choose(bench->graph, &options, &chosen), "introductions");
    double seconds = seconds_now() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    struct pairs pairs = {chosen.pairs, chosen.count};
    print_measures("ours", bench, &pairs);
    printf("ours_seconds %.3f s\n", seconds);
    printf("ours_peak_mib %ld MiB\n", usage.ru_maxrss / 1024);
    if (bench->out != NULL)
        write_pairs(bench, &chosen);
    introductions_clear(&chosen);
}

static double number(const char *text, const char *name)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(value >= 0) || value > 1e15)
        fail(name, "is not a number that makes sense");
    return value;
}

static void read_options(int argc, char **argv, struct bench *bench)
{
    static const struct option options[] = {{"budget", required_argument, NULL, 'b'},
                                            {"cap", required_argument, NULL, 'c'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"min-weight", required_argument, NULL, 'w'},
                                            {"unit-weights", no_argument, NULL, 'u'},
                                            {"drop-isolates", no_argument, NULL, 'd'},
                                            {"no-baselines", no_argument, NULL, 'n'},
                                            {"out", required_argument, NULL, 'o'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b')
            bench->budget = number(optarg, "--budget");
        else if (option == 'c')
            bench->load_cap = (uint32_t)fmin(number(optarg, "--cap"), WEAVE_ROWS_MAX);
        else if (option == 's')
            bench->seed = (uint64_t)number(optarg, "--seed");
        else if (option == 'w')
            bench->weight_min = number(optarg, "--min-weight");
        else if (option == 'd')
            bench->without_isolates = true;
        else if (option == 'n')
            bench->without_baselines = true;
        else if (option == 'o')
            bench->out = optarg;
        else if (option != 'u')
            exit(1); /* getopt said why */
    }
    if (argc - optind != 2 || bench->budget > 10 || bench->load_cap == 0)
        fail("usage",
             "EDGES GROUPS --budget B [--cap C] [--seed S] [--min-weight W] [--unit-weights] "
             "[--drop-isolates] [--no-baselines] [--out PAIRS]");
}

int main(int argc, char **argv)
{
    struct bench bench = {.budget = 0.05, .load_cap = WEAVE_LOAD_CAP};
    read_options(argc, argv, &bench);
    load(&bench, argv[optind], argv[optind + 1]);
    uint32_t wanted = (uint32_t)floor(bench.budget * bench.graph->node_count);
    printf("people %u people\n", bench.graph->node_count);
    printf("ties %llu ties\n", (unsigned long long)bench.graph->tie_count);
    print_measures("before", &bench, &(struct pairs){0});
    run_ours(&bench, wanted);
    if (!bench.without_baselines) {
        run_baseline(&bench, "random", wanted, pick_at_random);
        run_baseline(&bench, "fof", wanted, pick_friends_of_friends);
    }
    graph_free(&bench.graph);
    tables_people_free(&bench.people);
    free((void *)(uintptr_t)bench.edges.ptr);
    free((void *)(uintptr_t)bench.groups.ptr);
    return 0;
}
