/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the asking person was invited to and has not answered. */
#include "protocol/base/limits.h"
#include "server/handler/lookup_invitation.h"
#include "server/handler/task.h"

struct invitations {
    struct task task;
    struct wire_invitations_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct invitations *invitations = (struct invitations *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_invitation_list list;
    void *items = NULL;
    TRY(store_invitations_of_person(db, &task->call->person, arena, &list));
    size_t count = list.count < LIMIT_LIST_ITEMS ? list.count : LIMIT_LIST_ITEMS;
    TRY(arena_take(arena, count, sizeof(struct wire_invitation), &items));
    invitations->response.invitations = items;
    invitations->response.invitation_count = count;
    for (size_t i = 0; i < count; i++)
        TRY(lookup_invitation(db, &list.items[i], arena, &invitations->response.invitations[i]));
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct invitations *)(void *)task)->response);
}

void invitations_handle(struct services *services, struct call *call)
{
    struct invitations *invitations = task_new(services, NULL, call, sizeof *invitations);
    if (invitations == NULL)
        return;
    invitations->task.run = run;
    invitations->task.finish = finish;
    task_read(&invitations->task);
}
