/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/work.h"

#include "protocol/base/limits.h"
#include "protocol/wire/events.h"
#include "server/delivery/internal.h"
#include "server/delivery/look.h"
#include "server/delivery/work_items.h"
#include "server/store/devices.h"
#include "server/store/key_packages.h"
#include "server/store/knocks.h"
#include "server/store/wants.h"

#include <stdlib.h>
#include <string.h>

/* A KeyPackage that waited longer is taken anew: it may have expired meanwhile. */
#define HELD_MS (INT64_C(24) * 3600 * 1000)

#define GATHER_ARENA_MAX (4u << 20)

/* How long one member has where somebody is to be removed: such a commit has a path, of 821 KB
 * among 10,000, which takes a slow line seconds more. */
#define REMOVAL_LEASE_MS 10000

/* Whoever is slow is not asked in vain: after one who took longer (a phone that follows a thousand
 * newcomers, a machine with much to do), members have twice that, up to this. More than one commit
 * for an epoch is work thrown away, and one who comes alone meanwhile makes it so for all. */
#define LEASE_MAX_MS 30000

/* ---- offering ---- */

static bool is_leaving(const struct work *work, const struct id *device)
{
    for (const struct work_remove *remove = work->removes; remove != NULL; remove = remove->next) {
        if (id_equal(&remove->device, device))
            return true;
    }
    return false;
}

/* How many of the adds a person may commit, and whether one is of a device of theirs. */
static size_t count_adds(const struct channel *channel, const struct id *person, bool *own)
{
    size_t count = 0;
    *own = false;
    for (const struct work_add *add = channel->work->adds; add != NULL; add = add->next) {
        count += work_items_may_add(channel, person, add) ? 1 : 0;
        *own = *own || id_equal(person, &add->person);
    }
    return count;
}

/* 0: this member can do nothing of it. */
static int suitability(const struct delivery *delivery,
                       const struct channel *channel,
                       const struct channel_member *member)
{
    const struct work *work = channel->work;
    bool own = false;
    bool adds = count_adds(channel, &member->person, &own) != 0;
    if (hub_client_of_device(delivery->hub, &member->device) == NULL ||
        is_leaving(work, &member->device) || (!adds && work->removes == NULL))
        return 0;
    bool all = adds || work->adds == NULL;
    /* Facilitators are on stage: last among those who can do as much. */
    bool free_hands = !channel_facilitates(channel, &member->person);
    bool fresh = !id_equal(&member->device, &work->holder);
    /* Whoever approved the device knows it best. */
    return 1 + (fresh ? 8 : 0) + (own ? 4 : 0) + (all ? 2 : 0) + (free_hands ? 1 : 0);
}

static const struct channel_member *choose(const struct delivery *delivery,
                                           const struct channel *channel)
{
    const struct channel_member *best = NULL;
    int most = 0;
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&channel->members, &at); member != NULL;
         member = id_map_next(&channel->members, &at)) {
        int value = suitability(delivery, channel, member);
        if (value > most) {
            most = value;
            best = member;
        }
    }
    return best;
}

static int64_t lease_ms(const struct channel *channel)
{
    int64_t least = channel->work->removes == NULL ? WORK_LEASE_MS : REMOVAL_LEASE_MS;
    int64_t twice = 2 * channel->work_took_ms;
    return twice <= least ? least : twice < LEASE_MAX_MS ? twice : LEASE_MAX_MS;
}

/* One that answers so late does something else than what it was asked for. */
static bool is_still_asked(const struct channel_member *member, int64_t now_ms)
{
    return member->work_asked_ms != 0 && now_ms - member->work_asked_ms < 2 * LEASE_MAX_MS;
}

/* From the first time on, when it is asked again before it has answered. */
static void note_asked(struct delivery *delivery, struct channel *channel, const struct id *device)
{
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    struct channel_member *member = id_map_find(&channel->members, device);
    if (!is_still_asked(member, now_ms))
        member->work_asked_ms = now_ms;
}

void work_answered(struct delivery *delivery, struct channel *channel, const struct id *device)
{
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    struct channel_member *member = id_map_find(&channel->members, device);
    if (member == NULL)
        return;
    /* One who is quick does not make the others quick. */
    channel->work_took_ms /= 2;
    if (is_still_asked(member, now_ms) && now_ms - member->work_asked_ms > channel->work_took_ms)
        channel->work_took_ms = now_ms - member->work_asked_ms;
    member->work_asked_ms = 0;
}

static enum status lease(struct delivery *delivery,
                         struct channel *channel,
                         const struct channel_member *member,
                         struct arena *arena,
                         struct wire_work *taken)
{
    struct work *work = channel->work;
    struct wire_work listed = {
        .work = work->id,
        .channel = channel->id,
        .generation = channel->row.generation,
        .lease_until = clock_wall_ms(delivery->hub->clock) + lease_ms(channel),
    };
    TRY(work_items_list(channel, &member->person, arena, &listed));
    work->holder = member->device;
    work->lease_until_ms = clock_monotonic_ms(delivery->hub->clock) + lease_ms(channel);
    note_asked(delivery, channel, &member->device);
    *taken = listed;
    return STATUS_OK;
}

