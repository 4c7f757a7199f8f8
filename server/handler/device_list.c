/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/devices.h"
#include "server/handler/pairing.h"
#include "server/store/removals.h"
#include "server/store/wants.h"

struct device_list {
    struct task task;
    struct wire_device_list_response response;
};

static enum status
fill(struct store_db *db, bool own, const struct store_device *device, struct wire_device *listed)
{
    *listed = (struct wire_device){
        .device = device->device,
        .state = device->state == STORE_DEVICE_ACTIVE ? WIRE_DEVICE_ACTIVE : WIRE_DEVICE_REVOKED,
        .added = device->created_at_ms,
        .seen = device->seen_at_ms,
        .revoked = device->revoked_at_ms,
    };
    /* Of one that is shut out, whoever did it sees when it can read nothing more. */
    bool all = own || device->state == STORE_DEVICE_REVOKED;
    return store_removals_count_of_device(db, &device->device, all, &listed->channels);
}

static enum status run(struct store_db *db, struct task *task)
{
    struct device_list *list = (struct device_list *)(void *)task;
    const struct wire_device_list_request *request = task->call->request;
    struct arena *arena = &task->call->arena;
    struct store_device_list devices;
    bool own = id_equal(&request->person, &task->call->person);
    void *items = NULL;
    TRY(pairing_check_person(db, task->call, &request->person));
    TRY(store_devices_of_person(db, &request->person, arena, &devices));
    TRY(arena_take(arena, devices.count, sizeof(struct wire_device), &items));
    list->response.devices = items;
    /* The oldest first: of a thousand, those that are left out are long gone. */
    size_t skipped = devices.count > LIMIT_LIST_ITEMS ? devices.count - LIMIT_LIST_ITEMS : 0;
    for (size_t i = skipped; i < devices.count; i++)
        TRY(fill(db, own, &devices.items[i],
                 &list->response.devices[list->response.device_count++]));
    return store_wants_channels_of_person(db, &request->person, own, &list->response.channels);
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct device_list *)(void *)task)->response);
}

static const char *explain(enum status status)
{
    return status == STATUS_DENIED ? "a person's devices are shown to themselves and to admins"
                                   : NULL;
}

void device_list_handle(struct services *services, struct call *call)
{
    struct device_list *list = task_new(services, NULL, call, sizeof *list);
    if (list == NULL)
        return;
    list->task.run = run;
    list->task.finish = finish;
    list->task.explain = explain;
    task_read(&list->task);
}
