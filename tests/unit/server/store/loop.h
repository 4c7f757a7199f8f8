/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A loop in its smallest form: waits for the store's threads and runs what is done. */
#ifndef WEFT_TESTS_STORE_LOOP_H
#define WEFT_TESTS_STORE_LOOP_H

#include "server/store/store.h"

#include <semaphore.h>
#include <stdatomic.h>

struct loop {
    struct store *store;
    sem_t wake;
    atomic_int failures;
    atomic_int failure;
};

/* Starts the store's threads. */
enum status loop_start(struct loop *loop, struct store *store);

/* Waits and drains until `*counter` is at least `target`; false after 20 seconds. */
bool loop_run_until(struct loop *loop, const size_t *counter, size_t target);

#endif
