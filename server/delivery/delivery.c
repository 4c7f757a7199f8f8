/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/delivery.h"

#include "protocol/base/limits.h"
#include "protocol/channel/known_log.h"
#include "protocol/wire/events.h"
#include "server/delivery/absence.h"
#include "server/delivery/history.h"
#include "server/delivery/internal.h"
#include "server/delivery/look.h"
#include "server/delivery/paths.h"
#include "server/delivery/upkeep.h"
#include "server/delivery/work.h"
#include "server/delivery/work_items.h"

#include <stdlib.h>
#include <string.h>

/* After so long without use a channel is read again when somebody comes. */
#define IDLE_MS (10 * 60 * 1000)

/* A public state with its tree, twice, and the members of the largest group. */
#define LOAD_ARENA_MAX (4 * LIMIT_OBJECT_BYTES)

struct load {
    struct store_job job;
    struct delivery *delivery;
    struct id id;
    struct arena arena;
    struct channel_facts facts;
    void *extra;
    struct delivery_waiter *waiters;
    struct delivery_waiter **waiters_last;
};

enum status delivery_new(struct hub *hub, struct delivery **delivery)
{
    struct delivery *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->hub = hub;
    enum status status = id_map_init(&fresh->channels, hub->random);
    if (status == STATUS_OK)
        status = id_map_init(&fresh->loads, hub->random);
    if (status == STATUS_OK)
        status = hub_behind_packet(&fresh->behind);
    if (status != STATUS_OK) {
        delivery_free(&fresh);
        return status;
    }
    *delivery = fresh;
    return STATUS_OK;
}

void delivery_free(struct delivery **delivery)
{
    if (*delivery == NULL)
        return;
    size_t at = 0;
    for (struct channel *channel = delivery_next(*delivery, &at); channel != NULL;
         channel = delivery_next(*delivery, &at)) {
        work_items_drop(channel);
        channel_free(&channel);
    }
    id_map_clear(&(*delivery)->channels);
    id_map_clear(&(*delivery)->loads);
    packet_free(&(*delivery)->behind);
    free(*delivery);
    *delivery = NULL;
}

void delivery_set_hooks(struct delivery *delivery, const struct delivery_hooks *hooks)
{
    delivery->hooks = *hooks;
}

struct hub *delivery_hub(const struct delivery *delivery)
{
    return delivery->hub;
}

struct channel *delivery_find(const struct delivery *delivery, const struct id *channel)
{
    return id_map_find(&delivery->channels, channel);
}

struct channel *delivery_next(const struct delivery *delivery, size_t *at)
{
    return id_map_next(&delivery->channels, at);
}

void delivery_figures(const struct delivery *delivery, struct delivery_figures *figures)
{
    *figures = (struct delivery_figures){
        .channels = delivery->channels.count,
        .events = delivery->events,
        .deliveries = delivery->deliveries,
    };
    size_t at = 0;
    for (const struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        figures->frozen += channel->row.state == STORE_CHANNEL_FROZEN ? 1 : 0;
        figures->waiting += channel->work != NULL ? 1 : 0;
    }
}

/* ---- loading ---- */

static enum status load_run(struct store_db *db, struct store_job *job)
{
    struct load *load = (struct load *)(void *)job;
    struct store_group_state state;
    TRY(store_channels_get(db, &load->id, &load->arena, &load->facts.row));
    TRY(store_channels_group(db, &load->id, &load->arena, &state));
    TRY(store_channels_members(db, &load->id, &load->arena, &load->facts.members));
    if (load->delivery->hooks.load != NULL)
        TRY(load->delivery->hooks.load(db, &load->id, &load->arena, &load->extra));
    enum status known = channel_known_log_of(state.group_info, &load->facts.log_size);
    if (known != STATUS_OK && known != STATUS_NOT_FOUND) /* the first GroupInfo has none */
        return known;
    /* Decoded here: a large tree would stop the loop. */
    return mls_public_group_decode(state.public_state, NULL, &load->facts.group);
}

static enum status finish_load(struct load *load, struct channel **channel)
{
    struct delivery *delivery = load->delivery;
    TRY(channel_new(&load->facts, delivery->hub->random, channel));
    (*channel)->used_ms = clock_monotonic_ms(delivery->hub->clock);
    enum status status = id_map_set(&delivery->channels, &load->id, *channel);
    if (status != STATUS_OK)
        channel_free(channel);
    else if (delivery->hooks.loaded != NULL)
        delivery->hooks.loaded(delivery->hooks.context, *channel, load->extra);
    return status;
}

