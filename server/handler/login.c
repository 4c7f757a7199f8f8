/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A login: a signature over this server, this TLS key, this connection's nonce and the device, by
 * the login key that the directory names for it.
 */
#include "protocol/wire/accounts.h"
#include "server/handler/handler.h"
#include "server/handler/lookup.h"
#include "server/store/devices.h"

#include <string.h>

struct login {
    struct store_job job;
    struct hub *hub;
    struct call *call;
    struct id person;
    int64_t now_ms;
    struct wire_login_response response;
};

static enum status run(struct store_db *db, struct store_job *job)
{
    struct login *login = (struct login *)(void *)job;
    const struct wire_login_request *request = login->call->request;
    struct arena *arena = &login->call->arena;
    struct store_person person;
    TRY(store_people_get(db, &login->person, arena, &person));
    if (person.state != STORE_PERSON_JOINED)
        return STATUS_DENIED;
    uint64_t counter_before = 0;
    TRY(store_devices_seen(db, &request->device, request->vault_counter, login->now_ms,
                           &counter_before));
    login->response.person = login->person;
    login->response.role = (uint8_t)person.role;
    login->response.name = person.name;
    /* A client raises its counter before each login: the same one again is a copy's. */
    login->response.vault_rolled_back = request->vault_counter <= counter_before;
    return lookup_group_name(db, &person.group, arena, &login->response.group_name);
}

static enum status finish(struct login *login)
{
    const struct wire_login_request *request = login->call->request;
    struct client *client = login->call->client;
    if (client == NULL)
        return STATUS_CANCELLED;
    if (client->state != CLIENT_GREETED)
        return STATUS_CONFLICT; /* two logins at once: the first stands */
    struct account *account = NULL;
    TRY(hub_account(login->hub, &login->person, &account));
    account->role = login->response.role;
    TRY(hub_log_in(login->hub, client, account, &request->device));
    login->response.server_time = clock_wall_ms(login->hub->clock);
    login->response.head = community_head(login->hub->community);
    return STATUS_OK;
}

/* Whoever proves to hold a revoked device's key is told: it is theirs to act on. */
static bool is_revoked(const struct hub *hub, const struct call *call)
{
    const struct wire_login_request *request = call->request;
    const struct directory_device *device =
        directory_find(community_directory(hub->community), &request->device);
    return device != NULL && device->state == DIRECTORY_REVOKED;
}

static void refuse(struct hub *hub, struct call *call, enum status status)
{
    JOURNAL(hub->journal, JOURNAL_INFO, "login_refused", JOURNAL_S(status));
    bool unknown = status == STATUS_NOT_FOUND || status == STATUS_BAD_SIGNATURE;
    bool shut_out = status == STATUS_DENIED;
    if (shut_out && is_revoked(hub, call)) {
        call_fail(call, STATUS_DENIED,
                  "this device was taken off its account and reads nothing new. If that was not "
                  "you, tell an admin. To use it again: weft device add on another device of "
                  "yours, then weft device link LINK --profile NAME here; without another device, "
                  "ask an admin");
        return;
    }
    call_fail(
        call, unknown || shut_out ? STATUS_UNAUTHENTICATED : status,
        unknown ? "this device is not known here: the server was put back to before it joined. Ask "
                  "for a new invite; then weft join LINK --profile NAME"
        : shut_out ? "this device or account may not log in any more: ask an admin"
                   : NULL);
}

static void done(struct store_job *job, enum status status)
{
    struct login *login = (struct login *)(void *)job;
    if (status == STATUS_OK)
        status = finish(login);
    if (status != STATUS_OK) {
        refuse(login->hub, login->call, status);
        return;
    }
    const struct wire_login_request *request = login->call->request;
    JOURNAL(login->hub->journal, JOURNAL_INFO, "login", JOURNAL_I("person", &login->person),
            JOURNAL_I("device", &request->device));
    call_answer(login->call, &login->response);
}

static enum status verify(struct hub *hub, struct call *call, struct id *person)
{
    const struct wire_login_request *request = call->request;
    const struct directory_device *device =
        directory_find(community_directory(hub->community), &request->device);
    if (device == NULL)
        return STATUS_NOT_FOUND;
    struct wire_server_hello hello;
    struct wire_login_proof proof = {0};
    TRY(hub_fill_hello(hub, &hello));
    memcpy(hello.nonce, call->client->nonce, sizeof hello.nonce);
    wire_login_proof_init(&proof, &hello, request->device.bytes);
    TRY(wire_login_verify(&proof, SPAN_OF(device->login_key), request->signature));
    *person = device->person;
    return device->state == DIRECTORY_ACTIVE ? STATUS_OK : STATUS_DENIED;
}

void login_handle(struct services *services, struct call *call)
{
    struct hub *hub = services->hub;
    struct login *login = NULL;
    enum status status = call->client->state == CLIENT_GREETED ? STATUS_OK : STATUS_CONFLICT;
    if (status == STATUS_OK)
        status = call_take(call, sizeof *login, (void **)&login);
    if (status == STATUS_OK)
        status = verify(hub, call, &login->person);
    if (status == STATUS_OK) {
        login->job = (struct store_job){.run = run, .done = done};
        login->hub = hub;
        login->call = call;
        login->now_ms = clock_wall_ms(hub->clock);
        status = store_write(hub->store, &login->job);
    }
    if (status != STATUS_OK)
        refuse(hub, call, status);
}
