/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec/writer.h"
#include "protocol/mls/member/group_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum status mls_next_new(struct secret_arena *arena, struct mls_next **next)
{
    struct mls_next *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->arena = arena;
    fresh->keys.arena = arena;
    buffer_init(&fresh->message, MLS_BYTES_MAX);
    *next = fresh;
    return STATUS_OK;
}

void mls_next_free(struct mls_next **next)
{
    struct mls_next *old = *next;
    if (old == NULL)
        return;
    mls_staged_commit_free(&old->staged);
    mls_epoch_free(&old->epoch);
    mls_private_keys_clear(&old->keys);
    mls_row_set_clear(&old->changed);
    secret_arena_give(old->arena, &old->signature_key);
    secret_arena_give(old->arena, &old->leaf_key);
    secret_arena_give(old->arena, &old->path_secret);
    buffer_clear(&old->message);
    free(old);
    *next = NULL;
}

/* ---- the secrets of the next epoch (8) ---- */

enum status mls_next_derive(const struct mls_group *group,
                            struct mls_next *next,
                            const struct mls_next_input *input,
                            struct digest *confirmation_tag,
                            struct secret *joiner_secret)
{
    const struct mls_public_group *after = mls_staged_commit_group(next->staged);
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(next->staged);
    const struct suite *suite = mls_public_group_suite(after);
    struct span context = mls_public_group_context_bytes(after);
    CLEANUP(secret_clear) struct secret psk_secret = {0};
    CLEANUP(secret_clear) struct secret joiner = {0};
    /* RFC 9420, 12.4.2: "Verify that all PreSharedKey proposals in the `proposals` vector are
     * available." */
    TRY(mls_group_psk_secret(group, suite, input->psk_store, effect->psks, effect->psk_count,
                             &psk_secret));
    TRY(mls_key_schedule_joiner(suite, input->init_secret, input->commit_secret, context, &joiner));
    TRY(mls_epoch_new(next->arena, mls_public_group_epoch(after), context, &next->epoch));
    TRY(mls_key_schedule_epoch(suite, secret_span(&joiner), secret_span(&psk_secret), context,
                               next->arena, &next->epoch->secrets));
    TRY(mls_epoch_plant(next->epoch, suite, &next->changed,
                        mls_tree_leaf_count(mls_public_group_tree(after))));
    TRY(mls_key_schedule_confirmation_tag(
        suite, &next->epoch->secrets, mls_public_group_context(after)->confirmed_transcript_hash,
        confirmation_tag));
    *joiner_secret = joiner;
    return STATUS_OK;
}

/* ---- what merging changes in the rows ---- */

static uint32_t tree_node_count(const struct mls_tree *tree)
{
    return mls_node_count(mls_tree_leaf_count(tree));
}

/* Nodes that differ, by their identity. */
static enum status
note_tree(const struct mls_tree *before, const struct mls_tree *after, struct mls_row_set *set)
{
    for (uint32_t node = mls_tree_next_change(before, after, 0); node != MLS_NO_NODE;
         node = mls_tree_next_change(before, after, node + 1)) {
        TRY(mls_row_set_reserve(set, 1));
        mls_row_set_add(set, MLS_ROW_TREE_NODE, 0, node);
    }
    return STATUS_OK;
}

static enum status note_keys(const struct mls_private_keys *keys, struct mls_row_set *set)
{
    TRY(mls_row_set_reserve(set, keys->count));
    for (size_t i = 0; i < keys->count; i++)
        mls_row_set_add(set, MLS_ROW_PRIVATE_KEY, 0, keys->items[i].node);
    return STATUS_OK;
}

static enum status note_updates(const struct mls_group *group, struct mls_row_set *set)
{
    TRY(mls_row_set_reserve(set, group->update_count));
    for (size_t i = 0; i < group->update_count; i++)
        mls_row_set_add(set, MLS_ROW_UPDATE, 0, (uint32_t)i);
    return STATUS_OK;
}

static enum status note_epoch(const struct mls_epoch *epoch, struct mls_row_set *set)
{
    TRY(mls_secret_tree_note_all(epoch->tree, set));
    TRY(mls_row_set_reserve(set, 1));
    mls_row_set_add(set, MLS_ROW_EPOCH, epoch->number, 0);
    return STATUS_OK;
}

enum status mls_group_note_all(const struct mls_group *group, struct mls_row_set *set)
{
    const struct mls_tree *tree = mls_public_group_tree(group->public_group);
    TRY(mls_row_set_reserve(set, tree_node_count(tree)));
    for (uint32_t node = 0; node < tree_node_count(tree); node++)
        if (mls_tree_node(tree, node) != NULL)
            mls_row_set_add(set, MLS_ROW_TREE_NODE, 0, node);
    TRY(note_keys(&group->keys, set));
    TRY(note_updates(group, set));
    TRY(mls_secret_tree_note_all(group->epoch->tree, set));
    for (size_t i = 0; i < group->past_count; i++)
        TRY(note_epoch(group->past[i], set));
    return STATUS_OK;
}

/* ---- merging ---- */

