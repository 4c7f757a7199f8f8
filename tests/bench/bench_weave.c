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
 * --relevance or --accept is given; then the choice by gain alone (plain) stands beside, with the
 * share of its gain that is kept and, for --accept, what may be expected of both when pairs accept
 * by lot. PAIRS: `u v gain`, the file's own ids, best first.
 *
 * Prints `name value unit` a line; what is not defined is left out. R and l2 are those of the
 * largest component, whose share of the people is beside them: joining somebody without ties raises
 * R. eff is of all pairs. Above 3,000 people R, l2 and eff are estimates. peak_mib is that of the
 * process so far.
 */
#include "server/weave/measures.h"
#include "server/weave/paths.h"
#include "tests/bench/weave_baselines.h"
#include "tests/bench/weave_input.h"
#include "tests/bench/weave_outcome.h"

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

static struct weave_outcome outcome_of(const struct bench *bench)
{
    return (struct weave_outcome){bench->input.graph, tie_weight(bench), !bench->unit_weights,
                                  bench->seed};
}

static void
print_value(const char *name, const char *key, const char *unit, double value, double error)
{
    printf("%s_%s %.6g %s\n", name, key, value, unit);
    if (error > 0)
        printf("%s_%s_error %.2g %s\n", name, key, error, unit);
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

static void print_measure(const char *name,
                          const char *key,
                          const char *unit,
                          const struct measures *measures,
                          enum measures_kind kind)
{
    if (measures->values[kind].defined)
        print_value(name, key, unit, measures->values[kind].value, 0);
}

/* Returns R, or 0 where it is not defined. */
static double
print_figures(const char *name, const struct bench *bench, const struct introductions *chosen)
{
    struct weave_outcome outcome = outcome_of(bench);
    struct graph *graph = weave_outcome_graph(&outcome, chosen);
    struct measures_options options = {.without_paths = true, .without_dense = true};
    struct measures measures;
    struct spectral_figures figures = {0};
    if (weave_outcome_figures(&outcome, graph, &figures)) {
        print_value(name, "R", "mean", figures.mean_resistance, figures.mean_resistance_error);
        print_value(name, "l2", "eigenvalue", figures.connectivity, 0);
    }
    print_efficiency(name, bench, graph);
    weave_input_check(measures_compute(graph, &options, &measures), name);
    print_measure(name, "ei", "index", &measures, MEASURES_E_I);
    print_measure(name, "components", "count", &measures, MEASURES_COMPONENTS);
    print_measure(name, "largest", "share", &measures, MEASURES_LARGEST_COMPONENT);
    print_value(name, "introductions", "pairs", chosen->count, 0);
    graph_free(&graph);
    return figures.mean_resistance;
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

/* Time and memory come before all that is measured afterwards, which takes more of both. */
static void choose(const char *name,
                   const struct bench *bench,
                   const struct introductions_options *options,
                   struct introductions *chosen)
{
    double start = weave_input_seconds(), cpu_start = weave_input_cpu_seconds();
    weave_input_check(introductions_choose(bench->input.graph, options, chosen), name);
    double seconds = weave_input_seconds() - start, cpu = weave_input_cpu_seconds() - cpu_start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s_seconds %.3f s\n", name, seconds);
    printf("%s_cpu_seconds %.3f s\n", name, cpu);
    printf("%s_peak_mib %ld MiB\n", name, usage.ru_maxrss / 1024);
}

/* Gain, group and cap alone. */
static struct introductions_options plain_options(const struct bench *bench, uint32_t wanted)
{
    return (struct introductions_options){.count = wanted,
                                          .load_cap = bench->load_cap,
                                          .seed = bench->seed,
                                          .weighted = !bench->unit_weights,
                                          .tie_weight = tie_weight(bench)};
}

/* What the terms that were asked for cost and bring. */
static void compare_to_plain(const struct bench *bench,
                             uint32_t wanted,
                             const struct introductions *ours,
                             double before,
                             double after)
{
    struct introductions_options options = plain_options(bench, wanted);
    struct introductions plain = {0};
    choose("plain", bench, &options, &plain);
    double without = print_figures("plain", bench, &plain);
    print_choice("plain", bench, &plain);
    if (before > without)
        print_value("ours", "gain_kept", "share", (before - after) / (before - without), 0);
    if (bench->accept != NULL) {
        struct weave_outcome outcome = outcome_of(bench);
        double expected = weave_outcome_expected(&outcome, ours, bench->accept);
        double by_gain = weave_outcome_expected(&outcome, &plain, bench->accept);
        print_value("ours", "expected_R", "mean", expected, 0);
        print_value("plain", "expected_R", "mean", by_gain, 0);
        if (before > by_gain)
            print_value("ours", "expected_drop", "times_plain",
                        (before - expected) / (before - by_gain), 0);
    }
    introductions_clear(&plain);
}

static void run_ours(const struct bench *bench, uint32_t wanted)
{
    struct introductions_options options = plain_options(bench, wanted);
    options.acceptance = bench->accept;
    options.relevance = bench->relevance;
    options.fair = bench->fair;
    struct introductions chosen = {0};
    choose("ours", bench, &options, &chosen);
    if (bench->out != NULL)
        write_pairs(bench, &chosen);
    double after = print_figures("ours", bench, &chosen);
    print_choice("ours", bench, &chosen);
    double before = print_figures("before", bench, &(struct introductions){0});
    if (bench->fair || bench->relevance != NULL || bench->accept != NULL)
        compare_to_plain(bench, wanted, &chosen, before, after);
    introductions_clear(&chosen);
}

static void run_exact(const struct bench *bench, uint32_t wanted)
{
    struct introductions_options options = plain_options(bench, wanted);
    options.method = INTRODUCTIONS_GREEDY;
    struct introductions chosen = {0};
    choose("exact", bench, &options, &chosen);
    (void)print_figures("exact", bench, &chosen);
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
    double start = weave_input_seconds();
    pick_all(&picking);
    printf("%s_seconds %.3f s\n", name, weave_input_seconds() - start);
    struct introductions chosen = {.count = picking.count, .pairs = picking.pairs};
    (void)print_figures(name, bench, &chosen);
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
        bench->relevance = weave_input_pairwise(&bench->input, bench->relevance_path, HUGE_VAL, 0);
    if (bench->accept_path != NULL)
        bench->accept = weave_input_pairwise(&bench->input, bench->accept_path, 1, -1);
    bench->poor = weave_input_allocate(bench->input.graph->node_count, sizeof(bool));
    weave_input_check(introductions_mark_poor(bench->input.graph, bench->poor), "poor");
}

int main(int argc, char **argv)
{
    struct bench bench = {.budget = 0.05, .load_cap = WEAVE_LOAD_CAP};
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* each figure as soon as it is known */
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
