/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Built for speed (CMakeLists.txt). */
#include "server/weave/candidates.h"

#include "server/weave/shortlist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Candidates with whom every other is paired; more where there are more groups, of which none
 * should go without. */
#define PARTNERS 1024
#define PARTNERS_MAX 4096

/* Candidates at the top that are searched for a relevant pair. */
#define RELEVANT_LOOKS 64

#define RANK SPECTRAL_RANK

/* So many times more what a pair does for the slowest of the vectors counts, and less for the
 * others by how much faster they are. The vectors are those in which the network is nearly cut:
 * without this, people with few ties, who are many, leave it so. */
#define EMPHASIS 6

/* Who was paired with a candidate in this round, one after another. */
struct link {
    uint32_t other;
    uint32_t next; /* 0: no more */
};

struct candidates {
    const struct choosing *choosing;
    const struct mesh *mesh;
    uint32_t *at;       /* of each candidate: its place in the mesh */
    uint32_t *first;    /* of each candidate: its last link, or 0 */
    struct link *links; /* from 1 on */
    uint32_t link_count;
    uint32_t count;
    uint32_t *nodes; /* of the graph */
    float *rows;     /* x: count x RANK */
    float *scaled;   /* S x: count x RANK */
    float *rest;
    float *rest_square;
    double middle[RANK * RANK]; /* S */
    float emphasis[RANK];
    uint32_t *partners;
    uint32_t partner_count;
    bool *is_partner;  /* of each candidate */
    float *acceptance; /* of the partners with whoever is looked at */
    uint32_t *places;  /* of each node of the graph: its candidate, or GRAPH_NONE */
    uint32_t *slots;   /* of each candidate: its place among the partners */
    double *scores;    /* of each candidate at its last look */
    uint32_t *heap;    /* candidates, the highest score first */
    uint32_t heap_count;
};

void candidates_free(struct candidates **candidates)
{
    struct candidates *old = *candidates;
    *candidates = NULL;
    if (old == NULL)
        return;
    free(old->nodes);
    free(old->at);
    free(old->first);
    free(old->links);
    free(old->rows);
    free(old->scaled);
    free(old->rest);
    free(old->rest_square);
    free(old->partners);
    free(old->is_partner);
    free(old->acceptance);
    free(old->places);
    free(old->slots);
    free(old->scores);
    free(old->heap);
    free(old);
}

