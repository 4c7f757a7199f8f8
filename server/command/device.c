/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd device: lists a person's devices, and shuts one out. The operator adds none: that takes the
 * signature of a device, the person's own or an admin's. */
#include "protocol/base/limits.h"
#include "server/command/audit.h"
#include "server/command/command.h"
#include "server/command/find_person.h"
#include "server/delivery/work.h"
#include "server/store/devices.h"
#include "server/store/removals.h"

#include <string.h>

/* ---- list ---- */

struct device_list {
    struct store_job job;
    struct command_call *call;
    const char *name;
    enum status found; /* the person */
    struct store_device_list devices;
    uint32_t *channels; /* of each */
};

static enum status run_list(struct store_db *db, struct store_job *job)
{
    struct device_list *list = (struct device_list *)(void *)job;
    struct arena *arena = &list->call->arena;
    struct id person;
    void *counts = NULL;
    list->found = find_person(db, list->name, &person);
    TRY(list->found);
    TRY(store_devices_of_person(db, &person, arena, &list->devices));
    TRY(arena_take(arena, list->devices.count, sizeof *list->channels, &counts));
    list->channels = counts;
    for (size_t i = 0; i < list->devices.count; i++)
        TRY(store_removals_count_of_device(db, &list->devices.items[i].device,
                                           list->devices.items[i].state == STORE_DEVICE_REVOKED,
                                           &list->channels[i]));
    return STATUS_OK;
}

static void
print_device(struct command_call *call, const struct store_device *device, uint32_t channels)
{
    char id[ID_TEXT_SIZE];
    bool active = device->state == STORE_DEVICE_ACTIVE;
    id_text(&device->device, id);
    if (call->json)
        command_print_json(call,
                           json_pack("{s:s, s:s, s:I, s:I, s:I, s:i}", "device", id, "state",
                                     active ? "active" : "revoked", "added",
                                     (json_int_t)device->created_at_ms, "seen",
                                     (json_int_t)device->seen_at_ms, "revoked",
                                     (json_int_t)device->revoked_at_ms, "channels", (int)channels));
    else if (active)
        command_print(call, "%.12s  active   in %u channel%s\n", id, channels,
                      channels == 1 ? "" : "s");
    else if (channels != 0)
        command_print(call,
                      "%.12s  revoked  can still read %u channel%s, until a member of each is "
                      "online\n",
                      id, channels, channels == 1 ? "" : "s");
    else
        command_print(call, "%.12s  revoked  reads nothing new\n", id);
}

static void done_list(struct store_job *job, enum status status)
{
    struct device_list *list = (struct device_list *)(void *)job;
    for (size_t i = 0; status == STATUS_OK && i < list->devices.count; i++)
        print_device(list->call, &list->devices.items[i], list->channels[i]);
    if (status == STATUS_OK && list->devices.count == 0 && !list->call->json)
        command_print(list->call, "no devices: this person has not joined yet, or was erased\n");
    command_finish(list->call, status,
                   find_person_problem(list->found, "that person's devices cannot be listed"));
}

