/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd person: lists people, suspends, restores and erases them, exports what is kept of one.
 *
 * An export is for the person it is about, and the audit log says that it was made. It has all that
 * the server keeps of them but two things: what they wrote in channels, which it cannot read; and
 * which introductions came to them, what they answered and whether they met, which is theirs alone
 * (weft network). Not even the times: those of two exports would say who was brought together.
 */
#include "protocol/base/limits.h"
#include "server/command/audit.h"
#include "server/command/command.h"
#include "server/command/find_person.h"
#include "server/delivery/look.h"
#include "server/delivery/work.h"
#include "server/store/channels.h"
#include "server/store/coffee.h"
#include "server/store/devices.h"
#include "server/store/introductions.h"
#include "server/store/invitations.h"
#include "server/store/people.h"
#include "server/store/profiles.h"
#include "server/store/reads.h"
#include "server/store/removals.h"
#include "server/store/ties.h"

#include <string.h>

#define LISTED_MAX 100000
#define FOR_GOOD "--for-good"

static const char *const role_names[] = {
    [STORE_ROLE_STAFF] = "staff",
    [STORE_ROLE_FACILITATOR] = "facilitator",
    [STORE_ROLE_ADMIN] = "admin",
};

static const char *const state_names[] = {
    [STORE_PERSON_IMPORTED] = "imported",
    [STORE_PERSON_JOINED] = "joined",
    [STORE_PERSON_SUSPENDED] = "suspended",
    [STORE_PERSON_ERASED] = "erased",
};

/* ---- list and export: reading ---- */

struct person_read {
    struct store_job job;
    struct command_call *call;
    const char *name; /* of the person to export */
    enum status found;
    struct store_people_query query;
    struct store_person_list people;
    struct store_group_list groups;
    struct store_person person;
    struct store_profile profile;
    struct store_device_list devices;
    struct store_channel_list channels;
    struct store_invitation_list invitations;
    struct store_read_list reads;
    struct store_own_tie_list ties;
    bool coffee;
};

static enum status run_list(struct store_db *db, struct store_job *job)
{
    struct person_read *read = (struct person_read *)(void *)job;
    TRY(store_groups_list(db, &read->call->arena, &read->groups));
    return store_people_list(db, &read->query, &read->call->arena, &read->people);
}

static struct span group_name(const struct person_read *read, const struct id *group)
{
    for (size_t i = 0; i < read->groups.count; i++) {
        if (id_equal(&read->groups.items[i].group, group))
            return read->groups.items[i].name;
    }
    return SPAN_EMPTY;
}

static void print_person(struct person_read *read, const struct store_person *person)
{
    struct command_call *call = read->call;
    char id[ID_TEXT_SIZE];
    id_text(&person->person, id);
    struct span group = group_name(read, &person->group);
    if (call->json)
        command_print_json(call,
                           json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b}", "person", id, "state",
                                     state_names[person->state], "role", role_names[person->role],
                                     "name", command_json_text(person->name), "external_id",
                                     command_json_text(person->external_id), "group",
                                     command_json_text(group), "opted_in", person->opted_in));
    else
        command_print(call, "%.12s  %-9s  %-11s  %s (%s)%s%s\n", id, state_names[person->state],
                      role_names[person->role], command_clean(call, person->name),
                      command_clean(call, group), person->external_id.len == 0 ? "" : "  ",
                      command_clean(call, person->external_id));
}

static void done_list(struct store_job *job, enum status status)
{
    struct person_read *read = (struct person_read *)(void *)job;
    for (size_t i = 0; status == STATUS_OK && i < read->people.count; i++)
        print_person(read, &read->people.items[i]);
    if (status == STATUS_OK && read->people.count == 0 && !read->call->json)
        command_print(read->call, "nobody is here yet: weftd invite makes a link for somebody, "
                                  "weftd import brings many in\n");
    command_finish(read->call, status, "the people cannot be listed");
}