static void load_done(struct store_job *job, enum status status)
{
    struct load *load = (struct load *)(void *)job;
    struct channel *channel = NULL;
    id_map_remove(&load->delivery->loads, &load->id);
    if (status == STATUS_OK)
        status = finish_load(load, &channel);
    mls_public_group_free(&load->facts.group);
    struct delivery_waiter *next = NULL;
    for (struct delivery_waiter *waiter = load->waiters; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->ready(waiter, channel, status);
    }
    arena_clear(&load->arena);
    free(load);
}

static enum status begin_load(struct delivery *delivery, const struct id *id, struct load **load)
{
    struct load *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->job = (struct store_job){.run = load_run, .done = load_done};
    fresh->delivery = delivery;
    fresh->id = *id;
    fresh->waiters_last = &fresh->waiters;
    arena_init(&fresh->arena, LOAD_ARENA_MAX);
    enum status status = id_map_set(&delivery->loads, id, fresh);
    if (status != STATUS_OK) {
        free(fresh);
        return status;
    }
    *load = fresh;
    return STATUS_OK;
}

void delivery_load(struct delivery *delivery, const struct id *id, struct delivery_waiter *waiter)
{
    struct channel *channel = delivery_find(delivery, id);
    if (channel != NULL) {
        channel->used_ms = clock_monotonic_ms(delivery->hub->clock);
        waiter->ready(waiter, channel, STATUS_OK);
        return;
    }
    struct load *load = id_map_find(&delivery->loads, id);
    bool begun = load != NULL;
    enum status status = begun ? STATUS_OK : begin_load(delivery, id, &load);
    if (status != STATUS_OK) {
        waiter->ready(waiter, NULL, status);
        return;
    }
    waiter->next = NULL;
    *load->waiters_last = waiter;
    load->waiters_last = &waiter->next;
    if (begun)
        return;
    status = store_read(delivery->hub->store, &load->job);
    if (status != STATUS_OK)
        load_done(&load->job, status);
}

void delivery_hold(struct channel *channel)
{
    channel->holders++;
}

void delivery_release(void *channel)
{
    struct channel *held = channel;
    held->holders--;
}

static bool is_idle(const struct channel *channel, int64_t now_ms)
{
    return channel->holders == 0 && channel->subscriptions == NULL && channel->commits == NULL &&
           channel->work == NULL && channel->session == NULL &&
           now_ms - channel->used_ms >= IDLE_MS;
}

/* One a tick: the map must not change while it is walked. */
static void forget_idle(struct delivery *delivery)
{
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (!is_idle(channel, now_ms))
            continue;
        id_map_remove(&delivery->channels, &channel->id);
        channel_free(&channel);
        return;
    }
}

void delivery_tick(struct delivery *delivery)
{
    look_tick(delivery);
    work_tick(delivery);
    paths_tick(delivery);
    history_tick(delivery);
    forget_idle(delivery);
    upkeep_tick(delivery);
    absence_tick(delivery);
}

/* ---- subscriptions ---- */

static struct subscription **find_of_client(struct channel *channel, struct client *client)
{
    struct subscription **at = &client->subscriptions;
    while (*at != NULL && (*at)->channel != channel)
        at = &(*at)->next_of_client;
    return at;
}

enum status delivery_subscribe(struct channel *channel, struct client *client)
{
    if (*find_of_client(channel, client) != NULL)
        return STATUS_OK;
    struct subscription *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->channel = channel;
    fresh->client = client;
    fresh->connection = client->connection;
    fresh->next_of_client = client->subscriptions;
    client->subscriptions = fresh;
    fresh->next_of_channel = channel->subscriptions;
    if (fresh->next_of_channel != NULL)
        fresh->next_of_channel->previous_of_channel = fresh;
    channel->subscriptions = fresh;
    return STATUS_OK;
}

static void leave_channel(struct subscription *subscription)
{
    struct subscription *previous = subscription->previous_of_channel;
    struct subscription *next = subscription->next_of_channel;
    if (previous != NULL)
        previous->next_of_channel = next;
    else
        subscription->channel->subscriptions = next;
    if (next != NULL)
        next->previous_of_channel = previous;
}

