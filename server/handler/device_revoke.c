/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A device is shut out: an entry of the directory, its KeyPackages and Welcomes gone, a Remove
 * asked for in each of its channels, in one job; then its connection ends. The statement may be
 * somebody else's that the log has lost.
 */
#include "protocol/wire/accounts.h"
#include "protocol/wire/devices.h"
#include "server/delivery/work.h"
#include "server/handler/pairing.h"
#include "server/store/audit.h"
#include "server/store/devices.h"
#include "server/store/members.h"
#include "server/store/removals.h"

struct revoke {
    struct task task; /* for one that was revoked before */
    struct community_change change;
    struct directory_entry entry;
    struct wire_device_revoke_response response;
};

static struct revoke *revoke_of_change(struct community_change *change)
{
    return (struct revoke *)(void *)((char *)change - offsetof(struct revoke, change));
}

/* After a restore the log lacks what was signed since the backup; others have kept it. A revocation
 * is for good, so that handing it in twice does no harm, and the directory checks who signed it:
 * another device of the same person, or an admin, for whom an admin answers, the same one with
 * another device included. */
static bool is_handed_in_again(const struct call *call, const struct directory_entry *entry)
{
    return entry->authority == DIRECTORY_BY_DEVICE
               ? !id_equal(&entry->person, &call->person)
               : entry->authority == DIRECTORY_BY_ADMIN && call->role == ACCOUNT_ADMIN &&
                     !id_equal(&entry->by_device, &call->device);
}

static enum status run(struct store_db *db, struct community_change *change)
{
    struct revoke *revoke = revoke_of_change(change);
    const struct task *task = &revoke->task;
    const struct id *device = &revoke->entry.device;
    struct store_audit_entry audit = {
        .at_ms = task->now_ms,
        .actor = task->call->person,
        .act = SPAN_LITERAL("device.revoke"),
        .subject = *device,
    };
    TRY(store_members_check_device(db, &task->call->device, &task->call->person));
    if (!is_handed_in_again(task->call, &revoke->entry))
        TRY(pairing_check_person(db, task->call, &revoke->entry.person));
    TRY(store_removals_add_everywhere(db, device, STORE_REMOVAL_REVOKED, task->now_ms));
    TRY(store_devices_revoke(db, device, task->now_ms));
    if (revoke->entry.authority == DIRECTORY_BY_ADMIN)
        TRY(store_audit_add(db, &audit));
    return store_removals_count_of_device(db, device, true, &revoke->response.channels);
}

static const char *explain(enum status status)
{
    switch ((int)status) {
    case STATUS_DENIED:
        return "only the person themselves and an admin revoke a device";
    case STATUS_NOT_FOUND:
        return "there is no such device: weft device list";
    case STATUS_CONFLICT:
        return "this is the device that you are using: revoke it from another one, or ask an admin";
    default:
        return NULL;
    }
}

static void answer(struct task *task)
{
    struct revoke *revoke = (struct revoke *)(void *)task;
    const struct directory *directory = community_directory(task->services->hub->community);
    revoke->response.log_size = directory_log_of(directory)->size;
    call_answer(task->call, &revoke->response);
}

static void done(struct community_change *change, enum status status)
{
    struct revoke *revoke = revoke_of_change(change);
    struct services *services = revoke->task.services;
    if (status != STATUS_OK) {
        call_fail(revoke->task.call, status, explain(status));
        return;
    }
    JOURNAL(services->hub->journal, JOURNAL_INFO, "device_revoked",
            JOURNAL_I("device", &revoke->entry.device));
    work_shut_out(services->delivery, &revoke->entry.device);
    answer(&revoke->task);
}

/* Only how things stand. */
static enum status run_again(struct store_db *db, struct task *task)
{
    struct revoke *revoke = (struct revoke *)(void *)task;
    TRY(pairing_check_person(db, task->call, &revoke->entry.person));
    return store_removals_count_of_device(db, &revoke->entry.device, true,
                                          &revoke->response.channels);
}

static enum status check(const struct call *call, const struct directory_entry *entry)
{
    bool own = id_equal(&entry->person, &call->person);
    if (entry->kind != DIRECTORY_REVOKE_DEVICE)
        return STATUS_INVALID;
    if (is_handed_in_again(call, entry))
        return STATUS_OK;
    /* Of one's own person, by whichever device. */
    bool own_word = own && entry->authority == DIRECTORY_BY_DEVICE;
    if ((!own_word && !id_equal(&entry->by_device, &call->device)) ||
        !id_equal(&entry->by_person, &call->person))
        return STATUS_INVALID;
    if (id_equal(&entry->device, &call->device))
        return STATUS_CONFLICT;
    return entry->authority == (own ? DIRECTORY_BY_DEVICE : DIRECTORY_BY_ADMIN) ? STATUS_OK
                                                                                : STATUS_DENIED;
}

void device_revoke_handle(struct services *services, struct call *call)
{
    const struct wire_device_revoke_request *request = call->request;
    struct revoke *revoke = task_new(services, NULL, call, sizeof *revoke);
    if (revoke == NULL)
        return;
    revoke->task.run = run_again;
    revoke->task.finish = answer;
    revoke->task.explain = explain;
    enum status status = directory_entry_open(request->entry, &revoke->entry);
    if (status == STATUS_OK)
        status = check(call, &revoke->entry);
    if (status != STATUS_OK) {
        call_fail(call, status, explain(status));
        return;
    }
    const struct directory_device *device =
        directory_find(community_directory(services->hub->community), &revoke->entry.device);
    if (device != NULL && device->state == DIRECTORY_REVOKED &&
        id_equal(&device->person, &revoke->entry.person)) {
        task_read(&revoke->task);
        return;
    }
    revoke->change = (struct community_change){
        .entry = request->entry,
        .authority_is_admin = call->role == ACCOUNT_ADMIN,
        .run = run,
        .done = done,
    };
    community_submit(services->hub->community, &revoke->change);
}
