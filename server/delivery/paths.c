/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/paths.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/path_costs.h"
#include "protocol/wire/events.h"
#include "server/delivery/internal.h"
#include "server/delivery/work.h"

/* A newcomer knocks again every 10 s: after three of those, whoever comes with the others has come,
 * and phones have followed the commits before these, which go to all of them as well. */
#define SETTLE_MS 30000

/* Paths between one who comes or goes and the next. A thousand members, added 128 at a time, need
 * 15 (bench_mls); as many more would bring the next commit from 4 KB to 2, for up to 4 KB each. */
#define ASKED_MAX 32

/* One who did not answer sleeps; the others are asked meanwhile. */
#define ASK_AGAIN_MS (INT64_C(60) * 60 * 1000)

/* Nobody is online whose path would spare anything; others may come. */
#define LOOK_AGAIN_MS 60000

#define UNTIL_SOMEBODY_MOVES INT64_MAX

void paths_somebody_moved(struct delivery *delivery, struct channel *channel)
{
    channel->paths.asked = 0;
    channel->paths.next_ms = clock_monotonic_ms(delivery->hub->clock) + SETTLE_MS;
}

const struct channel_member *paths_choose(const struct channel *channel,
                                          const uint32_t *spared,
                                          bool (*may_ask)(const void *context,
                                                          const struct channel_member *member),
                                          const void *context)
{
    const struct channel_member *best = NULL;
    const struct channel_member *best_facilitator = NULL;
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&channel->members, &at); member != NULL;
         member = id_map_next(&channel->members, &at)) {
        if (spared[member->leaf] == 0 || !may_ask(context, member))
            continue;
        const struct channel_member **of_kind =
            channel_facilitates(channel, &member->person) ? &best_facilitator : &best;
        if (*of_kind == NULL || spared[member->leaf] > spared[(*of_kind)->leaf])
            *of_kind = member;
    }
    return best != NULL ? best : best_facilitator;
}

static bool may_ask(const void *context, const struct channel_member *member)
{
    const struct delivery *delivery = context;
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    return hub_client_of_device(delivery->hub, &member->device) != NULL &&
           (member->path_asked_ms == 0 || now_ms - member->path_asked_ms >= ASK_AGAIN_MS);
}

static enum status
ask(struct delivery *delivery, struct channel *channel, const struct channel_member *member)
{
    struct wire_work_event event = {
        .work = {.channel = channel->id,
                 .generation = channel->row.generation,
                 .lease_until = clock_wall_ms(delivery->hub->clock) + WORK_LEASE_MS,
                 .path = true},
    };
    TRY(id_random(delivery->hub->random, &event.work.work));
    client_send_event(hub_client_of_device(delivery->hub, &member->device), WIRE_EVENT_WORK,
                      &event);
    struct channel_member *asked = id_map_find(&channel->members, &member->device);
    asked->path_asked_ms = clock_monotonic_ms(delivery->hub->clock);
    channel->paths.asked++;
    return STATUS_OK;
}

/* Whether a path is small whoever makes it: it has a ciphertext for each other member at most. */
static bool is_small(const struct mls_tree *tree, uint64_t bytes_max)
{
    return (uint64_t)mls_tree_member_count(tree) *
               mls_path_ciphertext_bytes(mls_tree_suite(tree)) <=
           bytes_max;
}

/* Asks one member if that helps, and sets when to look next. */
static enum status look(struct delivery *delivery, struct channel *channel)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    const struct mls_tree *tree = mls_public_group_tree(channel->group);
    uint64_t bytes_max = (uint64_t)delivery->hub->config->path_kib << 10;
    struct mls_path_costs costs = {0};
    channel->paths.next_ms = UNTIL_SOMEBODY_MOVES;
    if (is_small(tree, bytes_max) || channel->paths.asked >= ASKED_MAX)
        return STATUS_OK;
    TRY(mls_path_costs(tree, &arena, &costs));
    if (costs.path_bytes <= bytes_max)
        return STATUS_OK;
    const struct channel_member *member = paths_choose(channel, costs.spared, may_ask, delivery);
    bool found = member != NULL;
    channel->paths.next_ms =
        clock_monotonic_ms(delivery->hub->clock) + (found ? WORK_LEASE_MS : LOOK_AGAIN_MS);
    if (!found)
        return STATUS_OK;
    TRY(ask(delivery, channel, member));
    JOURNAL(delivery->hub->journal, JOURNAL_INFO, "path_asked", JOURNAL_I("channel", &channel->id),
            JOURNAL_N("path_bytes", costs.path_bytes), JOURNAL_N("asked", channel->paths.asked));
    return STATUS_OK;
}

/* Adds and removals come first: they change what a path costs, and people wait for them. */
static bool is_settled(const struct channel *channel)
{
    return channel->row.state == STORE_CHANNEL_ACTIVE && channel->work == NULL &&
           channel->commits == NULL;
}

void paths_tick(struct delivery *delivery)
{
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    size_t at = 0;
    if (delivery->hub->config->path_kib == 0)
        return;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (channel->paths.next_ms == 0)
            paths_somebody_moved(delivery, channel);
        if (!is_settled(channel) || now_ms < channel->paths.next_ms)
            continue;
        enum status status = look(delivery, channel);
        if (status != STATUS_OK)
            JOURNAL(delivery->hub->journal, JOURNAL_WARNING, "path_not_asked", JOURNAL_S(status));
    }
}
