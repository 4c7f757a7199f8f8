/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/account.h"

#include <stdlib.h>

enum status account_new(const struct id *person,
                        const struct bucket_rate rates[BUDGET_COUNT],
                        int64_t now_ms,
                        struct account **account)
{
    struct account *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->person = *person;
    for (size_t i = 0; i < BUDGET_COUNT; i++)
        bucket_init(&fresh->budgets[i], &rates[i], now_ms);
    *account = fresh;
    return STATUS_OK;
}

bool account_is_idle(struct account *account,
                     const struct bucket_rate rates[BUDGET_COUNT],
                     int64_t now_ms)
{
    for (size_t i = 0; i < BUDGET_COUNT; i++) {
        if (!bucket_is_full(&account->budgets[i], &rates[i], now_ms))
            return false;
    }
    return account->clients == NULL;
}