/* Whether some were held for too long, and are gone. */
static bool drop_old_adds(struct work *work, int64_t now_ms)
{
    bool dropped = false;
    for (struct work_add **at = &work->adds; *at != NULL;) {
        struct work_add *add = *at;
        if (now_ms - add->taken_ms < HELD_MS) {
            at = &add->next;
            continue;
        }
        *at = add->next;
        work_items_free_add(add);
        dropped = true;
    }
    return dropped;
}

static void offer(struct delivery *delivery, struct channel *channel)
{
    struct work *work = channel->work;
    if (work == NULL || work_items_is_empty(work))
        return;
    if (drop_old_adds(work, clock_wall_ms(delivery->hub->clock))) {
        work_gather(delivery, channel);
        return;
    }
    const struct channel_member *member = choose(delivery, channel);
    if (member == NULL)
        return;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct wire_work_event event = {0};
    struct client *client = hub_client_of_device(delivery->hub, &member->device);
    if (lease(delivery, channel, member, &arena, &event.work) != STATUS_OK)
        return;
    client_send_event(client, WIRE_EVENT_WORK, &event);
    if (work->asked_ms == 0)
        work->asked_ms = clock_monotonic_ms(delivery->hub->clock);
    JOURNAL(delivery->hub->journal, JOURNAL_DEBUG, "work_offered",
            JOURNAL_I("channel", &channel->id), JOURNAL_N("adds", event.work.add_count),
            JOURNAL_N("removes", event.work.remove_count));
}

static bool is_held(const struct delivery *delivery, const struct work *work)
{
    return work->lease_until_ms > clock_monotonic_ms(delivery->hub->clock) &&
           hub_client_of_device(delivery->hub, &work->holder) != NULL;
}

static void offer_unless_held(struct delivery *delivery, struct channel *channel)
{
    if (channel->work != NULL && !is_held(delivery, channel->work))
        offer(delivery, channel);
}

enum status work_take(struct delivery *delivery,
                      struct channel *channel,
                      const struct id *device,
                      struct arena *arena,
                      struct wire_work *taken)
{
    struct work *work = channel->work;
    const struct channel_member *member = channel_member(channel, device);
    *taken = (struct wire_work){0};
    if (work == NULL || member == NULL || suitability(delivery, channel, member) == 0)
        return STATUS_OK;
    if (is_held(delivery, work) && !id_equal(&work->holder, device))
        return STATUS_OK;
    return lease(delivery, channel, member, arena, taken);
}

/* ---- gathering ---- */

struct gather {
    struct store_job job;
    struct delivery *delivery;
    struct id channel;
    int64_t now_ms;
    struct arena arena;
    struct id *known; /* devices for which a KeyPackage is held */
    size_t known_count;
    struct work_add *adds; /* in the order in which they were let in */
    struct work_add **last_add;
    size_t add_count;
    bool more; /* there was no room for all */
    struct work_remove *removes;
};

static bool is_full(const struct gather *gather)
{
    return gather->known_count + gather->add_count >= LIMIT_ADDS_PER_COMMIT;
}

static bool is_known(const struct gather *gather, const struct id *device)
{
    for (size_t i = 0; i < gather->known_count; i++) {
        if (id_equal(&gather->known[i], device))
            return true;
    }
    return false;
}

static bool is_gathered(const struct gather *gather, const struct id *device)
{
    for (const struct work_add *add = gather->adds; add != NULL; add = add->next) {
        if (id_equal(&add->device, device))
            return true;
    }
    return false;
}

static enum status gather_device(struct store_db *db,
                                 struct gather *gather,
                                 const struct id *person,
                                 const struct id *device,
                                 const struct id *asked_by)
{
    bool is_member = false;
    bool absent = false;
    TRY(store_channels_is_member(db, &gather->channel, device, &is_member));
    TRY(store_devices_is_absent(db, device, &absent)); /* it would only have to be removed again */
    if (is_member || absent || is_known(gather, device) || is_gathered(gather, device))
        return STATUS_OK;
    struct store_key_package package;
    enum status status =
        store_key_packages_take(db, device, asked_by, gather->now_ms, &gather->arena, &package);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* when it has published some, it is found again */
    TRY(status);
    struct work_add *add = calloc(1, sizeof *add);
    if (add == NULL)
        return STATUS_NO_MEMORY;
    add->person = *person;
    add->device = *device;
    add->asked_by = *asked_by;
    add->taken_ms = gather->now_ms;
    buffer_init(&add->key_package, LIMIT_KEY_PACKAGE_BYTES);
    *gather->last_add = add;
    gather->last_add = &add->next;
    gather->add_count++;
    return buffer_append(&add->key_package, package.bytes);
}

