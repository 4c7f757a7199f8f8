/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/history.h"

#include "protocol/base/limits.h"
#include "protocol/wire/events.h"
#include "protocol/wire/generations.h"
#include "server/delivery/file_removal.h"
#include "server/delivery/internal.h"

/* How long one member has until it begins or sends the next segment. */
#define LEASE_MS 30000

/* And in all, so that nobody keeps others from sharing: some hundred segments over a ward's line.
 * What is sealed by then stays, and the next goes on. */
#define TURN_MS 600000

/* Between two requests of a person in a channel: each makes a member seal and compare, and all
 * others read what it says. */
#define ASK_INTERVAL_MS (2 * LEASE_MS)

bool history_is_shared(const struct channel *channel)
{
    return channel->extension.history == CHANNEL_HISTORY_FULL;
}

static bool is_wanted(const struct channel *channel)
{
    return history_is_shared(channel) &&
           (channel->sharing.seal || !id_is_none(&channel->row.history_asked_by));
}

static bool is_held(const struct delivery *delivery, const struct channel *channel)
{
    return channel->sharing.lease_until_ms > clock_monotonic_ms(delivery->hub->clock);
}

static int compare(const struct channel_member *member, int64_t since_ms, const struct id *device)
{
    if (member->since_ms != since_ms)
        return member->since_ms < since_ms ? -1 : 1;
    return span_compare(id_span(&member->device), id_span(device));
}

/* After a restart it is not known with which device somebody asked: any may be it until they ask
 * again. */
static bool asks(const struct channel *channel, const struct channel_member *member)
{
    const struct id *asker = &channel->sharing.asker;
    return id_is_none(asker) ? id_equal(&member->person, &channel->row.history_asked_by)
                             : id_equal(&member->device, asker);
}

/* Not the asker, nor whoever has given what they have. */
static bool may_share(const struct channel *channel, const struct channel_member *member)
{
    const struct channel_sharing *sharing = &channel->sharing;
    for (size_t i = 0; i < sharing->answered_count; i++)
        if (id_equal(&member->person, &sharing->answered[i]))
            return false;
    return !asks(channel, member);
}

static bool can_share(const struct delivery *delivery,
                      const struct channel *channel,
                      const struct channel_member *member)
{
    return may_share(channel, member) &&
           hub_client_of_device(delivery->hub, &member->device) != NULL;
}

/* The next after the last holder in the order of joining, and then from the beginning. */
static const struct channel_member *choose(const struct delivery *delivery,
                                           const struct channel *channel)
{
    const struct channel_member *first = NULL;
    const struct channel_member *next = NULL;
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&channel->members, &at); member != NULL;
         member = id_map_next(&channel->members, &at)) {
        if (!can_share(delivery, channel, member))
            continue;
        if (first == NULL || compare(member, first->since_ms, &first->device) < 0)
            first = member;
        if (compare(member, channel->sharing.holder_since, &channel->sharing.holder) > 0 &&
            (next == NULL || compare(member, next->since_ms, &next->device) < 0))
            next = member;
    }
    return next != NULL ? next : first;
}

static void
lease(struct delivery *delivery, struct channel *channel, const struct channel_member *member)
{
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    channel->sharing.holder = member->device;
    channel->sharing.holder_since = member->since_ms;
    channel->sharing.lease_until_ms = now_ms + LEASE_MS;
    channel->sharing.turn_until_ms = now_ms + TURN_MS;
}

static bool offer(struct delivery *delivery, struct channel *channel)
{
    const struct channel_member *member = choose(delivery, channel);
    if (member == NULL)
        return false;
    struct wire_history_event event = {channel->id};
    lease(delivery, channel, member);
    client_send_event(hub_client_of_device(delivery->hub, &member->device), WIRE_EVENT_HISTORY,
                      &event);
    return true;
}

uint32_t
history_spend_ask(const struct delivery *delivery, struct channel *channel, const struct id *person)
{
    struct channel_person *asker = id_map_find(&channel->people, person);
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    if (asker == NULL)
        return 0;
    int64_t until_ms = asker->asked_history_ms - 1 + ASK_INTERVAL_MS;
    if (asker->asked_history_ms != 0 && until_ms > now_ms)
        return (uint32_t)(until_ms - now_ms);
    asker->asked_history_ms = now_ms + 1;
    return 0;
}

bool history_ask(struct delivery *delivery,
                 struct channel *channel,
                 const struct id *device,
                 const struct wire_history_ask_request *request)
{
    channel->sharing.asker = *device;
    channel->sharing.answered_count = request->answered_count;
    for (size_t i = 0; i < request->answered_count; i++)
        channel->sharing.answered[i] = request->answered[i].id;
    if (is_held(delivery, channel))
        return true;
    channel->sharing.holder = (struct id){{0}};
    channel->sharing.holder_since = 0;
    return offer(delivery, channel);
}

bool history_take(struct delivery *delivery, struct channel *channel, const struct id *device)
{
    const struct channel_member *member = channel_member(channel, device);
    bool holds = history_holds(channel, device);
    if (!is_wanted(channel) || member == NULL || !may_share(channel, member))
        return false;
    if (is_held(delivery, channel)) {
        history_go_on(delivery, channel, device);
        return holds;
    }
    if (holds && choose(delivery, channel) != member) /* another's turn */
        return false;
    lease(delivery, channel, member);
    return true;
}

bool history_holds(const struct channel *channel, const struct id *device)
{
    return id_equal(device, &channel->sharing.holder);
}

void history_go_on(struct delivery *delivery, struct channel *channel, const struct id *device)
{
    struct channel_sharing *sharing = &channel->sharing;
    int64_t until_ms = clock_monotonic_ms(delivery->hub->clock) + LEASE_MS;
    if (history_holds(channel, device))
        sharing->lease_until_ms =
            until_ms < sharing->turn_until_ms ? until_ms : sharing->turn_until_ms;
}

static void offer_unless_held(struct delivery *delivery, struct channel *channel)
{
    if (is_wanted(channel) && !is_held(delivery, channel))
        (void)offer(delivery, channel);
}

void history_done(struct delivery *delivery, struct channel *channel, const struct id *asked_by)
{
    struct channel_sharing *sharing = &channel->sharing;
    if (id_equal(&channel->row.history_asked_by, asked_by)) {
        channel->row.history_asked_by = (struct id){{0}};
        *sharing = (struct channel_sharing){.seal = false};
        return;
    }
    sharing->seal = false;
    sharing->holder = (struct id){{0}};
    sharing->holder_since = 0;
    sharing->lease_until_ms = 0;
    offer_unless_held(delivery, channel);
}

void history_close(struct delivery *delivery,
                   struct channel *channel,
                   const struct store_file_ids *segments)
{
    channel->row.history_asked_by = (struct id){{0}};
    channel->sharing = (struct channel_sharing){.seal = false};
    file_removal_begin(delivery->hub, segments);
}

void history_grew(struct delivery *delivery, struct channel *channel, uint64_t sequence)
{
    uint64_t base = generation_base(channel->row.generation);
    if (!history_is_shared(channel) || (sequence - base) % LIMIT_SEGMENT_ENTRIES != 0)
        return;
    channel->sharing.seal = true;
    if (!is_held(delivery, channel))
        (void)offer(delivery, channel);
}

void history_client_arrived(struct delivery *delivery, struct client *client)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (channel_member(channel, &client->device) != NULL)
            offer_unless_held(delivery, channel);
    }
}

void history_tick(struct delivery *delivery)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at))
        offer_unless_held(delivery, channel);
}
