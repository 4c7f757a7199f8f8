/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Requests as they were answered, counted by kind and code, and how long each took.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_TRAFFIC_H
#define WEFT_SESSION_TRAFFIC_H

#include "protocol/wire/code.h"
#include "server/base/histogram.h"

/* Numbers of requests lie below; 0 counts those of which there are none. */
#define TRAFFIC_KINDS 128
#define TRAFFIC_CODES (WIRE_CODE_INTERNAL + 1)

struct traffic {
    uint64_t answers[TRAFFIC_KINDS][TRAFFIC_CODES];
    struct histogram answered; /* from the request's arrival to its answer */
};

void traffic_count(struct traffic *traffic, uint16_t kind, enum wire_code code);

#endif
