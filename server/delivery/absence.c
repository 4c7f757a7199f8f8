/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/absence.h"

#include "protocol/base/limits.h"
#include "server/base/clock.h"
#include "server/config/config.h"
#include "server/delivery/internal.h"
#include "server/delivery/look.h"
#include "server/delivery/work.h"
#include "server/store/devices.h"
#include "server/store/removals.h"

#include <stdlib.h>

/* Who is away for months is not missed for an hour. */
#define LOOK_INTERVAL_MS (INT64_C(60) * 60 * 1000)

/* Entries of the directory in one look: everybody reads each of them. */
#define MARKED_MAX 200

/* ---- what is said of one device ---- */

struct statement {
    struct community_change change;
    struct delivery *delivery;
    struct id device;
    bool absent;
    int64_t now_ms;
    int64_t before_ms; /* not seen since then, of one that is absent */
    struct buffer entry;
};

/* It may have logged in since the look, while the entries of others were written. */
static enum status check_unseen(struct store_db *db, const struct statement *statement)
{
    struct store_device device;
    TRY(store_devices_get(db, &statement->device, &device));
    return device.seen_at_ms < statement->before_ms ? STATUS_OK : STATUS_NOT_NOW;
}

static enum status run(struct store_db *db, struct community_change *change)
{
    struct statement *statement = (struct statement *)(void *)change;
    if (statement->absent)
        TRY(check_unseen(db, statement));
    TRY(store_devices_set_absent(db, &statement->device, statement->absent));
    return statement->absent
               ? store_removals_add_everywhere(db, &statement->device, STORE_REMOVAL_ABSENT,
                                               statement->now_ms)
               : store_removals_withdraw(db, &statement->device, STORE_REMOVAL_ABSENT);
}

static void done(struct community_change *change, enum status status)
{
    struct statement *statement = (struct statement *)(void *)change;
    struct delivery *delivery = statement->delivery;
    if (status != STATUS_OK)
        JOURNAL(delivery->hub->journal, JOURNAL_WARNING, "absence_not_said", JOURNAL_S(status));
    else
        JOURNAL(delivery->hub->journal, JOURNAL_INFO,
                statement->absent ? "device_absent" : "device_present",
                JOURNAL_I("device", &statement->device));
    if (status == STATUS_OK && statement->absent) {
        work_away(delivery, &statement->device);
    } else if (status == STATUS_OK) {
        work_gather_removals(delivery);
        look_for_work(delivery); /* of whoever let it in meanwhile */
    }
    buffer_clear(&statement->entry);
    free(statement);
}

/* Absent when not seen since `before_ms`; 0: it is there. */
static void
say(struct delivery *delivery, const struct id *device, const struct id *person, int64_t before_ms)
{
    bool absent = before_ms != 0;
    struct statement *statement = calloc(1, sizeof *statement);
    if (statement == NULL)
        return; /* the next look finds it again */
    *statement = (struct statement){
        .delivery = delivery,
        .device = *device,
        .absent = absent,
        .now_ms = clock_wall_ms(delivery->hub->clock),
        .before_ms = before_ms,
        .entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES),
    };
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = absent ? DIRECTORY_ABSENT_DEVICE : DIRECTORY_PRESENT_DEVICE,
        .authority = DIRECTORY_BY_SERVER,
        .time = statement->now_ms,
        .person = *person,
        .device = *device,
    };
    const struct directory_signers none = {0};
    statement->change = (struct community_change){.run = run, .done = done};
    enum status status = directory_entry_sign(&entry, &none, &statement->entry);
    statement->change.entry = buffer_span(&statement->entry);
    if (status == STATUS_OK)
        community_submit(delivery->hub->community, &statement->change);
    else
        done(&statement->change, status);
}

/* ---- looking ---- */

struct look {
    struct store_job job;
    struct delivery *delivery;
    int64_t now_ms;
    int64_t before_ms;
    struct arena arena;
    struct store_device_list found;
    struct id *here; /* of those, that are connected all the while */
    size_t here_count;
};

static void free_look(struct look *look)
{
    arena_clear(&look->arena);
    free(look->here);
    free(look);
}

static enum status touch_run(struct store_db *db, struct store_job *job)
{
    struct look *look = (struct look *)(void *)job;
    for (size_t i = 0; i < look->here_count; i++)
        TRY(store_devices_touch(db, &look->here[i], look->now_ms));
    return STATUS_OK;
}

static void touch_done(struct store_job *job, enum status status)
{
    (void)status; /* the next look finds them again */
    free_look((struct look *)(void *)job);
}

static void judge(struct look *look, const struct store_device *device)
{
    struct hub *hub = look->delivery->hub;
    const struct directory_device *listed =
        directory_find(community_directory(hub->community), &device->device);
    if (hub_client_of_device(hub, &device->device) != NULL)
        look->here[look->here_count++] = device->device;
    else if (listed != NULL && !listed->absent)
        say(look->delivery, &device->device, &device->person, look->before_ms);
}

static enum status take(struct look *look)
{
    look->here = calloc(look->found.count + 1, sizeof *look->here);
    if (look->here == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < look->found.count; i++)
        judge(look, &look->found.items[i]);
    if (look->here_count == 0)
        return STATUS_NOT_FOUND; /* nothing to write */
    look->job = (struct store_job){.run = touch_run, .done = touch_done};
    return store_write(look->delivery->hub->store, &look->job);
}

static enum status look_run(struct store_db *db, struct store_job *job)
{
    struct look *look = (struct look *)(void *)job;
    return store_devices_unseen(db, look->before_ms, MARKED_MAX, &look->arena, &look->found);
}

static void look_done(struct store_job *job, enum status status)
{
    struct look *look = (struct look *)(void *)job;
    if (status == STATUS_OK)
        status = take(look);
    if (status != STATUS_OK)
        free_look(look);
}

void absence_tick(struct delivery *delivery)
{
    struct hub *hub = delivery->hub;
    int64_t now_ms = clock_monotonic_ms(hub->clock);
    bool due = delivery->absence_ms == 0 || now_ms - delivery->absence_ms >= LOOK_INTERVAL_MS;
    if (hub->config->absence_days == 0 || !due)
        return;
    delivery->absence_ms = now_ms;
    struct look *look = calloc(1, sizeof *look);
    if (look == NULL)
        return;
    look->job = (struct store_job){.run = look_run, .done = look_done};
    look->delivery = delivery;
    look->now_ms = clock_wall_ms(hub->clock);
    look->before_ms = look->now_ms - hub->config->absence_days * CLOCK_DAY_MS;
    arena_init(&look->arena, LIMIT_DECODED_BYTES);
    if (store_read(hub->store, &look->job) != STATUS_OK)
        free_look(look);
}

void absence_over(struct delivery *delivery, const struct id *device)
{
    const struct directory_device *listed =
        directory_find(community_directory(delivery->hub->community), device);
    if (listed != NULL && listed->absent)
        say(delivery, device, &listed->person, 0);
}
