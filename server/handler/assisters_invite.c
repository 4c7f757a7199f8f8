/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Invites people to a channel, all of them or none: they joined and opted in, and are not asked
 * more often in a week than they allow. Whoever is a member already, or has an invitation that
 * waits or was accepted, is passed over, so that the request may be sent again.
 */
#include "protocol/wire/events.h"
#include "server/handler/lookup_invitation.h"
#include "server/handler/proposals.h"
#include "server/handler/task.h"
#include "server/store/channels.h"

/* Twice what a peer assist needs: those who decline are replaced by a second request. */
#define INVITED_AT_ONCE_MAX 16

struct invite {
    struct task task;
    size_t count;
    struct store_invitation invitations[INVITED_AT_ONCE_MAX];
    struct wire_invitation told[INVITED_AT_ONCE_MAX];
    bool sent[INVITED_AT_ONCE_MAX];
};

static enum status send_one(struct store_db *db, struct invite *invite, size_t index)
{
    const struct store_invitation *invitation = &invite->invitations[index];
    bool has_person = false;
    bool again = false;
    TRY(store_channels_has_person(db, &invitation->channel, &invitation->person, &has_person));
    if (has_person)
        return STATUS_OK;
    enum status status = store_invitations_add(db, invitation, &again);
    if (status == STATUS_EXISTS)
        return STATUS_OK;
    TRY(status);
    invite->sent[index] = true;
    return lookup_invitation(db, invitation, &invite->task.call->arena, &invite->told[index]);
}

/* That somebody's week is full is said last. Otherwise whoever names somebody beside one who cannot
 * be asked would learn it without asking anybody, and so whom an introduction was suggested to. */
static enum status run(struct store_db *db, struct task *task)
{
    struct invite *invite = (struct invite *)(void *)task;
    enum status all = STATUS_OK;
    for (size_t i = 0; i < invite->count; i++) {
        enum status status = send_one(db, invite, i);
        if (status == STATUS_RATE_LIMITED)
            all = status;
        else
            TRY(status);
    }
    return all;
}

static void finish(struct task *task)
{
    struct invite *invite = (struct invite *)(void *)task;
    struct hub *hub = task->services->hub;
    for (size_t i = 0; i < invite->count; i++) {
        struct wire_invitation_event event = {.invitation = invite->told[i]};
        if (invite->sent[i])
            hub_tell_person(hub, &invite->invitations[i].person, WIRE_EVENT_INVITATION, &event);
    }
    task_answer_empty(task);
}

static const char *explain(enum status status)
{
    if (status == STATUS_DENIED)
        return "one of them does not want to be asked: nobody was invited";
    if (status == STATUS_RATE_LIMITED)
        return "one of them was asked as often this week as they allow: nobody was invited";
    return NULL;
}

static enum status fill(struct invite *invite, const struct wire_assisters_invite_request *request)
{
    const struct task *task = &invite->task;
    for (size_t i = 0; i < request->person_count; i++) {
        struct store_invitation *invitation = &invite->invitations[i];
        const struct id *person = &request->people[i].id;
        *invitation = (struct store_invitation){
            .channel = request->channel,
            .person = *person,
            .invited_by = task->call->person,
            .state = STORE_INVITATION_SENT,
            .created_at_ms = task->now_ms,
        };
        TRY(id_random(task->services->hub->random, &invitation->invitation));
        TRY(arena_copy(&task->call->arena,
                       proposals_reason(task->services->proposals, &request->channel, person),
                       &invitation->reason));
    }
    invite->count = request->person_count;
    return STATUS_OK;
}

static enum status
check(const struct channel *channel, const struct call *call, const char **detail)
{
    const struct wire_assisters_invite_request *request = call->request;
    const uint16_t askers = CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_HOST | CHANNEL_ROLE_SPONSOR;
    if ((channel_roles(channel, &call->person) & askers) == 0) {
        *detail = "only the assistee, a facilitator or a sponsor invites people";
        return STATUS_DENIED;
    }
    if (request->person_count > INVITED_AT_ONCE_MAX) {
        *detail = "too many people at once";
        return STATUS_LIMIT;
    }
    return request->person_count == 0 ? STATUS_INVALID : STATUS_OK;
}

void assisters_invite_handle(struct services *services, struct channel *channel, struct call *call)
{
    const char *detail = NULL;
    enum status status = check(channel, call, &detail);
    if (status != STATUS_OK) {
        call_fail(call, status, detail);
        return;
    }
    struct invite *invite = task_new(services, channel, call, sizeof *invite);
    if (invite == NULL)
        return;
    invite->task.run = run;
    invite->task.finish = finish;
    invite->task.explain = explain;
    status = fill(invite, call->request);
    if (status == STATUS_OK)
        task_write(&invite->task);
    else
        call_fail(call, status, NULL);
}
