/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Channels that are in use, and what goes out to those who follow them.
 *
 * Only what is durable is acknowledged or fanned out: a job's done() does both, so events of a
 * channel leave in the order of its log.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_DELIVERY_H
#define WEFT_DELIVERY_DELIVERY_H

#include "protocol/wire/message_header.h"
#include "server/delivery/channel.h"

struct delivery;

/* What stage/ adds: sessions belong to channels, and decide who may use the floor. */
struct delivery_hooks {
    /* A channel was loaded: inside the load's run(), with the arena, then on the loop. */
    enum status (*load)(struct store_db *db,
                        const struct id *channel,
                        struct arena *arena,
                        void **loaded);
    void (*loaded)(void *context, struct channel *channel, void *loaded);
    /* Whether a message may be appended now; `*detail` says why not. */
    enum status (*may_send)(void *context,
                            struct channel *channel,
                            const struct id *person,
                            const struct message_header *header,
                            const char **detail);
    void *context;
};

MUST_CHECK enum status delivery_new(struct hub *hub, struct delivery **delivery);
void delivery_free(struct delivery **delivery);
void delivery_set_hooks(struct delivery *delivery, const struct delivery_hooks *hooks);
struct hub *delivery_hub(const struct delivery *delivery);

/* Somebody who needs a channel; embedded in the caller's own struct until `ready`. */
struct delivery_waiter {
    /* `channel` is NULL unless status is STATUS_OK (STATUS_NOT_FOUND: there is none). */
    void (*ready)(struct delivery_waiter *waiter, struct channel *channel, enum status status);
    struct delivery_waiter *next;
};

/* A channel leaves memory when nobody has needed it for a while: whoever keeps its pointer across
 * a job holds it. The second form is for call.release. */
void delivery_hold(struct channel *channel);
void delivery_release(void *channel);

/* Calls `ready` at once when the channel is in memory, else once it has been loaded. */
void delivery_load(struct delivery *delivery,
                   const struct id *channel,
                   struct delivery_waiter *waiter);

/* NULL unless it is in memory. */
struct channel *delivery_find(const struct delivery *delivery, const struct id *channel);

/* The channels in memory, one after another: as id_map_next. */
struct channel *delivery_next(const struct delivery *delivery, size_t *at);

/* Idempotent. */
MUST_CHECK enum status delivery_subscribe(struct channel *channel, struct client *client);
void delivery_unsubscribe(struct channel *channel, struct client *client);
/* All of a client that goes. */
void delivery_unsubscribe_all(struct client *client);

/* One packet for every subscriber. */
void delivery_publish(struct delivery *delivery,
                      struct channel *channel,
                      enum wire_event kind,
                      const void *event);

/* An entry that has just become durable; `bytes` are left out of the event when they are large. */
struct delivery_entry {
    uint64_t sequence;
    uint64_t epoch;
    int64_t time;
    enum wire_entry_kind kind;
    const struct id *device;
    const struct id *message;
    struct span bytes;
    const struct store_hash *hash;
};
void delivery_publish_entry(struct delivery *delivery,
                            struct channel *channel,
                            const struct delivery_entry *entry);

struct delivery_figures {
    size_t channels; /* in memory */
    size_t frozen;   /* of those: no entry until the next generation */
    size_t waiting;  /* of those: something waits for a member to commit it */
    /* Since the start. */
    uint64_t events;     /* built once each */
    uint64_t deliveries; /* into outboxes */
};

void delivery_figures(const struct delivery *delivery, struct delivery_figures *figures);

/* No entry is taken until the channel goes on; whoever follows it is told to look, once. */
void delivery_freeze(struct delivery *delivery, struct channel *channel);

/* What is durable could not be followed in memory: weftd stops (hub.h), and nothing is built on the
 * half of it that is there. */
void delivery_fall_behind(struct delivery *delivery, struct channel *channel, enum status status);

/* A frozen channel goes on, which is durable: `*group` is taken, `first` its only member. Whoever
 * followed it is told to look, and those who are not in it yet follow it no more. */
void delivery_continue(struct delivery *delivery,
                       struct channel *channel,
                       struct mls_public_group **group,
                       uint32_t generation,
                       const struct channel_member *first);

/* Once a second: leases that ran out, channels that nobody needs, what has expired. */
void delivery_tick(struct delivery *delivery);

#endif
