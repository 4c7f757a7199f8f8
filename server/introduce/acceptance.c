/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/introduce/acceptance.h"

#include <stdlib.h>

/* A share of few answers, drawn towards what is assumed. */
static double drawn(double taken, double asked, double worth, double towards)
{
    return (taken + worth * towards) / (asked + worth);
}

struct counts {
    double asked;
    double taken;
};

static void add(struct counts *counts, const struct store_history *history)
{
    counts->asked += history->asked;
    counts->taken += history->taken;
}

static double factor(const struct counts *counts, double usual)
{
    return drawn(counts->taken, counts->asked, ACCEPTANCE_WORTH_OF_ALL, usual) / usual;
}

enum status acceptance_init(const struct network *network,
                            const struct store_history *history,
                            size_t history_count,
                            struct acceptance *acceptance)
{
    struct counts all = {0}, by_shared[2] = {{0}};
    struct counts *people = calloc((size_t)network->person_count + 1, sizeof *people);
    double *estimates = calloc((size_t)network->person_count + 1, sizeof *estimates);
    if (people == NULL || estimates == NULL) {
        free(people);
        free(estimates);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < history_count; i++) {
        uint32_t person = network_find(network, &history[i].person);
        add(&all, &history[i]);
        add(&by_shared[history[i].shared], &history[i]);
        if (person != GRAPH_NONE)
            add(&people[person], &history[i]);
    }
    double usual = drawn(all.taken, all.asked, ACCEPTANCE_WORTH_OF_ALL, ACCEPTANCE_AT_FIRST);
    for (uint32_t i = 0; i < network->person_count; i++)
        estimates[i] = drawn(people[i].taken, people[i].asked, ACCEPTANCE_WORTH, usual);
    free(people);
    *acceptance = (struct acceptance){
        .people = estimates,
        .with_shared = factor(&by_shared[1], usual),
        .without_shared = factor(&by_shared[0], usual),
    };
    return STATUS_OK;
}

void acceptance_clear(struct acceptance *acceptance)
{
    free(acceptance->people);
    *acceptance = (struct acceptance){0};
}

double acceptance_of(const struct acceptance *acceptance, uint32_t a, uint32_t b, bool shared)
{
    double p = acceptance->people[a] * acceptance->people[b] *
               (shared ? acceptance->with_shared : acceptance->without_shared);
    return p < ACCEPTANCE_LEAST ? ACCEPTANCE_LEAST : p > ACCEPTANCE_MOST ? ACCEPTANCE_MOST : p;
}
