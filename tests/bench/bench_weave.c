/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What introductions do to a network, beside two usual ways of choosing them (weave_baselines.h)
 * and, up to 3,000 people, exact greedy alone.
 *
 *   bench_weave EDGES GROUPS --budget B [--cap C] [--seed S] [--min-weight W] [--unit-weights]
 *               [--drop-isolates] [--fair] [--relevance FILE] [--accept FILE] [--no-baselines]
 *               [--out PAIRS]
 *
 * B is a share of the people: floor(B x people) pairs. C is the most new ties of one person (3).
 * Ties below W are left out; the others count by their weight, and a new tie W or 1; with
 * --unit-weights all count as 1. FILE: `u v value` a line; pairs that are not listed have relevance
 * 0, and the least probability of acceptance that is listed. Gain alone decides unless --fair,
 * --relevance or --accept is given. PAIRS: `u v gain`, the file's own ids, best first.
 *
 * Prints `name value unit` a line; what is not defined is left out. Above 3,000 people R, l2 and
 * eff are estimates.
 */
#include "server/weave/measures.h"
#include "server/weave/paths.h"
#include "server/weave/spectral.h"
#include "tests/bench/weave_baselines.h"
#include "tests/bench/weave_input.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

/* Starting points of an estimate of efficiency. */
#define PATH_SAMPLES 256

struct bench {
    double budget;
    uint32_t load_cap;
    uint64_t seed;
    double weight_min;
    bool unit_weights;
    bool without_isolates;
    bool without_baselines;
    bool fair;
    const char *relevance_path;
    const char *accept_path;
    const char *out;
    struct weave_input input;
    struct pairwise *relevance;
    struct pairwise *accept;
    bool *poor;
};

static double tie_weight(const struct bench *bench)
{
    return bench->unit_weights || bench->weight_min <= 0 ? 1 : bench->weight_min;
}

/* The graph with the pairs tied. */
static struct graph *graph_with(const struct bench *bench, const struct introductions *chosen)
{
    const struct graph *graph = bench->input.graph;
    struct graph_tie *ties = weave_input_allocate(graph->tie_count + chosen->count, sizeof(*ties));
    size_t count = 0;
    for (uint32_t u = 0; u < graph->node_count; u++)
        for (uint64_t i = graph->starts[u]; i < graph->starts[u + 1]; i++)
            if (u < graph->neighbours[i])
                ties[count++] =
                    (struct graph_tie){u, graph->neighbours[i], (double)graph->weights[i]};
    for (uint32_t i = 0; i < chosen->count; i++)
        ties[count++] =
            (struct graph_tie){chosen->pairs[i].u, chosen->pairs[i].v, tie_weight(bench)};
    struct graph_snapshot snapshot = {.person_count = graph->node_count,
                                      .groups = graph->groups,
                                      .group_count = graph->group_count,
                                      .ties = ties,
                                      .tie_count = count};
    struct graph *made = NULL;
    weave_input_check(graph_new(&snapshot, &made), "graph");
    free(ties);
    return made;
}

static void
print_value(const char *name, const char *key, const char *unit, double value, double error)
{
    printf("%s_%s %.6g %s\n", name, key, value, unit);
    if (error > 0)
        printf("%s_%s_error %.2g %s\n", name, key, error, unit);
}

static void print_spectrum(const char *name, const struct bench *bench, const struct graph *graph)
{
    struct spectral_options options = {.weighted = !bench->unit_weights, .seed = bench->seed};
    struct spectral_figures figures;
    enum status status = spectral_measure(graph, &options, &figures);
    if (status == STATUS_INVALID)
        return; /* no two people who are connected */
    weave_input_check(status, name);
    print_value(name, "R", "mean", figures.mean_resistance, figures.mean_resistance_error);
    print_value(name, "l2", "eigenvalue", figures.connectivity, 0);
}

static void print_efficiency(const char *name, const struct bench *bench, const struct graph *graph)
{
    uint32_t n = graph->node_count, count = n <= WEAVE_EXACT_PEOPLE_MAX ? n : PATH_SAMPLES;
    uint32_t *sources = weave_input_allocate(count, sizeof(*sources));
    struct paths paths;
    if (n >= 2) {
        weave_input_check(paths_sample(graph, count, bench->seed, sources), name);
        weave_input_check(paths_compute(graph, sources, count, &paths), name);
        print_value(name, "eff", "mean", paths.efficiency.value, paths.efficiency.error);
    }
    free(sources);
}

