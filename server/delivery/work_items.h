/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What waits to be committed in a channel, as work.c keeps it in memory: the list alone.
 * Ownership: the channel owns its work, and that its items. Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_WORK_ITEMS_H
#define WEFT_DELIVERY_WORK_ITEMS_H

#include "server/delivery/delivery.h"
#include "server/store/removals.h"

struct work_add {
    struct work_add *next;
    struct id person;
    struct id device;
    struct id asked_by;
    int64_t taken_ms; /* wall time */
    struct buffer key_package;
};

struct work_remove {
    struct work_remove *next;
    struct id person;
    struct id device;
    enum store_removal_reason reason;
    struct buffer request; /* an encoded message_leave, when the reason is `left` */
};

struct work {
    struct id id;
    struct work_add *adds;
    struct work_remove *removes;
    struct id holder; /* the device that was asked last */
    /* Monotonic: who is asked waits for nobody to set a clock. */
    int64_t lease_until_ms; /* 0: nobody holds it */
    int64_t asked_ms;       /* when somebody was asked first since the last commit; 0: nobody */
    int64_t alone_until_ms; /* until then no other newcomer is sent alone */
    bool more;              /* the store has adds that were left for after the next commit */
    bool gathering;
    bool gather_again;
};

void work_items_free_add(struct work_add *add);
void work_items_drop_removes(struct work *work);

/* The channel's work, made if need be; NULL without memory. */
struct work *work_items_ensure(struct delivery *delivery, struct channel *channel);

/* Forgets what waits, when nothing does any more or the channel goes. */
void work_items_drop(struct channel *channel);

/* Forgets what waits and who was asked; but not that it is being gathered, or what is on its way
 * would be gathered once more beside it. */
void work_items_begin_anew(struct work *work);

bool work_items_is_empty(const struct work *work);

size_t work_items_count_adds(const struct work *work);

/* Whoever became a member, or is none any more, needs nothing. */
void work_items_drop_done(struct channel *channel);

/* A request to leave that counts for nothing (channel/leave.h) is not asked of anybody, who would
 * take the server for a liar. */
void work_items_drop_void(struct channel *channel, const struct directory *directory);

/* Nobody is asked to add this device any more, or any of this person. */
void work_items_forget(struct work *work, const struct id *device);
void work_items_forget_person(struct work *work, const struct id *person);

/* Whether the person may commit it; their own devices everybody may add. */
bool work_items_may_add(const struct channel *channel,
                        const struct id *person,
                        const struct work_add *add);

/* What the person may commit of the channel's work, into the lists of `taken`: as much as one
 * commit does and one event has room for. Who is to go comes first: they can still read, and a hall
 * of newcomers must not put that off. Lists are from the arena, bytes lent from the work. */
MUST_CHECK enum status work_items_list(const struct channel *channel,
                                       const struct id *person,
                                       struct arena *arena,
                                       struct wire_work *taken);

#endif
