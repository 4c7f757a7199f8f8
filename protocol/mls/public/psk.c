/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/psk.h"

#include <stdlib.h>

static enum status read_resumption(struct reader *reader, struct mls_psk_id *id)
{
    uint8_t usage;
    TRY(reader_u8(reader, &usage));
    if (usage != MLS_PSK_APPLICATION && usage != MLS_PSK_REINIT && usage != MLS_PSK_BRANCH)
        return STATUS_MALFORMED;
    id->usage = usage;
    TRY(reader_vector(reader, SIZE_MAX, &id->group_id));
    return reader_u64(reader, &id->epoch);
}

enum status mls_psk_id_read(struct reader *reader, struct mls_psk_id *id)
{
    struct reader next = *reader;
    struct mls_psk_id read = {0};
    uint8_t type;
    TRY(reader_u8(&next, &type));
    if (type != MLS_PSK_EXTERNAL && type != MLS_PSK_RESUMPTION)
        return STATUS_MALFORMED;
    read.type = type;
    if (read.type == MLS_PSK_EXTERNAL)
        TRY(reader_vector(&next, SIZE_MAX, &read.psk_id));
    else
        TRY(read_resumption(&next, &read));
    TRY(reader_vector(&next, SIZE_MAX, &read.nonce));
    *reader = next;
    *id = read;
    return STATUS_OK;
}

void mls_psk_id_write(struct writer *writer, const struct mls_psk_id *id)
{
    writer_u8(writer, (uint8_t)id->type);
    switch (id->type) {
    case MLS_PSK_EXTERNAL:
        writer_vector(writer, id->psk_id);
        break;
    case MLS_PSK_RESUMPTION:
        writer_u8(writer, (uint8_t)id->usage);
        writer_vector(writer, id->group_id);
        writer_u64(writer, id->epoch);
        break;
    }
    writer_vector(writer, id->nonce);
}

bool mls_psk_id_equal(const struct mls_psk_id *a, const struct mls_psk_id *b)
{
    return a->type == b->type && span_equal(a->psk_id, b->psk_id) && a->usage == b->usage &&
           span_equal(a->group_id, b->group_id) && a->epoch == b->epoch &&
           span_equal(a->nonce, b->nonce);
}

static int compare(const void *a, const void *b)
{
    const struct mls_psk_id *left = *(const struct mls_psk_id *const *)a;
    const struct mls_psk_id *right = *(const struct mls_psk_id *const *)b;
    int order = span_compare(left->nonce, right->nonce);
    if (order == 0)
        order = (int)left->type - (int)right->type;
    if (order == 0)
        order = span_compare(left->psk_id, right->psk_id);
    if (order == 0)
        order = (int)left->usage - (int)right->usage;
    if (order == 0)
        order = span_compare(left->group_id, right->group_id);
    if (order == 0)
        order = (left->epoch > right->epoch) - (left->epoch < right->epoch);
    return order;
}

enum status
mls_psk_ids_differ(const struct mls_psk_id *ids, size_t count, struct arena *arena, bool *differ)
{
    void *room;
    TRY(arena_take(arena, count, sizeof(struct mls_psk_id *), &room));
    const struct mls_psk_id **sorted = room;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &ids[i];
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, compare);
    bool found = false;
    for (size_t i = 1; i < count; i++)
        found = found || mls_psk_id_equal(sorted[i - 1], sorted[i]);
    *differ = !found;
    return STATUS_OK;
}

void mls_psk_label_write(struct writer *writer,
                         const struct mls_psk_id *id,
                         uint16_t index,
                         uint16_t count)
{
    mls_psk_id_write(writer, id);
    writer_u16(writer, index);
    writer_u16(writer, count);
}
