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

struct admission_rules {
    uint32_t connections_max;             /* in all */
    uint32_t connections_per_address_max; /* a hospital's staff share one address */
    struct bucket_rate handshakes;        /* of one address */
};

struct admission;
struct admission_address;

MUST_CHECK enum status admission_new(const struct admission_rules *rules,
                                     struct admission **admission);
void admission_free(struct admission **admission);

/* Counts a connection from `peer`. The result lends the address's entry, to be given to
 * admission_leave when the connection ends. STATUS_RATE_LIMITED or STATUS_LIMIT: refuse it. */
MUST_CHECK enum status admission_enter(struct admission *admission,
                                       const struct sockaddr_storage *peer,
                                       int64_t now_ms,
                                       struct admission_address **address);

/* `*address` becomes NULL. */
void admission_leave(struct admission *admission, struct admission_address **address);

/* Forgets addresses that have no connection and a full bucket; a few at a time. */
void admission_sweep(struct admission *admission, int64_t now_ms);

/* Open connections. */
size_t admission_count(const struct admission *admission);

#endif
