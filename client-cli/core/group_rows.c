/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/group_rows.h"

#include "client-cli/core/records.h"
#include "protocol/base/secret.h"

#include <stdlib.h>
#include <string.h>

struct target {
    struct vault *vault;
    const struct id *channel;
};

static struct vault_place place_of(const struct id *channel, const struct mls_row_key *key)
{
    return (struct vault_place){.kind = (uint16_t)(RECORD_MLS + (int)key->kind),
                                .scope = *channel,
                                .major = key->epoch,
                                .minor = key->index};
}

static enum status put_row(void *context, const struct mls_row_key *key, struct span bytes)
{
    const struct target *target = context;
    struct vault_place place = place_of(target->channel, key);
    return vault_put(target->vault, &place, bytes);
}

static enum status drop_row(void *context, const struct mls_row_key *key)
{
    const struct target *target = context;
    struct vault_place place = place_of(target->channel, key);
    return vault_delete(target->vault, &place);
}

enum status
group_rows_store(struct vault *vault, const struct id *channel, struct mls_group *group, bool all)
{
    struct target target = {vault, channel};
    struct mls_row_sink sink = {.put = put_row, .drop = drop_row, .context = &target};
    return all ? mls_group_rows(group, &sink) : mls_group_changes(group, &sink);
}

enum status group_rows_delete(struct vault *vault, const struct id *channel)
{
    for (int kind = MLS_ROW_GROUP; kind <= MLS_ROW_PENDING; kind++)
        TRY(vault_delete_range(vault, (uint16_t)(RECORD_MLS + kind), channel, 0, UINT64_MAX));
    return STATUS_OK;
}

/* All rows, read before the group asks for them one by one. */
struct row {
    struct row *next;
    struct mls_row_key key;
    size_t len;
    uint8_t bytes[];
};

struct rows {
    struct row *first;
    struct row **last;
    const struct row *given;
    int kind;
};

static void rows_clear(struct rows *rows)
{
    while (rows->first != NULL) {
        struct row *row = rows->first;
        rows->first = row->next;
        secret_wipe(row->bytes, row->len);
        free(row);
    }
}

static enum status keep_row(void *context, const struct vault_place *place, struct span value)
{
    struct rows *rows = context;
    if (place->minor > UINT32_MAX)
        return STATUS_CORRUPT;
    struct row *row = malloc(sizeof *row + value.len);
    if (row == NULL)
        return STATUS_NO_MEMORY;
    row->next = NULL;
    row->key = (struct mls_row_key){.kind = (enum mls_row_kind)rows->kind,
                                    .epoch = place->major,
                                    .index = (uint32_t)place->minor};
    row->len = value.len;
    if (value.len != 0)
        memcpy(row->bytes, value.ptr, value.len);
    *rows->last = row;
    rows->last = &row->next;
    return STATUS_OK;
}

static enum status next_row(void *context, struct mls_row_key *key, struct span *bytes)
{
    struct rows *rows = context;
    rows->given = rows->given == NULL ? rows->first : rows->given->next;
    if (rows->given == NULL)
        return STATUS_NOT_FOUND;
    *key = rows->given->key;
    *bytes = span_of(rows->given->bytes, rows->given->len);
    return STATUS_OK;
}

enum status group_rows_load(struct vault *vault,
                            const struct id *channel,
                            const struct mls_options *options,
                            struct mls_group **group)
{
    CLEANUP(rows_clear) struct rows rows = {0};
    rows.last = &rows.first;
    for (int kind = MLS_ROW_GROUP; kind <= MLS_ROW_PENDING; kind++) {
        rows.kind = kind;
        struct vault_walk walk = {.kind = (uint16_t)(RECORD_MLS + kind),
                                  .scope = *channel,
                                  .to = UINT64_MAX,
                                  .visit = keep_row,
                                  .context = &rows};
        TRY(vault_walk(vault, &walk));
    }
    if (rows.first == NULL)
        return STATUS_NOT_FOUND;
    struct mls_row_source source = {.next = next_row, .context = &rows};
    return mls_group_restore(&source, options, group);
}
