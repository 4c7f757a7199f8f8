/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/file_patience.h"

#include "client-cli/core/limits.h"

/* A restart of the server takes seconds: the waits add up to about a minute. */
#define FAILURES_MAX 9
#define WAIT_LONGEST_MS 16000

static bool may_pass(enum status status)
{
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT || status == STATUS_RATE_LIMITED;
}

void file_patience_renew(struct file_patience *patience)
{
    patience->failures = 0;
}

enum status
file_patience_wait(struct file_patience *patience, struct engine *engine, enum status status)
{
    while (may_pass(status) && patience->failures < FAILURES_MAX) {
        uint64_t wait_ms = (uint64_t)CORE_BACKOFF_FIRST_MS << patience->failures++;
        uint32_t asked_ms = connection_retry_after_ms(engine->connection);
        if (wait_ms > WAIT_LONGEST_MS)
            wait_ms = WAIT_LONGEST_MS;
        if (status == STATUS_RATE_LIMITED && asked_ms > wait_ms)
            wait_ms = asked_ms;
        connection_pause(engine->connection, wait_ms);
        status = engine_connect(engine);
        if (status == STATUS_OK)
            engine_forget_explanation(engine);
        if (status == STATUS_OK)
            return STATUS_OK;
    }
    return status;
}
