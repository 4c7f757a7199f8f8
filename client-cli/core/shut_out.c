/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/shut_out.h"

#include "client-cli/core/dormant.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/people.h"

/* Named one by one up to here. */
#define TOLD_MAX 3

static void note(const struct channel_identity *identity, uint32_t leaf, struct shut_out_list *list)
{
    list->items[list->count] = *identity;
    list->leaves[list->count++] = leaf;
}

enum status shut_out_list(const struct engine *engine,
                          const struct channel *channel,
                          struct arena *arena,
                          struct shut_out_list *list)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    uint32_t own = mls_group_own_leaf(channel->group);
    void *items = NULL;
    void *leaves = NULL;
    TRY(arena_take(arena, mls_tree_member_count(tree), sizeof *list->items, &items));
    TRY(arena_take(arena, mls_tree_member_count(tree), sizeof *list->leaves, &leaves));
    struct shut_out_list found = {.items = items, .leaves = leaves};
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        const struct mls_leaf_node *node = mls_tree_leaf(tree, leaf);
        TRY(channel_identity_decode(&node->credential, &identity));
        if (leaf != own &&
            directory_check_leaf(engine->directory, &identity.person, &identity.device,
                                 node->signature_key) == STATUS_DENIED)
            note(&identity, leaf, &found);
    }
    *list = found;
    return STATUS_OK;
}

/* ---- saying so ---- */

static void
tell(struct engine *engine, const struct channel *channel, const struct shut_out_list *list)
{
    for (size_t i = 0; i < list->count && i < TOLD_MAX; i++) {
        struct people_name name;
        char device[ID_TEXT_SIZE];
        people_name_learned(engine, &list->items[i].person, &name);
        id_text(&list->items[i].device, device);
        engine_notice(engine, channel,
                      "Device %.8s of %s was shut out and is still in this channel: it can read "
                      "what is said until a member's weft removes it",
                      device, name.name);
    }
    if (list->count > TOLD_MAX)
        engine_notice(engine, channel, "%zu more devices that were shut out are still in it",
                      list->count - TOLD_MAX);
}

/* ---- removing them ---- */

static enum status store_due(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->removal_due = *(const int64_t *)context;
    return STATUS_OK;
}

static enum status set_due(struct engine *engine, struct channel *channel, int64_t due)
{
    return channel->removal_due == due ? STATUS_OK
                                       : channel_transact(engine, channel, store_due, &due);
}

/* By whichever clock: a server that lies about the time puts nothing off. */
static bool is_due(const struct engine *engine, const struct channel *channel)
{
    return channel->removal_due != 0 && (channel->removal_due <= engine_now_ms(engine) ||
                                         channel->removal_due <= engine_wall_ms());
}

/* Another time for each member, so that one removes them and the others see it. */
static enum status draw_due(struct engine *engine, struct channel *channel)
{
    uint32_t drawn;
    int64_t now = engine_now_ms(engine);
    int64_t own = engine_wall_ms();
    TRY(random_fill(engine->random, (uint8_t *)&drawn, sizeof drawn));
    return set_due(engine, channel,
                   (own < now ? own : now) + CORE_REMOVAL_GRACE_MS +
                       (int64_t)(CORE_REMOVAL_SPREAD_MS * (uint64_t)drawn >> 32));
}

/* Of whoever is left after the catch-up: another may have been first. */
static enum status propose(struct engine *engine,
                           struct channel *channel,
                           void *context,
                           struct channel_proposals *proposals)
{
    struct shut_out_list list;
    (void)context;
    TRY(shut_out_list(engine, channel, &proposals->arena, &list));
    for (size_t i = 0; i < list.count && proposals->count < LIMIT_ADDS_PER_COMMIT; i++)
        proposals->items[proposals->count++] =
            (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = list.leaves[i]};
    return list.count == 0 ? STATUS_OK : dormant_settle(engine, channel, NULL, proposals);
}

/* One that fails is tried again after as long. */
static enum status remove_them(struct engine *engine, struct channel *channel)
{
    struct channel_change change = {.propose = propose};
    bool done = false;
    TRY(draw_due(engine, channel));
    TRY(channel_commit(engine, channel, &change, &done));
    if (done)
        engine_notice(engine, channel,
                      "The server let a device stay here that was shut out: this weft removed it");
    return STATUS_OK;
}

/* ---- looking ---- */

/* Nobody has been shut out since, and every commit since then knew of all who were: it let none of
 * them in. So thousands who come cost nothing here. */
static bool is_looked_at(const struct engine *engine, const struct channel *channel)
{
    uint64_t size = directory_shut_out_size(engine->directory);
    return channel->looked_at && channel->looked_size == size && channel->unlooked_size >= size;
}

static enum status list_now(struct engine *engine,
                            struct channel *channel,
                            struct arena *arena,
                            struct shut_out_list *list)
{
    *list = (struct shut_out_list){0};
    if (channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    TRY(channel_need_group(engine, channel));
    TRY(shut_out_list(engine, channel, arena, list));
    channel->looked_at = true;
    channel->looked_size = directory_shut_out_size(engine->directory);
    channel->unlooked_size = UINT64_MAX;
    return STATUS_OK;
}

static enum status look(struct engine *engine, struct channel *channel, bool before_saying)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct shut_out_list list;
    bool due = is_due(engine, channel);
    bool waits = channel->removal_due != 0 && before_saying;
    if (is_looked_at(engine, channel) && !due && !waits)
        return STATUS_OK;
    TRY(list_now(engine, channel, &arena, &list));
    if (list.count != 0 && due) {
        TRY(remove_them(engine, channel));
        TRY(list_now(engine, channel, &arena, &list));
    }
    if (list.count == 0)
        return set_due(engine, channel, 0);
    if (due || before_saying)
        tell(engine, channel, &list);
    return channel->removal_due == 0 ? draw_due(engine, channel) : STATUS_OK;
}

enum status shut_out_look(struct engine *engine, struct channel *channel)
{
    return channel->state == CHANNEL_STATE_MEMBER ? look(engine, channel, false) : STATUS_OK;
}

/* Nothing that fails here keeps anybody from speaking, unless the connection is gone: then it could
 * not be sent either. */
enum status shut_out_look_before(struct engine *engine, struct channel *channel)
{
    enum status status = look(engine, channel, true);
    if (status != STATUS_CONFLICT && status != STATUS_DENIED)
        return status;
    engine_forget_explanation(engine);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct shut_out_list list;
    TRY(list_now(engine, channel, &arena, &list));
    tell(engine, channel, &list);
    return STATUS_OK;
}
