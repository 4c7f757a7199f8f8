/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/row_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void mls_row_set_clear(struct mls_row_set *set)
{
    free(set->keys);
    *set = (struct mls_row_set){0};
}

static int compare(const void *a, const void *b)
{
    const struct mls_row_key *x = a;
    const struct mls_row_key *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->epoch != y->epoch)
        return x->epoch < y->epoch ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void mls_row_set_sort(struct mls_row_set *set)
{
    if (set->count < 2)
        return;
    qsort(set->keys, set->count, sizeof *set->keys, compare);
    size_t kept = 1;
    for (size_t i = 1; i < set->count; i++)
        if (compare(&set->keys[kept - 1], &set->keys[i]) != 0)
            set->keys[kept++] = set->keys[i];
    set->count = kept;
}

enum status mls_row_set_reserve(struct mls_row_set *set, size_t count)
{
    if (set->capacity - set->count >= count)
        return STATUS_OK;
    /* A set that nobody empties would grow for ever, were repetitions not dropped. */
    mls_row_set_sort(set);
    if (set->capacity / 2 >= set->count && set->capacity - set->count >= count)
        return STATUS_OK;
    size_t capacity = set->capacity < 64 ? 64 : set->capacity * 2;
    while (capacity - set->count < count)
        capacity *= 2;
    struct mls_row_key *keys = realloc(set->keys, capacity * sizeof *keys);
    if (keys == NULL)
        return STATUS_NO_MEMORY;
    set->keys = keys;
    set->capacity = capacity;
    return STATUS_OK;
}

void mls_row_set_add(struct mls_row_set *set,
                     enum mls_row_kind kind,
                     uint64_t epoch,
                     uint32_t index)
{
    assert(set->count < set->capacity);
    set->keys[set->count++] = (struct mls_row_key){kind, epoch, index};
}

void mls_row_set_add_all(struct mls_row_set *set, const struct mls_row_set *other)
{
    for (size_t i = 0; i < other->count; i++)
        mls_row_set_add(set, other->keys[i].kind, other->keys[i].epoch, other->keys[i].index);
}
