/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who is in a channel: what its group says, which every member has checked, against what the server
 * says.
 *
 * Ownership: a roster lends from its arena. Errors: those of the arena. Thread rule: pure
 * functions.
 */
#ifndef WEFT_CORE_ROSTER_H
#define WEFT_CORE_ROSTER_H

#include "client-cli/core/channel.h"

struct roster_member {
    struct id person;
    struct id device;
};

struct roster {
    struct roster_member *members; /* by their leaves */
    size_t count;
};

/* The members of the channel's group, which is in memory. */
MUST_CHECK enum status
roster_read(const struct channel *channel, struct arena *arena, struct roster *roster);

/* The people they are, each once, by rising id: some have several devices. */
struct roster_people {
    struct id *items;
    uint32_t count;
};
MUST_CHECK enum status
roster_people(const struct roster *roster, struct arena *arena, struct roster_people *people);

/* How the server's list differs. A list cannot hold more than LIMIT_LIST_ITEMS: of a longer roster
 * nobody counts as hidden. */
struct roster_difference {
    size_t hidden;   /* in the group and not in the list */
    size_t invented; /* in the list and not in the group */
};
struct roster_difference
roster_compare(const struct roster *roster, const struct wire_member *listed, size_t count);

#endif
