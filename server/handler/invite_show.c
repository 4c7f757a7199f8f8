/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/accounts.h"
#include "server/handler/handler.h"
#include "server/handler/lookup.h"
#include "server/handler/secret_hash.h"
#include "server/store/invites.h"

struct invite_show {
    struct store_job job;
    struct call *call;
    struct store_hash hash;
    int64_t now_ms;
    struct wire_invite_show_response response;
};

static enum status run(struct store_db *db, struct store_job *job)
{
    struct invite_show *show = (struct invite_show *)(void *)job;
    struct arena *arena = &show->call->arena;
    struct store_invite invite;
    TRY(store_invites_show(db, &show->hash, show->now_ms, &invite));
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

static void done(struct store_job *job, enum status status)
{
    struct invite_show *show = (struct invite_show *)(void *)job;
    if (status == STATUS_OK)
        call_answer(show->call, &show->response);
    else
        call_fail(show->call, status,
                  "this invite is not known, used up, or over: ask for another");
}

void invite_show_handle(struct services *services, struct call *call)
{
    const struct wire_invite_show_request *request = call->request;
    struct hub *hub = services->hub;
    struct invite_show *show = NULL;
    enum status status = call_take(call, sizeof *show, (void **)&show);
    if (status == STATUS_OK)
        status = secret_hash(request->secret, &show->hash);
    if (status == STATUS_OK) {
        show->job = (struct store_job){.run = run, .done = done};
        show->call = call;
        show->now_ms = clock_wall_ms(hub->clock);
        show->response.community = span_from_text(hub->config->community);
        show->response.notice = span_from_text(hub->config->notice);
        status = store_read(hub->store, &show->job);
    }
    if (status != STATUS_OK)
        call_fail(call, status, NULL);
}
