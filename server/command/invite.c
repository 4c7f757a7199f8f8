/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd invite: makes invites, lists them, withdraws them. */
#include "protocol/base/limits.h"
#include "server/command/audit.h"
#include "server/command/command.h"
#include "server/command/find_person.h"
#include "server/command/invite_maker.h"
#include "server/store/people.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LISTED_MAX 1000

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
    enum status found;
    const char *prefix; /* of the invite to revoke */
    struct id fresh_group;
    struct store_invite_list list;
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

static void print_time(int64_t time_ms, char text[32])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(text, 32, "%F %H:%M UTC", &utc) == 0)
        text[0] = '\0';
}

/* ---- make ---- */

static enum status run_make(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct store_invite *invite = &work->invite;
    if (work->person != NULL) {
        work->found = find_person(db, work->person, &invite->person);
        TRY(work->found);
        struct store_person person;
        TRY(store_people_get(db, &invite->person, &work->call->arena, &person));
        if (person.state != STORE_PERSON_IMPORTED)
            return STATUS_CONFLICT;
    }
    if (work->group != NULL)
        TRY(store_groups_ensure(db, span_from_text(work->group), &work->fresh_group,
                                &invite->group));
    TRY(store_invites_add(db, invite));
    return audit_add(db, work->now_ms, "invite.add", &invite->invite, 0);
}

static void done_make(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    struct command_call *call = work->call;
    if (status == STATUS_OK && call->json) {
        char id[ID_TEXT_SIZE];
        id_text(&work->invite.invite, id);
        command_print_json(call, json_pack("{s:s, s:s, s:I, s:o}", "invite", id, "role",
                                           role_names[work->invite.role], "expires",
                                           (json_int_t)work->invite.expires_at_ms, "link",
                                           command_json_text(buffer_span(&work->link))));
    } else if (status == STATUS_OK) {
        command_print(call, "%.*s\n", (int)work->link.len, (const char *)work->link.ptr);
    }
    buffer_clear(&work->link);
    command_finish(
        call, status,
        find_person_problem(work->found, status == STATUS_CONFLICT
                                             ? "that person has joined already, or was erased"
                                             : "the invite was not made"));
}

static bool parse_count(const char *text, long most, int64_t *count)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 1 || value > most)
        return false;
    *count = value;
    return true;
}

static bool parse_make(struct command_call *call, struct invite_work *work, int64_t *days)
{
    bool wrong = false;
    const char *role = command_take_option(call, "--role", &wrong);
    const char *expires = command_take_option(call, "--expires", &wrong);
    const char *uses = command_take_option(call, "--uses", &wrong);
    int64_t use_count = 1;
    work->group = command_take_option(call, "--group", &wrong);
    work->person = command_take_option(call, "--person", &wrong);
    work->invite.role = STORE_ROLE_STAFF;
    wrong = wrong || call->argc > 0 || (role != NULL && !parse_role(role, &work->invite.role));
    wrong = wrong || (expires != NULL && !parse_count(expires, DAYS_MAX, days));
    wrong = wrong || (uses != NULL && !parse_count(uses, USES_MAX, &use_count));
    wrong = wrong || (use_count > 1 && work->group == NULL);
    work->invite.uses_max = (uint32_t)use_count;
    return !wrong && (work->group == NULL) != (work->person == NULL);
}

/* What no answer of ours could hold would keep everybody from the list of groups. */
static bool is_group_name(struct command_call *call, const char *text)
{
    struct span name = span_from_text(text);
    return name.len > 0 && name.len <= LIMIT_NAME_BYTES &&
           strcmp(command_clean(call, name), text) == 0;
}

static void begin_make(struct command_call *call, struct invite_work *work)
{
    struct hub *hub = &call->app->hub;
    int64_t days = hub->config->invite_days;
    if (!parse_make(call, work, &days)) {
        command_usage(call);
        return;
    }
    if (work->group != NULL && !is_group_name(call, work->group)) {
        command_complain(call, "weftd: a group's name is a line of text, of at most %d bytes\n",
                         LIMIT_NAME_BYTES);
        command_misused(call);
        return;
    }
    buffer_init(&work->link, INVITE_LINK_TEXT_MAX);
    uint32_t port = hub->config->public_port != 0 ? hub->config->public_port : hub->port;
    enum status status = id_random(hub->random, &work->fresh_group);
    if (status == STATUS_OK)
        status = invite_maker_fill(hub, (uint16_t)port, days, &work->invite, &work->link);
    work->job = (struct store_job){.run = run_make, .done = done_make};
    if (status == STATUS_OK)
        status = store_write(hub->store, &work->job);
    if (status != STATUS_OK) {
        buffer_clear(&work->link);
        command_finish(call, status, "the invite was not made");
    }
}

/* ---- list ---- */

static enum status run_list(struct store_db *db, struct store_job *job)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    return store_invites_list(db, LISTED_MAX, &work->call->arena, &work->list);
}

static const char *state_of(const struct store_invite *invite, int64_t now_ms)
{
    if (invite->revoked)
        return "revoked";
    if (invite->uses >= invite->uses_max)
        return "used";
    return invite->expires_at_ms <= now_ms ? "expired" : "open";
}

static void print_invite(struct command_call *call, const struct store_invite *invite, int64_t now)
{
    char id[ID_TEXT_SIZE];
    char expires[32];
    id_text(&invite->invite, id);
    print_time(invite->expires_at_ms, expires);
    if (call->json)
        command_print_json(call, json_pack("{s:s, s:s, s:s, s:I, s:i, s:i}", "invite", id, "role",
                                           role_names[invite->role], "state", state_of(invite, now),
                                           "expires", (json_int_t)invite->expires_at_ms, "uses",
                                           (int)invite->uses, "uses_max", (int)invite->uses_max));
    else
        command_print(call, "%.12s  %-11s  %-8s  %u of %u used  until %s\n", id,
                      role_names[invite->role], state_of(invite, now), (unsigned)invite->uses,
                      (unsigned)invite->uses_max, expires);
}

static void done_list(struct store_job *job, enum status status)
{
    struct invite_work *work = (struct invite_work *)(void *)job;
    for (size_t i = 0; status == STATUS_OK && i < work->list.count; i++)
        print_invite(work->call, &work->list.items[i], work->now_ms);
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
