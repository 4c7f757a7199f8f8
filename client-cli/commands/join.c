/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft join LINK: the notice first, then the first device of a new person. */
#include "client-cli/commands/fresh_profile.h"
#include "client-cli/commands/terminal.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/enrol.h"
#include "client-cli/core/key_pool.h"
#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"

#include <string.h>

/* Shown before the operator's own notice, which says who keeps what for how long. */
static const char first_notice[] =
    "Never write anything by which a patient could be recognised: no names, dates, places or "
    "pictures.";
static const char second_notice[] =
    "Only the members of a channel can read what is written in it. The server cannot, but knows "
    "who is in which channel, when, and how long messages are.";

static const char *role_name(uint8_t role)
{
    return role == ACCOUNT_ADMIN ? "admin" : role == ACCOUNT_FACILITATOR ? "facilitator" : "staff";
}

static void show_notice(struct out *out, const struct wire_invite_show_response *shown)
{
    out_heading(out, "%.*s", OUT_SPAN(shown->community));
    if (shown->group_name.len != 0)
        out_line(out, "You join as %s in %.*s.", role_name(shown->role),
                 OUT_SPAN(shown->group_name));
    else
        out_line(out, "You join as %s.", role_name(shown->role));
    out_line(out, "%s", "");
    out_prose(out, "%s", first_notice);
    out_prose(out, "%s", second_notice);
    if (shown->notice.len != 0)
        out_prose(out, "%.*s", OUT_SPAN(shown->notice));
    out_line(out, "%s", "");
    out_record(out, json_pack("{s:s, s:o, s:s, s:o, s:s, s:o}", "type", "notice", "community",
                              out_json_text(shown->community), "role", role_name(shown->role),
                              "group", out_json_text(shown->group_name), "rule", first_notice,
                              "notice", out_json_text(shown->notice)));
}

static enum status agree(struct invocation *invocation)
{
    if (arguments_has(&invocation->arguments, "yes"))
        return STATUS_OK;
    CLEANUP(buffer_clear) struct buffer answer = BUFFER_INIT(LIMIT_NAME_BYTES);
    enum status asked = terminal_ask("Do you agree? Type yes to join:", &answer);
    if (asked == STATUS_OK && span_equal(buffer_span(&answer), SPAN_LITERAL("yes")))
        return STATUS_OK;
    return command_explain(invocation, STATUS_CANCELLED,
                           "not joined, nothing was sent. Join again with --yes when you agree");
}

/* --name, or the name that the invite is bound to, or whatever is typed. */
static enum status choose_name(struct invocation *invocation,
                               const struct wire_invite_show_response *shown,
                               struct buffer *name)
{
    const char *given = arguments_value(&invocation->arguments, "name");
    if (given != NULL && strlen(given) > LIMIT_NAME_BYTES)
        return command_explain(invocation, STATUS_USAGE, "a name has at most %d bytes",
                               LIMIT_NAME_BYTES);
    if (given != NULL)
        TRY(buffer_append(name, span_from_text(given)));
    else if (shown->person_name.len != 0)
        TRY(buffer_append(name, shown->person_name));
    else if (terminal_ask("Your name, as others will see it:", name) != STATUS_OK)
        return command_explain(invocation, STATUS_USAGE, "say your name with --name");
    if (name->len == 0 || !utf8_is_valid(buffer_span(name)))
        return command_explain(invocation, STATUS_USAGE, "a name is text and not empty");
    return STATUS_OK;
}

static enum status join(struct invocation *invocation, const struct invite_link *link)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer name = BUFFER_INIT(LIMIT_NAME_BYTES);
    struct wire_invite_show_response shown;
    struct engine *engine = invocation->engine;
    enum status resumed = enrol_resume(engine, link);
    if (resumed == STATUS_NOT_FOUND) {
        TRY(enrol_show(engine, link, &reply, &shown));
        show_notice(invocation->out, &shown);
        TRY(agree(invocation));
        TRY(choose_name(invocation, &shown, &name));
        resumed = enrol_redeem(engine, link, &shown, buffer_span(&name));
    }
    TRY(resumed);
    TRY(key_pool_refill(engine));
    char person[ID_TEXT_SIZE];
    id_text(&engine->account.person, person);
    out_prose(invocation->out,
              "Welcome, %.*s. Next: weft channel list, or weft peer-assist ask "
              "\"...\"",
              OUT_SPAN(engine->account.name));
    out_record(invocation->out, json_pack("{s:s, s:s, s:o, s:o}", "type", "joined", "person",
                                          person, "name", out_json_text(engine->account.name),
                                          "community", out_json_text(engine->account.community)));
    return STATUS_OK;
}

enum status join_run(struct invocation *invocation)
{
    struct invite_link link;
    TRY(fresh_profile_link(invocation, &link));
    TRY(fresh_profile_open(invocation, &invocation->engine));
    command_listen(invocation);
    enum status status = join(invocation, &link);
    if (status != STATUS_OK && invocation->explanation[0] == '\0')
        status = command_explain(invocation, status, "%s", engine_explanation(invocation->engine));
    engine_close(&invocation->engine);
    return status;
}
