/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd invite: makes invites, lists them, withdraws them. */
#include "protocol/base/limits.h"
#include "server/command/audit.h"
#include "server/command/command.h"
#include "server/command/find_person.h"
#include "server/command/invite_maker.h"
#include "server/store/groups.h"
#include "server/store/people.h"

#include <stdlib.h>
#include <string.h>

/* Invites, or people, looked at for one answer: more than a community has. */
#define LISTED_MAX 100000

/* Links that one answer has room for; whoever has more people invites by group. */
#define IMPORTED_MAX 20000

/* Longer is no invite but an open door. */
#define DAYS_MAX 365

/* A link for everybody of the largest trust; whoever passes it on lets others in. */
#define USES_MAX 20000

struct invite_work {
    struct store_job job;
    struct command_call *call;
    struct store_invite invite;
    struct buffer link;
    const char *group;
    const char *person; /* id, prefix of one, or the organisation's own id */
    bool imported;      /* everybody who was and has not joined, instead of one of the two */
    uint32_t days;
    struct span whom; /* the person's name, or the group's */
    enum status found;
    const char *prefix; /* of the invite to revoke */
    struct id fresh_group;
    struct store_invite_list list;
    struct span *names; /* of each of the list: whom it is for */
    struct store_group_list groups;
    struct store_person_list people;
    struct span *links; /* of those of `people` who are invited, one after another */
    size_t link_count;
    int64_t now_ms;
};

static const char *const role_names[] = {
    [STORE_ROLE_STAFF] = "staff",
    [STORE_ROLE_FACILITATOR] = "facilitator",
    [STORE_ROLE_ADMIN] = "admin",
};

static bool parse_role(const char *text, enum store_role *role)
{
    for (size_t i = STORE_ROLE_STAFF; i <= STORE_ROLE_ADMIN; i++) {
        if (strcmp(text, role_names[i]) == 0) {
            *role = (enum store_role)i;
            return true;
        }
    }
    return false;
}

static struct span group_name(const struct invite_work *work, const struct id *group)
{
    for (size_t i = 0; i < work->groups.count; i++)
        if (id_equal(&work->groups.items[i].group, group))
            return work->groups.items[i].name;
    return SPAN_EMPTY;
}

static uint16_t link_port(const struct hub *hub)
{
    return (uint16_t)(hub->config->public_port != 0 ? hub->config->public_port : hub->port);
}

/* ---- make one ---- */

/* The store is asked whether the person can still be invited, and who that is. */
static enum status run_for_person(struct store_db *db, struct invite_work *work)
{
    struct store_person person;
    work->found = find_person(db, work->person, &work->invite.person);
    TRY(work->found);
    TRY(store_people_get(db, &work->invite.person, &work->call->arena, &person));
    work->whom = person.name;
    return person.state == STORE_PERSON_IMPORTED ? STATUS_OK : STATUS_CONFLICT;
}

static enum status run_make(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct store_invite *invite = &work->invite;
    if (work->person != NULL)
        TRY(run_for_person(db, work));
    else
        TRY(store_groups_ensure(db, work->whom, &work->fresh_group, &invite->group));
    TRY(store_invites_add(db, invite));
    return audit_add(db, work->now_ms, "invite.add", &invite->invite, 0);
}

static void print_made(struct invite_work *work)
{
    struct command_call *call = work->call;
    const struct store_invite *invite = &work->invite;
    char id[ID_TEXT_SIZE], expires[COMMAND_TIME_SIZE], uses[32] = "once";
    id_text(&invite->invite, id);
    command_time(invite->expires_at_ms, expires);
    if (invite->uses_max > 1)
        (void)snprintf(uses, sizeof uses, "%u times", (unsigned)invite->uses_max);
    if (call->json) {
        command_print_json(call, json_pack("{s:s, s:s, s:I, s:o}", "invite", id, "role",
                                           role_names[invite->role], "expires",
                                           (json_int_t)invite->expires_at_ms, "link",
                                           command_json_text(buffer_span(&work->link))));
        return;
    }
    command_print(call, "%.*s\n", (int)work->link.len, (const char *)work->link.ptr);
    command_complain(call, "For %s, as %s: works %s, until %s\n", command_clean(call, work->whom),
                     role_names[invite->role], uses, expires);
}