static enum status gather_adds(struct store_db *db, struct gather *gather)
{
    struct store_knock_list knocks;
    TRY(store_knocks_list(db, &gather->channel, STORE_KNOCK_ACCEPTED, &gather->arena, &knocks));
    for (size_t i = 0; i < knocks.count; i++) {
        struct store_device_list devices;
        if (is_full(gather)) {
            gather->more = true;
            break;
        }
        TRY(store_devices_of_person(db, &knocks.items[i].person, &gather->arena, &devices));
        for (size_t k = 0; k < devices.count; k++)
            if (devices.items[k].state == STORE_DEVICE_ACTIVE)
                TRY(gather_device(db, gather, &knocks.items[i].person, &devices.items[k].device,
                                  &knocks.items[i].answered_by));
    }
    return STATUS_OK;
}

/* Further devices of people who are in the channel. */
static enum status gather_wants(struct store_db *db, struct gather *gather)
{
    struct store_want_list wants;
    TRY(store_wants_list(db, &gather->channel, LIMIT_ADDS_PER_COMMIT, &gather->arena, &wants));
    for (size_t i = 0; i < wants.count; i++)
        TRY(gather_device(db, gather, &wants.items[i].person, &wants.items[i].device,
                          &wants.items[i].person));
    return STATUS_OK;
}

static enum status gather_removes(struct store_db *db, struct gather *gather)
{
    struct store_removal_list removals;
    TRY(store_removals_list(db, &gather->channel, &gather->arena, &removals));
    for (size_t i = 0; i < removals.count; i++) {
        struct store_device device;
        TRY(store_devices_get(db, &removals.items[i].device, &device));
        struct work_remove *remove = calloc(1, sizeof *remove);
        if (remove == NULL)
            return STATUS_NO_MEMORY;
        remove->person = device.person;
        remove->device = device.device;
        remove->reason = removals.items[i].reason;
        buffer_init(&remove->request, LIMIT_FRAME_BYTES);
        remove->next = gather->removes;
        gather->removes = remove;
        TRY(buffer_append(&remove->request, removals.items[i].request));
    }
    return STATUS_OK;
}

static enum status gather_run(struct store_db *db, struct store_job *job)
{
    struct gather *gather = (struct gather *)(void *)job;
    TRY(gather_adds(db, gather));
    TRY(gather_wants(db, gather));
    return gather_removes(db, gather);
}

static void take_gathered(struct gather *gather, struct channel *channel)
{
    struct community *community = gather->delivery->hub->community;
    struct work *work = channel->work;
    struct work_add **end = &work->adds;
    while (*end != NULL)
        end = &(*end)->next;
    *end = gather->adds;
    gather->adds = NULL;
    work->more = work->more || gather->more;
    work_items_drop_removes(work);
    work->removes = gather->removes;
    gather->removes = NULL;
    work_items_drop_done(channel);
    work_items_drop_void(channel, community_directory(community));
}

static void free_gather(struct gather *gather)
{
    struct work rest = {.adds = gather->adds, .removes = gather->removes};
    while (rest.adds != NULL) {
        struct work_add *first = rest.adds;
        rest.adds = first->next;
        work_items_free_add(first);
    }
    work_items_drop_removes(&rest);
    arena_clear(&gather->arena);
    free(gather->known);
    free(gather);
}

static bool has_room(const struct work *work)
{
    return work_items_count_adds(work) < LIMIT_ADDS_PER_COMMIT;
}

static void gather_done(struct store_job *job, enum status status)
{
    struct gather *gather = (struct gather *)(void *)job;
    struct delivery *delivery = gather->delivery;
    struct channel *channel = delivery_find(delivery, &gather->channel);
    struct work *work = channel == NULL ? NULL : channel->work;
    bool again = false;
    if (work != NULL) {
        work->gathering = false;
        again = work->gather_again;
        work->gather_again = false;
    }
    if (status != STATUS_OK) {
        JOURNAL(delivery->hub->journal, JOURNAL_WARNING, "work_not_read", JOURNAL_S(status));
        look_later(delivery);
    } else if (work != NULL) {
        take_gathered(gather, channel);
    }
    free_gather(gather);
    again = again || (work != NULL && work->more && has_room(work));
    if (work != NULL && work_items_is_empty(work) && !again)
        work_items_drop(channel);
    else if (again)
        work_gather(delivery, channel);
    else if (work != NULL)
        offer_unless_held(delivery, channel);
}