static void
print_figures(const char *name, const struct bench *bench, const struct introductions *chosen)
{
    struct graph *graph = graph_with(bench, chosen);
    struct measures_options options = {.without_paths = true, .without_dense = true};
    struct measures measures;
    print_spectrum(name, bench, graph);
    print_efficiency(name, bench, graph);
    weave_input_check(measures_compute(graph, &options, &measures), name);
    if (measures.values[MEASURES_E_I].defined)
        print_value(name, "ei", "index", measures.values[MEASURES_E_I].value, 0);
    print_value(name, "components", "count", measures.values[MEASURES_COMPONENTS].value, 0);
    print_value(name, "introductions", "pairs", chosen->count, 0);
    graph_free(&graph);
}

/* Means over the pairs that were chosen. */
static void
print_choice(const char *name, const struct bench *bench, const struct introductions *chosen)
{
    double relevance = 0, accept = 0, places = 0, gain = 0;
    for (uint32_t i = 0; i < chosen->count; i++) {
        const struct introductions_pair *pair = &chosen->pairs[i];
        relevance += bench->relevance != NULL
                         ? (double)pairwise_value(bench->relevance, pair->u, pair->v)
                         : 0;
        accept +=
            bench->accept != NULL ? (double)pairwise_value(bench->accept, pair->u, pair->v) : 0;
        places += bench->poor[pair->u] + bench->poor[pair->v];
        gain += isinf(pair->gain) ? 0 : pair->gain;
    }
    if (chosen->count == 0)
        return;
    print_value(name, "gain", "mean", gain, 0);
    print_value(name, "poor_share", "share", places / 2 / chosen->count, 0);
    if (bench->relevance != NULL)
        print_value(name, "relevance", "mean", relevance / chosen->count, 0);
    if (bench->accept != NULL)
        print_value(name, "accept", "mean", accept / chosen->count, 0);
}

static void write_pairs(const struct bench *bench, const struct introductions *chosen)
{
    FILE *file = fopen(bench->out, "w");
    if (file == NULL)
        weave_input_fail(bench->out, "cannot be written");
    fprintf(file, "# u\tv\tgain\n");
    for (uint32_t i = 0; i < chosen->count; i++)
        weave_input_print_pair(&bench->input, chosen->pairs[i].u, chosen->pairs[i].v,
                               chosen->pairs[i].gain, file);
    if (fclose(file) != 0)
        weave_input_fail(bench->out, "cannot be written");
}

static void run_ours(const struct bench *bench, uint32_t wanted)
{
    struct introductions_options options = {.count = wanted,
                                            .load_cap = bench->load_cap,
                                            .seed = bench->seed,
                                            .acceptance = bench->accept,
                                            .relevance = bench->relevance,
                                            .fair = bench->fair,
                                            .weighted = !bench->unit_weights,
                                            .tie_weight = tie_weight(bench)};
    struct introductions chosen = {0};
    double start = weave_input_seconds(), cpu_start = weave_input_cpu_seconds();
    weave_input_check(introductions_choose(bench->input.graph, &options, &chosen), "introductions");
    double seconds = weave_input_seconds() - start, cpu = weave_input_cpu_seconds() - cpu_start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("ours_seconds %.3f s\n", seconds);
    printf("ours_cpu_seconds %.3f s\n", cpu);
    printf("ours_peak_mib %ld MiB\n", usage.ru_maxrss / 1024);
    if (bench->out != NULL)
        write_pairs(bench, &chosen);
    print_figures("ours", bench, &chosen);
    print_choice("ours", bench, &chosen);
    introductions_clear(&chosen);
}

/* Gain, group and cap alone. */
static void run_exact(const struct bench *bench, uint32_t wanted)
{
    struct introductions_options options = {.count = wanted,
                                            .load_cap = bench->load_cap,
                                            .method = INTRODUCTIONS_GREEDY,
                                            .weighted = !bench->unit_weights,
                                            .tie_weight = tie_weight(bench)};
    struct introductions chosen = {0};
    weave_input_check(introductions_choose(bench->input.graph, &options, &chosen), "exact");
    print_figures("exact", bench, &chosen);
    print_choice("exact", bench, &chosen);
    introductions_clear(&chosen);
}

