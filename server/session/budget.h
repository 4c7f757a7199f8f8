/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What one account may take of what all share: one table of names, rates and reasons. A person's
 * connections share their account's budgets, so that opening more of them gains nothing.
 * Thread rule: constant table; pure functions.
 */
#ifndef WEFT_SESSION_BUDGET_H
#define WEFT_SESSION_BUDGET_H

#include "server/base/bucket.h"
#include "server/config/config.h"

enum budget {
    BUDGET_REQUESTS,
    BUDGET_FLOOR, /* messages of the three lanes, in the order of enum lane */
    BUDGET_SIDE,
    BUDGET_CONTROL,
    BUDGET_BYTES, /* received, in KiB begun */
    BUDGET_KEY_PACKAGES,
    BUDGET_CHANNELS,
    BUDGET_SEARCHES,
    BUDGET_PROPOSALS,
    BUDGET_KNOCKS,
    BUDGET_REPORTS,
    BUDGET_DEVICES,
    BUDGET_COUNT
};

struct budget_row {
    const char *name;        /* as in metrics and logs */
    const char *detail;      /* what whoever has used it up is told */
    struct bucket_rate rate; /* unless weftd.conf says another */
};

extern const struct budget_row budget_rows[BUDGET_COUNT];

/* The rates of this server. */
void budget_rates(const struct config *config, struct bucket_rate rates[BUDGET_COUNT]);

#endif