void delivery_unsubscribe(struct channel *channel, struct client *client)
{
    struct subscription **at = find_of_client(channel, client);
    struct subscription *ending = *at;
    if (ending == NULL)
        return;
    *at = ending->next_of_client;
    leave_channel(ending);
    free(ending);
}

void delivery_unsubscribe_all(struct client *client)
{
    while (client->subscriptions != NULL) {
        struct subscription *ending = client->subscriptions;
        client->subscriptions = ending->next_of_client;
        leave_channel(ending);
        free(ending);
    }
}

/* ---- fan-out ---- */

static void
publish_packet(struct delivery *delivery, const struct channel *channel, struct packet *packet)
{
    delivery->events++;
    for (struct subscription *s = channel->subscriptions; s != NULL; s = s->next_of_channel) {
        transport_send(s->connection, packet, OUTBOX_EVENT);
        delivery->deliveries++;
    }
}

/* Whoever follows it looks for what they were not sent. */
static void tell_to_look(struct delivery *delivery, const struct channel *channel)
{
    publish_packet(delivery, channel, delivery->behind);
}

void delivery_publish(struct delivery *delivery,
                      struct channel *channel,
                      enum wire_event kind,
                      const void *event)
{
    struct packet *packet = NULL;
    if (channel->subscriptions == NULL)
        return;
    enum status status = hub_event_packet(kind, event, &packet);
    if (status != STATUS_OK) {
        JOURNAL(delivery->hub->journal, JOURNAL_ERROR, "event_lost", JOURNAL_S(status));
        tell_to_look(delivery, channel);
        return;
    }
    publish_packet(delivery, channel, packet);
    packet_free(&packet);
}

void delivery_publish_entry(struct delivery *delivery,
                            struct channel *channel,
                            const struct delivery_entry *entry)
{
    struct wire_entry_event event = {
        .entry =
            {
                .channel = channel->id,
                .generation = channel->row.generation,
                .sequence = entry->sequence,
                .epoch = entry->epoch,
                .time = entry->time,
                .kind = (uint8_t)entry->kind,
                .device = *entry->device,
                .message = *entry->message,
                .bytes = entry->bytes.len <= LIMIT_ENTRY_BYTES ? entry->bytes : SPAN_EMPTY,
                .size = (uint32_t)entry->bytes.len,
            },
    };
    memcpy(event.entry.sha256, entry->hash->bytes, sizeof event.entry.sha256);
    if (entry->sequence > channel->row.last_sequence)
        channel->row.last_sequence = entry->sequence;
    delivery_publish(delivery, channel, WIRE_EVENT_ENTRY, &event);
    history_grew(delivery, channel, entry->sequence);
}

/* ---- generations ---- */

void delivery_freeze(struct delivery *delivery, struct channel *channel)
{
    if (channel->row.state == STORE_CHANNEL_FROZEN)
        return; /* whoever is told looks, and whoever is stuck reports it again when they look */
    channel->row.state = STORE_CHANNEL_FROZEN;
    tell_to_look(delivery, channel);
}

void delivery_fall_behind(struct delivery *delivery, struct channel *channel, enum status status)
{
    channel->row.state = STORE_CHANNEL_FROZEN; /* in memory alone: until weftd has stopped */
    hub_fall_behind(delivery->hub, "channel_behind", status);
}

void delivery_continue(struct delivery *delivery,
                       struct channel *channel,
                       struct mls_public_group **group,
                       uint32_t generation,
                       const struct channel_member *first)
{
    struct id beginner = first->device;
    enum status status = channel_restart(channel, delivery->hub->random, group, generation, first);
    /* It is durable and was checked: only memory can fail here, and a server that cannot follow its
     * own store must start again from it. */
    if (status != STATUS_OK) {
        delivery_fall_behind(delivery, channel, status);
        return;
    }
    if (channel->work != NULL)
        work_items_begin_anew(channel->work);
    tell_to_look(delivery, channel);
    struct subscription *next = NULL;
    for (struct subscription *s = channel->subscriptions; s != NULL; s = next) {
        next = s->next_of_channel;
        if (!id_equal(&s->client->device, &beginner))
            delivery_unsubscribe(channel, s->client);
    }
}
