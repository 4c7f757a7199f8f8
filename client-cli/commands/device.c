/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft device: more than one device for one person, and shutting one out. */
#include "client-cli/commands/fresh_profile.h"
#include "client-cli/commands/known_id.h"
#include "client-cli/commands/own_person.h"
#include "client-cli/commands/show_entry.h"
#include "client-cli/commands/terminal.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel.h"
#include "client-cli/core/device_add.h"
#include "client-cli/core/device_link.h"
#include "client-cli/core/devices.h"
#include "client-cli/core/events.h"
#include "client-cli/core/people.h"
#include "client-cli/core/replica.h"
#include "protocol/wire/accounts.h"

#include <stdio.h>
#include <string.h>

/* An event tells of a step; this is for one that was lost. */
#define ADD_STEP_MS 1000

/* As long as the server keeps a link. */
#define LINK_MS (INT64_C(10) * 60 * 1000)

/* Without a login a client may ask 20 times at once, and then every two seconds. */
#define LINK_STEPS_QUICK 15
#define LINK_STEP_QUICK_MS 1000
#define LINK_STEP_MS 2100

/* For the members who are online to add a device everywhere; then it need not be waited for. */
#define PROGRESS_MS 20000
#define PROGRESS_STEP_MS 500

/* ---- how far a device has come ---- */

struct progress {
    struct invocation *invocation;
    struct id device;
    struct id person;
    uint32_t shown_in;
    uint32_t shown_of;
    bool shown;
};

static void show_progress(struct progress *progress, uint32_t in, uint32_t of)
{
    if (progress->shown && in == progress->shown_in && of == progress->shown_of)
        return;
    progress->shown = true;
    progress->shown_in = in;
    progress->shown_of = of;
    if (of != 0)
        out_line(progress->invocation->out, "In %u of %u channels.", in, of);
    out_record(progress->invocation->out,
               json_pack("{s:s, s:i, s:i}", "type", "progress", "in", (int)in, "of", (int)of));
}

static enum status ask_progress(struct progress *progress, bool *done)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_device_list_response listed;
    uint32_t in = 0;
    TRY(devices_list(progress->invocation->engine, &progress->person, &reply, &listed));
    for (size_t i = 0; i < listed.device_count; i++)
        if (id_equal(&listed.devices[i].device, &progress->device))
            in = listed.devices[i].channels;
    show_progress(progress, in, listed.channels);
    *done = in >= listed.channels;
    return STATUS_OK;
}

/* Until the device is in every channel, or as long as it makes sense to wait. */
static enum status
await_channels(struct invocation *invocation, const struct id *person, const struct id *device)
{
    struct engine *engine = invocation->engine;
    struct progress progress = {.invocation = invocation, .device = *device, .person = *person};
    int64_t until = engine_now_ms(engine) + PROGRESS_MS;
    bool done = false;
    TRY(ask_progress(&progress, &done));
    while (!done && engine_now_ms(engine) < until) {
        TRY(devices_help(engine));
        TRY(events_handle_all(engine));
        TRY(ask_progress(&progress, &done));
        if (!done)
            connection_wait(engine->connection, PROGRESS_STEP_MS);
    }
    TRY(events_handle_all(engine)); /* the last Welcome came before the last answer */
    if (!done)
        out_prose(invocation->out, "The rest follows as soon as a member of each is online: weft "
                                   "device list shows how far it is.");
    return STATUS_OK;
}

/* ---- approving ---- */

static void show_link(struct invocation *invocation, struct span link, const char *whom)
{
    struct out *out = invocation->out;
    if (whom == NULL)
        out_line(out, "On your other device, type within ten minutes:");
    else
        out_prose(out, "Give %s this link, and have them type within ten minutes:", whom);
    out_line(out, "%s", "");
    out_line(out, "    weft device link '%.*s'", OUT_SPAN(link));
    out_line(out, "%s", "");
    out_prose(out, "It is for one device, and for nobody else. Waiting for it ...");
    out_record(out, json_pack("{s:s, s:o}", "type", "link", "link", out_json_text(link)));
}

