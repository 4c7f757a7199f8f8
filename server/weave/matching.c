/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/matching.h"

#include <stdlib.h>
#include <string.h>

/* A search from one person without partner for another: along the tree of ways that take, by
 * turns, a pair that is allowed and a pair that stands. A cycle of odd length is a blossom, and is
 * looked at as one person, its base. */
struct search {
    const struct matching_rules *rules;
    uint32_t *partners;
    uint32_t *parents; /* where the way came from, of those who are reached by an allowed pair */
    uint32_t *bases;   /* of the blossom that each is in */
    uint32_t *queue;   /* of those from whom an allowed pair may go on */
    uint32_t head;
    uint32_t tail;
    bool *is_queued;
    bool *marks;     /* of bases */
    bool *is_closed; /* reached by a search that found nothing: no later one finds a way through */
};

static void search_clear(struct search *search)
{
    free(search->parents);
    free(search->bases);
    free(search->queue);
    free(search->is_queued);
    free(search->marks);
    free(search->is_closed);
}

static enum status search_init(struct search *search)
{
    size_t count = search->rules->count + 1u;
    search->parents = calloc(count, sizeof(uint32_t));
    search->bases = calloc(count, sizeof(uint32_t));
    search->queue = calloc(count, sizeof(uint32_t));
    search->is_queued = calloc(count, sizeof(bool));
    search->marks = calloc(count, sizeof(bool));
    search->is_closed = calloc(count, sizeof(bool));
    if (search->parents == NULL || search->bases == NULL || search->queue == NULL ||
        search->is_queued == NULL || search->marks == NULL || search->is_closed == NULL)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

static void push(struct search *search, uint32_t i)
{
    search->is_queued[i] = true;
    search->queue[search->tail++] = i;
}

/* Where the ways of the two to the root meet. */
static uint32_t common_base(struct search *search, uint32_t i, uint32_t j)
{
    memset(search->marks, 0, search->rules->count * sizeof(*search->marks));
    for (;;) {
        i = search->bases[i];
        search->marks[i] = true;
        if (search->partners[i] == GRAPH_NONE)
            break;
        i = search->parents[search->partners[i]];
    }
    for (;;) {
        j = search->bases[j];
        if (search->marks[j])
            return j;
        j = search->parents[search->partners[j]];
    }
}

/* Marks the bases of the way from `i` to `base`; ways through the blossom lead back by `child`. */
static void mark_way(struct search *search, uint32_t i, uint32_t base, uint32_t child)
{
    while (search->bases[i] != base) {
        uint32_t partner = search->partners[i];
        search->marks[search->bases[i]] = search->marks[search->bases[partner]] = true;
        search->parents[i] = child;
        child = partner;
        i = search->parents[partner];
    }
}

/* `i` and `j` close a cycle of odd length. */
static void shrink(struct search *search, uint32_t i, uint32_t j)
{
    uint32_t base = common_base(search, i, j);
    memset(search->marks, 0, search->rules->count * sizeof(*search->marks));
    mark_way(search, i, base, j);
    mark_way(search, j, base, i);
    for (uint32_t k = 0; k < search->rules->count; k++)
        if (search->marks[search->bases[k]]) {
            search->bases[k] = base;
            if (!search->is_queued[k])
                push(search, k);
        }
}

/* Follows the pair `i`, `j`. True when `j` is the end that was looked for. */
static bool follow(struct search *search, uint32_t root, uint32_t i, uint32_t j)
{
    if (search->bases[i] == search->bases[j] || search->partners[i] == j)
        return false;
    bool is_outer = j == root || (search->partners[j] != GRAPH_NONE &&
                                  search->parents[search->partners[j]] != GRAPH_NONE);
    if (is_outer) {
        shrink(search, i, j);
    } else if (search->parents[j] == GRAPH_NONE) {
        search->parents[j] = i;
        if (search->partners[j] == GRAPH_NONE)
            return true;
        push(search, search->partners[j]);
    }
    return false;
}

/* The other end of a way that gives one pair more, or GRAPH_NONE. */
static uint32_t find_end(struct search *search, uint32_t root)
{
    const struct matching_rules *rules = search->rules;
    memset(search->parents, 0xFF, rules->count * sizeof(*search->parents));
    memset(search->is_queued, 0, rules->count * sizeof(*search->is_queued));
    for (uint32_t i = 0; i < rules->count; i++)
        search->bases[i] = i;
    search->head = search->tail = 0;
    push(search, root);
    while (search->head < search->tail) {
        uint32_t i = search->queue[search->head++];
        for (uint32_t j = 0; j < rules->count; j++)
            if (!search->is_closed[j] && search->bases[i] != search->bases[j] &&
                rules->allows(rules->context, i, j) && follow(search, root, i, j))
                return j;
    }
    for (uint32_t i = 0; i < rules->count; i++)
        search->is_closed[i] |= search->is_queued[i] || search->parents[i] != GRAPH_NONE;
    return GRAPH_NONE;
}

/* Turns the pairs of the way round: what was allowed stands, what stood is given up. */
static void turn_way(struct search *search, uint32_t end)
{
    while (end != GRAPH_NONE) {
        uint32_t other = search->parents[end], next = search->partners[other];
        search->partners[end] = other;
        search->partners[other] = end;
        end = next;
    }
}

enum status matching_grow(const struct matching_rules *rules, uint32_t *partners)
{
    CLEANUP(search_clear) struct search search = {.rules = rules, .partners = partners};
    TRY(search_init(&search));
    uint32_t alone = 0; /* of whom a pair may yet be made */
    for (uint32_t i = 0; i < rules->count; i++)
        alone += partners[i] == GRAPH_NONE;
    for (uint32_t root = 0; alone > 1 && root < rules->count; root++) {
        if (partners[root] != GRAPH_NONE)
            continue;
        if (rules->cancelled != NULL && rules->cancelled(rules->context))
            return STATUS_CANCELLED;
        uint32_t end = find_end(&search, root);
        alone -= end == GRAPH_NONE ? 1 : 2;
        turn_way(&search, end);
    }
    return STATUS_OK;
}
