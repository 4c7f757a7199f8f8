/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/known_id.h"

#include "client-cli/core/people.h"

#include <string.h>
#include <strings.h>

struct gathering {
    enum known_id_of of;
    const char *text;
    size_t length;
    struct known_ids *found;
};

static bool is_gathered(const struct known_ids *found, const struct id *id)
{
    for (size_t i = 0; i < found->count && i < KNOWN_ID_LISTED_MAX; i++)
        if (id_equal(&found->ids[i], id))
            return true; /* another device of the same person */
    return false;
}

static void gather(void *context, const struct directory_device *device)
{
    struct gathering *gathering = context;
    struct known_ids *found = gathering->found;
    const struct id *id = gathering->of == KNOWN_ID_PERSON ? &device->person : &device->device;
    char text[ID_TEXT_SIZE];
    id_text(id, text);
    if (strncasecmp(text, gathering->text, gathering->length) != 0 || is_gathered(found, id))
        return;
    if (found->count < KNOWN_ID_LISTED_MAX) {
        found->ids[found->count] = *id;
        found->people[found->count] = device->person;
    }
    found->count++;
}

void known_id_gather(const struct directory *directory,
                     enum known_id_of of,
                     const char *text,
                     struct known_ids *found)
{
    struct gathering gathering = {of, text, strlen(text), found};
    *found = (struct known_ids){.count = 0};
    if (gathering.length >= KNOWN_ID_DIGITS_MIN && gathering.length < ID_TEXT_SIZE)
        directory_each(directory, gather, &gathering);
}

void known_id_show(struct out *out, enum known_id_of of, const struct id *id, const char *name)
{
    char text[ID_TEXT_SIZE];
    id_text(id, text);
    out_line(out, "  %s  %s%s", text, of == KNOWN_ID_DEVICE ? "of " : "", name);
    out_record(out, json_pack("{s:s, s:s, s:o}", "type", "candidate",
                              of == KNOWN_ID_DEVICE ? "device" : "person", text, "name",
                              out_json_text(span_from_text(name))));
}

static enum status explain_several(struct invocation *invocation,
                                   enum known_id_of of,
                                   const char *text,
                                   const struct known_ids *found)
{
    for (size_t i = 0; i < found->count && i < KNOWN_ID_LISTED_MAX; i++) {
        struct people_name name;
        people_name_learned(invocation->engine, &found->people[i], &name);
        known_id_show(invocation->out, of, &found->ids[i], name.name);
    }
    return command_explain(invocation, STATUS_CONFLICT,
                           "the ids of %zu %s begin with \"%s\": take more digits of the one you "
                           "mean",
                           found->count, of == KNOWN_ID_DEVICE ? "devices" : "people", text);
}

enum status
known_id_find(struct invocation *invocation, enum known_id_of of, const char *text, struct id *id)
{
    struct known_ids found;
    if (id_parse(span_from_text(text), id) == STATUS_OK)
        return STATUS_OK;
    known_id_gather(invocation->engine->directory, of, text, &found);
    if (found.count > 1)
        return explain_several(invocation, of, text, &found);
    if (found.count == 0)
        return STATUS_NOT_FOUND;
    *id = found.ids[0];
    return STATUS_OK;
}
