/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/budget.h"

#include "protocol/base/limits.h"

#define PER_MINUTE(count) (60u * (count))
#define KIB_PER_MIB 1024u

const struct budget_row budget_rows[BUDGET_COUNT] = {
    /* weftd.conf. Bursts: a client that starts asks some dozens of things. */
    [BUDGET_REQUESTS] = {"requests", "too many requests: wait a little", {0, 0}},
    /* weftd.conf. Bursts: a facilitator pastes ten lines. */
    [BUDGET_FLOOR] = {"floor", "too many messages: wait a little", {0, 0}},
    [BUDGET_SIDE] = {"side", "too many notes and votes: wait a little", {0, 0}},
    [BUDGET_CONTROL] = {"control", "too many changes: wait a little", {0, 0}},
    /* weftd.conf. Bursts: a quarter of an hour's at once, which is the largest attachment twice. */
    [BUDGET_BYTES] = {"bytes", "too much was sent: wait a little", {0, 0}},
    /* A one-time KeyPackage goes out once: nobody empties the pools of a community, and whoever
     * adds a commit's worth of people has room for it twice. */
    [BUDGET_KEY_PACKAGES] = {"key_packages",
                             "too many KeyPackages: wait a little",
                             {PER_MINUTE(60), 2 * LIMIT_ADDS_PER_COMMIT}},
    /* A channel stays for ever. A summit's facilitator opens breakouts for a thousand people in
     * fours; after that one a minute is more than anybody can lead. */
    [BUDGET_CHANNELS] = {"channels",
                         "too many new channels: wait, or let others make some",
                         {60, 250}},
    /* A search reads every profile: 10 ms of the reader's thread at 10,000 people. */
    [BUDGET_SEARCHES] = {"searches", "too many searches: wait a little", {PER_MINUTE(60), 30}},
    /* Looking for assisters takes the figures' one thread for up to a second. */
    [BUDGET_PROPOSALS] = {"proposals",
                          "too many requests for assisters: wait a little",
                          {PER_MINUTE(10), 10}},
    /* Each disturbs the channel's facilitators. */
    [BUDGET_KNOCKS] = {"knocks", "too many knocks: wait for an answer", {PER_MINUTE(10), 40}},
    /* Each may stop a channel; a client makes one when it meets a commit that it cannot follow. */
    [BUDGET_REPORTS] = {"reports", "too many reports: wait a little", {20, 20}},
    /* A device stays in everybody's directory for ever, and is a commit in each channel of its
     * person. An admin sets up those of a whole ward at once; after that one a minute. */
    [BUDGET_DEVICES] = {"devices", "too many new devices: wait a little", {60, 30}},
};

void budget_rates(const struct config *config, struct bucket_rate rates[BUDGET_COUNT])
{
    const struct bucket_rate messages = {PER_MINUTE(config->messages_per_minute),
                                         config->messages_per_minute / 4 + 10};
    for (size_t i = 0; i < BUDGET_COUNT; i++)
        rates[i] = budget_rows[i].rate;
    rates[BUDGET_REQUESTS] =
        (struct bucket_rate){PER_MINUTE(config->requests_per_minute), config->requests_per_minute};
    rates[BUDGET_FLOOR] = rates[BUDGET_SIDE] = rates[BUDGET_CONTROL] = messages;
    rates[BUDGET_BYTES] = (struct bucket_rate){KIB_PER_MIB * config->upload_mib_per_hour,
                                               KIB_PER_MIB * config->upload_mib_per_hour / 4};
}
