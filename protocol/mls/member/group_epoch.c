/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/reader.h"
#include "protocol/mls/member/group_state.h"

#include <stdlib.h>

enum status mls_epoch_new(struct secret_arena *arena,
                          uint64_t number,
                          struct span context,
                          struct mls_epoch **epoch)
{
    struct mls_epoch *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->number = number;
    fresh->secrets.arena = arena;
    buffer_init(&fresh->context, MLS_BYTES_MAX);
    buffer_init(&fresh->leaves_before, MLS_BYTES_MAX);
    enum status status = buffer_append(&fresh->context, context);
    if (status != STATUS_OK) {
        mls_epoch_free(&fresh);
        return status;
    }
    *epoch = fresh;
    return STATUS_OK;
}

void mls_epoch_free(struct mls_epoch **epoch)
{
    struct mls_epoch *old = *epoch;
    if (old == NULL)
        return;
    mls_secret_tree_free(&old->tree);
    mls_key_schedule_clear(&old->secrets);
    buffer_clear(&old->context);
    buffer_clear(&old->leaves_before);
    free(old);
    *epoch = NULL;
}

enum status mls_epoch_plant(struct mls_epoch *epoch,
                            const struct suite *suite,
                            struct mls_row_set *changed,
                            uint32_t leaf_count)
{
    struct mls_secret_tree *tree = NULL;
    TRY(mls_secret_tree_new(suite, epoch->secrets.arena, changed, epoch->number, leaf_count,
                            &tree));
    enum status status = mls_secret_tree_set_root(
        tree, mls_key_schedule_get(&epoch->secrets, MLS_SECRET_ENCRYPTION));
    if (status != STATUS_OK) {
        mls_secret_tree_free(&tree);
        return status;
    }
    mls_key_schedule_forget(&epoch->secrets, MLS_SECRET_ENCRYPTION);
    epoch->tree = tree;
    return STATUS_OK;
}

enum status
mls_epoch_leaf_before(const struct mls_epoch *epoch, uint32_t leaf, bool *found, struct span *bytes)
{
    struct reader reader = reader_of(buffer_span(&epoch->leaves_before));
    *found = false;
    while (!reader_at_end(&reader)) {
        uint32_t changed = 0;
        struct span leaf_node;
        TRY(reader_u32(&reader, &changed));
        TRY(reader_vector(&reader, MLS_BYTES_MAX, &leaf_node));
        if (changed == leaf) {
            *found = true;
            *bytes = leaf_node;
        }
    }
    return STATUS_OK;
}
