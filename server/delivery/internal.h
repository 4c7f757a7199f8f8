/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What is behind `struct delivery`, for the files of delivery/ alone.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_INTERNAL_H
#define WEFT_DELIVERY_INTERNAL_H

#include "server/delivery/delivery.h"

struct delivery {
    struct hub *hub;
    struct delivery_hooks hooks;
    struct id_map channels; /* struct channel by id */
    struct id_map loads;    /* those on their way, by id */
    struct packet *behind;  /* `behind`, made while there was memory */
    bool looking;           /* for work, in the store */
    bool look_again;
    int64_t look_at_ms; /* monotonic: when once more, what waits could not be read; 0: it could */
    int64_t upkeep_ms;  /* monotonic, of the last; 0: not yet */
    int64_t absence_ms; /* the same */
    uint64_t events;    /* published */
    uint64_t deliveries;
};

#endif
