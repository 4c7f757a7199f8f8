/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who accepts an invitation is like somebody whose knock was answered by the one who invited:
 * members are asked to add them. The two have agreed to meet, which is a tie of the network. Who
 * declines is not proposed to this channel again, and counts as asked.
 */
#include "protocol/wire/sessions.h"
#include "server/delivery/look.h"
#include "server/delivery/work.h"
#include "server/handler/task.h"
#include "server/store/channels.h"
#include "server/store/invitations.h"
#include "server/store/knocks.h"
#include "server/store/people.h"
#include "server/store/ties.h"

struct answer {
    struct task task;
    struct delivery_waiter waiter;
    struct store_invitation invitation;
};

static enum status
add_tie(struct store_db *db, const struct answer *answer, const struct store_channel *channel)
{
    struct store_tie tie = {
        .a = answer->invitation.invited_by,
        .b = answer->invitation.person,
        .kind = STORE_TIE_ACCEPTED,
        .weight = 1,
        .at_ms = answer->task.now_ms,
    };
    bool counts = channel->visibility != STORE_VISIBILITY_CONFIDENTIAL;
    return counts ? store_ties_set(db, &tie) : STATUS_OK;
}

static enum status let_in(struct store_db *db, struct answer *answer)
{
    const struct store_invitation *invitation = &answer->invitation;
    int64_t now_ms = answer->task.now_ms;
    struct arena *arena = &answer->task.call->arena;
    struct store_channel channel;
    struct store_person inviter;
    struct store_knock knock;
    TRY(store_channels_get(db, &invitation->channel, arena, &channel));
    TRY(store_people_get(db, &invitation->invited_by, arena, &inviter));
    if (inviter.state != STORE_PERSON_JOINED)
        return STATUS_EXPIRED;
    TRY(store_knocks_add(db, &invitation->channel, &invitation->person, now_ms, &knock));
    TRY(store_knocks_answer(db, &invitation->channel, &invitation->person, true,
                            &invitation->invited_by, now_ms));
    return add_tie(db, answer, &channel);
}

static enum status run(struct store_db *db, struct task *task)
{
    struct answer *answer = (struct answer *)(void *)task;
    const struct wire_invitation_answer_request *request = task->call->request;
    enum store_invitation_state state =
        request->accept ? STORE_INVITATION_ACCEPTED : STORE_INVITATION_DECLINED;
    TRY(store_invitations_get(db, &request->invitation, &task->call->arena, &answer->invitation));
    TRY(store_invitations_answer(db, &request->invitation, &task->call->person, state,
                                 task->now_ms));
    /* The same answer again, after a lost one, lets nobody in twice. */
    bool again = answer->invitation.state == state;
    return request->accept && !again ? let_in(db, answer) : STATUS_OK;
}

static void ready(struct delivery_waiter *waiter, struct channel *channel, enum status status)
{
    struct answer *answer =
        (struct answer *)(void *)((char *)waiter - offsetof(struct answer, waiter));
    struct delivery *delivery = answer->task.services->delivery;
    task_answer_empty(&answer->task);
    if (status == STATUS_OK)
        work_gather(delivery, channel);
    else
        look_later(delivery);
}

static void finish(struct task *task)
{
    struct answer *answer = (struct answer *)(void *)task;
    const struct wire_invitation_answer_request *request = task->call->request;
    if (!request->accept) {
        task_answer_empty(task);
        return;
    }
    answer->waiter.ready = ready;
    delivery_load(task->services->delivery, &answer->invitation.channel, &answer->waiter);
}

static const char *explain(enum status status)
{
    if (status == STATUS_EXPIRED)
        return "whoever invited is not here any more";
    return status == STATUS_CONFLICT ? "this invitation was answered before" : NULL;
}

void invitation_answer_handle(struct services *services, struct call *call)
{
    struct answer *answer = task_new(services, NULL, call, sizeof *answer);
    if (answer == NULL)
        return;
    answer->task.run = run;
    answer->task.finish = finish;
    answer->task.explain = explain;
    task_write(&answer->task);
}
