/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What all clients and handlers share: clocks, store, keys, directory, and who is connected.
 *
 * There is one hub in a process; it is made by whoever runs the server or a command and passed
 * down. Without a transport (a command in place) nobody is connected and every send does nothing.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_HUB_H
#define WEFT_SESSION_HUB_H

#include "server/base/id_map.h"
#include "server/base/journal.h"
#include "server/base/pool.h"
#include "server/config/config.h"
#include "server/session/client.h"
#include "server/session/community.h"
#include "server/session/identity.h"
#include "server/session/traffic.h"
#include "server/store/file_disk.h"

struct hub {
    /* Borrowed. */
    const struct config *config;
    const struct clock_source *clock;
    const struct random_source *random;
    struct journal *journal;
    struct store *store;
    struct identity *identity;
    struct community *community;
    struct pool *validators; /* checks commits */
    struct pool *figures;    /* one thread: the network's measures */
    struct pool *disk;       /* one thread: bytes of files */
    const struct file_disk *files;
    /* Where requests go. */
    void (*dispatch)(void *context, struct call *call);
    /* A client has logged in, or is about to be freed. May be NULL. */
    void (*arrived)(void *context, struct client *client);
    void (*left)(void *context, struct client *client);
    void *dispatch_context;

    uint8_t tls_key_sha256[32];
    struct bucket_rate rates[BUDGET_COUNT];
    struct id_map accounts; /* struct account by person */
    struct id_map devices;  /* struct client by device: one connection a device */
    /* struct call by file: what changes a file's bytes goes by what it saw of the row before. */
    struct id_map files_changing;
    struct client *clients;
    struct traffic traffic;
    bool closing;
    /* What is in memory is not what is on the disk: calls end without an answer, and weftd stops.
     */
    bool silent;
    /* Says so and stops it. May be NULL. */
    void (*fell_behind)(void *context, const char *event, enum status status);
    void *fell_behind_context;
    /* When all were last told that the directory grew (monotonic), and whether it has since. */
    int64_t directory_told_ms;
    bool directory_waits;
    uint16_t port; /* that it listens on, or would */
    /* What the server says of its TLS key, signed anew each day. */
    int64_t hello_not_after;
    struct buffer hello_signature;
};

/* Rate of a connection before its login: a login and some tries. */
extern const struct bucket_rate hub_anonymous_rate;

/* What is durable could not be followed in memory, for want of it: nobody is answered any more, and
 * weftd starts again from the disk. `event`: its name in the log. */
void hub_fall_behind(struct hub *hub, const char *event, enum status status);

/* The fields that are borrowed are set by the caller before. */
MUST_CHECK enum status hub_init(struct hub *hub);
void hub_clear(struct hub *hub);

/* The transport's events; `context` is the hub. */
struct transport_handler hub_transport_handler(struct hub *hub, void (*tick)(void *context));

/* Once a second. */
void hub_tick(struct hub *hub);

/* Tells everybody who is logged in, now or with what follows within a second. */
void hub_directory_grew(struct hub *hub);

/* The key of the certificate that is served from now on: the next hello is signed for it. Whoever
 * was greeted with another and has not logged in must come again. */
void hub_set_tls_key(struct hub *hub, const uint8_t sha256[32]);

/* All but nonce and capabilities; lends from the hub. */
MUST_CHECK enum status hub_fill_hello(struct hub *hub, struct wire_server_hello *hello);

/* The account of a person, made if need be. */
MUST_CHECK enum status
hub_account(struct hub *hub, const struct id *person, struct account **account);

/* Takes so many of what the person's account may do; otherwise STATUS_RATE_LIMITED, with when they
 * will be there. What to tell them is in budget_rows. */
MUST_CHECK enum status hub_spend(struct hub *hub,
                                 const struct id *person,
                                 enum budget budget,
                                 uint32_t count,
                                 uint32_t *wait_ms);

/* The same for a call, which is ended with the refusal when the answer is false. */
bool hub_spend_for(struct call *call, enum budget budget, uint32_t count);

/* Registers a client as the device's connection; an older one is closed. */
MUST_CHECK enum status hub_log_in(struct hub *hub,
                                  struct client *client,
                                  struct account *account,
                                  const struct id *device);

/* NULL when not connected. */
struct client *hub_client_of_device(const struct hub *hub, const struct id *device);

/* An event for every connection of a person. */
void hub_tell_person(struct hub *hub,
                     const struct id *person,
                     enum wire_event kind,
                     const void *event);

/* An event for everybody who is logged in, built once. */
void hub_tell_all(struct hub *hub, enum wire_event kind, const void *event);

/* Closes every connection of a person (suspended, erased). */
void hub_close_person(struct hub *hub, const struct id *person);

/* An event as a packet, to be sent to several. */
MUST_CHECK enum status
hub_event_packet(enum wire_event kind, const void *event, struct packet **packet);

/* The `behind` event as a packet, for the transport. */
MUST_CHECK enum status hub_behind_packet(struct packet **packet);

#endif
