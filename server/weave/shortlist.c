/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/shortlist.h"

#include <stdlib.h>

/* People for each pair that is wanted, and at least so many; of each group at least so many. */
#define PEOPLE_A_PAIR 3
#define PEOPLE_MIN 4000
#define PEOPLE_A_GROUP 4

struct ranked {
    float gain;
    uint32_t place;
};

void shortlist_clear(struct shortlist *list)
{
    free(list->places);
    *list = (struct shortlist){0};
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->gain < y->gain || x->gain > y->gain)
        return x->gain > y->gain ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* What a tie to the middle of the network would gain. */
static float gain_of(const struct spectral *spectral, uint32_t place)
{
    const float *row = spectral->vectors + (size_t)place * BLOCK_COLUMNS;
    float sum = spectral->rest_square[place];
    for (uint32_t i = 0; i < SPECTRAL_RANK; i++) {
        float part = spectral->values[i] > 0 ? row[i] / (float)spectral->values[i] : 0;
        sum += part * part;
    }
    return sum / (1 + spectral->rest[place]);
}

static uint32_t rank_people(const struct choosing *choosing,
                            const struct mesh *mesh,
                            const struct spectral *spectral,
                            struct ranked *ranked)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < mesh->n; i++) {
        uint32_t u = mesh->nodes[i];
        if (choosing->graph->proposable[u] && !choosing_is_full(choosing, u))
            ranked[count++] = (struct ranked){gain_of(spectral, i), i};
    }
    qsort(ranked, count, sizeof(*ranked), compare_ranked);
    return count;
}

/* Whoever is among the first third, and the first of each group: of all, and of those with a bonus
 * apart. `taken` holds two counts a group. */
static void take_people(const struct choosing *choosing,
                        const struct mesh *mesh,
                        const struct ranked *ranked,
                        uint32_t ranked_count,
                        uint32_t wanted,
                        uint32_t *taken,
                        struct shortlist *list)
{
    uint32_t each = wanted / (choosing->graph->group_count + 1u) + 1;
    each = each < PEOPLE_A_GROUP ? PEOPLE_A_GROUP : each;
    for (uint32_t i = 0; i < ranked_count; i++) {
        uint32_t u = mesh->nodes[ranked[i].place];
        bool favoured = choosing->bonus != NULL && choosing->bonus[u] > 0;
        uint32_t *of_group = &taken[2 * choosing->graph->groups[u] + favoured];
        if (i >= wanted / 3 && *of_group >= each)
            continue;
        ++*of_group;
        list->places[list->count++] = ranked[i].place;
    }
}

enum status shortlist_init(const struct choosing *choosing,
                           const struct mesh *mesh,
                           const struct spectral *spectral,
                           uint32_t count,
                           struct shortlist *list)
{
    struct ranked *ranked = calloc(mesh->n + 1u, sizeof(*ranked));
    uint32_t *taken = calloc(2 * (choosing->graph->group_count + 1u), sizeof(*taken));
    list->places = calloc(mesh->n + 1u, sizeof(uint32_t));
    enum status status = STATUS_NO_MEMORY;
    if (ranked != NULL && taken != NULL && list->places != NULL) {
        uint32_t wanted = PEOPLE_A_PAIR * count;
        uint32_t ranked_count = rank_people(choosing, mesh, spectral, ranked);
        take_people(choosing, mesh, ranked, ranked_count, wanted < PEOPLE_MIN ? PEOPLE_MIN : wanted,
                    taken, list);
        status = STATUS_OK;
    }
    free(ranked);
    free(taken);
    return status;
}
