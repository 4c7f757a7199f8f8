/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Knocks: people who ask to be let into a restricted channel. An accepted one is work for a
 * member, who adds the person's devices. Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_KNOCKS_H
#define WEFT_STORE_KNOCKS_H

#include "server/store/store.h"

enum store_knock_state {
    STORE_KNOCK_WAITING = 1,
    STORE_KNOCK_ACCEPTED = 2,
    STORE_KNOCK_REFUSED = 3,
};

struct store_knock {
    struct id channel;
    struct id person;
    enum store_knock_state state;
    int64_t knocked_at_ms;
    /* None and 0 while it waits. */
    struct id answered_by;
    int64_t answered_at_ms;
};

struct store_knock_list {
    struct store_knock *items;
    size_t count;
};

/* A person knocks, again after a refusal too. Repeating it while it waits or is accepted changes
 * nothing. `knock` is the row as it then is. */
MUST_CHECK enum status store_knocks_add(struct store_db *db,
                                        const struct id *channel,
                                        const struct id *person,
                                        int64_t now_ms,
                                        struct store_knock *knock);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_knocks_get(struct store_db *db,
                                        const struct id *channel,
                                        const struct id *person,
                                        struct store_knock *knock);

/* STATUS_NOT_FOUND; STATUS_CONFLICT when it was answered otherwise before (the same answer again
 * is fine). */
MUST_CHECK enum status store_knocks_answer(struct store_db *db,
                                           const struct id *channel,
                                           const struct id *person,
                                           bool accepted,
                                           const struct id *answered_by,
                                           int64_t now_ms);

/* Knocks of the channel in this state, oldest first. Accepted ones leave the list when a device of
 * the person is a member, and are not in it while the person is suspended. */
MUST_CHECK enum status store_knocks_list(struct store_db *db,
                                         const struct id *channel,
                                         enum store_knock_state state,
                                         struct arena *arena,
                                         struct store_knock_list *knocks);

#endif
