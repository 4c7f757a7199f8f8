/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft people, weft group list: who joined and may be asked. */
#include "client-cli/commands/show_person.h"
#include "client-cli/commands/verbs.h"
#include "protocol/base/limits.h"

/* Shown at once; whoever wants others types a longer query. */
#define PEOPLE_SHOWN_MAX 5000

/* Shows one page; returns how many people it had through `shown`. */
static enum status
show_page(struct invocation *invocation, struct wire_people_request *request, bool *more)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_people_response response;
    TRY(engine_call(invocation->engine, WIRE_PEOPLE, request, &reply, &response));
    for (size_t i = 0; i < response.person_count; i++)
        show_person(invocation->out, "person", &response.people[i], SPAN_EMPTY);
    *more = response.more && response.person_count != 0;
    if (response.person_count != 0)
        request->after = response.people[response.person_count - 1].person;
    return STATUS_OK;
}

enum status people_run(struct invocation *invocation)
{
    CLEANUP(buffer_clear) struct buffer query = BUFFER_INIT(LIMIT_NAME_BYTES);
    if (arguments_join(&invocation->arguments, 0, &query) != STATUS_OK)
        return command_explain(invocation, STATUS_USAGE, "search for a word or two");
    struct wire_people_request request = {.query = buffer_span(&query)};
    bool more = true;
    size_t pages = 0;
    while (more && pages++ * LIMIT_LIST_ITEMS < PEOPLE_SHOWN_MAX)
        TRY(show_page(invocation, &request, &more));
    if (id_is_none(&request.after))
        out_prose(invocation->out,
                  "Nobody%s. Only people who opted in are listed: weft profile set --opt-in puts "
                  "you on this list.",
                  query.len == 0 ? " yet" : " matches");
    else if (more)
        out_line(invocation->out, "There are more. Narrow it down: weft people WORD");
    return STATUS_OK;
}

enum status group_list_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    const struct wire_empty request = {0};
    struct wire_groups_response response;
    TRY(engine_call(invocation->engine, WIRE_GROUPS, &request, &reply, &response));
    for (size_t i = 0; i < response.group_count; i++) {
        out_line(invocation->out, "%.*s", OUT_SPAN(response.groups[i].name));
        out_record(invocation->out, json_pack("{s:s, s:o}", "type", "group", "name",
                                              out_json_text(response.groups[i].name)));
    }
    if (response.group_count == 0)
        out_line(invocation->out, "There are no groups yet.");
    return STATUS_OK;
}
