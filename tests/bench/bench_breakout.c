/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many new pairs across groups meet in breakout rooms, beside rooms at random.
 *
 *   bench_breakout GROUPS --people P --room s --rounds r [--seed S]
 *
 * GROUPS is a people file as server/weave/tables.h reads it; P of its people are drawn (all when
 * there are no more). Prints `name value unit` a line.
 */
#include "server/weave/breakout.h"
#include "server/weave/seeded.h"
#include "tests/bench/weave_input.h"

#include <getopt.h>
#include <stdlib.h>

struct bench {
    struct breakout_options options;
    struct span bytes;
    struct tables_people *people;
    uint32_t *groups; /* of those drawn */
};

static void shuffle(uint32_t *items, uint32_t count, uint64_t *state)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = seeded_below(state, i), moved = items[i - 1];
        items[i - 1] = items[j];
        items[j] = moved;
    }
}

static void load(struct bench *bench, const char *path)
{
    static struct tables_errors errors;
    bench->bytes = weave_input_read(path);
    weave_input_check(tables_people_read(bench->bytes, &errors, &bench->people), path);
    uint32_t count = bench->people->count;
    uint32_t *order = weave_input_allocate(count, sizeof(*order));
    uint64_t state = bench->options.seed;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    shuffle(order, count, &state);
    if (bench->options.people == 0 || bench->options.people > count)
        bench->options.people = count;
    bench->groups = weave_input_allocate(bench->options.people, sizeof(*bench->groups));
    for (uint32_t i = 0; i < bench->options.people; i++)
        bench->groups[i] = bench->people->groups[order[i]];
    bench->options.groups = bench->groups;
    free(order);
}

/* New pairs across groups when each round is drawn by lot. */
static uint32_t met_at_random(const struct breakout_options *options)
{
    uint32_t n = options->people, rooms = (n - 1) / options->room_size + 1, met = 0;
    bool *seen = weave_input_allocate((size_t)n * n, sizeof(*seen));
    uint32_t *order = weave_input_allocate(n, sizeof(*order));
    uint64_t state = options->seed + 1;
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t round = 0; round < options->rounds; round++) {
        shuffle(order, n, &state);
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = i + rooms; j < n; j += rooms) {
                uint32_t low = order[i] < order[j] ? order[i] : order[j];
                size_t at = (size_t)low * n + (order[i] ^ order[j] ^ low);
                met += !seen[at] && options->groups[order[i]] != options->groups[order[j]];
                seen[at] = true;
            }
    }
    free(seen);
    free(order);
    return met;
}

static void take_options(int argc, char **argv, struct bench *bench)
{
    static const struct option options[] = {{"people", required_argument, NULL, 'p'},
                                            {"room", required_argument, NULL, 's'},
                                            {"rounds", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 'S'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?')
            exit(1); /* getopt said why */
        double value = weave_input_number(optarg, "option");
        if (value > UINT32_MAX)
            weave_input_fail(optarg, "is too large");
        if (option == 'p')
            bench->options.people = (uint32_t)value;
        else if (option == 's')
            bench->options.room_size = (uint32_t)value;
        else if (option == 'r')
            bench->options.rounds = (uint32_t)value;
        else
            bench->options.seed = (uint64_t)value;
    }
    if (argc - optind != 1)
        weave_input_fail("usage", "GROUPS --people P --room s --rounds r [--seed S]");
}

int main(int argc, char **argv)
{
    struct bench bench = {.options = {.room_size = 5, .rounds = 4}};
    struct breakout breakout = {0};
    take_options(argc, argv, &bench);
    load(&bench, argv[optind]);
    double start = weave_input_seconds(), cpu_start = weave_input_cpu_seconds();
    weave_input_check(breakout_init(&bench.options, &breakout), "rooms");
    double seconds = weave_input_seconds() - start;
    printf("people %u people\nrooms %u rooms\n", breakout.people, breakout.room_count);
    printf("ours_seconds %.3f s\n", seconds);
    printf("ours_cpu_seconds %.3f s\n", weave_input_cpu_seconds() - cpu_start);
    printf("ours_met %u pairs\nbound %u pairs\n", breakout.met, breakout.bound);
    printf("ours_repeats %u pairs\n", breakout.repeats);
    printf("random_met %u pairs\n", met_at_random(&bench.options));
    if (breakout.bound != 0)
        printf("ours_share %.4f of_bound\n", (double)breakout.met / breakout.bound);
    breakout_clear(&breakout);
    free(bench.groups);
    tables_people_free(&bench.people);
    weave_input_free(bench.bytes);
    return 0;
}
