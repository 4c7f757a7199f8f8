/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_person.h"

#include "protocol/base/buffer.h"
#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"

#define TOPICS_BYTES_MAX (LIMIT_TOPICS * (LIMIT_TOPIC_BYTES + 2))

const char *show_person_role(uint8_t role)
{
    return role == ACCOUNT_ADMIN ? "admin" : role == ACCOUNT_FACILITATOR ? "facilitator" : "staff";
}

static enum status join_topics(const struct wire_topic *topics, size_t count, struct buffer *text)
{
    for (size_t i = 0; i < count; i++) {
        TRY(buffer_append(text, span_from_text(i == 0 ? "" : ", ")));
        TRY(buffer_append(text, topics[i].text));
    }
    return STATUS_OK;
}

void show_person_topics(struct out *out,
                        const char *label,
                        const struct wire_topic *topics,
                        size_t count,
                        const char *none)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(TOPICS_BYTES_MAX);
    if (count == 0 || join_topics(topics, count, &text) != STATUS_OK)
        out_line(out, "%s%s", label, none);
    else
        out_line(out, "%s%.*s", label, OUT_SPAN(buffer_span(&text)));
}

static json_t *topics_json(const struct wire_topic *topics, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, out_json_text(topics[i].text));
    return list;
}

json_t *show_person_json(const char *type, const struct wire_person *person)
{
    char id[ID_TEXT_SIZE];
    id_text(&person->person, id);
    const struct wire_profile *profile = &person->profile;
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:b}", "type", type, "person", id, "name",
                     out_json_text(person->name), "group", out_json_text(person->group_name),
                     "role", show_person_role(person->role), "topics",
                     topics_json(profile->topics, profile->topic_count), "can_help_with",
                     topics_json(profile->can_help_with, profile->can_help_with_count), "opted_in",
                     (int)profile->opted_in);
}

void show_person(struct out *out,
                 const char *type,
                 const struct wire_person *person,
                 struct span reason)
{
    char id[ID_TEXT_SIZE];
    id_text(&person->person, id);
    const struct wire_profile *profile = &person->profile;
    out_line(out, "  %.8s  %.*s%s%.*s", id, OUT_SPAN(person->name),
             person->group_name.len == 0 ? "" : ", ", OUT_SPAN(person->group_name));
    if (profile->can_help_with_count != 0)
        show_person_topics(out, "            can help with: ", profile->can_help_with,
                           profile->can_help_with_count, "");
    if (profile->topic_count != 0)
        show_person_topics(out, "            works on: ", profile->topics, profile->topic_count,
                           "");
    if (reason.len != 0)
        out_prose(out, "            why: %.*s", OUT_SPAN(reason));
    json_t *record = show_person_json(type, person);
    if (record != NULL && reason.len != 0)
        json_object_set_new(record, "reason", out_json_text(reason));
    out_record(out, record);
}
