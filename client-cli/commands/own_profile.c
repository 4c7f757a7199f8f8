/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft profile show, weft profile set: what others may know of you, and whether they may ask. */
#include "client-cli/commands/show_person.h"
#include "client-cli/commands/verbs.h"

#include <string.h>

#define WEEKLY_CONTACTS_MAX 50

/* Where somebody opts in without saying how often they may be asked. */
#define WEEKLY_CONTACTS_DEFAULT 2

static enum status
fetch(struct engine *engine, struct connection_reply *reply, struct wire_person *person)
{
    struct wire_id_item own = {engine->account.person};
    struct wire_person_get_request request = {.people = &own, .person_count = 1};
    struct wire_person_get_response response;
    TRY(engine_call(engine, WIRE_PERSON_GET, &request, reply, &response));
    if (response.person_count != 1)
        return engine_explain(engine, STATUS_NOT_FOUND, "the server does not know you any more");
    *person = response.people[0];
    return STATUS_OK;
}

static void show(struct out *out, const struct wire_person *person)
{
    const struct wire_profile *profile = &person->profile;
    out_heading(out, "%.*s, %s%s%.*s", OUT_SPAN(person->name), show_person_role(person->role),
                person->group_name.len == 0 ? "" : " in ", OUT_SPAN(person->group_name));
    show_person_topics(out, "Works on:      ", profile->topics, profile->topic_count,
                       "nothing yet (weft profile set --topic ...)");
    show_person_topics(out, "Can help with: ", profile->can_help_with, profile->can_help_with_count,
                       "nothing yet (weft profile set --can-help-with ...)");
    if (profile->opted_in) {
        out_prose(
            out,
            "You may be asked for help, or to meet somebody (weft network), at most %u times a "
            "week in all, and say yes or no each time. Others find you with weft people.",
            profile->weekly_contacts_max);
        out_line(out, "To stop that: weft profile set --opt-out");
    } else {
        out_prose(out, "Nobody is told about you and nobody is proposed to you. You can still ask "
                       "for help, and join channels.");
        out_prose(out,
                  "To be found and asked by people of other groups: weft profile set --opt-in");
    }
    json_t *record = show_person_json("profile", person);
    json_object_set_new(record, "weekly_contacts", json_integer(profile->weekly_contacts_max));
    out_record(out, record);
}

enum status own_profile_show_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_person person;
    TRY(fetch(invocation->engine, &reply, &person));
    show(invocation->out, &person);
    return STATUS_OK;
}

/* A list of texts from a flag that may be repeated; an empty text alone empties the list. */
static enum status read_topics(struct invocation *invocation,
                               const char *flag,
                               struct wire_topic topics[LIMIT_TOPICS],
                               struct wire_topic **list,
                               size_t *count)
{
    size_t found = 0;
    const char *text = NULL;
    if (!arguments_has(&invocation->arguments, flag))
        return STATUS_OK;
    for (size_t i = 0; (text = arguments_value_at(&invocation->arguments, flag, i)) != NULL; i++) {
        if (text[0] == '\0')
            continue;
        if (found == LIMIT_TOPICS)
            return command_explain(invocation, STATUS_USAGE, "--%s may be given %d times at most",
                                   flag, LIMIT_TOPICS);
        if (strlen(text) > LIMIT_TOPIC_BYTES)
            return command_explain(invocation, STATUS_USAGE,
                                   "--%s takes a few words, %d characters at most", flag,
                                   LIMIT_TOPIC_BYTES);
        topics[found++].text = span_from_text(text);
    }
    *list = topics;
    *count = found;
    return STATUS_OK;
}

/* The profile as it was, with what the flags change. `topics` and `helps` are memory for it. */
static enum status read_flags(struct invocation *invocation,
                              struct wire_topic topics[LIMIT_TOPICS],
                              struct wire_topic helps[LIMIT_TOPICS],
                              struct wire_profile *profile)
{
    struct arguments *arguments = &invocation->arguments;
    bool in = arguments_has(arguments, "opt-in");
    bool out = arguments_has(arguments, "opt-out");
    int64_t contacts = profile->weekly_contacts_max;
    if (arguments->flag_count == 0)
        return command_explain(invocation, STATUS_USAGE,
                               "say what to change: weft profile set --help");
    if (in && out)
        return command_explain(invocation, STATUS_USAGE, "--opt-in or --opt-out, not both");
    TRY(read_topics(invocation, "topic", topics, &profile->topics, &profile->topic_count));
    TRY(read_topics(invocation, "can-help-with", helps, &profile->can_help_with,
                    &profile->can_help_with_count));
    if (in && contacts == 0)
        contacts = WEEKLY_CONTACTS_DEFAULT;
    TRY(arguments_number(arguments, "weekly-contacts", 0, WEEKLY_CONTACTS_MAX, contacts,
                         &contacts));
    profile->weekly_contacts_max = (uint8_t)contacts;
    profile->opted_in = in || (profile->opted_in && !out);
    return STATUS_OK;
}

enum status own_profile_set_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(connection_reply_clear) struct connection_reply done = CONNECTION_REPLY_INIT;
    struct wire_topic topics[LIMIT_TOPICS];
    struct wire_topic helps[LIMIT_TOPICS];
    struct wire_person person = {0};
    TRY(fetch(invocation->engine, &reply, &person));
    TRY(read_flags(invocation, topics, helps, &person.profile));
    struct wire_profile_set_request request = {.profile = person.profile};
    TRY(engine_call(invocation->engine, WIRE_PROFILE_SET, &request, &done, NULL));
    show(invocation->out, &person);
    return STATUS_OK;
}
