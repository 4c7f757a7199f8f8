/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/introduce/standings.h"

#include "server/weave/brokers.h"
#include "server/weave/profile.h"

#include <stdlib.h>
#include <string.h>

/* How long an answer stands. */
#define STANDINGS_VALID_MS (INT64_C(7) * 24 * 3600 * 1000)

struct person {
    struct id person;
    uint32_t cut_off;
    bool in_cover;
};

/* One snapshot's. */
struct taken {
    int64_t as_of_ms; /* 0: none yet */
    uint32_t covering;
    uint32_t count;
    struct person *people; /* by rising id */
};

struct standings {
    struct hub *hub;
    struct figures *figures;
    struct figures_job job;
    struct taken taken;
    struct taken fresh; /* the figures' thread's, while it computes */
    bool busy;
    bool outdated; /* there was an import meanwhile */
    struct standings_waiter *waiters;
};

static void taken_clear(struct taken *taken)
{
    free(taken->people);
    *taken = (struct taken){0};
}

enum status standings_new(struct hub *hub, struct figures *figures, struct standings **standings)
{
    struct standings *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->hub = hub;
    made->figures = figures;
    *standings = made;
    return STATUS_OK;
}

void standings_free(struct standings **standings)
{
    if (*standings == NULL)
        return;
    taken_clear(&(*standings)->taken);
    taken_clear(&(*standings)->fresh);
    free(*standings);
    *standings = NULL;
}

/* ---- computing, on the figures' thread ---- */

/* A network too small for a profile has no coverage set. */
static enum status find_cover(const struct graph *graph, bool *in_cover, uint32_t *covering)
{
    struct profile profile = {0};
    enum status status = profile_compute(graph, 0, in_cover, &profile);
    *covering = profile.covering;
    return status == STATUS_INVALID ? STATUS_OK : status;
}

/* `cut_off` and `in_cover` have room for every node; everybody of a network is one. */
static enum status fill(const struct network *network,
                        const struct graph *graph,
                        uint32_t *cut_off,
                        bool *in_cover,
                        struct taken *taken)
{
    TRY(brokers_find(graph, cut_off));
    TRY(find_cover(graph, in_cover, &taken->covering));
    for (uint32_t i = 0; i < network->person_count; i++) {
        uint32_t node = graph->nodes[i];
        taken->people[i] =
            (struct person){network->people[i].person, cut_off[node], in_cover[node]};
    }
    taken->count = network->person_count;
    taken->as_of_ms = network->taken_at_ms;
    return STATUS_OK;
}

static enum status compute(struct figures_job *job, const struct network *network)
{
    struct standings *standings =
        (struct standings *)(void *)((char *)job - offsetof(struct standings, job));
    size_t room = (size_t)network->person_count + 1;
    uint32_t *cut_off = calloc(room, sizeof *cut_off);
    bool *in_cover = calloc(room, sizeof *in_cover);
    struct graph *graph = NULL;
    standings->fresh = (struct taken){.people = calloc(room, sizeof(struct person))};
    enum status status = STATUS_NO_MEMORY;
    if (cut_off != NULL && in_cover != NULL && standings->fresh.people != NULL)
        status = network_graph(network, false, &graph);
    if (status == STATUS_OK)
        status = fill(network, graph, cut_off, in_cover, &standings->fresh);
    graph_free(&graph);
    free(cut_off);
    free(in_cover);
    return status;
}

/* ---- answering ---- */

static int compare_people(const void *a, const void *b)
{
    const struct id *key = a;
    const struct person *person = b;
    return memcmp(key->bytes, person->person.bytes, ID_SIZE);
}

static struct standing find(const struct standings *standings, const struct id *person)
{
    const struct taken *taken = &standings->taken;
    const struct person *found = taken->count == 0 ? NULL
                                                   : bsearch(person, taken->people, taken->count,
                                                             sizeof *taken->people, compare_people);
    struct standing standing = {.as_of_ms = taken->as_of_ms, .covering = taken->covering};
    if (found != NULL) {
        standing.in_network = true;
        standing.cut_off = found->cut_off;
        standing.in_cover = found->in_cover;
    }
    return standing;
}

static void begin(struct standings *standings);

static void computed(struct figures_job *job, enum status status)
{
    struct standings *standings =
        (struct standings *)(void *)((char *)job - offsetof(struct standings, job));
    if (standings->outdated && status != STATUS_CANCELLED) {
        taken_clear(&standings->fresh);
        begin(standings);
        return;
    }
    if (status == STATUS_OK) {
        taken_clear(&standings->taken);
        standings->taken = standings->fresh;
        standings->fresh = (struct taken){0};
    }
    taken_clear(&standings->fresh);
    standings->busy = false;
    struct standings_waiter *next = NULL;
    struct standings_waiter *waiter = standings->waiters;
    standings->waiters = NULL;
    for (; waiter != NULL; waiter = next) {
        struct standing standing = find(standings, &waiter->person);
        next = waiter->next;
        waiter->ready(waiter, &standing, status);
    }
}

static void begin(struct standings *standings)
{
    standings->busy = true;
    standings->outdated = false;
    standings->job = (struct figures_job){.compute = compute, .done = computed};
    figures_submit(standings->figures, &standings->job);
}

void standings_find(struct standings *standings, struct standings_waiter *waiter)
{
    int64_t now_ms = clock_wall_ms(standings->hub->clock);
    const struct taken *taken = &standings->taken;
    if (taken->as_of_ms != 0 && now_ms < taken->as_of_ms + STANDINGS_VALID_MS) {
        struct standing standing = find(standings, &waiter->person);
        waiter->ready(waiter, &standing, STATUS_OK);
        return;
    }
    waiter->next = standings->waiters;
    standings->waiters = waiter;
    if (!standings->busy)
        begin(standings);
}

void standings_forget(struct standings *standings)
{
    taken_clear(&standings->taken);
    standings->outdated = standings->busy;
}