static enum status
is_shown(struct store_db *db, const struct id *id, struct arena *arena, bool *shown)
{
    struct store_channel channel;
    enum status status = store_channels_get(db, id, arena, &channel);
    *shown = status == STATUS_OK && channel.visibility != STORE_VISIBILITY_CONFIDENTIAL;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Nobody outside sees who is in a confidential channel, not even whoever runs the export. */
static enum status leave_out_confidential(struct store_db *db, struct person_read *read)
{
    struct arena *arena = &read->call->arena;
    size_t channels = 0;
    size_t invitations = 0;
    size_t reads = 0;
    bool shown;
    for (size_t i = 0; i < read->channels.count; i++)
        if (read->channels.items[i].visibility != STORE_VISIBILITY_CONFIDENTIAL)
            read->channels.items[channels++] = read->channels.items[i];
    for (size_t i = 0; i < read->invitations.count; i++) {
        TRY(is_shown(db, &read->invitations.items[i].channel, arena, &shown));
        if (shown)
            read->invitations.items[invitations++] = read->invitations.items[i];
    }
    for (size_t i = 0; i < read->reads.count; i++) {
        TRY(is_shown(db, &read->reads.items[i].channel, arena, &shown));
        if (shown)
            read->reads.items[reads++] = read->reads.items[i];
    }
    read->channels.count = channels;
    read->invitations.count = invitations;
    read->reads.count = reads;
    return STATUS_OK;
}

static enum status run_export(struct store_db *db, struct store_job *job)
{
    struct person_read *read = (struct person_read *)(void *)job;
    struct arena *arena = &read->call->arena;
    struct id person;
    struct id first = {{0}};
    read->found = find_person(db, read->name, &person);
    TRY(read->found);
    TRY(store_groups_list(db, arena, &read->groups));
    TRY(store_people_get(db, &person, arena, &read->person));
    TRY(store_profiles_get(db, &person, arena, &read->profile));
    TRY(store_devices_of_person(db, &person, arena, &read->devices));
    TRY(store_channels_of_person(db, &person, &first, LIMIT_LIST_ITEMS, arena, &read->channels));
    TRY(store_invitations_of_person(db, &person, arena, &read->invitations));
    TRY(store_reads_of_person(db, &person, LIMIT_LIST_ITEMS, arena, &read->reads));
    TRY(store_ties_of_person(db, &person, 0, arena, &read->ties));
    TRY(store_coffee_get(db, &person, &read->coffee));
    TRY(leave_out_confidential(db, read));
    return audit_add(db, clock_wall_ms(read->call->app->hub.clock), "person.export", &person, 0);
}

static json_t *json_texts(const struct span *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, command_json_text(texts[i]));
    return list;
}

static json_t *json_devices(const struct store_device_list *devices)
{
    json_t *list = json_array();
    for (size_t i = 0; i < devices->count; i++) {
        const struct store_device *device = &devices->items[i];
        json_array_append_new(list, json_pack("{s:o, s:b, s:I, s:I}", "device",
                                              command_json_id(&device->device), "active",
                                              device->state == STORE_DEVICE_ACTIVE, "created",
                                              (json_int_t)device->created_at_ms, "last_login",
                                              (json_int_t)device->seen_at_ms));
    }
    return list;
}

static json_t *json_channels(const struct store_channel_list *channels)
{
    json_t *list = json_array();
    for (size_t i = 0; i < channels->count; i++)
        json_array_append_new(list, command_json_id(&channels->items[i].channel));
    return list;
}

static json_t *json_invitations(const struct store_invitation_list *invitations)
{
    json_t *list = json_array();
    for (size_t i = 0; i < invitations->count; i++)
        json_array_append_new(list,
                              json_pack("{s:o, s:I}", "channel",
                                        command_json_id(&invitations->items[i].channel), "sent",
                                        (json_int_t)invitations->items[i].created_at_ms));
    return list;
}

static json_t *json_reads(const struct store_read_list *reads)
{
    json_t *list = json_array();
    for (size_t i = 0; i < reads->count; i++)
        json_array_append_new(list, json_pack("{s:o, s:I}", "channel",
                                              command_json_id(&reads->items[i].channel),
                                              "read_up_to", (json_int_t)reads->items[i].sequence));
    return list;
}

/* Who the others are is theirs; and a tie of people who met is an answer. */
static json_t *json_ties(const struct store_own_tie_list *ties)
{
    json_int_t imported = 0, accepted = 0;
    for (size_t i = 0; i < ties->count; i++) {
        imported += ties->items[i].kind == STORE_TIE_IMPORTED;
        accepted += ties->items[i].kind == STORE_TIE_ACCEPTED;
    }
    return json_pack("{s:I, s:I}", "imported", imported, "accepted_invitations", accepted);
}

static json_t *json_profile(const struct person_read *read)
{
    const struct store_profile *profile = &read->profile;
    return json_pack("{s:b, s:i, s:b, s:o, s:o}", "opted_in", profile->opted_in, "weekly_contacts",
                     (int)profile->contacts_per_week_max, "coffee", read->coffee, "topics",
                     json_texts(profile->topics, profile->topics_count), "can_help_with",
                     json_texts(profile->can_help_with, profile->can_help_with_count));
}

