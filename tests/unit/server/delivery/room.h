/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What delivery/ works with, without a network: a real store whose threads' results wait until they
 * are taken, a directory, and one open channel with its maker in it. Nobody is connected.
 * Thread rule: one thread.
 */
#ifndef WEFT_TESTS_DELIVERY_ROOM_H
#define WEFT_TESTS_DELIVERY_ROOM_H

#include "tests/unit/server/store/fixture.h"
#include "tests/unit/server/store/loop.h"

#include "server/delivery/internal.h"
#include "tests/unit/protocol/channel/party.h"

#include <stdio.h>

#define ROOM_CHANNEL 1 /* and its maker, person and device */

struct room {
    struct fixture *fixture;
    struct store *store;
    struct loop loop;
    FILE *nowhere;
    struct journal journal;
    int64_t now_ms;            /* NOW at first */
    struct clock_source clock; /* both are that */
    struct config config;
    struct identity *identity;
    struct community *community;
    struct pool *in_place;
    struct hub hub;
    struct delivery *delivery;
    struct party maker;
    struct channel *channel;
};

int room_open(void **state);
int room_close(void **state);

/* The store's threads run from now on. */
void room_start(struct room *room);

/* Somebody who joined, with a device that store and directory know; before room_start. */
void room_add_person(struct room *room, uint32_t number, struct party *party);

/* The channel's group in its first epoch, as the server has it: the maker alone. */
void room_make_group(struct room *room, uint32_t generation, struct mls_public_group **group);

/* Until the store has run all that it was given to write, or to read; what is done waits for
 * room_settle. */
void room_wait_written(struct room *room);
void room_wait_read(struct room *room);

/* Until nothing is on its way any more. */
void room_settle(struct room *room);

#endif