static enum status allocate(uint32_t count, uint32_t pairs, struct candidates *made)
{
    size_t room = count + 1u;
    made->at = calloc(room, sizeof(uint32_t));
    made->first = calloc(room, sizeof(uint32_t));
    made->links = calloc(2 * (size_t)pairs + 1, sizeof(*made->links));
    made->rows = calloc(room * RANK, sizeof(float));
    made->scaled = calloc(room * RANK, sizeof(float));
    made->rest = calloc(room, sizeof(float));
    made->rest_square = calloc(room, sizeof(float));
    made->partners = calloc(room, sizeof(uint32_t));
    made->is_partner = calloc(room, sizeof(bool));
    made->acceptance = calloc(room, sizeof(float));
    made->places = calloc(made->choosing->graph->node_count + 1u, sizeof(uint32_t));
    made->slots = calloc(room, sizeof(uint32_t));
    made->scores = calloc(room, sizeof(double));
    made->heap = calloc(room, sizeof(uint32_t));
    if (made->at == NULL || made->first == NULL || made->links == NULL || made->rows == NULL ||
        made->scaled == NULL || made->rest == NULL || made->rest_square == NULL ||
        made->partners == NULL || made->is_partner == NULL || made->acceptance == NULL ||
        made->places == NULL || made->slots == NULL || made->scores == NULL || made->heap == NULL)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

/* Rows of U, S and the rest of those who are on the list. */
static void take_rows(const struct shortlist *list,
                      const struct mesh *mesh,
                      const struct spectral *spectral,
                      struct candidates *made)
{
    for (uint32_t i = 0; i < RANK; i++) {
        double inverse = spectral->values[i] > 0 ? 1 / spectral->values[i] : 0;
        made->middle[i * RANK + i] = inverse;
        made->emphasis[i] = (float)(1 + EMPHASIS * spectral->values[0] * inverse);
    }
    memset(made->places, 0xFF, made->choosing->graph->node_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < made->count; i++) {
        uint32_t at = list->places[i];
        made->nodes[i] = mesh->nodes[at];
        made->at[i] = at;
        made->places[mesh->nodes[at]] = i;
        made->rest[i] = spectral->rest[at];
        made->rest_square[i] = spectral->rest_square[at];
        for (uint32_t j = 0; j < RANK; j++) {
            float value = spectral->vectors[(size_t)at * BLOCK_COLUMNS + j];
            made->rows[(size_t)i * RANK + j] = value;
            made->scaled[(size_t)i * RANK + j] = value * (float)made->middle[j * RANK + j];
        }
    }
}

static bool is_full(const struct candidates *candidates, uint32_t i)
{
    return choosing_is_full(candidates->choosing, candidates->nodes[i]);
}

static double bonus_of(const struct candidates *candidates, uint32_t i)
{
    const double *bonus = candidates->choosing->bonus;
    return bonus != NULL ? bonus[candidates->nodes[i]] : 0;
}

/* What the sketch says of a pair, without the probability. */
struct estimate {
    float drop;     /* in the trace of P */
    float stressed; /* the same with emphasis */
};

static inline struct estimate
estimate_of(const struct candidates *candidates, uint32_t i, uint32_t j)
{
    const float *restrict scaled_i = candidates->scaled + (size_t)i * RANK;
    const float *restrict scaled_j = candidates->scaled + (size_t)j * RANK;
    const float *restrict row_i = candidates->rows + (size_t)i * RANK;
    const float *restrict row_j = candidates->rows + (size_t)j * RANK;
    const float *restrict emphasis = candidates->emphasis;
    float square = 0, stressed = 0, resistance = 0;
    for (uint32_t r = 0; r < RANK; r++) {
        float difference = scaled_i[r] - scaled_j[r];
        square += difference * difference;
        stressed += emphasis[r] * (difference * difference);
        resistance += difference * (row_i[r] - row_j[r]);
    }
    float rest = candidates->rest_square[i] + candidates->rest_square[j];
    float below = (float)(1 / candidates->choosing->tie_weight) + resistance + candidates->rest[i] +
                  candidates->rest[j];
    return (struct estimate){(square + rest) / below, (stressed + rest) / below};
}

/* In this round by the links; before it, among the ties that the mesh has beside the graph's, which
 * stand last. */
static bool was_added(const struct candidates *candidates, uint32_t i, uint32_t j)
{
    const struct mesh *mesh = candidates->mesh;
    uint32_t at = candidates->at[i], other = candidates->at[j];
    uint64_t own = graph_degree(candidates->choosing->graph, candidates->nodes[i]);
    for (uint64_t arc = mesh->starts[at] + own; arc < mesh->starts[at + 1]; arc++)
        if (mesh->to[arc] == other)
            return true;
    for (uint32_t link = candidates->first[i]; link != 0; link = candidates->links[link].next)
        if (candidates->links[link].other == j)
            return true;
    return false;
}

static void link_pair(struct candidates *candidates, uint32_t i, uint32_t j)
{
    uint32_t link = ++candidates->link_count;
    candidates->links[link] = (struct link){j, candidates->first[i]};
    candidates->first[i] = link;
}

static bool may_pair(const struct candidates *candidates, uint32_t i, uint32_t j)
{
    return graph_may_pair(candidates->choosing->graph, candidates->nodes[i],
                          candidates->nodes[j]) &&
           !was_added(candidates, i, j);
}

/* Writes how likely `i` and each partner accept. */
static void gather_acceptance(struct candidates *candidates, uint32_t i)
{
    const struct pairwise *acceptance = candidates->choosing->options->acceptance;
    uint32_t u = candidates->nodes[i];
    for (uint32_t p = 0; p < candidates->partner_count; p++)
        candidates->acceptance[p] = acceptance->missing;
    for (uint64_t k = acceptance->starts[u]; k < acceptance->starts[u + 1]; k++) {
        uint32_t place = candidates->places[acceptance->others[k]];
        if (place != GRAPH_NONE && candidates->is_partner[place])
            candidates->acceptance[candidates->slots[place]] = acceptance->values[k];
    }
}

/* The best pair of a candidate with a partner; false when there is none. */
static bool look_at(struct candidates *candidates, uint32_t i, struct candidates_choice *best)
{
    const struct graph *graph = candidates->choosing->graph;
    bool accepts = candidates->choosing->options->acceptance != NULL, found = false;
    uint32_t group = graph->groups[candidates->nodes[i]];
    double own_bonus = bonus_of(candidates, i);
    if (accepts)
        gather_acceptance(candidates, i);
    for (uint32_t p = 0; p < candidates->partner_count; p++) {
        uint32_t j = candidates->partners[p];
        if (graph->groups[candidates->nodes[j]] == group)
            continue;
        struct estimate estimate = estimate_of(candidates, i, j);
        double accepted = accepts ? (double)candidates->acceptance[p] : 1;
        double score = accepted * (double)estimate.stressed + own_bonus + bonus_of(candidates, j);
        if ((found && score <= best->score) || !may_pair(candidates, i, j))
            continue;
        *best = (struct candidates_choice){i, j, accepted * (double)estimate.drop, score};
        found = true;
    }
    return found;
}

static void sink(struct candidates *candidates, uint32_t at)
{
    uint32_t *heap = candidates->heap;
    const double *scores = candidates->scores;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= candidates->heap_count)
            return;
        if (child + 1 < candidates->heap_count && scores[heap[child + 1]] > scores[heap[child]])
            child++;
        if (scores[heap[child]] <= scores[heap[at]])
            return;
        uint32_t moved = heap[child];
        heap[child] = heap[at];
        heap[at] = moved;
        at = child;
    }
}