static json_t *json_export(const struct person_read *read)
{
    const struct store_person *person = &read->person;
    json_t *export = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:I}", "person", command_json_id(&person->person),
        "state", state_names[person->state], "role", role_names[person->role], "name",
        command_json_text(person->name), "external_id", command_json_text(person->external_id),
        "group", command_json_text(group_name(read, &person->group)), "created",
        (json_int_t)person->created_at_ms, "joined", (json_int_t)person->joined_at_ms);
    json_object_update_new(export, json_profile(read));
    json_object_set_new(export, "devices", json_devices(&read->devices));
    json_object_set_new(export, "channels", json_channels(&read->channels));
    json_object_set_new(export, "read", json_reads(&read->reads));
    json_object_set_new(export, "invitations", json_invitations(&read->invitations));
    json_object_set_new(export, "ties", json_ties(&read->ties));
    json_object_set_new(export, "not_in_here",
                        json_string("what was written in channels, which the server cannot read; "
                                    "confidential channels, introductions and what was answered, "
                                    "which the person alone sees: weft status, weft network"));
    return export;
}

static void done_export(struct store_job *job, enum status status)
{
    struct person_read *read = (struct person_read *)(void *)job;
    if (status == STATUS_OK)
        command_print_json(read->call, json_export(read));
    command_finish(read->call, status,
                   find_person_problem(read->found, "that person cannot be exported"));
}

