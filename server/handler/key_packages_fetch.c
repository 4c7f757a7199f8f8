/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * KeyPackages of people who are to be added. Each one-time KeyPackage goes out once, so only those
 * get any who may add to the channel, and not without end: anybody may make an open channel.
 */
#include "protocol/base/limits.h"
#include "protocol/wire/people.h"
#include "server/handler/task.h"
#include "server/store/devices.h"
#include "server/store/key_packages.h"

struct fetch {
    struct task task;
    struct wire_key_packages_fetch_response response;
};

static enum status take_of_device(struct store_db *db, struct fetch *fetch, const struct id *device)
{
    struct task *task = &fetch->task;
    struct store_key_package package;
    bool is_member = false;
    TRY(store_channels_is_member(db, &task->channel->id, device, &is_member));
    if (is_member || fetch->response.key_package_count == LIMIT_ADDS_PER_COMMIT)
        return STATUS_OK;
    enum status status = store_key_packages_take(db, device, &task->call->person, task->now_ms,
                                                 &task->call->arena, &package);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    fetch->response.key_packages[fetch->response.key_package_count++] = (struct wire_key_package){
        .device = *device,
        .last_resort = package.last_resort,
        .message = package.bytes,
    };
    return STATUS_OK;
}

static enum status run(struct store_db *db, struct task *task)
{
    struct fetch *fetch = (struct fetch *)(void *)task;
    const struct wire_key_packages_fetch_request *request = task->call->request;
    void *items = NULL;
    TRY(arena_take(&task->call->arena, LIMIT_ADDS_PER_COMMIT, sizeof(struct wire_key_package),
                   &items));
    fetch->response.key_packages = items;
    for (size_t i = 0; i < request->person_count; i++) {
        struct store_device_list devices;
        TRY(store_devices_of_person(db, &request->people[i].id, &task->call->arena, &devices));
        for (size_t k = 0; k < devices.count; k++) {
            if (devices.items[k].state == STORE_DEVICE_ACTIVE)
                TRY(take_of_device(db, fetch, &devices.items[k].device));
        }
    }
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct fetch *)(void *)task)->response);
}

/* Named twice, one person would give two of each device. */
static bool is_named_twice(const struct wire_key_packages_fetch_request *request)
{
    for (size_t i = 0; i < request->person_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (id_equal(&request->people[i].id, &request->people[k].id))
                return true;
        }
    }
    return false;
}

static enum status
check(const struct channel *channel, const struct call *call, const char **detail)
{
    const struct wire_key_packages_fetch_request *request = call->request;
    if (!channel_is_open(channel) &&
        (channel_roles(channel, &call->person) & CHANNEL_ROLES_ADDING) == 0) {
        *detail = "only a facilitator or sponsor adds people here";
        return STATUS_DENIED;
    }
    if (request->person_count > LIMIT_ADDS_PER_COMMIT) {
        *detail = "more people than one commit adds";
        return STATUS_LIMIT;
    }
    if (is_named_twice(request))
        return STATUS_INVALID;
    return STATUS_OK;
}

void key_packages_fetch_handle(struct services *services,
                               struct channel *channel,
                               struct call *call)
{
    const struct wire_key_packages_fetch_request *request = call->request;
    const char *detail = NULL;
    enum status status = check(channel, call, &detail);
    if (status != STATUS_OK) {
        call_fail(call, status, detail);
        return;
    }
    if (!hub_spend_for(call, BUDGET_KEY_PACKAGES, (uint32_t)request->person_count))
        return;
    struct fetch *fetch = task_new(services, channel, call, sizeof *fetch);
    if (fetch == NULL)
        return;
    fetch->task.run = run;
    fetch->task.finish = finish;
    task_write(&fetch->task);
}
