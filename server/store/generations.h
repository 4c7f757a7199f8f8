/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A channel's next generation: the reports that freeze it, and the group with which it goes on.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_GENERATIONS_H
#define WEFT_STORE_GENERATIONS_H

#include "server/store/channels.h"

struct store_report {
    struct id channel;
    uint32_t generation;
    uint64_t sequence; /* of the commit that cannot be followed */
    struct id device;
    struct id person;
    struct span bytes; /* the signed report */
    bool decides;      /* the reporter is a facilitator */
};

/* Keeps a report, one a device and generation. With a second person's, or one that decides, the
 * channel is frozen: `*frozen`. STATUS_NOT_FOUND when there is no such commit, STATUS_WRONG_EPOCH
 * for another generation. */
MUST_CHECK enum status
store_generations_report(struct store_db *db, const struct store_report *report, bool *frozen);

struct store_report_list {
    struct span *items; /* signed reports */
    size_t count;
};

MUST_CHECK enum status store_generations_reports(struct store_db *db,
                                                 const struct id *channel,
                                                 uint32_t generation,
                                                 struct arena *arena,
                                                 struct store_report_list *reports);

/* Whether a report of the generation is about a commit of the device. */
MUST_CHECK enum status store_generations_is_reported(struct store_db *db,
                                                     const struct id *channel,
                                                     uint32_t generation,
                                                     const struct id *device,
                                                     bool *reported);

struct store_generation_new {
    struct id channel;
    uint32_t generation;
    uint64_t base; /* the sequence before its first entry */
    struct id person;
    struct id device; /* its only member, at leaf 0 */
    struct span public_state;
    struct span group_info;
    struct span tree;
    /* Let in again: they are added by members, as those who knocked and were accepted. Whoever a
     * report is about, and people whom the store does not know, are left out. */
    const struct id *people;
    size_t people_count;
    int64_t now_ms;
};

/* Begins the next generation of a frozen channel, or a later one when members have seen more
 * generations than a store that was put back: the first to come does. `*again` tells a device
 * that it was the one. STATUS_CONFLICT when another was first, STATUS_NOT_NOW while the channel is
 * not frozen, STATUS_DENIED unless the device is a member whom no report is about. */
MUST_CHECK enum status store_generations_begin(struct store_db *db,
                                               const struct store_generation_new *generation,
                                               bool *again);

/* Who began the generation; none for the first. */
MUST_CHECK enum status store_generations_begun_by(struct store_db *db,
                                                  const struct id *channel,
                                                  uint32_t generation,
                                                  struct id *person);

struct store_generation_place {
    struct id channel;
    uint32_t generation;
};

struct store_generation_places {
    struct store_generation_place *items;
    size_t count;
};

/* The channels that are not in their first generation. */
MUST_CHECK enum status store_generations_list(struct store_db *db,
                                              struct arena *arena,
                                              struct store_generation_places *places);

/* Of a store that was put back: the channel is known to have been in this generation, so that the
 * next has a number which nobody has had. A channel that is not there, or further, stays as it is.
 */
MUST_CHECK enum status store_generations_raise(struct store_db *db,
                                               const struct store_generation_place *place);

#endif