/* A server that starts again, or a network that is away for a while, ends nothing: the link's time
 * does. */
static bool passes(struct engine *engine, enum status status, int64_t until)
{
    bool gone = status == STATUS_NETWORK || status == STATUS_TIMEOUT ||
                status == STATUS_RATE_LIMITED || status == STATUS_CANCELLED;
    if (!gone || engine_now_ms(engine) >= until)
        return false;
    engine_forget_explanation(engine);
    connection_pause(engine->connection, LINK_STEP_MS);
    return true;
}

static enum status await_code(struct engine *engine, struct device_add *add)
{
    int64_t until = engine_now_ms(engine) + LINK_MS;
    while (add->stage == DEVICE_ADD_WAITING) {
        enum status status = device_add_step(engine, add);
        if (status == STATUS_OK)
            status = events_handle_all(engine);
        if (status == STATUS_OK && add->stage == DEVICE_ADD_WAITING)
            connection_wait(engine->connection, ADD_STEP_MS);
        if (status != STATUS_OK && !passes(engine, status, until))
            return status;
    }
    return STATUS_OK;
}

static enum status
ask_code(struct invocation *invocation, const char *whom, unsigned tries, struct buffer *typed)
{
    char question[300];
    buffer_clear(typed);
    if (tries != 0)
        out_prose(invocation->out,
                  "That is not the code. Look again at the new device; %u %s left.",
                  DEVICE_ADD_TRIES - tries, DEVICE_ADD_TRIES - tries == 1 ? "try" : "tries");
    if (whom == NULL)
        snprintf(question, sizeof question,
                 "The code that your other device shows (nothing to refuse it):");
    else
        snprintf(question, sizeof question,
                 "The code that %s reads to you, whom you know by voice or face (nothing to refuse "
                 "it):",
                 whom);
    enum status asked = terminal_ask(question, typed);
    return asked == STATUS_CANCELLED ? STATUS_OK : asked; /* nobody there refuses it */
}

static enum status confirm(struct invocation *invocation, struct device_add *add, const char *whom)
{
    CLEANUP(buffer_clear) struct buffer typed = BUFFER_INIT(LIMIT_NAME_BYTES);
    enum status status = STATUS_DENIED;
    out_record(invocation->out, json_pack("{s:s}", "type", "code wanted"));
    while (status == STATUS_DENIED && add->stage == DEVICE_ADD_CODE) {
        int64_t until = engine_now_ms(invocation->engine) + LINK_MS;
        TRY(ask_code(invocation, whom, add->tries, &typed));
        do
            status = device_add_confirm(invocation->engine, add, buffer_span(&typed));
        while (passes(invocation->engine, status, until));
    }
    return status;
}

/* From the link to the approval; `whom` is NULL for oneself. */
static enum status approve(struct invocation *invocation, const struct id *person, const char *whom)
{
    CLEANUP(device_add_clear) struct device_add add = DEVICE_ADD_INIT;
    CLEANUP(buffer_clear) struct buffer link = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct engine *engine = invocation->engine;
    char device[ID_TEXT_SIZE];
    TRY(device_add_begin(engine, person, &add, &link));
    show_link(invocation, buffer_span(&link), whom);
    TRY(await_code(engine, &add));
    TRY(confirm(invocation, &add, whom));
    id_text(&add.transcript.offer.device, device);
    out_line(invocation->out, "Approved: device %.8s.", device);
    out_record(invocation->out,
               json_pack("{s:s, s:s}", "type", "device approved", "device", device));
    TRY(replica_update(engine, SPAN_EMPTY));
    return whom == NULL ? await_channels(invocation, person, &add.transcript.offer.device)
                        : STATUS_OK;
}

enum status device_add_run(struct invocation *invocation)
{
    return approve(invocation, &invocation->engine->account.person, NULL);
}