/* The leaves that the commit changes, as they were, so that late messages of the old epoch find
 * their sender. */
static enum status
remember_leaves(const struct mls_tree *before, const struct mls_tree *after, struct buffer *leaves)
{
    buffer_truncate(leaves, 0);
    struct writer writer = writer_of(leaves);
    for (uint32_t node = mls_tree_next_change(before, after, 0);
         node < tree_node_count(before); /* MLS_NO_NODE is more */
         node = mls_tree_next_change(before, after, node + 1)) {
        if (!mls_node_is_leaf(node))
            continue;
        writer_u32(&writer, mls_leaf_of_node(node));
        writer_vector(&writer, mls_tree_node_bytes(before, node));
    }
    return writer_finish(&writer);
}

/* Everything that can fail, before anything is changed. */
static enum status prepare_merge(struct mls_group *group, struct mls_next *next)
{
    const struct mls_tree *before = mls_public_group_tree(group->public_group);
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(next->staged));
    TRY(note_tree(before, after, &next->changed));
    TRY(note_keys(&group->keys, &next->changed));
    TRY(note_keys(&next->keys, &next->changed));
    TRY(note_updates(group, &next->changed));
    TRY(mls_row_set_reserve(&next->changed, 1));
    mls_row_set_add(&next->changed, MLS_ROW_EPOCH, group->epoch->number, 0);
    if (group->past_count == MLS_PAST_EPOCHS_MAX)
        TRY(note_epoch(group->past[group->past_count - 1], &next->changed));
    TRY(remember_leaves(before, after, &group->epoch->leaves_before));
    return mls_row_set_reserve(&group->changed, next->changed.count);
}

/* Makes the present epoch the latest past one. RFC 9420, 9.2: what led to the next epoch is
 * consumed; sender data and message keys remain for late messages, and resumption_psk. */
static void retire_epoch(struct mls_group *group)
{
    struct mls_epoch *old = group->epoch;
    for (size_t i = 0; i < MLS_SECRET_COUNT; i++)
        if (i != MLS_SECRET_SENDER_DATA && i != MLS_SECRET_RESUMPTION)
            mls_key_schedule_forget(&old->secrets, (enum mls_epoch_secret)i);
    if (group->past_count == MLS_PAST_EPOCHS_MAX)
        mls_epoch_free(&group->past[--group->past_count]);
    memmove(&group->past[1], &group->past[0], group->past_count * sizeof *group->past);
    group->past[0] = old;
    group->past_count++;
    group->epoch = NULL;
}

static void clear_updates(struct mls_group *group)
{
    while (group->update_count > 0) {
        struct mls_own_update *update = &group->updates[--group->update_count];
        secret_arena_give(group->arena, &update->private_key);
        secret_arena_give(group->arena, &update->signature_key);
    }
}

/* The swap: nothing in here fails. */
static void take_next(struct mls_group *group, struct mls_next *next)
{
    retire_epoch(group);
    group->epoch = next->epoch;
    next->epoch = NULL;
    mls_secret_tree_note_in(group->epoch->tree, &group->changed);
    mls_private_keys_clear(&group->keys);
    group->keys = next->keys;
    next->keys.count = 0;
    if (next->signature_key != NULL) {
        secret_arena_give(group->arena, &group->signature_key);
        secret_arena_give(group->arena, &group->prepared_key);
        group->signature_key = next->signature_key;
        next->signature_key = NULL;
    }
    clear_updates(group);
    mls_row_set_add_all(&group->changed, &next->changed);
    group->group_changed = true;
}

/* RFC 9420, 12.4.2: "the client cannot send any more messages in the group and SHOULD promptly
 * delete its group state and secret tree" */
static enum status leave_group(struct mls_group *group, struct mls_next **next)
{
    TRY(mls_group_note_all(group, &group->changed));
    mls_next_free(next);
    mls_next_free(&group->staged);
    mls_group_clear_pending(group);
    mls_epoch_free(&group->epoch);
    while (group->past_count > 0)
        mls_epoch_free(&group->past[--group->past_count]);
    mls_private_keys_clear(&group->keys);
    clear_updates(group);
    secret_arena_give(group->arena, &group->signature_key);
    secret_arena_give(group->arena, &group->prepared_key);
    group->removed = true;
    group->group_changed = true;
    group->pending_changed = true;
    return STATUS_OK;
}

enum status mls_next_merge(struct mls_group *group, struct mls_next **next)
{
    if ((*next)->removes_us)
        return leave_group(group, next);
    TRY(prepare_merge(group, *next));
    /* RFC 9420, 14: "The approach chosen MUST minimize the amount of time that forked or previous
     * group states are kept in memory, and promptly delete them once they're no longer necessary to
     * ensure forward secrecy." A commit staged beside this one has lost, and its views would
     * dangle. */
    if (next != &group->staged)
        mls_group_drop_staged(group);
    if (next != &group->pending)
        mls_group_clear_pending(group);
    TRY(mls_public_group_merge(group->public_group, &(*next)->staged));
    take_next(group, *next);
    mls_next_free(next);
    return STATUS_OK;
}