static void drop_first(struct candidates *candidates)
{
    candidates->heap[0] = candidates->heap[--candidates->heap_count];
    sink(candidates, 0);
}

bool candidates_look(struct candidates *candidates, struct candidates_choice *best)
{
    while (candidates->heap_count != 0) {
        uint32_t i = candidates->heap[0];
        if (is_full(candidates, i) || !look_at(candidates, i, best)) {
            drop_first(candidates);
            continue;
        }
        candidates->scores[i] = best->score;
        sink(candidates, 0);
        return true;
    }
    return false;
}

double candidates_highest(const struct candidates *candidates)
{
    return candidates->heap_count != 0 ? candidates->scores[candidates->heap[0]] : -1;
}

/* Among the candidates, not the partners only: relevance is known of few pairs. */
static void relevant_of(struct candidates *candidates,
                        uint32_t i,
                        double least,
                        float *most,
                        struct candidates_choice *best)
{
    const struct pairwise *relevance = candidates->choosing->options->relevance;
    const struct pairwise *acceptance = candidates->choosing->options->acceptance;
    uint32_t u = candidates->nodes[i];
    for (uint64_t k = relevance->starts[u]; k < relevance->starts[u + 1]; k++) {
        uint32_t v = relevance->others[k], j = candidates->places[v];
        if (relevance->values[k] <= *most || j == GRAPH_NONE || is_full(candidates, j) ||
            !may_pair(candidates, i, j))
            continue;
        struct estimate estimate = estimate_of(candidates, i, j);
        double accepted = acceptance != NULL ? (double)pairwise_value(acceptance, u, v) : 1;
        double score = accepted * (double)estimate.stressed + bonus_of(candidates, i) +
                       bonus_of(candidates, j);
        if (score < least)
            continue;
        *most = relevance->values[k];
        *best = (struct candidates_choice){i, j, accepted * (double)estimate.drop, score};
    }
}

void candidates_most_relevant(struct candidates *candidates,
                              double least,
                              struct candidates_choice *best)
{
    float most = pairwise_value(candidates->choosing->options->relevance,
                                candidates->nodes[best->one], candidates->nodes[best->other]);
    for (uint32_t at = 0; at < candidates->heap_count && at < RELEVANT_LOOKS; at++) {
        uint32_t i = candidates->heap[at];
        if (!is_full(candidates, i))
            relevant_of(candidates, i, least, &most, best);
    }
}