enum status device_reset_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct people_name name;
    struct id person;
    if (engine->role != ACCOUNT_ADMIN)
        return command_explain(invocation, STATUS_DENIED,
                               "only an admin sets up a device for somebody else");
    const char *whom = invocation->arguments.positional[0];
    enum status found = own_person_find(invocation, NULL, whom, &person);
    /* Who has lost the only device cannot look into their weft status. */
    if (found == STATUS_NOT_FOUND)
        return command_explain(invocation, found,
                               "nobody who shows themselves is called \"%s\": whoever runs the "
                               "server finds the id with weftd person list",
                               whom);
    TRY(found);
    if (id_equal(&person, &engine->account.person))
        return command_explain(invocation, STATUS_USAGE,
                               "you have a device: weft device add approves another one");
    TRY(people_learn(engine, &person, 1));
    people_name(engine, &person, &name);
    TRY(approve(invocation, &person, name.name));
    out_prose(invocation->out,
              "All earlier devices of %s are shut out. The new one is in no channel until a member "
              "of each lets it in: weft channel add CHANNEL PERSON --checked",
              name.name);
    return STATUS_OK;
}

/* ---- being approved ---- */

static void show_code(struct invocation *invocation, const struct device_link *link)
{
    const struct account *account = &invocation->engine->account;
    bool reset = link->transcript.approver.authority == DIRECTORY_BY_ADMIN;
    struct out *out = invocation->out;
    out_heading(out, "%.*s in %.*s", OUT_SPAN(account->name), OUT_SPAN(account->community));
    out_line(out, "%s", "");
    out_line(out, "    %s", link->code);
    out_line(out, "%s", "");
    if (reset)
        out_prose(out, "Read this code to the admin who gave you the link, by telephone or face to "
                       "face. All your earlier devices are shut out with it.");
    else
        out_line(out, "Type this code on the device where you made the link.");
    out_record(out, json_pack("{s:s, s:s, s:o, s:b}", "type", "code", "code", link->code, "name",
                              out_json_text(account->name), "reset", reset));
}

static void show_linked(struct invocation *invocation)
{
    const struct account *account = &invocation->engine->account;
    char person[ID_TEXT_SIZE];
    char device[ID_TEXT_SIZE];
    id_text(&account->person, person);
    id_text(&account->device, device);
    out_line(invocation->out, "Approved. This is now a device of %.*s.", OUT_SPAN(account->name));
    out_record(invocation->out,
               json_pack("{s:s, s:s, s:s, s:o}", "type", "linked", "person", person, "device",
                         device, "name", out_json_text(account->name)));
}

static enum status await_approval(struct invocation *invocation, struct device_link *link)
{
    struct engine *engine = invocation->engine;
    int64_t until = engine_now_ms(engine) + LINK_MS;
    bool shown = false;
    for (int steps = 0; link->stage <= DEVICE_LINK_CODE; steps++) {
        enum status status = device_link_step(engine, link);
        if (status != STATUS_OK && passes(engine, status, until))
            continue;
        TRY(status);
        if (link->stage == DEVICE_LINK_CODE && !shown)
            show_code(invocation, link);
        shown = link->stage == DEVICE_LINK_CODE;
        if (link->stage <= DEVICE_LINK_CODE)
            connection_wait(engine->connection,
                            steps < LINK_STEPS_QUICK ? LINK_STEP_QUICK_MS : LINK_STEP_MS);
    }
    return link->stage == DEVICE_LINK_APPROVED
               ? STATUS_OK
               : command_explain(invocation, STATUS_DENIED,
                                 "not approved: the code was not the one that the other device "
                                 "has. If you read it out rightly, somebody may sit between the "
                                 "two: tell the people who run the server");
}

static enum status link_device(struct invocation *invocation, const struct invite_link *given)
{
    CLEANUP(device_link_clear) struct device_link link = DEVICE_LINK_INIT;
    struct engine *engine = invocation->engine;
    TRY(device_link_begin(engine, given, &link));
    out_prose(invocation->out, "Waiting for the device where the link was made ...");
    TRY(await_approval(invocation, &link));
    show_linked(invocation);
    if (link.transcript.approver.authority != DIRECTORY_BY_ADMIN)
        return await_channels(invocation, &engine->account.person, &engine->account.device);
    out_prose(invocation->out, "You are in no channel yet: a member of each lets you in. weft "
                               "channel list shows those that you can knock at.");
    return STATUS_OK;
}

