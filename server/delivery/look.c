/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/look.h"

#include "server/delivery/internal.h"
#include "server/delivery/work.h"
#include "server/store/removals.h"

#include <stdlib.h>

#define LOOK_ARENA_MAX (1u << 20)
#define CHANNELS_PER_LOOK 256

/* A full disk is full for longer, and each try says so in the log. */
#define LATER_MS 5000

struct look {
    struct store_job job;
    struct delivery *delivery;
    struct arena arena;
    struct id after;
    const struct id *channels;
    size_t count;
};

struct look_waiter {
    struct delivery_waiter waiter;
    struct delivery *delivery;
};

static void look_ready(struct delivery_waiter *waiter, struct channel *channel, enum status status)
{
    struct look_waiter *look = (struct look_waiter *)(void *)waiter;
    if (status == STATUS_OK)
        work_gather(look->delivery, channel);
    else
        look_later(look->delivery);
    free(look);
}

static enum status look_run(struct store_db *db, struct store_job *job)
{
    struct look *look = (struct look *)(void *)job;
    return store_removals_channels(db, &look->after, CHANNELS_PER_LOOK, &look->arena,
                                   &look->channels, &look->count);
}

static void gather_each(const struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        struct look_waiter *waiter = calloc(1, sizeof *waiter);
        if (waiter == NULL) {
            look_later(look->delivery);
            return;
        }
        waiter->waiter.ready = look_ready;
        waiter->delivery = look->delivery;
        delivery_load(look->delivery, &look->channels[i], &waiter->waiter);
    }
}

static void begin_look(struct delivery *delivery, const struct id *after);

static void look_done(struct store_job *job, enum status status)
{
    struct look *look = (struct look *)(void *)job;
    struct delivery *delivery = look->delivery;
    bool more = status == STATUS_OK && look->count == CHANNELS_PER_LOOK;
    struct id last = look->count > 0 ? look->channels[look->count - 1] : look->after;
    delivery->looking = false;
    if (status == STATUS_OK)
        gather_each(look);
    else
        look_later(delivery);
    arena_clear(&look->arena);
    free(look);
    if (more) {
        begin_look(delivery, &last);
    } else if (delivery->look_again) {
        delivery->look_again = false;
        look_for_work(delivery);
    }
}

static void begin_look(struct delivery *delivery, const struct id *after)
{
    struct look *look = calloc(1, sizeof *look);
    if (look == NULL) {
        look_later(delivery);
        return;
    }
    look->job = (struct store_job){.run = look_run, .done = look_done};
    look->delivery = delivery;
    look->after = *after;
    arena_init(&look->arena, LOOK_ARENA_MAX);
    delivery->looking = true;
    enum status status = store_read(delivery->hub->store, &look->job);
    if (status != STATUS_OK)
        look_done(&look->job, status);
}

void look_for_work(struct delivery *delivery)
{
    struct id first = {{0}};
    if (delivery->looking)
        delivery->look_again = true;
    else
        begin_look(delivery, &first);
}

void look_later(struct delivery *delivery)
{
    delivery->look_at_ms = clock_monotonic_ms(delivery->hub->clock) + LATER_MS;
}

void look_tick(struct delivery *delivery)
{
    if (delivery->look_at_ms == 0 ||
        clock_monotonic_ms(delivery->hub->clock) < delivery->look_at_ms)
        return;
    delivery->look_at_ms = 0;
    look_for_work(delivery);
}
