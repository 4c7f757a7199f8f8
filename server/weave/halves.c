/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/halves.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct second {
    void (*work)(void *context, uint32_t half, uint32_t begin, uint32_t end);
    void *context;
    uint32_t begin;
    uint32_t end;
};

static void *run_second(void *context)
{
    const struct second *second = context;
    second->work(second->context, 1, second->begin, second->end);
    return NULL;
}

void halves_run(uint32_t rows,
                void (*work)(void *context, uint32_t half, uint32_t begin, uint32_t end),
                void *context)
{
    if (rows < HALVES_ROWS_MIN) {
        work(context, 0, 0, rows);
        return;
    }
    struct second second = {work, context, rows / 2, rows};
    pthread_t thread;
    bool is_made = pthread_create(&thread, NULL, run_second, &second) == 0;
    work(context, 0, 0, rows / 2);
    if (is_made)
        (void)pthread_join(thread, NULL);
    else
        (void)run_second(&second);
}
