/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Makes a large network to measure with: a health service of so many trusts in a line. Each trust
 * has 20 departments of 25 people, who are tied to those near them in their department, to the few
 * hubs of their trust and to anybody of it; ties to the next trust go mostly from hub to hub.
 *
 *   make_network EDGES GROUPS [--trusts T] [--seed S]
 *
 * 2,000 trusts (the default) are 1,000,000 people with some 8,400,000 ties; the trust is the group.
 * The same arguments make the same files, whose format bench_weave reads.
 */
#include "server/weave/seeded.h"
#include "tests/bench/weave_input.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>

#define DEPARTMENTS 20
#define DEPARTMENT_PEOPLE 25
#define TRUST_PEOPLE (DEPARTMENTS * DEPARTMENT_PEOPLE)
#define HUBS 10

/* Draws of ties for each person; some come twice and are written once. */
#define TIES_DEPARTMENT 7.25
#define TIES_TRUST 3.0
#define TIES_NEXT 0.3

/* Of a tie within a trust, that it goes to a hub; of each end of a tie between trusts, that it is
 * one; and of a step along the department, that it is the last. */
#define HUB_OF_TRUST 0.5
#define HUB_BETWEEN 0.8
#define STEP_ENDS 0.12

struct network {
    uint32_t trusts;
    uint32_t people;
    uint64_t state;
    uint32_t *hubs; /* HUBS of each trust */
    uint64_t *ties; /* the lower end in the upper half */
    uint64_t tie_count;
};

static double draw(struct network *network)
{
    return (double)(seeded_next(&network->state) >> 11) * 0x1p-53;
}

static void tie(struct network *network, uint32_t a, uint32_t b)
{
    if (a == b)
        return;
    uint32_t low = a < b ? a : b, high = a < b ? b : a;
    network->ties[network->tie_count++] = (uint64_t)low << 32 | high;
}

static uint32_t hub_of(struct network *network, uint32_t trust)
{
    return network->hubs[trust * HUBS + seeded_below(&network->state, HUBS)];
}

static uint32_t anybody_of(struct network *network, uint32_t trust)
{
    return trust * TRUST_PEOPLE + seeded_below(&network->state, TRUST_PEOPLE);
}

static void tie_departments(struct network *network, uint64_t draws)
{
    for (uint64_t i = 0; i < draws; i++) {
        uint32_t a = seeded_below(&network->state, network->people), steps = 1;
        while (steps < DEPARTMENT_PEOPLE - 1 && draw(network) >= STEP_ENDS)
            steps++;
        uint32_t first = a - a % DEPARTMENT_PEOPLE;
        tie(network, a, first + (a - first + steps) % DEPARTMENT_PEOPLE);
    }
}

static void tie_trusts(struct network *network, uint64_t draws)
{
    for (uint64_t i = 0; i < draws; i++) {
        uint32_t a = seeded_below(&network->state, network->people), trust = a / TRUST_PEOPLE;
        bool to_hub = draw(network) < HUB_OF_TRUST;
        tie(network, a, to_hub ? hub_of(network, trust) : anybody_of(network, trust));
    }
}

static uint32_t end_between(struct network *network, uint32_t trust)
{
    return draw(network) < HUB_BETWEEN ? hub_of(network, trust) : anybody_of(network, trust);
}

static void tie_neighbours(struct network *network, uint64_t draws)
{
    for (uint64_t i = 0; network->trusts > 1 && i < draws; i++) {
        uint32_t trust = seeded_below(&network->state, network->trusts - 1);
        uint32_t a = end_between(network, trust), b = end_between(network, trust + 1);
        tie(network, a, b);
    }
}

static int compare_ties(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void make(struct network *network)
{
    uint64_t department = (uint64_t)floor(network->people * TIES_DEPARTMENT);
    uint64_t trust = (uint64_t)floor(network->people * TIES_TRUST);
    uint64_t next = (uint64_t)floor(network->people * TIES_NEXT);
    network->ties = weave_input_allocate(department + trust + next, sizeof(*network->ties));
    network->hubs = weave_input_allocate((size_t)network->trusts * HUBS, sizeof(*network->hubs));
    for (uint32_t i = 0; i < network->trusts * HUBS; i++)
        network->hubs[i] = anybody_of(network, i / HUBS);
    tie_departments(network, department);
    tie_trusts(network, trust);
    tie_neighbours(network, next);
    qsort(network->ties, network->tie_count, sizeof(*network->ties), compare_ties);
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        weave_input_fail(path, "cannot be written");
    return file;
}

static void close_file(FILE *file, const char *path)
{
    if (fclose(file) != 0)
        weave_input_fail(path, "cannot be written");
}

static void write_files(const struct network *network, const char *edges, const char *groups)
{
    FILE *file = open_file(edges);
    fprintf(file, "# u\tv\tw\n");
    for (uint64_t i = 0; i < network->tie_count; i++)
        if (i == 0 || network->ties[i] != network->ties[i - 1])
            fprintf(file, "%u\t%u\t1\n", (uint32_t)(network->ties[i] >> 32),
                    (uint32_t)network->ties[i]);
    close_file(file, edges);
    file = open_file(groups);
    fprintf(file, "# node\tgroup\n");
    for (uint32_t u = 0; u < network->people; u++)
        fprintf(file, "%u\tg%u\n", u, u / TRUST_PEOPLE);
    close_file(file, groups);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"trusts", required_argument, NULL, 't'}, {"seed", required_argument, NULL, 's'}, {0}};
    struct network network = {.trusts = 2000};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?')
            return 1; /* getopt said why */
        double value = weave_input_number(optarg, "option");
        if (option == 's')
            network.state = (uint64_t)value;
        else
            network.trusts = (uint32_t)fmin(value, WEAVE_ROWS_MAX);
    }
    if (argc - optind != 2 || network.trusts == 0 || network.trusts > WEAVE_ROWS_MAX / TRUST_PEOPLE)
        weave_input_fail("usage", "EDGES GROUPS [--trusts T] [--seed S]");
    network.people = network.trusts * TRUST_PEOPLE;
    make(&network);
    write_files(&network, argv[optind], argv[optind + 1]);
    free(network.ties);
    free(network.hubs);
    return 0;
}
