/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/loop.h"

#include <time.h>

static void notify(void *context)
{
    struct loop *loop = context;
    sem_post(&loop->wake);
}

static void failed(void *context, enum status status)
{
    struct loop *loop = context;
    atomic_store(&loop->failure, (int)status);
    atomic_fetch_add(&loop->failures, 1);
}

enum status loop_start(struct loop *loop, struct store *store)
{
    const struct store_callbacks callbacks = {notify, failed, loop};
    loop->store = store;
    atomic_init(&loop->failures, 0);
    atomic_init(&loop->failure, 0);
    sem_init(&loop->wake, 0, 0);
    return store_start(store, &callbacks);
}

bool loop_run_until(struct loop *loop, const size_t *counter, size_t target)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 20;
    while (*counter < target) {
        if (sem_timedwait(&loop->wake, &deadline) != 0)
            return false;
        store_drain_completed(loop->store);
    }
    return true;
}
