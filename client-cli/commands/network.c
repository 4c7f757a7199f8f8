/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft network: your own ties, how you stand in the network, and the people you might meet. */
#include "client-cli/commands/find.h"
#include "client-cli/commands/show_suggestion.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/introductions.h"

#include <string.h>

#define SNOOZE_WEEKS 4
#define SNOOZE_WEEKS_MAX 52

/* ---- ties and standing ---- */

static const struct {
    uint8_t origin;
    const char *name;
    const char *text;
} origins[] = {
    {TIE_DECLARED, "declared", "declared in a survey or a list"},
    {TIE_ASKED, "asked", "one of you came to help the other"},
    {TIE_MET, "met", "you were introduced, and met"},
    {TIE_SESSIONS, "sessions", "you took part in the same sessions"},
};

#define ORIGIN_COUNT (sizeof origins / sizeof *origins)

static enum status write_origins(uint8_t of, struct buffer *text)
{
    for (size_t i = 0; i < ORIGIN_COUNT; i++) {
        if ((of & origins[i].origin) == 0)
            continue;
        TRY(buffer_append(text, span_from_text(text->len == 0 ? "" : "; ")));
        TRY(buffer_append(text, span_from_text(origins[i].text)));
    }
    return STATUS_OK;
}

static json_t *origins_json(uint8_t of)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ORIGIN_COUNT; i++)
        if ((of & origins[i].origin) != 0)
            json_array_append_new(list, json_string(origins[i].name));
    return list;
}

static void show_tie(struct out *out, const struct wire_own_tie *tie)
{
    CLEANUP(buffer_clear) struct buffer why = BUFFER_INIT(LIMIT_TITLE_BYTES);
    char id[ID_TEXT_SIZE];
    id_text(&tie->person, id);
    if (write_origins(tie->origins, &why) != STATUS_OK)
        return;
    out_line(out, "  %.8s  %.*s%s%.*s: %.*s", id, OUT_SPAN(tie->name),
             tie->group_name.len == 0 ? "" : ", ", OUT_SPAN(tie->group_name),
             OUT_SPAN(buffer_span(&why)));
    out_record(out, json_pack("{s:s, s:s, s:o, s:o, s:o}", "type", "tie", "person", id, "name",
                              out_json_text(tie->name), "group", out_json_text(tie->group_name),
                              "origins", origins_json(tie->origins)));
}

static void show_ties(struct out *out, const struct wire_network_response *network)
{
    if (network->tie_count + network->unnamed_ties == 0) {
        out_heading(out, "Your ties: none yet that the server knows of");
        return;
    }
    out_heading(out, "Your ties");
    for (size_t i = 0; i < network->tie_count; i++)
        show_tie(out, &network->ties[i]);
    if (network->unnamed_ties != 0)
        out_prose(out, "  %s%u with people who have not opted in, and are not named",
                  network->tie_count == 0 ? "" : "and ", network->unnamed_ties);
}

static void show_standing(struct out *out, const struct wire_network_response *network)
{
    out_heading(out, "How you stand in the network (only you are told)");
    if (!network->in_network)
        out_prose(out, "  You came after it was computed last; ask again next week.");
    else if (network->cut_off != 0)
        out_prose(out,
                  "  Without you, %u %s would be cut off from everybody else. If you bring them "
                  "together with somebody else you know, not all of it hangs on you.",
                  network->cut_off, network->cut_off == 1 ? "person" : "people");
    else
        out_line(out, "  Nobody would be cut off without you.");
    if (network->in_cover && network->tie_count + network->unnamed_ties != 0)
        out_prose(out,
                  "  You are one of %u people who together are tied to everybody: what you know "
                  "gets around.",
                  network->covering);
}

static json_t *network_json(const struct wire_network_response *network, bool coffee)
{
    json_t *cut_off = network->in_network ? json_integer(network->cut_off) : json_null();
    json_t *in_cover = network->in_network ? json_boolean(network->in_cover) : json_null();
    return json_pack("{s:s, s:I, s:I, s:o, s:o, s:I, s:b}", "type", "network", "named_ties",
                     (json_int_t)network->tie_count, "unnamed_ties",
                     (json_int_t)network->unnamed_ties, "cut_off", cut_off, "in_cover", in_cover,
                     "as_of", (json_int_t)network->as_of, "coffee", (int)coffee);
}

