/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An invite is redeemed in one job: its use, the person, the device and the directory's entry, or
 * none of them. Sent again after a lost answer, it is found to be done.
 */
#include "protocol/base/limits.h"
#include "protocol/wire/accounts.h"
#include "server/handler/handler.h"
#include "server/handler/lookup.h"
#include "server/handler/secret_hash.h"
#include "server/store/devices.h"
#include "server/store/invites.h"

#include <string.h>

struct redeem {
    struct community_change change;
    struct store_job again; /* for a redemption that was made before */
    struct hub *hub;
    struct call *call;
    struct store_hash hash;
    struct directory_entry entry;
    int64_t now_ms;
    struct wire_redeem_response response;
};

static enum status
add_person(struct store_db *db, const struct redeem *redeem, const struct store_invite *invite)
{
    const struct wire_redeem_request *request = redeem->call->request;
    if (!id_is_none(&invite->person))
        return store_people_join(db, &invite->person, invite->role, request->name, redeem->now_ms);
    struct store_person person = {
        .person = redeem->entry.person,
        .role = invite->role,
        .state = STORE_PERSON_JOINED,
        .group = invite->group,
        .name = request->name,
        .created_at_ms = redeem->now_ms,
        .joined_at_ms = redeem->now_ms,
    };
    return store_people_add(db, &person);
}

static enum status add_device(struct store_db *db, const struct redeem *redeem)
{
    const struct directory_entry *entry = &redeem->entry;
    struct store_key login_key;
    struct store_key leaf_key;
    memcpy(login_key.bytes, entry->login_key.ptr, sizeof login_key.bytes);
    memcpy(leaf_key.bytes, entry->leaf_key.ptr, sizeof leaf_key.bytes);
    return store_devices_add(db, &entry->device, &entry->person, &login_key, &leaf_key,
                             redeem->now_ms);
}

static enum status
fill_response(struct store_db *db, struct redeem *redeem, const struct id *person)
{
    struct arena *arena = &redeem->call->arena;
    struct store_person stored;
    TRY(store_people_get(db, person, arena, &stored));
    redeem->response.person = *person;
    redeem->response.role = (uint8_t)stored.role;
    return lookup_group_name(db, &stored.group, arena, &redeem->response.group_name);
}

/* Uses the invite and checks that the entry is what the invite allows. */
static enum status
use_invite(struct store_db *db, struct redeem *redeem, struct store_redemption *redemption)
{
    const struct directory_entry *entry = &redeem->entry;
    TRY(store_invites_redeem(db, &redeem->hash, &entry->person, &entry->device, redeem->now_ms,
                             redemption));
    bool same_person = id_equal(&redemption->person, &entry->person);
    bool same_inviter = id_equal(&redemption->invite.created_by, &entry->by_person);
    return same_person && same_inviter ? STATUS_OK : STATUS_INVALID;
}

static enum status run(struct store_db *db, struct community_change *change)
{
    struct redeem *redeem = (struct redeem *)(void *)change;
    struct store_redemption redemption;
    TRY(use_invite(db, redeem, &redemption));
    if (redemption.again)
        return STATUS_CONFLICT; /* the directory would have known the device */
    TRY(add_person(db, redeem, &redemption.invite));
    TRY(add_device(db, redeem));
    return fill_response(db, redeem, &redemption.person);
}

static const char *explanation(enum status status)
{
    switch ((int)status) {
    case STATUS_NOT_FOUND:
        return "this invite is not known here";
    case STATUS_EXPIRED:
        return "this invite is over: ask for another";
    case STATUS_DENIED:
        return "this invite was withdrawn: ask for another";
    case STATUS_REPLAYED:
        return "this invite has been used: ask for another";
    default:
        return NULL;
    }
}

static void fail(struct redeem *redeem, enum status status)
{
    JOURNAL(redeem->hub->journal, JOURNAL_INFO, "redeem_refused", JOURNAL_S(status));
    /* On the wire a used invite is one that is over. */
    enum status told = status == STATUS_REPLAYED ? STATUS_EXPIRED : status;
    call_fail(redeem->call, told, explanation(status));
}

static void answer(struct redeem *redeem, enum status status)
{
    if (status != STATUS_OK) {
        fail(redeem, status);
        return;
    }
    redeem->response.log_size = directory_log_of(community_directory(redeem->hub->community))->size;
    JOURNAL(redeem->hub->journal, JOURNAL_INFO, "joined",
            JOURNAL_I("person", &redeem->response.person));
    call_answer(redeem->call, &redeem->response);
}

static struct redeem *redeem_of_again(struct store_job *job)
{
    return (struct redeem *)(void *)((char *)job - offsetof(struct redeem, again));
}

static enum status run_again(struct store_db *db, struct store_job *job)
{
    struct redeem *redeem = redeem_of_again(job);
    struct store_redemption redemption;
    TRY(use_invite(db, redeem, &redemption));
    if (!redemption.again)
        return STATUS_EXISTS;
    return fill_response(db, redeem, &redemption.person);
}

static void done_again(struct store_job *job, enum status status)
{
    struct redeem *redeem = redeem_of_again(job);
    answer(redeem, status);
}

/* Whether the directory has this very device already. */
static bool is_known(const struct hub *hub, const struct directory_entry *entry)
{
    const struct directory_device *device =
        directory_find(community_directory(hub->community), &entry->device);
    return device != NULL && id_equal(&device->person, &entry->person) &&
           span_equal(SPAN_OF(device->login_key), entry->login_key) &&
           span_equal(SPAN_OF(device->leaf_key), entry->leaf_key);
}

/* Asks the store what the first redemption gave. */
static enum status begin_again(struct redeem *redeem)
{
    redeem->again = (struct store_job){.run = run_again, .done = done_again};
    return store_write(redeem->hub->store, &redeem->again);
}

static void done(struct community_change *change, enum status status)
{
    struct redeem *redeem = (struct redeem *)(void *)change;
    /* The same request was on its way twice. */
    if (status == STATUS_EXISTS && is_known(redeem->hub, &redeem->entry)) {
        status = begin_again(redeem);
        if (status == STATUS_OK)
            return;
    }
    answer(redeem, status);
}

static enum status check_request(struct redeem *redeem)
{
    const struct wire_redeem_request *request = redeem->call->request;
    if (request->name.len == 0)
        return STATUS_INVALID;
    TRY(directory_entry_open(request->entry, &redeem->entry));
    bool first =
        redeem->entry.kind == DIRECTORY_ADD_DEVICE && redeem->entry.authority == DIRECTORY_BY_FIRST;
    return first ? secret_hash(request->secret, &redeem->hash) : STATUS_INVALID;
}

void redeem_handle(struct services *services, struct call *call)
{
    const struct wire_redeem_request *request = call->request;
    struct redeem *redeem = NULL;
    enum status status = call_take(call, sizeof *redeem, (void **)&redeem);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    redeem->hub = services->hub;
    redeem->call = call;
    redeem->now_ms = clock_wall_ms(services->hub->clock);
    status = check_request(redeem);
    if (status == STATUS_OK && is_known(services->hub, &redeem->entry)) {
        status = begin_again(redeem);
    } else if (status == STATUS_OK) {
        redeem->change =
            (struct community_change){.entry = request->entry, .run = run, .done = done};
        community_submit(services->hub->community, &redeem->change);
    }
    if (status != STATUS_OK)
        fail(redeem, status);
}
