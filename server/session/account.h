/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A person who is logged in with at least one device, or was a moment ago: role and rates that all
 * their connections share, so that opening more connections gains nothing.
 * Ownership: the hub's. Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_ACCOUNT_H
#define WEFT_SESSION_ACCOUNT_H

#include "protocol/base/id.h"
#include "server/session/budget.h"

struct client;

struct account {
    struct id person;
    uint8_t role;           /* enum account_role, as in the store at the last login */
    struct client *clients; /* by client.account_next */
    struct bucket budgets[BUDGET_COUNT];
};

MUST_CHECK enum status account_new(const struct id *person,
                                   const struct bucket_rate rates[BUDGET_COUNT],
                                   int64_t now_ms,
                                   struct account **account);

/* Nobody of it is connected and its buckets are full: it may be forgotten. */
bool account_is_idle(struct account *account,
                     const struct bucket_rate rates[BUDGET_COUNT],
                     int64_t now_ms);

#endif