/* Those of `all` who were brought together with us, or those who may be, under a heading. */
static size_t show_those(struct out *out,
                         const struct wire_suggestions_response *all,
                         bool agreed,
                         const char *as)
{
    size_t shown = 0;
    for (size_t i = 0; i < all->suggestion_count; i++) {
        if ((all->suggestions[i].state == SUGGESTION_AGREED) != agreed)
            continue;
        if (shown++ == 0)
            out_heading(out, "%s", as);
        show_suggestion(out, &all->suggestions[i]);
    }
    return shown;
}

static void show_suggestions(struct out *out, const struct wire_suggestions_response *all)
{
    (void)show_those(out, all, true, "People you were brought together with");
    if (show_those(out, all, false, "People you might meet") == 0)
        out_heading(out, "Nobody is suggested to you now");
}

enum status network_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(connection_reply_clear) struct connection_reply suggested = CONNECTION_REPLY_INIT;
    struct engine *engine = invocation->engine;
    struct out *out = invocation->out;
    const struct wire_empty request = {0};
    struct wire_network_response network;
    struct wire_suggestions_response all;
    TRY(engine_call(engine, WIRE_NETWORK, &request, &reply, &network));
    TRY(introductions_fetch(engine, &suggested, &all));
    show_ties(out, &network);
    show_standing(out, &network);
    show_suggestions(out, &all);
    out_line(out, "Coffee rounds: %s",
             all.coffee ? "you take part (weft network coffee off)"
                        : "you do not take part (weft network coffee on)");
    out_record(out, network_json(&network, all.coffee));
    for (size_t i = 0; i < all.suggestion_count; i++)
        TRY(introductions_open(engine, &all.suggestions[i]));
    return STATUS_OK;
}

/* ---- which one ---- */

/* Whether a command is about a suggestion, when none is named. */
typedef bool wanted_fn(const struct wire_suggestion *suggestion);

static bool is_open(const struct wire_suggestion *suggestion)
{
    return suggestion->state == SUGGESTION_OPEN;
}

static bool is_asking(const struct wire_suggestion *suggestion)
{
    return suggestion->asks;
}

static enum status choose_only(struct invocation *invocation,
                               const struct wire_suggestions_response *all,
                               wanted_fn *wanted,
                               size_t *at)
{
    size_t count = 0;
    for (size_t i = 0; i < all->suggestion_count; i++) {
        if (!wanted(&all->suggestions[i]))
            continue;
        *at = i;
        count++;
    }
    if (count == 0)
        return command_explain(invocation, STATUS_NOT_FOUND,
                               "no suggestion waits for that answer: weft network shows yours");
    if (count > 1)
        return command_explain(invocation, STATUS_USAGE,
                               "%zu suggestions wait: say which, with the id that weft network "
                               "shows",
                               count);
    return STATUS_OK;
}

/* By its id, or the name of whom it is about once that is known; the only one when none is
 * named. */
static enum status choose(struct invocation *invocation,
                          const struct wire_suggestions_response *all,
                          const char *named,
                          wanted_fn *wanted,
                          size_t *at)
{
    struct find find;
    if (named == NULL)
        return choose_only(invocation, all, wanted, at);
    find_begin(&find, named);
    for (size_t i = 0; i < all->suggestion_count; i++) {
        const struct wire_suggestion *suggestion = &all->suggestions[i];
        find_offer(&find, &suggestion->suggestion,
                   suggestion->other_count == 0 ? SPAN_EMPTY : suggestion->others[0].name);
    }
    enum status status = find_finish(&find, at);
    if (status == STATUS_OK)
        return STATUS_OK;
    return command_explain(invocation, status,
                           "%s suggestion has that id or name: weft network shows the ids",
                           status == STATUS_NOT_FOUND ? "no" : "more than one");
}

/* ---- answers ---- */

