/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/sketch.h"

#include "server/weave/candidates.h"
#include "server/weave/mesh.h"
#include "server/weave/spectral.h"

#include <math.h>
#include <stdlib.h>

/* A sketch is made anew after some 20 pairs for each of its vectors: later ones would be chosen by
 * what the network was. Below FULL_PEOPLE sooner, by the power 3/2 of the people: there it costs
 * less, and a long chain of small groups has more that nearly cuts it than a sketch has vectors. At
 * least so often, since the first pairs change most; and at most so often at FULL_PEOPLE or more,
 * since each costs some solutions on the whole network. */
#define PAIRS_A_ROUND (20 * SPECTRAL_RANK)
#define PAIRS_A_ROUND_MIN 4
#define FULL_PEOPLE 100000
#define ROUNDS_MIN 3
#define ROUNDS_MAX 20

/* Early rounds add one and a half times their share: what is left for the last ones then goes, a
 * few at a time, to the parts that are tied worst by then, which are small and many. */
#define FRONT_LOAD(share) ((share) + (share) / 2)

/* Good enough for choosing: the sketch's own error is larger. */
#define TOLERANCE 3e-3

/* Steps of subspace iteration: from nothing, and from the last round. */
#define STEPS_FIRST 2
#define STEPS_NEXT 1

/* Fresh looks at candidates for each pair: gains that have not been looked at since the last pairs
 * are a little too high, hardly ever too low. */
#define LOOKS_A_PAIR 24

/* Near the best after that many looks: the next candidate's gain, though stale, is no higher. */
#define AS_GOOD 0.999

static void account(struct choosing *choosing,
                    struct candidates *candidates,
                    const struct candidates_choice *choice)
{
    struct graph_pair pair = candidates_pair(candidates, choice);
    uint32_t people = choosing->graph->node_count;
    choosing_add(choosing, pair, 2 * choice->drop / (people - 1));
    candidates_add(candidates, choice);
}

/* The best pair by at most LOOKS_A_PAIR fresh looks. */
static bool find_best(struct candidates *candidates, struct candidates_choice *best)
{
    bool found = false;
    for (uint32_t looks = 0; looks < LOOKS_A_PAIR; looks++) {
        struct candidates_choice choice;
        if (!candidates_look(candidates, &choice))
            break;
        if (!found || choice.score > best->score)
            *best = choice;
        found = true;
        if (best->score >= AS_GOOD * candidates_highest(candidates))
            break;
    }
    return found && best->score > 0;
}

/* Adds up to `count` pairs by one sketch. */
static enum status
run_round(struct choosing *choosing, struct candidates *candidates, uint32_t count)
{
    struct candidates_choice best;
    for (uint32_t i = 0; i < count && find_best(candidates, &best); i++) {
        if (choosing_is_cancelled(choosing))
            return STATUS_CANCELLED;
        if (choosing->options->relevance != NULL)
            candidates_most_relevant(candidates, (1 - choosing->slack) * best.score, &best);
        account(choosing, candidates, &best);
    }
    return STATUS_OK;
}

static enum status make_mesh(const struct choosing *choosing, struct mesh **mesh)
{
    struct mesh_start start = {.graph = choosing->graph,
                               .components = &choosing->components,
                               .extra = choosing->pairs,
                               .extra_count = choosing->count,
                               .extra_weight = choosing->tie_weight,
                               .weighted = choosing->options->weighted};
    return mesh_new(&start, mesh);
}

static enum status next_round(struct choosing *choosing, struct spectral **spectral, uint32_t count)
{
    CLEANUP(mesh_free) struct mesh *mesh = NULL;
    CLEANUP(candidates_free) struct candidates *candidates = NULL;
    TRY(make_mesh(choosing, &mesh));
    bool first = *spectral == NULL;
    if (first)
        TRY(spectral_new(mesh->n, choosing->options->seed, spectral));
    TRY(spectral_update(*spectral, mesh, first ? STEPS_FIRST : STEPS_NEXT, TOLERANCE));
    TRY(candidates_new(choosing, mesh, *spectral, count, &candidates));
    return run_round(choosing, candidates, count);
}

static uint32_t count_rounds(uint32_t people, uint32_t pairs)
{
    double share = fmin((double)people / FULL_PEOPLE, 1);
    double pairs_a_round = fmax(PAIRS_A_ROUND * share * sqrt(share), PAIRS_A_ROUND_MIN);
    double rounds = fmin(ceil(pairs / pairs_a_round), ROUNDS_MAX / share);
    return (uint32_t)fmax(rounds, ROUNDS_MIN);
}

enum status sketch_choose(struct choosing *choosing)
{
    uint32_t rounds = count_rounds(choosing->graph->node_count, choosing->wanted - choosing->count);
    CLEANUP(spectral_free) struct spectral *spectral = NULL;
    for (; rounds != 0 && choosing->count < choosing->wanted; rounds--) {
        uint32_t before = choosing->count;
        uint32_t left = choosing->wanted - before, share = FRONT_LOAD((left - 1) / rounds + 1);
        TRY(next_round(choosing, &spectral, share < left && rounds > 1 ? share : left));
        if (choosing->count == before)
            break;
    }
    return STATUS_OK;
}