static void done_make(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct command_call *call = work->call;
    if (status == STATUS_OK)
        print_made(work);
    buffer_clear(&work->link);
    if (status == STATUS_CONFLICT && work->found == STATUS_OK) {
        command_complain(
            call,
            "weftd: %s has joined already, or was erased.\n"
            "For another device: weft device add, on one that they have; an admin's\n"
            "weft device reset where they have none.\n",
            command_clean(call, work->whom.len == 0 ? span_from_text(work->person) : work->whom));
        command_fail(call, status);
        return;
    }
    command_finish(call, status, find_person_problem(work->found, "the invite was not made"));
}

static void begin_one(struct command_call *call, struct invite_work *work)
{
    struct hub *hub = &call->app->hub;
    buffer_init(&work->link, INVITE_LINK_TEXT_MAX);
    enum status status = id_random(hub->random, &work->fresh_group);
    if (status == STATUS_OK)
        status = invite_maker_fill(hub, link_port(hub), work->days, &work->invite, &work->link);
    work->job = (struct store_job){.run = run_make, .done = done_make};
    if (status == STATUS_OK)
        status = store_write(hub->store, &work->job);
    if (status != STATUS_OK) {
        buffer_clear(&work->link);
        command_finish(call, status, "the invite was not made");
    }
}

/* ---- make one for everybody who was imported and has not joined ---- */

static enum status run_imported(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    for (size_t i = 0; i < work->list.count; i++) {
        const struct store_invite *invite = &work->list.items[i];
        struct store_person person;
        TRY(store_people_get(db, &invite->person, &work->call->arena, &person));
        if (person.state != STORE_PERSON_IMPORTED)
            return STATUS_NOT_NOW; /* joined just now */
        TRY(store_invites_add(db, invite));
        TRY(audit_add(db, work->now_ms, "invite.add", &invite->invite, 0));
    }
    return STATUS_OK;
}

static void print_imported(struct invite_work *work, size_t at, const struct store_person *person)
{
    struct command_call *call = work->call;
    struct span link = work->links[at], group = group_name(work, &person->group);
    char id[ID_TEXT_SIZE];
    id_text(&work->list.items[at].invite, id);
    if (call->json)
        command_print_json(call,
                           json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "invite", id, "role",
                                     role_names[work->invite.role], "expires",
                                     (json_int_t)work->list.items[at].expires_at_ms, "person_id",
                                     command_json_text(person->external_id), "name",
                                     command_json_text(person->name), "group",
                                     command_json_text(group), "link", command_json_text(link)));
    else
        command_print(call, "%s\t%s\t%s\t%.*s\n", command_clean(call, person->external_id),
                      command_clean(call, person->name), command_clean(call, group), (int)link.len,
                      (const char *)link.ptr);
}

static void done_imported(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct command_call *call = work->call;
    if (status == STATUS_OK && !call->json)
        command_print(call, "person_id\tname\tgroup\tlink\n");
    for (size_t i = 0; status == STATUS_OK && i < work->list.count; i++)
        print_imported(work, i, &work->people.items[i]);
    if (status == STATUS_OK && work->list.count != 0) {
        char expires[COMMAND_TIME_SIZE];
        command_time(work->list.items[0].expires_at_ms, expires);
        command_complain(call, "%zu links, each for one person and one use, until %s\n",
                         work->list.count, expires);
    } else if (status == STATUS_OK) {
        command_complain(call, "nobody was imported who has not joined (weftd person list)\n");
    }
    command_finish(call, status, "no invite was made");
}

static enum status fill_imported(struct invite_work *work, size_t at)
{
    const struct hub *hub = &work->call->app->hub;
    struct store_invite *invite = &work->list.items[at];
    CLEANUP(buffer_clear) struct buffer link = BUFFER_INIT(INVITE_LINK_TEXT_MAX);
    *invite =
        (struct store_invite){.role = work->invite.role, .person = work->people.items[at].person};
    TRY(invite_maker_fill(hub, link_port(hub), work->days, invite, &link));
    return arena_copy(&work->call->arena, buffer_span(&link), &work->links[at]);
}

/* Leaves of the people those who are to be invited. */
static void keep_imported(struct store_person_list *people)
{
    size_t kept = 0;
    for (size_t i = 0; i < people->count; i++)
        if (people->items[i].state == STORE_PERSON_IMPORTED)
            people->items[kept++] = people->items[i];
    people->count = kept;
}

static int compare_external_ids(const void *a, const void *b)
{
    const struct store_person *x = a, *y = b;
    return span_compare(x->external_id, y->external_id);
}

