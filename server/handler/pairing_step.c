/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the new device says, which has no login yet. Each step is taken once; again, it asks. */
#include "protocol/wire/devices.h"
#include "protocol/wire/events.h"
#include "server/handler/lookup.h"
#include "server/handler/pairing.h"

#include <string.h>

struct step {
    struct task task;
    struct id approver; /* who is told of a step that was taken; none: nothing is new */
    struct wire_pairing_step_response response;
};

static enum status commit(struct store_db *db, struct step *step, struct store_pairing *pairing)
{
    const struct wire_pairing_step_request *request = step->task.call->request;
    if (pairing->state != STORE_PAIRING_OPEN)
        return memcmp(pairing->commitment.bytes, request->commitment, sizeof request->commitment) ==
                       0
                   ? STATUS_OK
                   : STATUS_CONFLICT;
    pairing->state = STORE_PAIRING_COMMITTED;
    memcpy(pairing->commitment.bytes, request->commitment, sizeof request->commitment);
    step->approver = pairing->device;
    return store_pairings_advance(db, pairing, STORE_PAIRING_OPEN);
}

static enum status reveal(struct store_db *db, struct step *step, struct store_pairing *pairing)
{
    const struct wire_pairing_step_request *request = step->task.call->request;
    if (request->entry.len == 0 || pairing->state == STORE_PAIRING_REFUSED)
        return STATUS_OK;
    if (pairing->state == STORE_PAIRING_COMMITTED)
        return STATUS_NOT_NOW;
    if (pairing->state != STORE_PAIRING_ANSWERED)
        return span_equal(pairing->entry, request->entry) ? STATUS_OK : STATUS_CONFLICT;
    pairing->state = STORE_PAIRING_REVEALED;
    pairing->entry = request->entry;
    memcpy(pairing->nonce.bytes, request->nonce, sizeof request->nonce);
    step->approver = pairing->device;
    return store_pairings_advance(db, pairing, STORE_PAIRING_ANSWERED);
}

static enum status run(struct store_db *db, struct task *task)
{
    struct step *step = (struct step *)(void *)task;
    const struct wire_pairing_step_request *request = task->call->request;
    struct arena *arena = &task->call->arena;
    struct store_pairing pairing;
    struct wire_person person;
    TRY(store_pairings_get(db, &request->pairing, task->now_ms, arena, &pairing));
    TRY(commit(db, step, &pairing));
    TRY(reveal(db, step, &pairing));
    TRY(lookup_person(db, &pairing.person, false, arena, &person));
    step->response.state = (uint8_t)pairing.state;
    step->response.approver = pairing.approver;
    step->response.person_name = person.name;
    return STATUS_OK;
}

static void finish(struct task *task)
{
    struct step *step = (struct step *)(void *)task;
    struct hub *hub = task->services->hub;
    struct client *approver = hub_client_of_device(hub, &step->approver);
    struct wire_own_event event = {.what = WIRE_OWN_PAIRING};
    if (!id_is_none(&step->approver) && approver != NULL)
        client_send_event(approver, WIRE_EVENT_OWN, &event);
    step->response.community = span_from_text(hub->config->community);
    /* It is doing what a connection without a login is for: it is not late. */
    if (task->call->client != NULL)
        task->call->client->since_ms = clock_monotonic_ms(hub->clock);
    call_answer(task->call, &step->response);
}

void pairing_step_handle(struct services *services, struct call *call)
{
    struct step *step = task_new(services, NULL, call, sizeof *step);
    if (step == NULL)
        return;
    step->task.run = run;
    step->task.finish = finish;
    step->task.explain = pairing_explain;
    task_write(&step->task);
}
