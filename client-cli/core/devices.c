/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/devices.h"

#include "client-cli/core/channel.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/people.h"
#include "client-cli/core/records.h"
#include "client-cli/core/replica.h"
#include "client-cli/core/roster.h"
#include "client-cli/core/work.h"

enum status devices_list(struct engine *engine,
                         const struct id *person,
                         struct connection_reply *reply,
                         struct wire_device_list_response *listed)
{
    struct wire_device_list_request request = {.person = *person};
    return engine_call(engine, WIRE_DEVICE_LIST, &request, reply, listed);
}

/* ---- looking ---- */

static enum status catch_up(struct engine *engine, struct channel *channel)
{
    return channel->state == CHANNEL_STATE_MEMBER ? channel_log_catch_up(engine, channel)
                                                  : STATUS_OK;
}

/* A channel in which something goes wrong keeps nobody from the others: its work waits. */
static enum status unless_cut_off(struct engine *engine, enum status status)
{
    if (status != STATUS_OK && !engine_is_connected(engine))
        return status;
    if (status != STATUS_OK)
        engine_forget_explanation(engine);
    return STATUS_OK;
}

enum status devices_help(struct engine *engine)
{
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        enum status status = catch_up(engine, channel);
        if (status == STATUS_OK)
            status = work_look(engine, channel);
        TRY(unless_cut_off(engine, status));
    }
    return STATUS_OK;
}

struct devices_sight {
    struct devices_sight *next;
    struct id device;
    uint32_t in;
};

static struct devices_sight *find_sight(const struct devices_view *view, const struct id *device)
{
    struct devices_sight *sight = view->sights;
    while (sight != NULL && !id_equal(&sight->device, device))
        sight = sight->next;
    return sight;
}

uint32_t devices_view_count(const struct devices_view *view, const struct id *device)
{
    const struct devices_sight *sight = find_sight(view, device);
    return sight == NULL ? 0 : sight->in;
}

void devices_view_clear(struct devices_view *view)
{
    arena_clear(&view->arena);
    view->sights = NULL;
}

static enum status see(struct devices_view *view, const struct id *device)
{
    struct devices_sight *sight = find_sight(view, device);
    void *place = NULL;
    if (sight == NULL) {
        TRY(arena_take(&view->arena, 1, sizeof *sight, &place));
        sight = place;
        *sight = (struct devices_sight){.next = view->sights, .device = *device};
        view->sights = sight;
    }
    sight->in++;
    return STATUS_OK;
}

static enum status see_members(struct engine *engine,
                               struct channel *channel,
                               const struct id *person,
                               struct devices_view *view)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct roster roster;
    TRY(channel_need_group(engine, channel));
    TRY(roster_read(channel, &arena, &roster));
    for (size_t i = 0; i < roster.count; i++)
        if (id_equal(&roster.members[i].person, person))
            TRY(see(view, &roster.members[i].device));
    view->of++;
    return STATUS_OK;
}

/* Whether somebody may read on in a channel that is, or was until it stopped, ours. */
static bool is_going_on(const struct channel *channel)
{
    switch ((enum channel_state)channel->state) {
    case CHANNEL_STATE_MEMBER:
    case CHANNEL_STATE_STUCK:
    case CHANNEL_STATE_CONTINUING:
    case CHANNEL_STATE_AWAITING:
        return true;
    case CHANNEL_STATE_CREATING: /* nobody else is in it */
    case CHANNEL_STATE_LEFT:
    case CHANNEL_STATE_REMOVED:
        return false;
    }
    return false;
}

/* What stands here of a channel that is behind is not what is so now. */
static enum status look_at(struct engine *engine,
                           struct channel *channel,
                           const struct id *person,
                           struct devices_view *view)
{
    TRY(catch_up(engine, channel));
    if (channel->state != CHANNEL_STATE_MEMBER)
        return is_going_on(channel)
                   ? engine_explain(engine, STATUS_NOT_NOW, "this channel is stopped here")
                   : STATUS_OK;
    TRY(unless_cut_off(engine, work_look(engine, channel)));
    return see_members(engine, channel, person, view);
}

enum status devices_look(struct engine *engine, const struct id *person, struct devices_view *view)
{
    *view = (struct devices_view){.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        engine_forget_explanation(engine);
        enum status status = look_at(engine, channel, person, view);
        if (status == STATUS_OK)
            continue;
        const char *text = engine_explanation(engine);
        engine_notice(engine, channel, "Not looked at: %s",
                      text[0] == '\0' ? status_text(status) : text);
        TRY(unless_cut_off(engine, status));
        view->missed++;
    }
    return STATUS_OK;
}

/* ---- shutting out ---- */

static enum status sign_revocation(const struct engine *engine,
                                   const struct directory_device *device,
                                   struct buffer *bytes)
{
    const struct account *account = &engine->account;
    bool own = id_equal(&device->person, &account->person);
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_REVOKE_DEVICE,
        .authority = own ? DIRECTORY_BY_DEVICE : DIRECTORY_BY_ADMIN,
        .time = engine_now_ms(engine),
        .person = device->person,
        .device = device->device,
        .by_person = account->person,
        .by_device = account->device,
    };
    struct directory_signers signers = {.authority_private_key = SPAN_OF(account->login_private)};
    return directory_entry_sign(&entry, &signers, bytes);
}

static enum status count_channels(struct engine *engine,
                                  const struct id *person,
                                  const struct id *device,
                                  uint32_t *channels)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_device_list_response listed;
    TRY(devices_list(engine, person, &reply, &listed));
    *channels = 0;
    for (size_t i = 0; i < listed.device_count; i++)
        if (id_equal(&listed.devices[i].device, device))
            *channels = listed.devices[i].channels;
    return STATUS_OK;
}