struct graph_pair candidates_pair(const struct candidates *candidates,
                                  const struct candidates_choice *choice)
{
    uint32_t u = candidates->nodes[choice->one], v = candidates->nodes[choice->other];
    return (struct graph_pair){u < v ? u : v, u < v ? v : u};
}

/* The first candidate that is no partner and not full, of the group if there is one; GRAPH_NONE
 * when all are. */
static uint32_t substitute(const struct candidates *candidates, uint32_t group)
{
    uint32_t any = GRAPH_NONE;
    for (uint32_t i = 0; i < candidates->count; i++) {
        if (candidates->is_partner[i] || is_full(candidates, i))
            continue;
        if (candidates->choosing->graph->groups[candidates->nodes[i]] == group)
            return i;
        any = any == GRAPH_NONE ? i : any;
    }
    return any;
}

/* A partner who is full makes room for somebody of the same group. */
static void replace_partner(struct candidates *candidates, uint32_t i)
{
    if (!is_full(candidates, i) || !candidates->is_partner[i])
        return;
    uint32_t slot = candidates->slots[i];
    uint32_t next =
        substitute(candidates, candidates->choosing->graph->groups[candidates->nodes[i]]);
    /* Stays marked, so that nobody takes it again. */
    if (next == GRAPH_NONE)
        next = candidates->partners[--candidates->partner_count];
    candidates->partners[slot] = next;
    candidates->slots[next] = slot;
    candidates->is_partner[next] = true;
}

/* S d and R of a pair; the share k of what is taken off. */
static double prepare(const struct candidates *candidates,
                      const struct candidates_choice *choice,
                      float *difference,
                      double *image)
{
    const float *one = candidates->rows + (size_t)choice->one * RANK;
    const float *other = candidates->rows + (size_t)choice->other * RANK;
    double resistance =
        (double)candidates->rest[choice->one] + (double)candidates->rest[choice->other];
    for (uint32_t i = 0; i < RANK; i++)
        difference[i] = one[i] - other[i];
    for (uint32_t i = 0; i < RANK; i++) {
        image[i] = 0;
        for (uint32_t j = 0; j < RANK; j++)
            image[i] += candidates->middle[i * RANK + j] * (double)difference[j];
        resistance += image[i] * (double)difference[i];
    }
    return 1 / (1 / candidates->choosing->tie_weight + resistance);
}

/* The rest of both ends: less, as the tie takes it on. */
static void
lower_rest(struct candidates *candidates, const struct candidates_choice *choice, double k)
{
    const uint32_t ends[] = {choice->one, choice->other};
    double both =
        (double)candidates->rest_square[ends[0]] + (double)candidates->rest_square[ends[1]];
    for (size_t i = 0; i < 2; i++) {
        double rest = (double)candidates->rest[ends[i]];
        double square = (double)candidates->rest_square[ends[i]];
        square -= 2 * k * square * rest - k * k * both * rest * rest;
        candidates->rest_square[ends[i]] = (float)fmax(square, 0);
        candidates->rest[ends[i]] = (float)(rest - k * rest * rest);
    }
}

/* S x for everybody: less the change's part, and anew for the two whose x moved. */
static void rescale(struct candidates *candidates,
                    const struct candidates_choice *choice,
                    const double *image,
                    double k)
{
    float part[RANK];
    for (uint32_t r = 0; r < RANK; r++)
        part[r] = (float)image[r];
    for (uint32_t i = 0; i < candidates->count; i++) {
        const float *restrict row = candidates->rows + (size_t)i * RANK;
        float *restrict scaled = candidates->scaled + (size_t)i * RANK;
        float along = 0;
        for (uint32_t r = 0; r < RANK; r++)
            along += row[r] * part[r];
        along *= (float)k;
        for (uint32_t r = 0; r < RANK; r++)
            scaled[r] -= along * part[r];
    }
    const uint32_t ends[] = {choice->one, choice->other};
    for (size_t e = 0; e < 2; e++)
        for (uint32_t r = 0; r < RANK; r++) {
            double sum = 0;
            for (uint32_t j = 0; j < RANK; j++)
                sum += candidates->middle[r * RANK + j] *
                       (double)candidates->rows[(size_t)ends[e] * RANK + j];
            candidates->scaled[(size_t)ends[e] * RANK + r] = (float)sum;
        }
}

