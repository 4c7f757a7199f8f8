/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/list.h"

#include <string.h>

/* Most vectors of messages have few items. */
#define FIRST_CAPACITY 4

static enum status grow(struct mls_list *list, struct arena *arena)
{
    size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : 2 * list->capacity;
    void *items;
    TRY(arena_take(arena, capacity, list->item_size, &items));
    if (list->count != 0)
        memcpy(items, list->items, list->count * list->item_size);
    list->items = items;
    list->capacity = capacity;
    return STATUS_OK;
}

enum status mls_list_push(struct mls_list *list, struct arena *arena, void **item)
{
    if (list->count == list->capacity)
        TRY(grow(list, arena));
    *item = (uint8_t *)list->items + list->count * list->item_size;
    list->count++;
    return STATUS_OK;
}
