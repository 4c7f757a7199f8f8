/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/wire/devices.h"
#include "server/handler/pairing.h"
#include "server/store/devices.h"

struct open {
    struct task task;
    struct wire_pairing_open_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct open *open = (struct open *)(void *)task;
    const struct wire_pairing_open_request *request = task->call->request;
    uint32_t devices = 0;
    TRY(pairing_check_person(db, task->call, &request->person));
    TRY(store_devices_count_active(db, &request->person, &devices));
    /* A reset puts one in the place of all. */
    if (id_equal(&request->person, &task->call->person) && devices >= LIMIT_DEVICES_PER_PERSON)
        return STATUS_LIMIT;
    struct store_pairing pairing = {
        .pairing = request->pairing,
        .device = task->call->device,
        .person = request->person,
        .expires_at_ms = task->now_ms + PAIRING_MS,
    };
    open->response.expires = pairing.expires_at_ms;
    return store_pairings_open(db, &pairing, task->now_ms);
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct open *)(void *)task)->response);
}

void pairing_open_handle(struct services *services, struct call *call)
{
    struct open *open = task_new(services, NULL, call, sizeof *open);
    if (open == NULL)
        return;
    open->task.run = run;
    open->task.finish = finish;
    open->task.explain = pairing_explain;
    task_write(&open->task);
}
