/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/hub.h"

#include "protocol/base/limits.h"
#include "protocol/wire/events.h"
#include "server/base/clock.h"
#include "server/limits.h"

#include <stdlib.h>
#include <string.h>

/* How long a signature over the TLS key may be used: long enough for clocks that are wrong by
 * days, short enough that a stolen TLS key is worthless in a week. */
#define HELLO_VALID_MS (7 * CLOCK_DAY_MS)
#define HELLO_RENEW_MS (6 * CLOCK_DAY_MS)

const struct bucket_rate hub_anonymous_rate = {.per_hour = 30 * 60, .burst = 20};

enum status hub_init(struct hub *hub)
{
    budget_rates(hub->config, hub->rates);
    buffer_init(&hub->hello_signature, LIMIT_FRAME_BYTES);
    TRY(id_map_init(&hub->accounts, hub->random));
    TRY(id_map_init(&hub->files_changing, hub->random));
    return id_map_init(&hub->devices, hub->random);
}

void hub_clear(struct hub *hub)
{
    size_t at = 0;
    for (void *account = id_map_next(&hub->accounts, &at); account != NULL;
         account = id_map_next(&hub->accounts, &at))
        free(account);
    id_map_clear(&hub->accounts);
    id_map_clear(&hub->devices);
    id_map_clear(&hub->files_changing);
    buffer_clear(&hub->hello_signature);
}

void hub_set_tls_key(struct hub *hub, const uint8_t sha256[32])
{
    memcpy(hub->tls_key_sha256, sha256, sizeof hub->tls_key_sha256);
    buffer_truncate(&hub->hello_signature, 0);
}

static enum status sign_hello(struct hub *hub, int64_t now_ms)
{
    struct wire_server_key key = {
        .server_name = span_from_text(hub->config->public_host),
        .not_after = now_ms + HELLO_VALID_MS,
    };
    memcpy(key.tls_key_sha256, hub->tls_key_sha256, sizeof key.tls_key_sha256);
    buffer_truncate(&hub->hello_signature, 0);
    TRY(wire_server_key_sign(&key, identity_log_private_key(hub->identity), &hub->hello_signature));
    hub->hello_not_after = key.not_after;
    return STATUS_OK;
}

enum status hub_fill_hello(struct hub *hub, struct wire_server_hello *hello)
{
    int64_t now_ms = clock_wall_ms(hub->clock);
    int64_t left_ms = hub->hello_not_after - now_ms;
    if (hub->hello_signature.len == 0 || left_ms < HELLO_RENEW_MS || left_ms > HELLO_VALID_MS)
        TRY(sign_hello(hub, now_ms));
    *hello = (struct wire_server_hello){
        .version_min = WIRE_VERSION,
        .version_max = WIRE_VERSION,
        .server_name = span_from_text(hub->config->public_host),
        .not_after = hub->hello_not_after,
        .signature = buffer_span(&hub->hello_signature),
    };
    memcpy(hello->log_key, identity_log_key(hub->identity), sizeof hello->log_key);
    memcpy(hello->tls_key_sha256, hub->tls_key_sha256, sizeof hello->tls_key_sha256);
    return STATUS_OK;
}

static void *on_opened(void *context, struct connection *connection)
{
    struct hub *hub = context;
    struct client *client = client_new(hub, connection);
    if (client == NULL)
        return NULL;
    client->next = hub->clients;
    if (client->next != NULL)
        client->next->previous = client;
    hub->clients = client;
    return client;
}

static void on_frame(void *context, void *user, struct span bytes)
{
    (void)context;
    client_receive(user, bytes);
}

static void leave_account(struct hub *hub, struct client *client)
{
    struct client **at = &client->account->clients;
    while (*at != client)
        at = &(*at)->account_next;
    *at = client->account_next;
    if (id_map_find(&hub->devices, &client->device) == client)
        id_map_remove(&hub->devices, &client->device);
}

static void on_closed(void *context, void *user)
{
    struct hub *hub = context;
    struct client *client = user;
    if (hub->left != NULL)
        hub->left(hub->dispatch_context, client);
    if (client->account != NULL)
        leave_account(hub, client);
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        hub->clients = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    client_free(&client);
}

struct transport_handler hub_transport_handler(struct hub *hub, void (*tick)(void *context))
{
    return (struct transport_handler){
        .opened = on_opened,
        .frame = on_frame,
        .closed = on_closed,
        .tick = tick,
        .context = hub,
    };
}

/* One idle account a tick is enough: they are only memory. */
static void forget_idle_account(struct hub *hub, int64_t now_ms)
{
    size_t at = 0;
    for (struct account *account = id_map_next(&hub->accounts, &at); account != NULL;
         account = id_map_next(&hub->accounts, &at)) {
        if (!account_is_idle(account, hub->rates, now_ms))
            continue;
        id_map_remove(&hub->accounts, &account->person);
        free(account);
        return;
    }
}