enum status device_link_run(struct invocation *invocation)
{
    struct invite_link link;
    TRY(fresh_profile_link(invocation, &link));
    TRY(fresh_profile_open(invocation, &invocation->engine));
    command_listen(invocation);
    enum status status = link_device(invocation, &link);
    if (status != STATUS_OK && invocation->explanation[0] == '\0')
        status = command_explain(invocation, status, "%s", engine_explanation(invocation->engine));
    engine_close(&invocation->engine);
    return status;
}

/* ---- list, revoke ---- */

/* What the server counts is its word; what is seen here are the groups that everybody in them has
 * checked, of this device's channels alone. */
#define REACH_SIZE 160
#define DESCRIPTION_SIZE 240

static const char *channels_word(uint32_t count)
{
    return count == 1 ? "channel" : "channels";
}

/* "channels that ..." of which this device speaks. */
static const char *where_seen(const struct devices_reach *reach)
{
    return reach->missed == 0 ? "that this device is in" : "that could be looked at";
}

static void describe_reach(const struct devices_reach *reach, char text[REACH_SIZE])
{
    if (reach->seen == reach->counted && reach->missed == 0)
        snprintf(text, REACH_SIZE,
                 "can still read %u %s, as this device sees and the server counts", reach->seen,
                 channels_word(reach->seen));
    else
        snprintf(text, REACH_SIZE, "can still read %u %s %s, and %u in all as the server counts",
                 reach->seen, channels_word(reach->seen), where_seen(reach), reach->counted);
}

/* Where nothing was seen of it, and not everything. */
static void describe_unknown(const struct devices_reach *reach, char text[REACH_SIZE])
{
    snprintf(text, REACH_SIZE,
             "it is not known here whether it reads on: %u %s could not be looked at, and the "
             "server counts none",
             reach->missed, channels_word(reach->missed));
}

static bool reads_on(const struct devices_reach *reach)
{
    return reach->seen != 0 || reach->counted != 0;
}

struct described {
    const struct wire_device *device;
    struct devices_reach reach;
    uint32_t seen_of;
    uint32_t counted_of;
    bool own;
};

static void describe_active(const struct described *described, char text[DESCRIPTION_SIZE])
{
    const struct devices_reach *reach = &described->reach;
    char seen[SHOW_TIME_SIZE];
    char where[REACH_SIZE];
    int64_t at = described->device->seen;
    show_entry_time(at, seen);
    if (reach->seen == reach->counted && described->seen_of == described->counted_of &&
        reach->missed == 0)
        snprintf(where, sizeof where, "in %u of %u %s", reach->seen, described->seen_of,
                 channels_word(described->seen_of));
    else
        snprintf(where, sizeof where, "in %u of the %u %s %s, in %u of %u as the server counts",
                 reach->seen, described->seen_of, channels_word(described->seen_of),
                 where_seen(reach), reach->counted, described->counted_of);
    snprintf(text, DESCRIPTION_SIZE, "%s; %s%s%s", where, at == 0 ? "not used yet" : "last used ",
             at == 0 ? "" : seen, described->own ? " (this one)" : "");
}

static void describe(const struct described *described, char text[DESCRIPTION_SIZE])
{
    char reach[REACH_SIZE];
    char revoked[SHOW_TIME_SIZE];
    if (described->device->state == WIRE_DEVICE_ACTIVE) {
        describe_active(described, text);
        return;
    }
    show_entry_time(described->device->revoked, revoked);
    if (reads_on(&described->reach)) {
        describe_reach(&described->reach, reach);
        snprintf(text, DESCRIPTION_SIZE, "revoked %s; %s, until a member of each is online",
                 revoked, reach);
    } else if (described->reach.missed != 0) {
        describe_unknown(&described->reach, reach);
        snprintf(text, DESCRIPTION_SIZE, "revoked %s; %s", revoked, reach);
    } else {
        snprintf(text, DESCRIPTION_SIZE,
                 "revoked %s; reads nothing new, as this device sees and the server says", revoked);
    }
}

