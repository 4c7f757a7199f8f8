/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/accounts.h"
#include "server/handler/lookup.h"
#include "server/handler/secret_hash.h"
#include "server/handler/task.h"
#include "server/store/invites.h"

struct invite_show {
    struct task task;
    struct store_hash hash;
    struct wire_invite_show_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct invite_show *show = (struct invite_show *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_invite invite;
    TRY(store_invites_show(db, &show->hash, task->now_ms, &invite));
    show->response.role = (uint8_t)invite.role;
    show->response.person = invite.person;
    show->response.invited_by = invite.created_by;
    show->response.expires = invite.expires_at_ms;
    struct id group = invite.group;
    if (!id_is_none(&invite.person)) {
        struct store_person person;
        TRY(store_people_get(db, &invite.person, arena, &person));
        show->response.person_name = person.name;
        group = person.group;
    }
    return lookup_group_name(db, &group, arena, &show->response.group_name);
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct invite_show *)(void *)task)->response);
}

static const char *explain(enum status status)
{
    bool about_the_invite = status == STATUS_NOT_FOUND || status == STATUS_EXPIRED ||
                            status == STATUS_DENIED || status == STATUS_REPLAYED;
    /* One text for all: whoever guesses learns nothing more from it. */
    return about_the_invite ? "this invite is not known, used up, or over: ask for another" : NULL;
}

void invite_show_handle(struct services *services, struct call *call)
{
    const struct wire_invite_show_request *request = call->request;
    struct invite_show *show = task_new(services, NULL, call, sizeof *show);
    if (show == NULL)
        return;
    show->task.run = run;
    show->task.finish = finish;
    show->task.explain = explain;
    show->response.community = span_from_text(services->hub->config->community);
    show->response.notice = span_from_text(services->hub->config->notice);
    enum status status = secret_hash(request->secret, &show->hash);
    if (status == STATUS_OK)
        task_read(&show->task);
    else
        call_fail(call, status, NULL);
}
