/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/show_standing.h"

#include "client-cli/commands/out.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/people.h"
#include "client-cli/core/shut_out.h"
#include "protocol/wire/generations.h"

/* Somebody's name, for a line; asked for when it is not known yet. */
static struct people_name name_of(struct engine *engine, const struct id *person)
{
    struct people_name name;
    people_name_learned(engine, person, &name);
    return name;
}

/* Somebody of whom `text` is so. */
static void show_somebody(struct invocation *invocation,
                          const char *text,
                          const char *type,
                          const struct id *person)
{
    char id[ID_TEXT_SIZE];
    struct people_name name = name_of(invocation->engine, person);
    id_text(person, id);
    out_line(invocation->out, "  %s: %s", text, name.name);
    out_record(invocation->out, json_pack("{s:s, s:s, s:o}", "type", type, "person", id, "name",
                                          out_json_text(span_from_text(name.name))));
}

/* ---- generations ---- */

static void show_generation(struct invocation *invocation,
                            const struct wire_channel_generation_response *standing)
{
    char begun_by[ID_TEXT_SIZE];
    struct people_name name = name_of(invocation->engine, &standing->begun_by);
    bool first = id_is_none(&standing->begun_by);
    id_text(&standing->begun_by, begun_by);
    if (!first)
        out_line(invocation->out, "  generation %u, begun by %s", (unsigned)standing->generation,
                 name.name);
    if (standing->frozen)
        out_line(invocation->out, "  stopped: it goes on in its next generation");
    out_record(invocation->out, json_pack("{s:s, s:i, s:b, s:s}", "type", "generation",
                                          "generation", (int)standing->generation, "frozen",
                                          standing->frozen, "begun_by", first ? "" : begun_by));
}

/* Whose commit a report is about, as our own log has it; none when it does not. */
static struct id reported_person(struct engine *engine,
                                 const struct channel *own,
                                 const struct message_report *report)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    if (own == NULL ||
        entry_get(engine, &own->id, report->sequence, &record, &arena, &entry) != STATUS_OK)
        return (struct id){{0}};
    return entry.person;
}

/* Signed by a device of the directory; the server's list alone says nothing. */
static bool is_signed(const struct engine *engine,
                      const struct id *channel,
                      const struct message_report *report)
{
    const struct directory_device *device = directory_find(engine->directory, &report->device);
    return device != NULL && id_equal(&report->channel, channel) &&
           message_report_verify(report, SPAN_OF(device->leaf_key)) == STATUS_OK;
}

static void show_report(struct invocation *invocation,
                        const struct message_report *report,
                        const struct id *about,
                        bool is_true)
{
    struct engine *engine = invocation->engine;
    const struct directory_device *device = directory_find(engine->directory, &report->device);
    struct id by_id = device == NULL ? (struct id){{0}} : device->person;
    struct people_name by = name_of(engine, &by_id);
    struct people_name who = name_of(engine, about);
    char time[SHOW_TIME_SIZE];
    char by_text[ID_TEXT_SIZE];
    char about_text[ID_TEXT_SIZE];
    show_entry_time(report->time, time);
    id_text(&by_id, by_text);
    id_text(about, about_text);
    out_prose(invocation->out, "  %s  %s could not follow change %llu of generation %u%s%s%s", time,
              by.name, (unsigned long long)(report->sequence - generation_base(report->generation)),
              (unsigned)report->generation, id_is_none(about) ? "" : ", by ",
              id_is_none(about) ? "" : who.name,
              is_true ? "" : " (not signed by them: the server alone says so)");
    out_record(invocation->out,
               json_pack("{s:s, s:s, s:s, s:I, s:i, s:I, s:b}", "type", "report", "person", by_text,
                         "about", id_is_none(about) ? "" : about_text, "sequence",
                         (json_int_t)report->sequence, "generation", (int)report->generation,
                         "time", (json_int_t)report->time, "signed", is_true));
}

static bool was_before(const struct id *people, size_t count, const struct id *person)
{
    for (size_t i = 0; i < count; i++)
        if (id_equal(&people[i], person))
            return true;
    return false;
}

static enum status show_reports(struct invocation *invocation,
                                const struct id *id,
                                struct channel *own,
                                const struct wire_channel_generation_response *standing)
{
    struct engine *engine = invocation->engine;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    void *place = NULL;
    size_t count = 0;
    TRY(arena_take(&arena, standing->report_count, sizeof(struct id), &place));
    struct id *about = place;
    for (size_t i = 0; i < standing->report_count; i++) {
        const struct message_report *report = &standing->reports[i];
        struct id person = reported_person(engine, own, report);
        show_report(invocation, report, &person, is_signed(engine, id, report));
        if (!id_is_none(&person) && !was_before(about, count, &person))
            about[count++] = person;
    }
    bool member = own != NULL && own->state == CHANNEL_STATE_MEMBER && !standing->frozen;
    for (size_t i = 0; member && i < count; i++)
        if (!channel_has_person(engine, own, &about[i]))
            show_somebody(invocation, "left behind with that change", "left behind", &about[i]);
    return STATUS_OK;
}

/* ---- devices that are out, or ought to be ---- */

static enum status show_shut_out(struct invocation *invocation, struct channel *own)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct shut_out_list list;
    TRY(shut_out_list(invocation->engine, own, &arena, &list));
    for (size_t i = 0; i < list.count; i++) {
        struct people_name name = name_of(invocation->engine, &list.items[i].person);
        char device[ID_TEXT_SIZE];
        id_text(&list.items[i].device, device);
        out_prose(invocation->out, "  device %.8s of %s was shut out, and is still in here", device,
                  name.name);
        out_record(invocation->out,
                   json_pack("{s:s, s:s, s:o}", "type", "shut out", "device", device, "name",
                             out_json_text(span_from_text(name.name))));
    }
    return STATUS_OK;
}

static enum status show_dormant(struct invocation *invocation, struct channel *own)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct engine *engine = invocation->engine;
    struct channel_extension extension;
    TRY(channel_extension(own, &arena, &extension));
    for (size_t i = 0; i < extension.dormant_count; i++) {
        const struct channel_dormant *dormant = &extension.dormant[i];
        const struct directory_device *device = directory_find(engine->directory, &dormant->device);
        if (device == NULL || channel_has_person(engine, own, &device->person))
            continue;
        struct people_name name = name_of(engine, &device->person);
        char until[SHOW_TIME_SIZE];
        char id[ID_TEXT_SIZE];
        show_entry_time(dormant->until, until);
        id_text(&dormant->device, id);
        out_prose(invocation->out, "  %s was away for long, and may come back until %s", name.name,
                  until);
        out_record(invocation->out, json_pack("{s:s, s:s, s:o, s:I}", "type", "dormant", "device",
                                              id, "name", out_json_text(span_from_text(name.name)),
                                              "until", (json_int_t)dormant->until));
    }
    return STATUS_OK;
}

enum status show_standing(struct invocation *invocation, const struct id *id, struct channel *own)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct engine *engine = invocation->engine;
    struct wire_channel_generation_request request = {.channel = *id};
    struct wire_channel_generation_response standing;
    TRY(engine_call(engine, WIRE_CHANNEL_GENERATION, &request, &reply, &standing));
    show_generation(invocation, &standing);
    TRY(show_reports(invocation, id, own, &standing));
    for (size_t i = 0; i < standing.awaited_person_count; i++)
        show_somebody(invocation, "let in, and not in here yet", "awaited",
                      &standing.awaited_people[i].id);
    if (own == NULL || own->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    TRY(show_shut_out(invocation, own));
    return show_dormant(invocation, own);
}
