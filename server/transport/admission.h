/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who may open one more connection: limits for each address, since a TLS handshake costs the
 * server half a millisecond and the sender next to nothing.
 *
 * An IPv6 address counts by its /64, which is what one household or one rented machine has.
 * Thread rule: loop thread only; time is passed in.
 */
#ifndef WEFT_TRANSPORT_ADMISSION_H
#define WEFT_TRANSPORT_ADMISSION_H

#include "protocol/base/status.h"
#include "server/base/bucket.h"

#include <stddef.h>
#include <sys/socket.h>

/* What an address is counted for. */
enum admission_act {
    ADMISSION_HANDSHAKE,      /* half a millisecond of ours each */
    ADMISSION_REFUSED_LOGIN,  /* keys that are not known here */
    ADMISSION_REFUSED_INVITE, /* secrets that are not known, or no longer */
    ADMISSION_ACTS
};

struct admission_rules {
    uint32_t connections_max;                 /* in all */
    uint32_t connections_per_address_max;     /* a hospital's staff share one address */
    struct bucket_rate rates[ADMISSION_ACTS]; /* of one address */
};

struct admission;
struct admission_address;

MUST_CHECK enum status admission_new(const struct admission_rules *rules,
                                     struct admission **admission);
void admission_free(struct admission **admission);

/* Counts a connection from `peer`. The result lends the address's entry, to be given to
 * admission_leave when the connection ends. `*one_too_many` tells of an address that has as many
 * connections as it may: this one is to be told so, and closed. STATUS_RATE_LIMITED or STATUS_LIMIT
 * (in all): refuse it before it costs anything. */
MUST_CHECK enum status admission_enter(struct admission *admission,
                                       const struct sockaddr_storage *peer,
                                       int64_t now_ms,
                                       struct admission_address **address,
                                       bool *one_too_many);

/* Takes one of what an address may do, or says in how many ms it may again. */
bool admission_take(struct admission *admission,
                    struct admission_address *address,
                    enum admission_act act,
                    int64_t now_ms,
                    uint32_t *wait_ms);

/* It was not what is counted after all: a login that was right. */
void admission_give_back(struct admission *admission,
                         struct admission_address *address,
                         enum admission_act act);

/* `*address` becomes NULL. */
void admission_leave(struct admission *admission, struct admission_address **address);

/* Forgets addresses that have no connection and full buckets; a few at a time. */
void admission_sweep(struct admission *admission, int64_t now_ms);

/* Open connections. */
size_t admission_count(const struct admission *admission);

#endif