static void tell_of_directory(struct hub *hub, int64_t now_ms)
{
    struct wire_directory_event event = {.head = community_head(hub->community)};
    hub->directory_waits = false;
    hub->directory_told_ms = now_ms;
    hub_tell_all(hub, WIRE_EVENT_DIRECTORY, &event);
}

void hub_directory_grew(struct hub *hub)
{
    int64_t now_ms = clock_monotonic_ms(hub->clock);
    if (now_ms - hub->directory_told_ms < LIMIT_DIRECTORY_EVENT_MS)
        hub->directory_waits = true;
    else
        tell_of_directory(hub, now_ms);
}

void hub_fall_behind(struct hub *hub, const char *event, enum status status)
{
    hub->silent = true;
    if (hub->fell_behind != NULL)
        hub->fell_behind(hub->fell_behind_context, event, status);
}

void hub_tick(struct hub *hub)
{
    int64_t now_ms = clock_monotonic_ms(hub->clock);
    for (struct client *client = hub->clients; client != NULL; client = client->next)
        client_check_deadline(client, now_ms);
    if (hub->directory_waits)
        tell_of_directory(hub, now_ms);
    forget_idle_account(hub, now_ms);
}

enum status hub_account(struct hub *hub, const struct id *person, struct account **account)
{
    struct account *found = id_map_find(&hub->accounts, person);
    if (found == NULL) {
        TRY(account_new(person, hub->rates, clock_monotonic_ms(hub->clock), &found));
        enum status status = id_map_set(&hub->accounts, person, found);
        if (status != STATUS_OK) {
            free(found);
            return status;
        }
    }
    *account = found;
    return STATUS_OK;
}

enum status hub_spend(
    struct hub *hub, const struct id *person, enum budget budget, uint32_t count, uint32_t *wait_ms)
{
    struct account *account = NULL;
    TRY(hub_account(hub, person, &account));
    bool spent = bucket_take(&account->budgets[budget], &hub->rates[budget],
                             clock_monotonic_ms(hub->clock), count, wait_ms);
    return spent ? STATUS_OK : STATUS_RATE_LIMITED;
}

bool hub_spend_for(struct call *call, enum budget budget, uint32_t count)
{
    uint32_t wait_ms = 0;
    enum status status = hub_spend(call->hub, &call->person, budget, count, &wait_ms);
    if (status != STATUS_OK)
        call_fail_later(call, status,
                        status == STATUS_RATE_LIMITED ? budget_rows[budget].detail : NULL, wait_ms);
    return status == STATUS_OK;
}

enum status
hub_log_in(struct hub *hub, struct client *client, struct account *account, const struct id *device)
{
    struct client *older = id_map_find(&hub->devices, device);
    TRY(id_map_set(&hub->devices, device, client));
    if (older != NULL)
        client_close(older, CLOSE_POLICY);
    client_log_in(client, account, device);
    if (hub->arrived != NULL)
        hub->arrived(hub->dispatch_context, client);
    return STATUS_OK;
}

struct client *hub_client_of_device(const struct hub *hub, const struct id *device)
{
    return id_map_find(&hub->devices, device);
}

void hub_tell_person(struct hub *hub,
                     const struct id *person,
                     enum wire_event kind,
                     const void *event)
{
    struct account *account = id_map_find(&hub->accounts, person);
    if (account == NULL)
        return;
    for (struct client *client = account->clients; client != NULL; client = client->account_next)
        client_send_event(client, kind, event);
}

enum status hub_event_packet(enum wire_event kind, const void *event, struct packet **packet)
{
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    const struct wire_event_kind *found = wire_event_find((uint16_t)kind);
    TRY(frame_encode(FRAME_EVENT, 0, (uint16_t)kind, found->schema, event, &frame));
    return packet_new(buffer_span(&frame), packet);
}

void hub_tell_all(struct hub *hub, enum wire_event kind, const void *event)
{
    struct packet *packet = NULL;
    if (hub_event_packet(kind, event, &packet) != STATUS_OK)
        return;
    for (struct client *client = hub->clients; client != NULL; client = client->next) {
        if (client->state == CLIENT_LOGGED_IN)
            transport_send(client->connection, packet, OUTBOX_EVENT);
    }
    packet_free(&packet);
}

void hub_close_person(struct hub *hub, const struct id *person)
{
    struct account *account = id_map_find(&hub->accounts, person);
    if (account == NULL)
        return;
    for (struct client *client = account->clients; client != NULL; client = client->account_next)
        client_close(client, CLOSE_POLICY);
}

enum status hub_behind_packet(struct packet **packet)
{
    struct wire_empty nothing = {0};
    return hub_event_packet(WIRE_EVENT_BEHIND, &nothing, packet);
}
