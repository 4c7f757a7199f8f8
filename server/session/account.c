/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/account.h"

#include <stdlib.h>

enum status account_new(const struct id *person,
                        const struct account_rates *rates,
                        int64_t now_ms,
                        struct account **account)
{
    struct account *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->person = *person;
    bucket_init(&fresh->requests, &rates->requests, now_ms);
    bucket_init(&fresh->fetches, &rates->fetches, now_ms);
    for (size_t i = 0; i < ACCOUNT_LANES; i++)
        bucket_init(&fresh->lanes[i], &rates->messages, now_ms);
    *account = fresh;
    return STATUS_OK;
}

bool account_is_idle(struct account *account, const struct account_rates *rates, int64_t now_ms)
{
    if (account->clients != NULL || !bucket_is_full(&account->requests, &rates->requests, now_ms) ||
        !bucket_is_full(&account->fetches, &rates->fetches, now_ms))
        return false;
    for (size_t i = 0; i < ACCOUNT_LANES; i++) {
        if (!bucket_is_full(&account->lanes[i], &rates->messages, now_ms))
            return false;
    }
    return true;
}
