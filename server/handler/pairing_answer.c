/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/devices.h"
#include "server/handler/pairing.h"

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_pairing_answer_request *request = task->call->request;
    struct store_pairing pairing;
    TRY(pairing_get_own(db, task, &request->pairing, &pairing));
    if (pairing.state == STORE_PAIRING_OPEN)
        return STATUS_NOT_NOW;
    if (pairing.state != STORE_PAIRING_COMMITTED)
        return span_equal(pairing.approver, request->approver) ? STATUS_OK : STATUS_CONFLICT;
    pairing.state = STORE_PAIRING_ANSWERED;
    pairing.approver = request->approver;
    return store_pairings_advance(db, &pairing, STORE_PAIRING_COMMITTED);
}

void pairing_answer_handle(struct services *services, struct call *call)
{
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task->explain = pairing_explain;
    task_write(task);
}