static enum status list_known(const struct work *work, struct gather *gather)
{
    size_t count = work_items_count_adds(work);
    if (count == 0)
        return STATUS_OK;
    gather->known = calloc(count, sizeof *gather->known);
    if (gather->known == NULL)
        return STATUS_NO_MEMORY;
    for (const struct work_add *add = work->adds; add != NULL; add = add->next)
        gather->known[gather->known_count++] = add->device;
    return STATUS_OK;
}

void work_gather(struct delivery *delivery, struct channel *channel)
{
    struct work *work = work_items_ensure(delivery, channel);
    if (work != NULL && work->gathering) {
        work->gather_again = true;
        return;
    }
    struct gather *gather = work == NULL ? NULL : calloc(1, sizeof *gather);
    if (gather == NULL) {
        look_later(delivery);
        if (work != NULL && work_items_is_empty(work))
            work_items_drop(channel);
        return;
    }
    gather->job = (struct store_job){.run = gather_run, .done = gather_done};
    gather->delivery = delivery;
    gather->last_add = &gather->adds;
    gather->channel = channel->id;
    gather->now_ms = clock_wall_ms(delivery->hub->clock);
    arena_init(&gather->arena, GATHER_ARENA_MAX);
    work->gathering = true;
    work->more = false;
    enum status status = list_known(work, gather);
    if (status == STATUS_OK)
        status = store_write(delivery->hub->store, &gather->job);
    if (status != STATUS_OK)
        gather_done(&gather->job, status);
}

void work_gather_adds(struct delivery *delivery, struct channel *channel)
{
    struct work *work = channel->work;
    if (work != NULL && (work->gathering || !has_room(work)))
        work->more = true;
    else
        work_gather(delivery, channel);
}

static bool has_hands(const struct delivery *delivery, const struct channel *channel)
{
    size_t at = 0;
    for (const struct channel_member *member = id_map_next(&channel->members, &at); member != NULL;
         member = id_map_next(&channel->members, &at)) {
        if (hub_client_of_device(delivery->hub, &member->device) != NULL)
            return true;
    }
    return false;
}

bool work_sends_alone(const struct delivery *delivery, const struct channel *channel)
{
    struct work *work = channel->work;
    int64_t now_ms = clock_monotonic_ms(delivery->hub->clock);
    if (!has_hands(delivery, channel))
        return true;
    if (work == NULL || work->asked_ms == 0 || now_ms - work->asked_ms < 2 * lease_ms(channel) ||
        now_ms < work->alone_until_ms)
        return false;
    work->alone_until_ms = now_ms + WORK_LEASE_MS;
    return true;
}

void work_gather_removals(struct delivery *delivery)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (channel->work != NULL && (channel->work->removes != NULL || channel->work->gathering))
            work_gather(delivery, channel);
    }
}

void work_shut_out(struct delivery *delivery, const struct id *device)
{
    struct client *client = hub_client_of_device(delivery->hub, device);
    if (client != NULL)
        client_close(client, CLOSE_POLICY);
    work_away(delivery, device);
}

void work_away(struct delivery *delivery, const struct id *device)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (channel->work != NULL)
            work_items_forget(channel->work, device);
    }
    look_for_work(delivery);
}

void work_shut_out_person(struct delivery *delivery, const struct id *person)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (channel->work != NULL)
            work_items_forget_person(channel->work, person);
    }
    look_for_work(delivery);
}

void work_left(struct delivery *delivery, struct channel *channel, const struct id *person)
{
    if (channel->work != NULL)
        work_items_forget_person(channel->work, person);
    work_gather(delivery, channel);
}

static void count_active(void *context, const struct directory_device *device)
{
    *(size_t *)context += device->state == DIRECTORY_ACTIVE ? 1 : 0;
}

void work_person_came(struct delivery *delivery, const struct id *person)
{
    size_t devices = 0;
    directory_each_device(community_directory(delivery->hub->community), person, count_active,
                          &devices);
    if (devices > 1)
        look_for_work(delivery);
}

void work_after_commit(struct delivery *delivery, struct channel *channel)
{
    struct work *work = channel->work;
    if (work == NULL)
        return;
    work_items_drop_done(channel);
    work->lease_until_ms = 0;
    work->asked_ms = 0;
    /* With a request to leave that waits, whoever of theirs was added is to go too. */
    if (work->more || work->removes != NULL)
        work_gather(delivery, channel);
    else if (work_items_is_empty(work) && !work->gathering)
        work_items_drop(channel);
    else
        offer(delivery, channel);
}

void work_client_arrived(struct delivery *delivery, struct client *client)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at)) {
        if (channel->work != NULL && channel_member(channel, &client->device) != NULL)
            offer_unless_held(delivery, channel);
    }
}

void work_tick(struct delivery *delivery)
{
    size_t at = 0;
    for (struct channel *channel = delivery_next(delivery, &at); channel != NULL;
         channel = delivery_next(delivery, &at))
        offer_unless_held(delivery, channel);
}