static enum status answer(struct invocation *invocation, uint8_t choice, uint16_t weeks)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(connection_reply_clear) struct connection_reply done = CONNECTION_REPLY_INIT;
    const struct arguments *arguments = &invocation->arguments;
    struct engine *engine = invocation->engine;
    struct wire_suggestions_response all;
    struct wire_suggestion_answer_response response;
    size_t at = 0;
    TRY(introductions_fetch(engine, &reply, &all));
    TRY(choose(invocation, &all, arguments->positional_count == 0 ? NULL : arguments->positional[0],
               is_open, &at));
    struct wire_suggestion_answer_request request = {
        .suggestion = all.suggestions[at].suggestion, .choice = choice, .weeks = weeks};
    TRY(engine_call(engine, WIRE_SUGGESTION_ANSWER, &request, &done, &response));
    if (response.suggestion.state == SUGGESTION_AGREED)
        out_line(invocation->out, "You both said yes. Here is who it is:");
    show_suggestion(invocation->out, &response.suggestion);
    return introductions_open(engine, &response.suggestion);
}

enum status network_accept_run(struct invocation *invocation)
{
    return answer(invocation, SUGGESTION_ACCEPT, 0);
}

enum status network_decline_run(struct invocation *invocation)
{
    return answer(invocation, SUGGESTION_DECLINE, 0);
}

enum status network_never_run(struct invocation *invocation)
{
    return answer(invocation, SUGGESTION_NEVER, 0);
}

enum status network_snooze_run(struct invocation *invocation)
{
    int64_t weeks;
    TRY(arguments_number(&invocation->arguments, "weeks", 1, SNOOZE_WEEKS_MAX, SNOOZE_WEEKS,
                         &weeks));
    return answer(invocation, SUGGESTION_SNOOZE, (uint16_t)weeks);
}

/* ---- afterwards ---- */

static enum status read_answer(struct invocation *invocation, const char *text, uint8_t *read)
{
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return command_explain(invocation, STATUS_USAGE,
                               "yes or no: weft network met ID yes --useful yes");
    *read = text[0] == 'y' ? SUGGESTION_YES : SUGGESTION_NO;
    return STATUS_OK;
}

enum status network_met_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(connection_reply_clear) struct connection_reply done = CONNECTION_REPLY_INIT;
    const struct arguments *arguments = &invocation->arguments;
    const char *useful = arguments_value(arguments, "useful");
    struct wire_suggestion_met_request request = {0};
    struct wire_suggestions_response all;
    size_t last = arguments->positional_count - 1;
    size_t at = 0;
    TRY(read_answer(invocation, arguments->positional[last], &request.met));
    if (useful != NULL)
        TRY(read_answer(invocation, useful, &request.useful));
    TRY(introductions_fetch(invocation->engine, &reply, &all));
    TRY(choose(invocation, &all, last == 0 ? NULL : arguments->positional[0], is_asking, &at));
    struct wire_suggestion *suggestion = &all.suggestions[at];
    request.suggestion = suggestion->suggestion;
    TRY(engine_call(invocation->engine, WIRE_SUGGESTION_MET, &request, &done, NULL));
    suggestion->met = request.met;
    suggestion->useful = request.useful;
    suggestion->asks = false;
    show_suggestion(invocation->out, suggestion);
    out_prose(invocation->out,
              request.met == SUGGESTION_YES
                  ? "Thank you. This tie counts in weft stats from the next figures on, which name "
                    "nobody."
                  : "Thank you. It helps to suggest better.");
    return STATUS_OK;
}

/* ---- coffee ---- */

enum status network_coffee_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    const char *text = invocation->arguments.positional[0];
    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
        return command_explain(invocation, STATUS_USAGE, "weft network coffee on, or off");
    struct wire_coffee_request request = {.on = strcmp(text, "on") == 0};
    TRY(engine_call(invocation->engine, WIRE_COFFEE, &request, &reply, NULL));
    if (request.on)
        out_prose(invocation->out,
                  "You take part. At each round you are paired with somebody, of another group "
                  "where it can be, whom you were not introduced to before; three meet when the "
                  "number is odd. Your name and group are shown to them at once, and theirs to "
                  "you. To end it: weft network coffee off");
    else
        out_line(invocation->out, "You take no part in coffee rounds any more.");
    out_record(invocation->out, json_pack("{s:s, s:b}", "type", "coffee", "on", (int)request.on));
    return STATUS_OK;
}
