/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The network as four events: a connection opened, a message came, a connection closed, a second
 * passed.
 *
 * TLS and sockets are libwebsockets' on the caller's libuv loop; the handshake and the framing are
 * ours (DESIGN.md says why). What is sent in one round of the loop is written to each connection
 * in one go before the loop sleeps.
 * Ownership: a connection belongs to the transport and lives until its `closed` event; packets are
 * shared. Errors: STATUS_IO (cannot listen), STATUS_MALFORMED or STATUS_BAD_KEY (certificate),
 * STATUS_NO_MEMORY. Thread rule: loop thread only.
 */
#ifndef WEFT_TRANSPORT_TRANSPORT_H
#define WEFT_TRANSPORT_TRANSPORT_H

#include "protocol/base/span.h"
#include "server/base/clock.h"
#include "server/base/journal.h"
#include "server/transport/admission.h"
#include "server/transport/inbound.h"
#include "server/transport/outbox.h"
#include "server/transport/packet.h"

struct transport;
struct connection;
struct uv_loop_s;

struct transport_handler {
    /* The WebSocket is open: the result is handed to the later events as `user`. NULL refuses. */
    void *(*opened)(void *context, struct connection *connection);
    /* A whole binary message, lent for the call. */
    void (*frame)(void *context, void *user, struct span bytes);
    /* The last event of a connection. */
    void (*closed)(void *context, void *user);
    /* About once a second. */
    void (*tick)(void *context);
    void *context;
};

struct transport_options {
    const char *address;          /* a numeric address, or NULL for all */
    uint16_t port;                /* 0: any free one */
    const char *certificate_path; /* NULL, as `key_path`: without TLS */
    const char *key_path;
    bool allow_tls_1_2;         /* for clients behind old middleboxes; 1.3 alone otherwise */
    const char *const *origins; /* browsers' origins that may connect, exact */
    size_t origin_count;
    struct admission_rules admission;
    struct packet *behind; /* what a client that lost events is told; shared */
    const struct clock_source *clock;
    struct journal *journal;
};

/* Listens on `loop`, which the caller runs. `options` is read, its strings must outlive the
 * transport. */
MUST_CHECK enum status transport_open(struct uv_loop_s *loop,
                                      const struct transport_options *options,
                                      const struct transport_handler *handler,
                                      struct transport **transport);

/* Serves another certificate and key to whoever connects from now on. The files were checked before
 * (certificate.h): after STATUS_BAD_KEY neither may be in use. */
MUST_CHECK enum status
transport_use_certificate(struct transport *transport, const char *certificate, const char *key);

/* Has it connect to itself once (rehearsal.h), so that what TLS needs is there from now on.
 * STATUS_CRYPTO: nobody could connect. Without TLS there is nothing to do. */
MUST_CHECK enum status transport_rehearse(struct transport *transport);

/* The port that it listens on. */
uint16_t transport_port(const struct transport *transport);

/* Open WebSockets. */
size_t transport_count(const struct transport *transport);

/* Takes one of what the connection's address may do, or says in how many ms it may again; and gives
 * it back. */
bool transport_take(struct connection *connection, enum admission_act act, uint32_t *wait_ms);
void transport_give_back(struct connection *connection, enum admission_act act);

struct transport_figures {
    size_t connections; /* TCP */
    size_t open;        /* WebSockets */
    /* Since the start. */
    uint64_t accepted;
    uint64_t refused_full;       /* connections_max */
    uint64_t refused_rate;       /* handshakes of an address */
    uint64_t refused_address;    /* connections of an address */
    uint64_t refused_handshakes; /* HTTP, or while it drains */
    uint64_t fell_behind;        /* outboxes whose events were dropped */
    uint64_t overran;            /* connections ended for answers that nobody read */
    uint64_t stalled;            /* connections ended because their socket took nothing */
    uint64_t received_bytes;
    uint64_t sent_bytes;
};

void transport_figures(const struct transport *transport, struct transport_figures *figures);

/* Queues a message; it leaves at the end of the loop's round. A connection whose answers nobody
 * reads is closed. */
void transport_send(struct connection *connection, struct packet *packet, enum outbox_class class);

/* Sends what waits, then a close frame with `code`, then closes. Nothing is received any more;
 * `closed` follows later. */
void transport_close(struct connection *connection, uint16_t code);

/* No new connections; every open one is closed with `code`. */
void transport_drain(struct transport *transport, uint16_t code);

/* Ends everything at once and frees; runs the loop for as long as that takes. `*transport`
 * becomes NULL. */
void transport_close_all(struct transport **transport);

#endif