static void begin_read(struct command_call *call, const char *name)
{
    struct person_read *read = NULL;
    enum status status = command_take_state(call, sizeof *read, (void **)&read);
    if (status == STATUS_OK) {
        read->call = call;
        read->name = name;
        read->query.count_max = LISTED_MAX;
        read->job = name == NULL ? (struct store_job){.run = run_list, .done = done_list}
                                 : (struct store_job){.run = run_export, .done = done_export};
        /* An export writes its line of the audit log. */
        status = name == NULL ? store_read(call->app->store, &read->job)
                              : store_write(call->app->store, &read->job);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}

/* ---- suspend, restore, erase: an entry of the directory log and what follows from it ---- */

struct person_act {
    const char *name;
    enum directory_entry_kind kind;
    const char *audited;
    enum store_removal_reason reason; /* of the removals that it causes, or withdraws */
    bool shuts_out;
    bool for_good; /* and so is done only when that is said */
};

static const struct person_act acts[] = {
    {"suspend", DIRECTORY_SUSPEND_PERSON, "person.suspend", STORE_REMOVAL_SUSPENDED, true, false},
    {"restore", DIRECTORY_RESTORE_PERSON, "person.restore", STORE_REMOVAL_SUSPENDED, false, false},
    {"erase", DIRECTORY_ERASE_PERSON, "person.erase", STORE_REMOVAL_ERASED, true, true},
};

struct person_change {
    struct community_change change;
    struct store_job lookup;
    struct command_call *call;
    const struct person_act *act;
    const char *name;
    bool sure; /* FOR_GOOD was said */
    struct id person;
    struct span called; /* before it was erased */
    struct buffer entry;
    int64_t now_ms;
};

/* Whoever is shut out is to be removed everywhere; whoever comes back stays where they still are.
 */
static enum status change_removals(struct store_db *db, struct person_change *work)
{
    enum store_removal_reason reason = work->act->reason;
    struct store_device_list devices;
    TRY(store_devices_of_person(db, &work->person, &work->call->arena, &devices));
    for (size_t i = 0; i < devices.count; i++) {
        const struct id *device = &devices.items[i].device;
        TRY(work->act->shuts_out ? store_removals_add_everywhere(db, device, reason, work->now_ms)
                                 : store_removals_withdraw(db, device, reason));
    }
    return STATUS_OK;
}

/* What both accepted while the person was away comes about now; both hear of it when they ask. */
static enum status settle_introductions(struct store_db *db, const struct person_change *work)
{
    const struct hub *hub = &work->call->app->hub;
    struct store_choosing choosing = {
        .now_ms = work->now_ms,
        .ask_at_ms = work->now_ms + hub->config->introductions_ask_after_ms,
    };
    for (bool agreed = true; agreed;) {
        TRY(id_random(hub->random, &choosing.channel));
        TRY(store_introductions_settle(db, &work->person, &choosing, &agreed));
    }
    return STATUS_OK;
}

static enum status run_change(struct store_db *db, struct community_change *change)
{
    struct person_change *work = (struct person_change *)(void *)change;
    TRY(change_removals(db, work));
    if (work->act->kind == DIRECTORY_ERASE_PERSON)
        TRY(store_people_erase(db, &work->person, work->now_ms));
    else
        TRY(store_people_suspend(db, &work->person, work->act->shuts_out));
    if (!work->act->shuts_out)
        TRY(settle_introductions(db, work));
    return audit_add(db, work->now_ms, work->act->audited, &work->person, 0);
}

/* What was done, and what follows from it. */
static void print_done(const struct person_change *work)
{
    struct command_call *call = work->call;
    const char *name = command_clean(call, work->called);
    char id[ID_TEXT_SIZE];
    id_text(&work->person, id);
    if (call->json)
        command_print_json(call, json_pack("{s:s, s:s, s:o}", "person", id, "done", work->act->name,
                                           "name", command_json_text(work->called)));
    else if (work->act->kind == DIRECTORY_SUSPEND_PERSON)
        command_print(call,
                      "%s may not log in any more, and is taken out of each channel when a member\n"
                      "is online. To take it back: weftd person restore %.8s\n",
                      name, id);
    else if (work->act->kind == DIRECTORY_RESTORE_PERSON)
        command_print(
            call, "%s may log in again. Channels that they were taken out of let them in anew.\n",
            name);
    else
        command_print(call,
                      "%s is erased: name, profile and ties are gone, and they are taken out of\n"
                      "each channel when a member is online. There is no way back.\n",
                      name);
}

/* Their removals are not wanted any more, and they may be added where they were let in. */
static void ask_again(struct delivery *delivery)
{
    work_gather_removals(delivery);
    look_for_work(delivery);
}

static void done_change(struct community_change *change, enum status status)
{
    struct person_change *work = (struct person_change *)(void *)change;
    struct command_call *call = work->call;
    buffer_clear(&work->entry);
    struct delivery *delivery = call->app->services.delivery;
    if (status == STATUS_OK)
        print_done(work);
    if (status == STATUS_OK && work->act->shuts_out)
        hub_close_person(&call->app->hub, &work->person);
    if (status == STATUS_OK && delivery != NULL && work->act->shuts_out)
        work_shut_out_person(delivery, &work->person);
    else if (status == STATUS_OK && delivery != NULL)
        ask_again(delivery);
    command_finish(call, status, "nothing was changed");
}

static enum status submit(struct person_change *work)
{
    struct hub *hub = &work->call->app->hub;
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = (uint8_t)work->act->kind,
        .authority = DIRECTORY_BY_SERVER,
        .time = work->now_ms,
        .person = work->person,
    };
    struct directory_signers nobody = {0};
    buffer_init(&work->entry, LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(directory_entry_sign(&entry, &nobody, &work->entry));
    work->change = (struct community_change){
        .entry = buffer_span(&work->entry),
        .run = run_change,
        .done = done_change,
    };
    community_submit(hub->community, &work->change);
    return STATUS_OK;
}

static struct person_change *change_of_lookup(struct store_job *job)
{
    return (struct person_change *)(void *)((char *)job - offsetof(struct person_change, lookup));
}

static enum status run_lookup(struct store_db *db, struct store_job *job)
{
    struct person_change *work = change_of_lookup(job);
    struct store_person person;
    TRY(find_person(db, work->name, &work->person));
    TRY(store_people_get(db, &work->person, &work->call->arena, &person));
    work->called = person.name;
    return STATUS_OK;
}

static void ask_whether_sure(struct person_change *work)
{
    char id[ID_TEXT_SIZE];
    id_text(&work->person, id);
    command_complain(work->call,
                     "weftd: nothing was changed. That would erase %s for good: name, profile and\n"
                     "ties, and their place in each channel. weftd person suspend %.12s can be\n"
                     "taken back. To erase: weftd person erase %.12s %s\n",
                     command_clean(work->call, work->called), id, id, FOR_GOOD);
    command_misused(work->call);
}

static void done_lookup(struct store_job *job, enum status status)
{
    struct person_change *work = change_of_lookup(job);
    if (status == STATUS_OK && work->act->for_good && !work->sure) {
        ask_whether_sure(work);
        return;
    }
    if (status == STATUS_OK)
        status = submit(work);
    if (status != STATUS_OK)
        command_finish(work->call, status, find_person_problem(status, "nothing was changed"));
}

static void
begin_change(struct command_call *call, const struct person_act *act, const char *name, bool sure)
{
    struct person_change *work = NULL;
    enum status status = command_take_state(call, sizeof *work, (void **)&work);
    if (status == STATUS_OK) {
        work->call = call;
        work->act = act;
        work->name = name;
        work->sure = sure;
        work->now_ms = clock_wall_ms(call->app->hub.clock);
        work->lookup = (struct store_job){.run = run_lookup, .done = done_lookup};
        status = store_read(call->app->store, &work->lookup);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}

void person_command_begin(struct command_call *call)
{
    if (call->argc == 1 && strcmp(call->argv[0], "list") == 0) {
        begin_read(call, NULL);
        return;
    }
    if (call->argc == 2 && strcmp(call->argv[0], "export") == 0) {
        begin_read(call, call->argv[1]);
        return;
    }
    bool sure = call->argc == 3 && strcmp(call->argv[2], FOR_GOOD) == 0;
    for (size_t i = 0; (call->argc == 2 || sure) && i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(call->argv[0], acts[i].name) == 0 && (acts[i].for_good || !sure)) {
            begin_change(call, &acts[i], call->argv[1], sure);
            return;
        }
    }
    command_usage(call);
}
