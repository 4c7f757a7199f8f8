/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_suggestion.h"

#include "client-cli/commands/show_entry.h"
#include "client-cli/core/introductions.h"

static const char *state_name(uint8_t state)
{
    switch (state) {
    case SUGGESTION_OPEN:
        return "open";
    case SUGGESTION_WAITING:
        return "waiting";
    case SUGGESTION_AGREED:
        return "agreed";
    default:
        return "over";
    }
}

static const char *choice_name(uint8_t choice)
{
    switch (choice) {
    case SUGGESTION_ACCEPT:
        return "accept";
    case SUGGESTION_DECLINE:
        return "decline";
    case SUGGESTION_SNOOZE:
        return "snooze";
    case SUGGESTION_NEVER:
        return "never";
    default:
        return "none";
    }
}

static json_t *answer_json(uint8_t answer)
{
    return answer == SUGGESTION_YES  ? json_true()
           : answer == SUGGESTION_NO ? json_false()
                                     : json_null();
}

static json_t *others_json(const struct wire_suggestion *suggestion)
{
    json_t *list = json_array();
    for (size_t i = 0; i < suggestion->other_count; i++) {
        const struct wire_other *other = &suggestion->others[i];
        char id[ID_TEXT_SIZE];
        id_text(&other->person, id);
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "person", id, "name",
                                              out_json_text(other->name), "group",
                                              out_json_text(other->group_name)));
    }
    return list;
}

static json_t *channel_json(const struct id *channel)
{
    char id[ID_TEXT_SIZE];
    id_text(channel, id);
    return id_is_none(channel) ? json_null() : json_string(id);
}

static json_t *suggestion_json(const struct wire_suggestion *suggestion)
{
    char id[ID_TEXT_SIZE];
    id_text(&suggestion->suggestion, id);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:b, s:o, s:o}", "type", "suggestion",
        "suggestion", id, "kind", suggestion->kind == SUGGESTION_COFFEE ? "coffee" : "introduction",
        "state", state_name(suggestion->state), "choice", choice_name(suggestion->choice), "reason",
        out_json_text(suggestion->reason), "made", (json_int_t)suggestion->made, "ends",
        (json_int_t)suggestion->ends, "others", others_json(suggestion), "channel",
        channel_json(&suggestion->channel), "asks", (int)suggestion->asks, "met",
        answer_json(suggestion->met), "useful", answer_json(suggestion->useful));
}

static void show_who(struct out *out, const char *id, const struct wire_suggestion *suggestion)
{
    CLEANUP(buffer_clear) struct buffer names = BUFFER_INIT(LIMIT_FRAME_BYTES);
    if (suggestion->state != SUGGESTION_AGREED)
        out_heading(out, "%.8s  somebody of another group", id);
    else if (introductions_names(suggestion, &names) == STATUS_OK)
        out_heading(out, "%.8s  %.*s%s", id, OUT_SPAN(buffer_span(&names)),
                    suggestion->kind == SUGGESTION_COFFEE ? ", for coffee" : "");
}

static void show_own_choice(struct out *out, uint8_t choice)
{
    switch (choice) {
    case SUGGESTION_ACCEPT:
        out_prose(out, "  It did not come about, as most introductions do not: people have other "
                       "things to do.");
        break;
    case SUGGESTION_DECLINE:
        out_prose(out,
                  "  You said no. Nobody is told; you two are not suggested again for a year.");
        break;
    case SUGGESTION_SNOOZE:
        out_prose(out, "  You said not now. Nobody is told, and it may be suggested again later.");
        break;
    case SUGGESTION_NEVER:
        out_prose(out,
                  "  You said never. Nobody is told, and you are never brought together again.");
        break;
    default:
        out_line(out, "  Its time is over.");
        break;
    }
}

static void show_agreed(struct out *out, const char *id, const struct wire_suggestion *suggestion)
{
    char channel[ID_TEXT_SIZE];
    id_text(&suggestion->channel, channel);
    out_prose(out, "  Your channel: weft say %.8s \"...\", weft follow %.8s", channel, channel);
    if (suggestion->asks)
        out_prose(out, "  Did you meet, and was it useful? weft network met %.8s yes --useful yes",
                  id);
    else if (suggestion->met != 0)
        out_line(out, "  You said that you %s.",
                 suggestion->met == SUGGESTION_YES ? "met" : "did not meet");
}

static void show_next(struct out *out, const char *id, const struct wire_suggestion *suggestion)
{
    char ends[SHOW_TIME_SIZE];
    show_entry_time(suggestion->ends, ends);
    switch (suggestion->state) {
    case SUGGESTION_OPEN:
        out_prose(out, "  Answer until %s: weft network accept %.8s, or decline, snooze, never",
                  ends, id);
        break;
    case SUGGESTION_WAITING:
        out_prose(out, "  You said yes. If they do too, you both learn who it is. It ends on %s.",
                  ends);
        break;
    case SUGGESTION_AGREED:
        show_agreed(out, id, suggestion);
        break;
    default:
        show_own_choice(out, suggestion->choice);
        break;
    }
}

void show_suggestion(struct out *out, const struct wire_suggestion *suggestion)
{
    char id[ID_TEXT_SIZE];
    id_text(&suggestion->suggestion, id);
    show_who(out, id, suggestion);
    if (suggestion->reason.len != 0)
        out_line(out, "  Why: %.*s", OUT_SPAN(suggestion->reason));
    show_next(out, id, suggestion);
    out_record(out, suggestion_json(suggestion));
}
