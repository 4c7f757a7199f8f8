/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/devices.h"
#include "server/handler/pairing.h"

#include <string.h>

struct show {
    struct task task;
    struct wire_pairing_show_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct show *show = (struct show *)(void *)task;
    const struct wire_pairing_show_request *request = task->call->request;
    struct store_pairing pairing;
    TRY(pairing_get_own(db, task, &request->pairing, &pairing));
    show->response.state = (uint8_t)pairing.state;
    show->response.entry = pairing.entry;
    memcpy(show->response.commitment, pairing.commitment.bytes, sizeof show->response.commitment);
    memcpy(show->response.nonce, pairing.nonce.bytes, sizeof show->response.nonce);
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct show *)(void *)task)->response);
}

void pairing_show_handle(struct services *services, struct call *call)
{
    struct show *show = task_new(services, NULL, call, sizeof *show);
    if (show == NULL)
        return;
    show->task.run = run;
    show->task.finish = finish;
    show->task.explain = pairing_explain;
    task_read(&show->task);
}