static void run_baseline(const struct bench *bench,
                         const char *name,
                         uint32_t wanted,
                         void (*pick_all)(struct weave_baselines *picking))
{
    struct weave_baselines picking = {.graph = bench->input.graph,
                                      .load_cap = bench->load_cap,
                                      .seed = bench->seed,
                                      .wanted = wanted};
    picking.loads = weave_input_allocate(bench->input.graph->node_count, sizeof(*picking.loads));
    picking.pairs = weave_input_allocate(wanted, sizeof(*picking.pairs));
    pick_all(&picking);
    struct introductions chosen = {.count = picking.count, .pairs = picking.pairs};
    print_figures(name, bench, &chosen);
    free(picking.loads);
    free(picking.pairs);
}

static const struct option bench_options[] = {
    {"budget", required_argument, NULL, 'b'}, {"cap", required_argument, NULL, 'c'},
    {"seed", required_argument, NULL, 's'},   {"min-weight", required_argument, NULL, 'w'},
    {"unit-weights", no_argument, NULL, 'u'}, {"drop-isolates", no_argument, NULL, 'd'},
    {"fair", no_argument, NULL, 'f'},         {"relevance", required_argument, NULL, 'r'},
    {"accept", required_argument, NULL, 'a'}, {"no-baselines", no_argument, NULL, 'n'},
    {"out", required_argument, NULL, 'o'},    {0}};

static void take_option(int option, struct bench *bench)
{
    switch (option) {
    case 'b':
        bench->budget = weave_input_number(optarg, "--budget");
        break;
    case 'c':
        bench->load_cap = (uint32_t)fmin(weave_input_number(optarg, "--cap"), WEAVE_ROWS_MAX);
        break;
    case 's':
        bench->seed = (uint64_t)weave_input_number(optarg, "--seed");
        break;
    case 'w':
        bench->weight_min = weave_input_number(optarg, "--min-weight");
        break;
    case 'u':
        bench->unit_weights = true;
        break;
    case 'd':
        bench->without_isolates = true;
        break;
    case 'f':
        bench->fair = true;
        break;
    case 'r':
        bench->relevance_path = optarg;
        break;
    case 'a':
        bench->accept_path = optarg;
        break;
    case 'n':
        bench->without_baselines = true;
        break;
    case 'o':
        bench->out = optarg;
        break;
    default:
        exit(1); /* getopt said why */
    }
}

static void load(struct bench *bench, const char *edges, const char *groups)
{
    weave_input_init(&bench->input, edges, groups, bench->weight_min, bench->without_isolates);
    if (bench->relevance_path != NULL)
        bench->relevance = weave_input_pairwise(&bench->input, bench->relevance_path, 0);
    if (bench->accept_path != NULL)
        bench->accept = weave_input_pairwise(&bench->input, bench->accept_path, -1);
    bench->poor = weave_input_allocate(bench->input.graph->node_count, sizeof(bool));
    weave_input_check(introductions_mark_poor(bench->input.graph, bench->poor), "poor");
}

int main(int argc, char **argv)
{
    struct bench bench = {.budget = 0.05, .load_cap = WEAVE_LOAD_CAP};
    int option;
    while ((option = getopt_long(argc, argv, "", bench_options, NULL)) != -1)
        take_option(option, &bench);
    if (argc - optind != 2 || bench.budget > 10 || bench.load_cap == 0)
        weave_input_fail("usage", "EDGES GROUPS --budget B [--cap C] [--seed S] [--min-weight W] "
                                  "[--unit-weights] [--drop-isolates] [--fair] [--relevance FILE] "
                                  "[--accept FILE] [--no-baselines] [--out PAIRS]");
    load(&bench, argv[optind], argv[optind + 1]);
    const struct graph *graph = bench.input.graph;
    uint32_t wanted = (uint32_t)floor(bench.budget * graph->node_count + 1e-9);
    printf("people %u people\n", graph->node_count);
    printf("ties %llu ties\n", (unsigned long long)graph->tie_count);
    run_ours(&bench, wanted);
    print_figures("before", &bench, &(struct introductions){0});
    if (!bench.without_baselines) {
        if (graph->node_count <= WEAVE_DENSE_PEOPLE_MAX)
            run_exact(&bench, wanted);
        run_baseline(&bench, "random", wanted, weave_baselines_random);
        run_baseline(&bench, "fof", wanted, weave_baselines_friends_of_friends);
    }
    pairwise_free(&bench.relevance);
    pairwise_free(&bench.accept);
    free(bench.poor);
    weave_input_clear(&bench.input);
    return 0;
}