static void show_device(struct invocation *invocation,
                        const struct devices_view *view,
                        const struct wire_device *device,
                        uint32_t of)
{
    struct engine *engine = invocation->engine;
    struct described described = {
        .device = device,
        .reach = {.counted = device->channels,
                  .seen = devices_view_count(view, &device->device),
                  .missed = view->missed},
        .seen_of = view->of,
        .counted_of = of,
        .own = id_equal(&device->device, &engine->account.device),
    };
    char id[ID_TEXT_SIZE];
    char text[DESCRIPTION_SIZE];
    bool active = device->state == WIRE_DEVICE_ACTIVE;
    id_text(&device->device, id);
    describe(&described, text);
    out_line(invocation->out, "  %.8s  %s", id, text);
    out_record(invocation->out,
               json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:i, s:i, s:i, s:i, s:i}", "type",
                         "device", "device", id, "state", active ? "active" : "revoked", "own",
                         described.own, "added", (json_int_t)device->added, "seen",
                         (json_int_t)device->seen, "revoked", (json_int_t)device->revoked,
                         "channels", (int)device->channels, "of", (int)of, "seen_in",
                         (int)described.reach.seen, "seen_of", (int)described.seen_of, "missed",
                         (int)described.reach.missed));
}

enum status device_list_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(devices_view_clear) struct devices_view view = {0};
    struct wire_device_list_response listed;
    struct id person = invocation->engine->account.person;
    if (invocation->arguments.positional_count != 0)
        TRY(own_person_find(invocation, NULL, invocation->arguments.positional[0], &person));
    TRY(devices_look(invocation->engine, &person, &view));
    TRY(devices_list(invocation->engine, &person, &reply, &listed));
    for (size_t i = 0; i < listed.device_count; i++)
        show_device(invocation, &view, &listed.devices[i], listed.channels);
    return STATUS_OK;
}

static enum status find_device(struct invocation *invocation, const char *text, struct id *device)
{
    enum status status = known_id_find(invocation, KNOWN_ID_DEVICE, text, device);
    if (status != STATUS_NOT_FOUND)
        return status;
    return command_explain(invocation, status,
                           "no device's id begins with \"%s\", with eight digits at least: weft "
                           "device list",
                           text);
}

static void
show_revoked(struct invocation *invocation, const char *id, const struct devices_reach *reach)
{
    char text[REACH_SIZE];
    if (reads_on(reach)) {
        describe_reach(reach, text);
        out_prose(invocation->out,
                  "Device %.8s is shut out. It %s, until a member of each is online: weft device "
                  "list shows when that is over.",
                  id, text);
    } else if (reach->missed != 0) {
        describe_unknown(reach, text);
        out_line(invocation->out, "Device %.8s is shut out; %s.", id, text);
    } else {
        out_line(invocation->out, "Device %.8s is shut out, and reads nothing new.", id);
    }
}

enum status device_revoke_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct id device;
    struct devices_reach reach = {0};
    char id[ID_TEXT_SIZE];
    TRY(find_device(invocation, invocation->arguments.positional[0], &device));
    if (id_equal(&device, &engine->account.device))
        return command_explain(invocation, STATUS_CONFLICT,
                               "this is the device that you are using: revoke it from another one, "
                               "or ask an admin");
    TRY(devices_revoke(engine, &device, &reach));
    id_text(&device, id);
    show_revoked(invocation, id, &reach);
    out_record(invocation->out, json_pack("{s:s, s:s, s:i, s:i, s:i}", "type", "device revoked",
                                          "device", id, "channels", (int)reach.counted, "seen_in",
                                          (int)reach.seen, "missed", (int)reach.missed));
    return STATUS_OK;
}
