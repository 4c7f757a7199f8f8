/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The end of a pairing: the new device in the directory and in the store, and what it takes the
 * place of out of both, in one job. Sent again after a lost answer, it is found to be done.
 */
#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"
#include "protocol/wire/devices.h"
#include "server/delivery/look.h"
#include "server/delivery/work.h"
#include "server/handler/pairing.h"
#include "server/store/audit.h"
#include "server/store/members.h"
#include "server/store/people.h"
#include "server/store/removals.h"
#include "server/store/wants.h"

#include <string.h>

struct finish {
    struct community_change change;
    struct services *services;
    struct call *call;
    struct directory_entry entry;
    int64_t now_ms;
};

/* ---- in the job ---- */

/* The entry is the one that was revealed, countersigned and nothing else. */
static bool is_revealed(const struct store_pairing *pairing, const struct directory_entry *entry)
{
    struct directory_entry revealed;
    return directory_entry_open(pairing->entry, &revealed) == STATUS_OK &&
           id_equal(&revealed.person, &entry->person) &&
           id_equal(&revealed.device, &entry->device) &&
           span_equal(revealed.login_key, entry->login_key) &&
           span_equal(revealed.leaf_key, entry->leaf_key);
}

static enum status take_pairing(struct store_db *db, struct finish *finish)
{
    const struct wire_pairing_finish_request *request = finish->call->request;
    struct store_pairing pairing;
    TRY(store_pairings_get(db, &request->pairing, finish->now_ms, &finish->call->arena, &pairing));
    if (!id_equal(&pairing.device, &finish->call->device))
        return STATUS_NOT_FOUND;
    if (pairing.state != STORE_PAIRING_REVEALED)
        return STATUS_CONFLICT;
    if (!id_equal(&pairing.person, &finish->entry.person) || !is_revealed(&pairing, &finish->entry))
        return STATUS_INVALID;
    pairing.state = STORE_PAIRING_APPROVED;
    return store_pairings_advance(db, &pairing, STORE_PAIRING_REVEALED);
}

/* A reset ends all that the person had. */
static enum status end_others(struct store_db *db, struct finish *finish)
{
    const struct id *person = &finish->entry.person;
    struct store_device_list devices;
    struct store_audit_entry audit = {
        .at_ms = finish->now_ms,
        .actor = finish->call->person,
        .act = SPAN_LITERAL("person.reset"),
        .subject = *person,
    };
    TRY(store_devices_of_person(db, person, &finish->call->arena, &devices));
    for (size_t i = 0; i < devices.count; i++)
        TRY(store_removals_add_everywhere(db, &devices.items[i].device, STORE_REMOVAL_REVOKED,
                                          finish->now_ms));
    TRY(store_devices_revoke_of_person(db, person, finish->now_ms));
    return store_audit_add(db, &audit);
}

static enum status check_room(struct store_db *db, const struct id *person)
{
    uint32_t devices = 0;
    TRY(store_devices_count_active(db, person, &devices));
    return devices < LIMIT_DEVICES_PER_PERSON ? STATUS_OK : STATUS_LIMIT;
}

static enum status run(struct store_db *db, struct community_change *change)
{
    struct finish *finish = (struct finish *)(void *)change;
    const struct directory_entry *entry = &finish->entry;
    struct store_key login_key;
    struct store_key leaf_key;
    TRY(store_members_check_device(db, &finish->call->device, &finish->call->person));
    TRY(pairing_check_person(db, finish->call, &entry->person));
    TRY(take_pairing(db, finish));
    TRY(entry->authority == DIRECTORY_BY_ADMIN ? end_others(db, finish)
                                               : check_room(db, &entry->person));
    memcpy(login_key.bytes, entry->login_key.ptr, sizeof login_key.bytes);
    memcpy(leaf_key.bytes, entry->leaf_key.ptr, sizeof leaf_key.bytes);
    TRY(store_devices_add(db, &entry->device, &entry->person, &login_key, &leaf_key,
                          finish->now_ms));
    return store_wants_add_everywhere(db, &entry->device);
}

