/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A queue of jobs between threads: in the order given, bounded where a bound is given, taken in
 * batches. For this folder only. Thread rule: any thread, but for init and clear.
 */
#ifndef WEFT_STORE_JOB_QUEUE_H
#define WEFT_STORE_JOB_QUEUE_H

#include "server/store/store.h"

#include <pthread.h>

struct job_queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct store_job *first;
    struct store_job *last;
    size_t count;
    size_t count_max;
    size_t awaited; /* how many wake the waiter; 0 when nobody waits */
    /* Why no more is taken; STATUS_OK while open. */
    enum status closed;
};

MUST_CHECK enum status job_queue_init(struct job_queue *queue, size_t count_max);

/* The queue is empty. */
void job_queue_clear(struct job_queue *queue);

/* Appends one job. STATUS_RATE_LIMITED past the maximum, or why the queue was closed. */
MUST_CHECK enum status job_queue_push(struct job_queue *queue, struct store_job *job);

/* Appends a chain to a queue without a maximum, so that whoever takes finds all of it or nothing.
 * Whether the queue was empty. */
bool job_queue_push_chain(struct job_queue *queue, struct store_job *chain);

/* Refuses every later job with `reason`, the first one standing; what waits can still be taken. */
void job_queue_close(struct job_queue *queue, enum status reason);

/* Waits until `count` jobs are there, the queue is closed, or `timeout_us` have passed (-1: for
 * ever). One thread at a time. How many there are. */
size_t job_queue_await(struct job_queue *queue, size_t count, int64_t timeout_us);

/* Takes up to `count_max` jobs as a chain, NULL when there are none. `*closed` tells of a closed
 * and empty queue. */
struct store_job *job_queue_take(struct job_queue *queue, size_t count_max, bool *closed);

/* Jobs that nobody has taken yet. */
size_t job_queue_count(struct job_queue *queue);

/* Takes everything there is, without waiting. */
struct store_job *job_queue_take_all(struct job_queue *queue);

#endif
