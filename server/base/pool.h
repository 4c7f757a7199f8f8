/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Threads for work that would stop the loop: checking commits, computing figures. A job runs on
 * one of them and is handed back to the loop.
 *
 * Jobs are taken in order; whoever needs one after another gives the next when the first is done.
 * A pool of no threads runs each job in pool_submit itself, which is how commands run without a
 * server.
 * Errors: STATUS_RATE_LIMITED when POOL_JOBS_MAX wait, STATUS_CANCELLED while it is freed. Thread
 * rule: functions of this header on the loop's thread, but for pool_lend; run() elsewhere.
 */
#ifndef WEFT_SERVER_BASE_POOL_H
#define WEFT_SERVER_BASE_POOL_H

#include "protocol/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A second of work, at half a millisecond a commit; more would only hide that we are overrun. */
#define POOL_JOBS_MAX 2048

struct pool;

/* Embedded in the caller's own struct, which stays until done() is called. */
struct pool_job {
    /* On a thread of the pool: touches nothing but its own job and what nobody changes. */
    enum status (*run)(struct pool_job *job);
    /* On the loop, once for each job that was accepted. */
    void (*done)(struct pool_job *job, enum status status);

    /* The pool's own. */
    struct pool_job *next;
    enum status status;
};

struct pool_options {
    size_t threads;
    bool low_priority;
    /* From a thread of the pool: have the loop call pool_drain_completed. */
    void (*notify)(void *context);
    void *context;
};

MUST_CHECK enum status pool_new(const struct pool_options *options, struct pool **pool);

/* Waits for what runs, then calls done(STATUS_CANCELLED) of every job that is left; `*pool` becomes
 * NULL. NULL is allowed. */
void pool_free(struct pool **pool);

MUST_CHECK enum status pool_submit(struct pool *pool, struct pool_job *job);

/* From inside run() of a job that takes minutes, now and then: runs one that waits, if there is
 * one, on this thread, before the job goes on. What runs so must not call this itself. */
void pool_lend(struct pool *pool);

/* Jobs that wait for a thread. */
size_t pool_waiting(struct pool *pool);

/* Calls done() of every job that is ready. */
void pool_drain_completed(struct pool *pool);

#endif