enum status
devices_revoke(struct engine *engine, const struct id *device_id, struct devices_reach *reach)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    const struct directory_device *device = directory_find(engine->directory, device_id);
    CLEANUP(devices_view_clear) struct devices_view view = {0};
    struct wire_device_revoke_response response;
    if (device == NULL)
        return engine_explain(engine, STATUS_NOT_FOUND,
                              "there is no such device: weft device list");
    struct id person = device->person;
    TRY(sign_revocation(engine, device, &entry));
    struct wire_device_revoke_request request = {.entry = buffer_span(&entry)};
    TRY(engine_call(engine, WIRE_DEVICE_REVOKE, &request, &reply, &response));
    TRY(replica_update(engine, SPAN_EMPTY));
    TRY(devices_look(engine, &person, &view));
    reach->seen = devices_view_count(&view, device_id);
    reach->missed = view.missed;
    reach->counted = response.channels;
    return response.channels == 0 ? STATUS_OK
                                  : count_channels(engine, &person, device_id, &reach->counted);
}

/* ---- news ---- */

static void tell_reset(struct engine *engine, const struct directory_entry *entry)
{
    struct people_name name;
    struct people_name admin;
    char person[ID_TEXT_SIZE];
    char channel_id[ID_TEXT_SIZE];
    people_name(engine, &entry->person, &name);
    people_name(engine, &entry->by_person, &admin);
    id_text(&entry->person, person);
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        if (channel->state == CHANNEL_STATE_MEMBER &&
            channel_has_person(engine, channel, &entry->person)) {
            id_text(&channel->id, channel_id);
            engine_notice(engine, channel,
                          "%s, an admin as the server says, has signed a new device for %s; the "
                          "old ones are shut out. Whose it is nobody has shown: before you let "
                          "it in, ask %s in person whether it is theirs; then: weft channel add "
                          "%.8s %.8s --checked",
                          admin.name, name.name, name.name, channel_id, person);
        }
}

static void tell_own_reset(struct engine *engine, const struct directory_entry *entry)
{
    struct people_name admin;
    people_name(engine, &entry->by_person, &admin);
    engine_notice(engine, NULL,
                  "Admin %s has set up a new device for you, and this one is shut out. If you did "
                  "not ask for it, somebody may take your place: tell the people you work with, "
                  "not over this server",
                  admin.name);
}

/* An honest server lets nobody in any more who could read this, but whom it let in again since. */
static void tell_own_shut_out(struct engine *engine, const struct directory_entry *entry)
{
    const struct directory_device *own = directory_find(engine->directory, &engine->account.device);
    if (own != NULL && own->state == DIRECTORY_ACTIVE)
        return; /* tell_own_let_in */
    engine_notice(
        engine, NULL,
        "%s is shut out by now, says the directory (%s): the others' weft takes it out of "
        "every channel. If you know nothing of it, ask an admin, not over this server",
        entry->kind == DIRECTORY_REVOKE_DEVICE ? "This device" : "Your account",
        entry->authority == DIRECTORY_BY_SERVER  ? "the server itself did it"
        : entry->authority == DIRECTORY_BY_ADMIN ? "an admin signed it"
                                                 : "another device of yours signed it");
}

static void tell_own_let_in(struct engine *engine)
{
    engine_notice(engine, NULL,
                  "Your account was shut out for a while, says the directory, and may be used "
                  "again. Where it was taken out of a channel, ask to be let in: weft channel "
                  "join");
}

static void tell_own(struct engine *engine, const struct directory_entry *entry)
{
    char device[ID_TEXT_SIZE];
    bool this_one = id_equal(&entry->device, &engine->account.device);
    id_text(&entry->device, device);
    if (id_equal(&entry->by_device, &engine->account.device))
        return;
    if ((this_one && entry->kind == DIRECTORY_REVOKE_DEVICE) ||
        entry->kind == DIRECTORY_SUSPEND_PERSON || entry->kind == DIRECTORY_ERASE_PERSON)
        tell_own_shut_out(engine, entry);
    if (entry->kind == DIRECTORY_RESTORE_PERSON)
        tell_own_let_in(engine);
    if (this_one)
        return;
    if (entry->kind == DIRECTORY_ADD_DEVICE && entry->authority == DIRECTORY_BY_ADMIN)
        tell_own_reset(engine, entry);
    else if (entry->kind == DIRECTORY_ADD_DEVICE)
        engine_notice(engine, NULL,
                      "A device was added to your account: %.8s. If that was not you: weft device "
                      "revoke %.8s",
                      device, device);
    if (entry->kind == DIRECTORY_REVOKE_DEVICE)
        engine_notice(engine, NULL, "A device of yours was taken off your account: %.8s", device);
}

/* What is told of was verified when it was followed (directory_follow): a thousand people who come
 * at once would else each pay for two signatures of every other. */
static enum status tell_entry(void *context, const struct vault_place *place, struct span value)
{
    struct engine *engine = context;
    struct directory_entry entry;
    (void)place;
    TRY(status_of_stored(directory_entry_decode(value, &entry)));
    if (id_equal(&entry.person, &engine->account.person))
        tell_own(engine, &entry);
    else if (entry.kind == DIRECTORY_ADD_DEVICE && entry.authority == DIRECTORY_BY_ADMIN)
        tell_reset(engine, &entry);
    return STATUS_OK;
}

enum status devices_tell(struct engine *engine, uint64_t from)
{
    struct vault_walk walk = {.kind = RECORD_LOG_ENTRY,
                              .from = from,
                              .to = UINT64_MAX,
                              .visit = tell_entry,
                              .context = engine};
    return vault_walk(engine->vault, &walk);
}
