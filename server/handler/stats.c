/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/people.h"
#include "server/figures/figures.h"
#include "server/handler/handler.h"

struct stats {
    struct figures_waiter waiter;
    struct call *call;
};

static void ready(struct figures_waiter *waiter, struct span document, enum status status)
{
    struct stats *stats = (struct stats *)(void *)waiter;
    struct wire_stats_response response = {.json = document};
    if (status == STATUS_OK)
        call_answer(stats->call, &response);
    else
        call_fail(stats->call, status, NULL);
}

void stats_handle(struct services *services, struct call *call)
{
    void *taken = NULL;
    enum status status = call_take(call, sizeof(struct stats), &taken);
    if (status != STATUS_OK) {
        call_fail(call, status, NULL);
        return;
    }
    struct stats *stats = taken;
    *stats = (struct stats){.waiter = {.ready = ready}, .call = call};
    figures_document(services->figures, &stats->waiter);
}