static enum status make_imported(struct invite_work *work)
{
    void *invites = NULL, *links = NULL;
    struct store_person_list *people = &work->people;
    keep_imported(people);
    if (people->more || people->count > IMPORTED_MAX)
        return STATUS_LIMIT;
    if (people->count != 0)
        qsort(people->items, people->count, sizeof *people->items, compare_external_ids);
    TRY(arena_take(&work->call->arena, people->count, sizeof *work->list.items, &invites));
    TRY(arena_take(&work->call->arena, people->count, sizeof *work->links, &links));
    work->list = (struct store_invite_list){.items = invites, .count = people->count};
    work->links = links;
    for (size_t i = 0; i < people->count; i++)
        TRY(fill_imported(work, i));
    work->job = (struct store_job){.run = run_imported, .done = done_imported};
    return store_write(work->call->app->hub.store, &work->job);
}

static enum status run_people(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    const struct store_people_query everybody = {.count_max = LISTED_MAX};
    TRY(store_groups_list(db, &work->call->arena, &work->groups));
    return store_people_list(db, &everybody, &work->call->arena, &work->people);
}

static void done_people(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    if (status == STATUS_OK)
        status = make_imported(work);
    if (status != STATUS_OK)
        command_finish(work->call, status, "no invite was made");
}

/* ---- what is asked for ---- */

/* Complains of what is wrong and returns false. */
static bool wrong(struct command_call *call, const char *what)
{
    command_complain(call, "weftd: %s\n", what);
    return false;
}

static bool take_imported(struct command_call *call)
{
    for (int i = 0; i < call->argc; i++)
        if (strcmp(call->argv[i], "--imported") == 0) {
            for (int k = i + 1; k < call->argc; k++)
                call->argv[k - 1] = call->argv[k];
            call->argc--;
            return true;
        }
    return false;
}

/* What no answer of ours could hold would keep everybody from the list of groups. */
static bool is_group_name(struct command_call *call, const char *text)
{
    struct span name = span_from_text(text);
    return name.len > 0 && name.len <= LIMIT_NAME_BYTES &&
           strcmp(command_clean(call, name), text) == 0;
}

static bool parse_whom(struct command_call *call, struct invite_work *work)
{
    if ((work->group != NULL) + (work->person != NULL) + work->imported != 1)
        return wrong(call, "an invite is for one of --group, --person or --imported");
    if (work->group != NULL && !is_group_name(call, work->group))
        return wrong(call, "a group's name is a line of text, of at most 120 bytes");
    if (work->group == NULL && work->invite.uses_max > 1)
        return wrong(call, "--uses is for --group: an invite of one person is used once");
    if (work->group != NULL)
        work->whom = span_from_text(work->group);
    return true;
}

static bool parse_make(struct command_call *call, struct invite_work *work)
{
    bool bad = false;
    const char *role = command_take_option(call, "--role", &bad);
    const char *expires = command_take_option(call, "--expires", &bad);
    const char *use_count = command_take_option(call, "--uses", &bad);
    work->group = command_take_option(call, "--group", &bad);
    work->person = command_take_option(call, "--person", &bad);
    work->imported = take_imported(call);
    work->invite.role = STORE_ROLE_STAFF;
    if (bad)
        return wrong(call, "an option without its value, or twice");
    if (call->argc > 0) {
        command_complain(call, "weftd: not known here: %s\n",
                         command_clean(call, span_from_text(call->argv[0])));
        return false;
    }
    if (role != NULL && !parse_role(role, &work->invite.role))
        return wrong(call, "--role is staff, facilitator or admin");
    if (expires != NULL && !command_number(expires, DAYS_MAX, &work->days))
        return wrong(call, "--expires is a number of days, from 1 to 365");
    if (use_count != NULL && !command_number(use_count, USES_MAX, &work->invite.uses_max))
        return wrong(call, "--uses is a number from 1 to 20000");
    return parse_whom(call, work);
}

static void begin_make(struct command_call *call, struct invite_work *work)
{
    work->days = call->app->hub.config->invite_days;
    if (!parse_make(call, work)) {
        command_usage(call);
        return;
    }
    if (!work->imported) {
        begin_one(call, work);
        return;
    }
    work->job = (struct store_job){.run = run_people, .done = done_people};
    enum status status = store_read(call->app->hub.store, &work->job);
    if (status != STATUS_OK)
        command_finish(call, status, "no invite was made");
}

