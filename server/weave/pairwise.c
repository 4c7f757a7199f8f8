/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/pairwise.h"

#include <math.h>
#include <stdlib.h>

struct arc {
    uint32_t from;
    uint32_t to;
    uint32_t order;
    float value;
};

static int compare_arcs(const void *a, const void *b)
{
    const struct arc *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static enum status
check_entries(uint32_t node_count, const struct pairwise_entry *entries, size_t entry_count)
{
    if (entry_count > WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    for (size_t i = 0; i < entry_count; i++)
        if (entries[i].a >= node_count || entries[i].b >= node_count ||
            entries[i].a == entries[i].b || !isfinite(entries[i].value) || entries[i].value < 0)
            return STATUS_INVALID;
    return STATUS_OK;
}

static void fill(const struct arc *arcs, size_t arc_count, struct pairwise *made)
{
    uint64_t kept = 0;
    for (size_t i = 0; i < arc_count; i++) {
        if (i + 1 < arc_count && arcs[i].from == arcs[i + 1].from && arcs[i].to == arcs[i + 1].to)
            continue;
        made->others[kept] = arcs[i].to;
        made->values[kept++] = arcs[i].value;
        made->starts[arcs[i].from + 1] = kept;
    }
    for (uint32_t u = 0; u < made->node_count; u++)
        if (made->starts[u + 1] < made->starts[u])
            made->starts[u + 1] = made->starts[u];
}

enum status pairwise_new(uint32_t node_count,
                         const struct pairwise_entry *entries,
                         size_t entry_count,
                         float missing,
                         struct pairwise **pairwise)
{
    TRY(check_entries(node_count, entries, entry_count));
    CLEANUP(pairwise_free) struct pairwise *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    *made = (struct pairwise){.node_count = node_count, .missing = missing};
    made->starts = calloc(node_count + 1u, sizeof(uint64_t));
    made->others = calloc(2 * entry_count + 1, sizeof(uint32_t));
    made->values = calloc(2 * entry_count + 1, sizeof(float));
    struct arc *arcs = calloc(2 * entry_count + 1, sizeof(*arcs));
    if (made->starts == NULL || made->others == NULL || made->values == NULL || arcs == NULL) {
        free(arcs);
        return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < entry_count; i++) {
        const struct pairwise_entry *entry = &entries[i];
        arcs[2 * i] = (struct arc){entry->a, entry->b, i, entry->value};
        arcs[2 * i + 1] = (struct arc){entry->b, entry->a, i, entry->value};
    }
    qsort(arcs, 2 * entry_count, sizeof(*arcs), compare_arcs);
    fill(arcs, 2 * entry_count, made);
    free(arcs);
    *pairwise = made;
    made = NULL;
    return STATUS_OK;
}

void pairwise_free(struct pairwise **pairwise)
{
    struct pairwise *old = *pairwise;
    *pairwise = NULL;
    if (old == NULL)
        return;
    free(old->starts);
    free(old->others);
    free(old->values);
    free(old);
}

float pairwise_value(const struct pairwise *pairwise, uint32_t u, uint32_t v)
{
    uint64_t low = pairwise->starts[u], high = pairwise->starts[u + 1];
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (pairwise->others[middle] == v)
            return pairwise->values[middle];
        if (pairwise->others[middle] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return pairwise->missing;
}
