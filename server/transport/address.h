/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an address is, and whether it can be listened on. libwebsockets 4.1.6 does not survive a
 * failed listen on a loop of ours, so this is asked first. Thread rule: any thread.
 */
#ifndef WEFT_TRANSPORT_ADDRESS_H
#define WEFT_TRANSPORT_ADDRESS_H

#include "protocol/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* `address` is numeric, or NULL for all of the machine's. STATUS_LOCKED when another program
 * listens there, STATUS_DENIED for a port that this user may not take, STATUS_NOT_FOUND for an
 * address that is not this machine's, STATUS_USAGE for one that is none. Port 0 is always free. */
MUST_CHECK enum status address_check(const char *address, uint16_t port);

/* Whether only this machine can reach the numeric address (127.0.0.0/8 or ::1). */
bool address_is_loopback(const char *address);

#endif