/* ---- list ---- */

static enum status name_invite(struct store_db *db, struct invite_work *work, size_t at)
{
    const struct store_invite *invite = &work->list.items[at];
    struct store_person person;
    if (id_is_none(&invite->person)) {
        work->names[at] = group_name(work, &invite->group);
        return STATUS_OK;
    }
    TRY(store_people_get(db, &invite->person, &work->call->arena, &person));
    work->names[at] = person.name;
    return STATUS_OK;
}

static enum status run_list(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct arena *arena = &work->call->arena;
    void *taken = NULL;
    TRY(store_groups_list(db, arena, &work->groups));
    TRY(store_invites_list(db, LISTED_MAX, arena, &work->list));
    TRY(arena_take(arena, work->list.count, sizeof *work->names, &taken));
    work->names = taken;
    for (size_t i = 0; i < work->list.count; i++)
        TRY(name_invite(db, work, i));
    return STATUS_OK;
}

static const char *state_of(const struct store_invite *invite, int64_t now_ms)
{
    if (invite->revoked)
        return "revoked";
    if (invite->uses >= invite->uses_max)
        return "used";
    return invite->expires_at_ms <= now_ms ? "expired" : "open";
}

static void print_invite(const struct invite_work *work, size_t at)
{
    struct command_call *call = work->call;
    const struct store_invite *invite = &work->list.items[at];
    const char *state = state_of(invite, work->now_ms);
    char id[ID_TEXT_SIZE];
    char expires[COMMAND_TIME_SIZE];
    id_text(&invite->invite, id);
    command_time(invite->expires_at_ms, expires);
    if (call->json)
        command_print_json(call, json_pack("{s:s, s:s, s:s, s:I, s:i, s:i, s:o}", "invite", id,
                                           "role", role_names[invite->role], "state", state,
                                           "expires", (json_int_t)invite->expires_at_ms, "uses",
                                           (int)invite->uses, "uses_max", (int)invite->uses_max,
                                           id_is_none(&invite->person) ? "group" : "person_name",
                                           command_json_text(work->names[at])));
    else
        command_print(call, "%.8s  %-7s  %-11s  %u of %u used  until %.10s  %s\n", id, state,
                      role_names[invite->role], (unsigned)invite->uses, (unsigned)invite->uses_max,
                      expires, command_clean(call, work->names[at]));
}

static void done_list(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    for (size_t i = 0; status == STATUS_OK && i < work->list.count; i++)
        print_invite(work, i);
    if (status == STATUS_OK && work->list.count == 0 && !work->call->json)
        command_print(work->call, "no invites: weftd invite --group NAME makes one\n");
    command_finish(work->call, status, "the invites cannot be listed");
}

/* ---- revoke ---- */

static enum status run_revoke(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct id invite;
    enum status found = store_invites_by_prefix(db, span_from_text(work->prefix), &invite);
    TRY(found == STATUS_MALFORMED ? STATUS_NOT_FOUND : found);
    TRY(store_invites_revoke(db, &invite));
    return audit_add(db, work->now_ms, "invite.revoke", &invite, 0);
}

static void done_revoke(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    if (status == STATUS_OK && !work->call->json)
        command_print(work->call, "withdrawn: the link lets nobody in any more\n");
    command_finish(work->call, status,
                   status == STATUS_NOT_FOUND
                       ? "no invite's id begins so, with six letters at least (weftd invite list)"
                   : status == STATUS_CONFLICT ? "several invites' ids begin so (weftd invite list)"
                                               : "that invite was not withdrawn");
}

void invite_command_begin(struct command_call *call)
{
    struct invite_work *work = NULL;
    struct store *store = call->app->store;
    enum status status = command_take_state(call, sizeof *work, (void **)&work);
    if (status != STATUS_OK) {
        command_finish(call, status, NULL);
        return;
    }
    work->call = call;
    work->now_ms = clock_wall_ms(call->app->hub.clock);
    if (call->argc == 1 && strcmp(call->argv[0], "list") == 0) {
        work->job = (struct store_job){.run = run_list, .done = done_list};
        status = store_read(store, &work->job);
    } else if (call->argc == 2 && strcmp(call->argv[0], "revoke") == 0) {
        work->prefix = call->argv[1];
        work->job = (struct store_job){.run = run_revoke, .done = done_revoke};
        status = store_write(store, &work->job);
    } else {
        begin_make(call, work);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}