static void begin_list(struct command_call *call, const char *name)
{
    struct device_list *list = NULL;
    enum status status = command_take_state(call, sizeof *list, (void **)&list);
    if (status == STATUS_OK) {
        list->call = call;
        list->name = name;
        list->job = (struct store_job){.run = run_list, .done = done_list};
        status = store_read(call->app->store, &list->job);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}

/* ---- revoke ---- */

struct device_revoke {
    struct community_change change;
    struct store_job lookup;
    struct command_call *call;
    const char *name;
    struct store_device device;
    uint32_t channels;
    struct buffer entry;
    int64_t now_ms;
};

static enum status run_revoke(struct store_db *db, struct community_change *change)
{
    struct device_revoke *revoke = (struct device_revoke *)(void *)change;
    const struct id *device = &revoke->device.device;
    TRY(store_removals_add_everywhere(db, device, STORE_REMOVAL_REVOKED, revoke->now_ms));
    TRY(store_devices_revoke(db, device, revoke->now_ms));
    TRY(store_removals_count_of_device(db, device, true, &revoke->channels));
    return audit_add(db, revoke->now_ms, "device.revoke", device, 0);
}

static void done_revoke(struct community_change *change, enum status status)
{
    struct device_revoke *revoke = (struct device_revoke *)(void *)change;
    struct command_call *call = revoke->call;
    struct delivery *delivery = call->app->services.delivery;
    buffer_clear(&revoke->entry);
    if (status == STATUS_OK && delivery != NULL)
        work_shut_out(delivery, &revoke->device.device);
    if (status == STATUS_OK) {
        revoke->device.state = STORE_DEVICE_REVOKED;
        revoke->device.revoked_at_ms = revoke->now_ms;
        print_device(call, &revoke->device, revoke->channels);
    }
    command_finish(call, status, "nothing was changed");
}

static enum status submit(struct device_revoke *revoke)
{
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_REVOKE_DEVICE,
        .authority = DIRECTORY_BY_SERVER,
        .time = revoke->now_ms,
        .person = revoke->device.person,
        .device = revoke->device.device,
    };
    struct directory_signers nobody = {0};
    buffer_init(&revoke->entry, LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(directory_entry_sign(&entry, &nobody, &revoke->entry));
    revoke->change = (struct community_change){
        .entry = buffer_span(&revoke->entry),
        .run = run_revoke,
        .done = done_revoke,
    };
    community_submit(revoke->call->app->hub.community, &revoke->change);
    return STATUS_OK;
}

static struct device_revoke *revoke_of_lookup(struct store_job *job)
{
    return (struct device_revoke *)(void *)((char *)job - offsetof(struct device_revoke, lookup));
}

static enum status run_lookup(struct store_db *db, struct store_job *job)
{
    struct device_revoke *revoke = revoke_of_lookup(job);
    struct id device;
    enum status status = store_devices_by_prefix(db, span_from_text(revoke->name), &device);
    TRY(status == STATUS_MALFORMED ? STATUS_NOT_FOUND : status);
    TRY(store_devices_get(db, &device, &revoke->device));
    return store_removals_count_of_device(db, &device, true, &revoke->channels);
}

static void done_lookup(struct store_job *job, enum status status)
{
    struct device_revoke *revoke = revoke_of_lookup(job);
    if (status == STATUS_OK && revoke->device.state == STORE_DEVICE_REVOKED) {
        print_device(revoke->call, &revoke->device, revoke->channels);
        command_finish(revoke->call, STATUS_OK, NULL);
        return;
    }
    if (status == STATUS_OK)
        status = submit(revoke);
    if (status != STATUS_OK)
        command_finish(
            revoke->call, status,
            status == STATUS_NOT_FOUND
                ? "no device's id begins so, with six letters at least (weftd device list PERSON)"
            : status == STATUS_CONFLICT ? "several devices' ids begin so"
                                        : "the device was not revoked");
}

static void begin_revoke(struct command_call *call, const char *name)
{
    struct device_revoke *revoke = NULL;
    enum status status = command_take_state(call, sizeof *revoke, (void **)&revoke);
    if (status == STATUS_OK) {
        revoke->call = call;
        revoke->name = name;
        revoke->now_ms = clock_wall_ms(call->app->hub.clock);
        revoke->lookup = (struct store_job){.run = run_lookup, .done = done_lookup};
        status = store_read(call->app->store, &revoke->lookup);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}

void device_command_begin(struct command_call *call)
{
    if (call->argc == 2 && strcmp(call->argv[0], "list") == 0)
        begin_list(call, call->argv[1]);
    else if (call->argc == 2 && strcmp(call->argv[0], "revoke") == 0)
        begin_revoke(call, call->argv[1]);
    else
        command_usage(call);
}