void candidates_add(struct candidates *candidates, const struct candidates_choice *choice)
{
    const struct pairwise *acceptance = candidates->choosing->options->acceptance;
    float difference[RANK];
    double image[RANK];
    double k = prepare(candidates, choice, difference, image);
    if (acceptance != NULL)
        k *= (double)pairwise_value(acceptance, candidates->nodes[choice->one],
                                    candidates->nodes[choice->other]);
    for (uint32_t r = 0; r < RANK; r++) {
        float by = (float)k * difference[r];
        candidates->rows[(size_t)choice->one * RANK + r] -= candidates->rest[choice->one] * by;
        candidates->rows[(size_t)choice->other * RANK + r] += candidates->rest[choice->other] * by;
    }
    for (uint32_t i = 0; i < RANK; i++)
        for (uint32_t j = 0; j < RANK; j++)
            candidates->middle[i * RANK + j] -= k * image[i] * image[j];
    rescale(candidates, choice, image, k);
    lower_rest(candidates, choice, k);
    link_pair(candidates, choice->one, choice->other);
    link_pair(candidates, choice->other, choice->one);
    replace_partner(candidates, choice->one);
    replace_partner(candidates, choice->other);
}

/* Partners: first some of each group, then whoever comes first. */
static enum status take_partners(struct candidates *candidates)
{
    const struct graph *graph = candidates->choosing->graph;
    uint32_t *taken = calloc(graph->group_count + 1u, sizeof(uint32_t));
    if (taken == NULL)
        return STATUS_NO_MEMORY;
    uint32_t most = graph->group_count > PARTNERS ? graph->group_count : PARTNERS;
    most = most < PARTNERS_MAX ? most : PARTNERS_MAX;
    uint32_t each = graph->group_count < most ? most / (graph->group_count + 1u) : 1;
    each = each != 0 ? each : 1;
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < candidates->count && candidates->partner_count < most; i++) {
            uint32_t group = graph->groups[candidates->nodes[i]];
            if (candidates->is_partner[i] || (pass == 0 && taken[group] >= each))
                continue;
            taken[group]++;
            candidates->is_partner[i] = true;
            candidates->slots[i] = candidates->partner_count;
            candidates->partners[candidates->partner_count++] = i;
        }
    free(taken);
    return STATUS_OK;
}

static void fill_heap(struct candidates *candidates)
{
    for (uint32_t i = 0; i < candidates->count; i++) {
        struct candidates_choice best;
        if (!look_at(candidates, i, &best))
            continue;
        candidates->scores[i] = best.score;
        candidates->heap[candidates->heap_count++] = i;
    }
    for (uint32_t at = candidates->heap_count / 2 + 1; at-- > 0;)
        if (at < candidates->heap_count)
            sink(candidates, at);
}

enum status candidates_new(const struct choosing *choosing,
                           const struct mesh *mesh,
                           const struct spectral *spectral,
                           uint32_t count,
                           struct candidates **candidates)
{
    CLEANUP(candidates_free) struct candidates *made = calloc(1, sizeof(*made));
    CLEANUP(shortlist_clear) struct shortlist list = {0};
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->choosing = choosing;
    made->mesh = mesh;
    if (choosing->graph->groups != NULL)
        TRY(shortlist_init(choosing, mesh, spectral, count, &list));
    made->count = list.count;
    made->nodes = calloc(list.count + 1u, sizeof(uint32_t));
    if (made->nodes == NULL)
        return STATUS_NO_MEMORY;
    TRY(allocate(list.count, count, made));
    take_rows(&list, mesh, spectral, made);
    if (list.count != 0)
        TRY(take_partners(made));
    fill_heap(made);
    *candidates = made;
    made = NULL;
    return STATUS_OK;
}
