/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/dormant.h"

#include "client-cli/core/channel_enter.h"
#include "client-cli/core/channel_out.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/limits.h"
#include "protocol/channel/identity.h"

#include <stdlib.h>

#define DORMANT_MS (CHANNEL_DORMANT_DAYS * INT64_C(86400000))

/* ---- the list ---- */

struct settling {
    struct engine *engine;
    const struct channel *channel;
    const struct id *out;
    const struct channel_proposals *proposals;
    struct channel_extension *extension;
    size_t count; /* of the new list */
};

static bool is_of_out(const struct settling *settling, const struct id *person)
{
    return settling->out != NULL && id_equal(settling->out, person);
}

static bool asked_to_leave(const struct settling *settling, const struct id *person)
{
    const struct channel_proposals *proposals = settling->proposals;
    for (size_t i = 0; i < proposals->leave_count; i++) {
        const struct directory_device *device =
            directory_find(settling->engine->directory, &proposals->leaves[i].device);
        if (device != NULL && id_equal(&device->person, person))
            return true;
    }
    return false;
}

/* Whether a removed leaf goes because its device has not been seen, and for nothing else. */
static bool goes_for_absence(const struct settling *settling,
                             const struct channel_identity *identity,
                             const struct mls_leaf_node *leaf)
{
    const struct directory *directory = settling->engine->directory;
    return directory_was_absent(directory, UINT64_MAX, &identity->device) &&
           directory_check_leaf(directory, &identity->person, &identity->device,
                                leaf->signature_key) == STATUS_OK &&
           !asked_to_leave(settling, &identity->person) && !is_of_out(settling, &identity->person);
}

static const struct mls_leaf_node *removed_leaf(const struct settling *settling, size_t at)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(settling->channel->group));
    const struct mls_proposal *proposal = &settling->proposals->items[at];
    return proposal->type == MLS_PROPOSAL_REMOVE ? mls_tree_leaf(tree, proposal->removed) : NULL;
}

/* Whether the device is in the channel: then it has come back, or goes now. */
static bool has_leaf(const struct settling *settling, const struct id *device)
{
    const struct directory_device *found = directory_find(settling->engine->directory, device);
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(settling->channel->group));
    return found != NULL &&
           mls_tree_find_signature_key(tree, SPAN_OF(found->leaf_key)) != MLS_NO_LEAF;
}

/* Whose year is over is taken off by facilitators alone (protocol/channel/policy.c). */
static bool is_kept(const struct settling *settling, const struct channel_dormant *item)
{
    const struct directory_device *found =
        directory_find(settling->engine->directory, &item->device);
    uint16_t roles =
        channel_extension_roles(settling->extension, &settling->engine->account.person);
    bool over =
        item->until < engine_now_ms(settling->engine) && (roles & CHANNEL_ROLE_FACILITATOR) != 0;
    return !over && found != NULL && found->state == DIRECTORY_ACTIVE &&
           !is_of_out(settling, &found->person) && !asked_to_leave(settling, &found->person) &&
           !has_leaf(settling, &item->device);
}

static int compare(const void *a, const void *b)
{
    const struct channel_dormant *first = a;
    const struct channel_dormant *second = b;
    return span_compare(id_span(&first->device), id_span(&second->device));
}

/* The new list, in the arena; whether it differs. */
static enum status relist(struct settling *settling, struct arena *arena, bool *changed)
{
    struct channel_extension *extension = settling->extension;
    void *place = NULL;
    *changed = false;
    TRY(arena_take(arena, extension->dormant_count + settling->proposals->count,
                   sizeof *extension->dormant, &place));
    struct channel_dormant *list = place;
    for (size_t i = 0; i < extension->dormant_count; i++) {
        if (is_kept(settling, &extension->dormant[i]))
            list[settling->count++] = extension->dormant[i];
        else
            *changed = true;
    }
    for (size_t i = 0; i < settling->proposals->count; i++) {
        struct channel_identity identity;
        const struct mls_leaf_node *leaf = removed_leaf(settling, i);
        if (leaf == NULL)
            continue;
        TRY(channel_identity_decode(&leaf->credential, &identity));
        if (!goes_for_absence(settling, &identity, leaf))
            continue;
        list[settling->count++] =
            (struct channel_dormant){.device = identity.device,
                                     .key = leaf->signature_key,
                                     .until = engine_now_ms(settling->engine) + DORMANT_MS};
        *changed = true;
    }
    if (settling->count != 0)
        qsort(list, settling->count, sizeof *list, compare);
    extension->dormant = list;
    extension->dormant_count = settling->count;
    return STATUS_OK;
}

enum status dormant_settle(struct engine *engine,
                           struct channel *channel,
                           const struct id *out,
                           struct channel_proposals *proposals)
{
    struct channel_extension extension;
    struct settling settling = {.engine = engine,
                                .channel = channel,
                                .out = out,
                                .proposals = proposals,
                                .extension = &extension};
    bool changed = false;
    TRY(channel_extension(channel, &proposals->arena, &extension));
    TRY(relist(&settling, &proposals->arena, &changed));
    return changed ? channel_commit_propose_extensions(&extension, proposals) : STATUS_OK;
}

/* ---- what we saw ourselves ---- */

struct lately {
    const struct wire_work_remove *removals;
    size_t count;
    bool *spoke;
    int64_t since;
    size_t left; /* entries to look at */
};

static enum status look_at(void *context, const struct stored_entry *entry)
{
    struct lately *lately = context;
    if (entry->time < lately->since || lately->left-- == 0)
        return STATUS_CANCELLED;
    for (size_t i = 0; i < lately->count; i++)
        if (id_equal(&entry->device, &lately->removals[i].device))
            lately->spoke[i] = true;
    return STATUS_OK;
}

void dormant_spoke_lately(struct engine *engine,
                          const struct channel *channel,
                          const struct wire_work_remove *removals,
                          size_t count,
                          bool *spoke)
{
    struct lately lately = {.removals = removals,
                            .count = count,
                            .spoke = spoke,
                            .since = engine_now_ms(engine) - CORE_SPOKE_LATELY_MS,
                            .left = CORE_SPOKE_LATELY_ENTRIES};
    struct entry_walk walk = {.channel = channel->id,
                              .to = channel->cursor,
                              .backwards = true,
                              .visit = look_at,
                              .context = &lately};
    enum status status = entry_walk(engine, &walk);
    (void)status; /* what cannot be read shows nothing */
}

/* ---- the way back ---- */

enum status dormant_return(struct engine *engine, struct channel *channel)
{
    const struct directory_device *own = directory_find(engine->directory, &engine->account.device);
    bool was_away = own != NULL && own->once_absent && channel->state == CHANNEL_STATE_MEMBER;
    enum status status = was_away ? channel_enter_return(engine, channel) : STATUS_DENIED;
    if (status == STATUS_OK || !engine_is_connected(engine))
        return status;
    if (status == STATUS_EXPIRED || status == STATUS_NOT_NOW)
        return STATUS_REMOVED; /* with its explanation */
    return channel_out_explain_unproven(engine);
}
