/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft invitation list, accept, decline: who asks for your help. */
#include "client-cli/commands/find.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/invitations.h"

static const char *state_name(uint8_t state)
{
    switch (state) {
    case INVITATION_OPEN:
        return "open";
    case INVITATION_ACCEPTED:
        return "accepted";
    case INVITATION_DECLINED:
        return "declined";
    default:
        return "unknown";
    }
}

static json_t *invitation_json(const struct wire_invitation *invitation)
{
    char id[ID_TEXT_SIZE];
    char channel[ID_TEXT_SIZE];
    char by[ID_TEXT_SIZE];
    id_text(&invitation->invitation, id);
    id_text(&invitation->channel, channel);
    id_text(&invitation->by, by);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:I}", "type",
                     "invitation", "invitation", id, "channel", channel, "title",
                     out_json_text(invitation->title), "brief", out_json_text(invitation->brief),
                     "by", by, "by_name", out_json_text(invitation->by_name), "by_group",
                     out_json_text(invitation->by_group), "reason",
                     out_json_text(invitation->reason), "state", state_name(invitation->state),
                     "time", (json_int_t)invitation->time);
}

static void show(struct out *out, const struct wire_invitation *invitation)
{
    char id[ID_TEXT_SIZE];
    id_text(&invitation->invitation, id);
    if (invitation->title.len != 0)
        out_heading(out, "%.8s  %.*s (%s)", id, OUT_SPAN(invitation->title),
                    state_name(invitation->state));
    else
        out_heading(out, "%.8s  a private channel (%s)", id, state_name(invitation->state));
    out_line(out, "  from %.*s%s%.*s", OUT_SPAN(invitation->by_name),
             invitation->by_group.len == 0 ? "" : ", ", OUT_SPAN(invitation->by_group));
    if (invitation->reason.len != 0)
        out_prose(out, "  why you: %.*s", OUT_SPAN(invitation->reason));
    out_text(out, "  ", invitation->brief);
    out_record(out, invitation_json(invitation));
}

enum status invitation_list_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_invitations_response all;
    size_t open = 0;
    TRY(invitations_fetch(invocation->engine, &reply, &all));
    for (size_t i = 0; i < all.invitation_count; i++) {
        show(invocation->out, &all.invitations[i]);
        open += all.invitations[i].state == INVITATION_OPEN;
    }
    if (open != 0)
        out_prose(invocation->out, "To answer: weft invitation accept ID, or weft invitation "
                                   "decline ID. No reason is needed for either.");
    else
        out_line(invocation->out, "Nobody waits for an answer of yours.");
    return STATUS_OK;
}

/* The only open one when none is named. */
static enum status
choose_open(struct invocation *invocation, const struct wire_invitations_response *all, size_t *at)
{
    size_t open = 0;
    for (size_t i = 0; i < all->invitation_count; i++) {
        if (all->invitations[i].state != INVITATION_OPEN)
            continue;
        *at = i;
        open++;
    }
    if (open == 0)
        return command_explain(invocation, STATUS_NOT_FOUND, "nobody waits for an answer of yours");
    if (open > 1)
        return command_explain(invocation, STATUS_USAGE,
                               "%zu invitations are open: say which, with the id or the title that "
                               "weft invitation list shows",
                               open);
    return STATUS_OK;
}

static enum status
choose(struct invocation *invocation, const struct wire_invitations_response *all, size_t *at)
{
    if (invocation->arguments.positional_count == 0)
        return choose_open(invocation, all, at);
    CLEANUP(buffer_clear) struct buffer wanted = BUFFER_INIT(LIMIT_TITLE_BYTES + 1);
    TRY(arguments_join(&invocation->arguments, 0, &wanted));
    TRY(buffer_append(&wanted, span_of("", 1)));
    struct find find;
    find_begin(&find, (const char *)wanted.ptr);
    for (size_t i = 0; i < all->invitation_count; i++)
        find_offer(&find, &all->invitations[i].invitation, all->invitations[i].title);
    enum status status = find_finish(&find, at);
    if (status != STATUS_OK)
        return command_explain(invocation, status,
                               "%s invitation has that id or title: weft invitation list",
                               status == STATUS_NOT_FOUND ? "no" : "more than one");
    return STATUS_OK;
}

static enum status answer(struct invocation *invocation, bool accept)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(connection_reply_clear) struct connection_reply done = CONNECTION_REPLY_INIT;
    struct wire_invitations_response all;
    size_t at = 0;
    TRY(invitations_fetch(invocation->engine, &reply, &all));
    TRY(choose(invocation, &all, &at));
    struct wire_invitation *invitation = &all.invitations[at];
    struct wire_invitation_answer_request request = {.invitation = invitation->invitation,
                                                     .accept = accept};
    TRY(engine_call(invocation->engine, WIRE_INVITATION_ANSWER, &request, &done, NULL));
    invitation->state = accept ? INVITATION_ACCEPTED : INVITATION_DECLINED;
    if (accept)
        out_prose(invocation->out,
                  "Thank you. You are let in as soon as a member of the channel is "
                  "online; then: weft channel list, weft follow CHANNEL");
    else
        out_line(invocation->out, "Declined. You need not say why.");
    out_record(invocation->out, invitation_json(invitation));
    return STATUS_OK;
}

enum status invitation_accept_run(struct invocation *invocation)
{
    return answer(invocation, true);
}

enum status invitation_decline_run(struct invocation *invocation)
{
    return answer(invocation, false);
}
