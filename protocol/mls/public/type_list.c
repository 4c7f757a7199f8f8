/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/type_list.h"

#include <string.h>

/* Longer lists repeat themselves, and have no purpose but to be walked. */
#define COUNT_MAX ((size_t)UINT16_MAX + 1)

enum status mls_type_list_read(struct reader *reader, struct mls_type_list *list)
{
    struct reader next = *reader;
    struct span bytes;
    TRY(reader_vector(&next, SIZE_MAX, &bytes));
    if (bytes.len % 2 != 0)
        return STATUS_MALFORMED;
    if (bytes.len / 2 > COUNT_MAX)
        return STATUS_LIMIT;
    *reader = next;
    list->bytes = bytes;
    return STATUS_OK;
}

void mls_type_list_write(struct writer *writer, const struct mls_type_list *list)
{
    writer_vector(writer, list->bytes);
}

bool mls_type_list_contains(struct mls_type_list list, uint16_t type)
{
    for (size_t i = 0; i < mls_type_list_count(list); i++)
        if (mls_type_list_at(list, i) == type)
            return true;
    return false;
}

void mls_type_set_init(struct mls_type_set *set, struct mls_type_list list)
{
    memset(set, 0, sizeof *set);
    for (size_t i = 0; i < mls_type_list_count(list); i++) {
        uint16_t type = mls_type_list_at(list, i);
        set->bits[type / 64] |= UINT64_C(1) << type % 64;
    }
}