/* ---- on the loop ---- */

static bool is_known(const struct hub *hub, const struct directory_entry *entry)
{
    const struct directory_device *device =
        directory_find(community_directory(hub->community), &entry->device);
    return device != NULL && id_equal(&device->person, &entry->person) &&
           span_equal(SPAN_OF(device->leaf_key), entry->leaf_key);
}

static void done(struct community_change *change, enum status status)
{
    struct finish *finish = (struct finish *)(void *)change;
    struct hub *hub = finish->services->hub;
    if (status == STATUS_EXISTS && is_known(hub, &finish->entry))
        status = STATUS_OK;
    if (status != STATUS_OK) {
        JOURNAL(hub->journal, JOURNAL_INFO, "device_refused", JOURNAL_S(status));
        call_fail(finish->call, status, pairing_explain(status));
        return;
    }
    struct wire_pairing_finish_response response = {
        .log_size = directory_log_of(community_directory(hub->community))->size};
    JOURNAL(hub->journal, JOURNAL_INFO, "device_added", JOURNAL_I("person", &finish->entry.person));
    if (finish->entry.authority == DIRECTORY_BY_ADMIN) {
        hub_close_person(hub, &finish->entry.person);
        work_shut_out_person(finish->services->delivery, &finish->entry.person);
    } else {
        look_for_work(finish->services->delivery);
    }
    call_answer(finish->call, &response);
}

static enum status check(const struct call *call, const struct directory_entry *entry)
{
    bool own = id_equal(&entry->person, &call->person);
    if (entry->kind != DIRECTORY_ADD_DEVICE || !id_equal(&entry->by_device, &call->device) ||
        !id_equal(&entry->by_person, &call->person))
        return STATUS_INVALID;
    /* Whoever has a device left needs no admin, nor may they be their own. */
    return entry->authority == (own ? DIRECTORY_BY_DEVICE : DIRECTORY_BY_ADMIN) ? STATUS_OK
                                                                                : STATUS_DENIED;
}

static enum status begin(struct services *services, struct call *call)
{
    const struct wire_pairing_finish_request *request = call->request;
    struct finish *finish = NULL;
    TRY(call_take(call, sizeof *finish, (void **)&finish));
    TRY(directory_entry_open(request->entry, &finish->entry));
    TRY(check(call, &finish->entry));
    finish->services = services;
    finish->call = call;
    finish->now_ms = clock_wall_ms(services->hub->clock);
    finish->change = (struct community_change){
        .entry = request->entry,
        .authority_is_admin = call->role == ACCOUNT_ADMIN,
        .run = run,
        .done = done,
    };
    community_submit(services->hub->community, &finish->change);
    return STATUS_OK;
}

/* ---- refusing ---- */

static enum status run_refuse(struct store_db *db, struct task *task)
{
    const struct wire_pairing_finish_request *request = task->call->request;
    struct store_pairing pairing;
    TRY(pairing_get_own(db, task, &request->pairing, &pairing));
    enum store_pairing_state before = pairing.state;
    if (before == STORE_PAIRING_APPROVED)
        return STATUS_CONFLICT;
    pairing.state = STORE_PAIRING_REFUSED;
    return store_pairings_advance(db, &pairing, before);
}

static void finish_refuse(struct task *task)
{
    struct wire_pairing_finish_response response = {0};
    call_answer(task->call, &response);
}

void pairing_finish_handle(struct services *services, struct call *call)
{
    const struct wire_pairing_finish_request *request = call->request;
    if (request->entry.len != 0) {
        if (!hub_spend_for(call, BUDGET_DEVICES, 1))
            return;
        enum status status = begin(services, call);
        if (status != STATUS_OK)
            call_fail(call, status, pairing_explain(status));
        return;
    }
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run_refuse;
    task->finish = finish_refuse;
    task->explain = pairing_explain;
    task_write(task);
}
