/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One round: whom to bring together now, and what each is told of the reason.
 *
 * Introductions go to people who may be introduced (network.h), have a contact left this week and
 * nothing that waits for their answer; one a person, at least a fifth of the places for those with
 * the fewest ties, for the most expected gain, and of nearly equal pairs the one with most in
 * common. Nobody gets one that could be about fewer than REASON_CROWD_MIN people (reason.h). A
 * coffee round seats everybody who signed up, by weave/coffee.h, but never again with somebody they
 * sat with before.
 *
 * Errors: those of introductions.h and coffee.h. Thread rule: that of weave/library.h.
 */
#ifndef WEFT_INTRODUCE_ROUND_H
#define WEFT_INTRODUCE_ROUND_H

#include "server/figures/network.h"
#include "server/store/introductions.h"

/* Without a number: so many introductions of a hundred people who take part, at least one. With two
 * people in each, a tenth of them is asked in a week. */
#define ROUND_PERCENT 5

/* Up to so many people each pair has its own estimate of acceptance: two million of them. Above,
 * pairs with something in common have, and the rest are taken for usual people. */
#define ROUND_EACH_PAIR_PEOPLE 2000

/* What happened before, in the persons of a network; read in the snapshot's own transaction. */
struct round_past {
    bool *takes_part; /* of each person */
    struct graph_pair *barred;
    size_t barred_count;
    struct store_history *history;
    size_t history_count;
    size_t barred_capacity;
    size_t history_capacity;
};

/* For the kind of round. Inside run(); `past` is cleared by the caller. */
MUST_CHECK enum status round_past_load(struct store_db *db,
                                       const struct network *network,
                                       enum store_introduction_kind kind,
                                       struct round_past *past);

void round_past_clear(struct round_past *past);

struct round_meeting {
    struct id people[STORE_INTRODUCTION_PEOPLE_MAX];
    struct span reasons[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t person_count;
    bool shared; /* an interest */
};

/* In the arena that was given. */
struct round {
    struct round_meeting *meetings;
    size_t count;
};

struct round_options {
    enum store_introduction_kind kind;
    uint32_t count; /* of introductions; 0: ROUND_PERCENT */
    uint64_t seed;
    bool (*cancelled)(void *context); /* asked now and then, on the figures' thread; NULL: never */
    void *context;
};

/* STATUS_CANCELLED when it was. */
MUST_CHECK enum status round_choose(const struct network *network,
                                    const struct round_past *past,
                                    const struct round_options *options,
                                    struct arena *arena,
                                    struct round *round);

#endif
