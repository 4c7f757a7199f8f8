/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Breakout rooms: who sits with whom, round after round, so that as many people as can be meet
 * somebody new of another group.
 *
 * A pair is worth 1, once, if the two are of different groups and have no tie. Rooms differ by one
 * seat at most. Rooms are filled seat by seat and made better by swaps; then each round again,
 * given the others. The same input and seed give the same rooms.
 *
 * Errors: STATUS_INVALID for no people, no rounds, a room under two seats, a person, group or room
 * out of range, or more hosts in a room than seats; STATUS_LIMIT above BREAKOUT_PEOPLE_MAX or
 * BREAKOUT_ROUNDS_MAX; STATUS_NO_MEMORY.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WEAVE_BREAKOUT_H
#define WEFT_WEAVE_BREAKOUT_H

#include "server/weave/graph.h"

/* A summit has hundreds of people; two bytes are kept for each pair of them. */
#define BREAKOUT_PEOPLE_MAX 10000

/* More than an event of several days has. Counted in a byte. */
#define BREAKOUT_ROUNDS_MAX 100

/* Everything is lent for the call. */
struct breakout_options {
    uint32_t people;
    uint32_t room_size; /* seats at most */
    uint32_t rounds;
    const uint32_t *groups; /* of each person; any numbers */
    const struct graph_pair *ties;
    size_t tie_count;
    const uint32_t
        *host_rooms; /* of each person the room where they stay, or GRAPH_NONE; or NULL */
    uint64_t seed;
};

struct breakout {
    uint32_t people;
    uint32_t rounds;
    uint32_t room_count;
    uint32_t *rooms;  /* of each person in the first round, then in the second... */
    uint32_t met;     /* pairs that are worth 1 and meet */
    uint32_t repeats; /* pairs that meet again, each time */
    uint32_t bound;   /* no rooms can do better than this */
};

MUST_CHECK enum status breakout_init(const struct breakout_options *options,
                                     struct breakout *breakout);

void breakout_clear(struct breakout *breakout);

#endif
