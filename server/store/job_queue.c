/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/job_queue.h"

#include <assert.h>
#include <time.h>

enum status job_queue_init(struct job_queue *queue, size_t count_max)
{
    *queue = (struct job_queue){.count_max = count_max};
    if (pthread_mutex_init(&queue->mutex, NULL) != 0)
        return STATUS_NO_MEMORY;
    pthread_condattr_t attributes;
    bool made = pthread_condattr_init(&attributes) == 0;
    /* So that a step of the wall clock moves no timeout. */
    made = made && pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0;
    made = made && pthread_cond_init(&queue->changed, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    if (made)
        return STATUS_OK;
    pthread_mutex_destroy(&queue->mutex);
    return STATUS_NO_MEMORY;
}

void job_queue_clear(struct job_queue *queue)
{
    assert(queue->first == NULL);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
}

static void append_locked(struct job_queue *queue,
                          struct store_job *first,
                          struct store_job *last,
                          size_t count)
{
    if (queue->first == NULL)
        queue->first = first;
    else
        queue->last->next = first;
    queue->last = last;
    queue->count += count;
    /* A waiter that needs more is not woken for each. */
    if (queue->awaited != 0 && queue->count >= queue->awaited)
        pthread_cond_signal(&queue->changed);
}

static enum status push_locked(struct job_queue *queue, struct store_job *job)
{
    TRY(queue->closed);
    if (queue->count >= queue->count_max)
        return STATUS_RATE_LIMITED;
    job->next = NULL;
    append_locked(queue, job, job, 1);
    return STATUS_OK;
}

enum status job_queue_push(struct job_queue *queue, struct store_job *job)
{
    pthread_mutex_lock(&queue->mutex);
    enum status status = push_locked(queue, job);
    pthread_mutex_unlock(&queue->mutex);
    return status;
}

bool job_queue_push_chain(struct job_queue *queue, struct store_job *chain)
{
    struct store_job *last = chain;
    size_t count = 1;
    for (; last->next != NULL; last = last->next)
        count++;
    pthread_mutex_lock(&queue->mutex);
    bool was_empty = queue->first == NULL;
    append_locked(queue, chain, last, count);
    pthread_mutex_unlock(&queue->mutex);
    return was_empty;
}

void job_queue_close(struct job_queue *queue, enum status reason)
{
    pthread_mutex_lock(&queue->mutex);
    if (queue->closed == STATUS_OK)
        queue->closed = reason;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

static struct store_job *take_locked(struct job_queue *queue, size_t count_max)
{
    struct store_job *chain = queue->first;
    struct store_job *last = NULL;
    size_t count = 0;
    while (queue->first != NULL && count < count_max) {
        last = queue->first;
        queue->first = last->next;
        count++;
    }
    if (last != NULL)
        last->next = NULL;
    queue->count -= count;
    return chain;
}

static struct timespec deadline_after(int64_t timeout_us)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(timeout_us / 1000000);
    deadline.tv_nsec += (long)(timeout_us % 1000000) * 1000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

size_t job_queue_await(struct job_queue *queue, size_t count, int64_t timeout_us)
{
    struct timespec deadline = deadline_after(timeout_us < 0 ? 0 : timeout_us);
    int waited = 0;
    pthread_mutex_lock(&queue->mutex);
    queue->awaited = count;
    while (queue->count < count && queue->closed == STATUS_OK && waited == 0) {
        if (timeout_us < 0)
            waited = pthread_cond_wait(&queue->changed, &queue->mutex);
        else
            waited = pthread_cond_timedwait(&queue->changed, &queue->mutex, &deadline);
    }
    queue->awaited = 0;
    size_t there = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return there;
}

struct store_job *job_queue_take(struct job_queue *queue, size_t count_max, bool *closed)
{
    pthread_mutex_lock(&queue->mutex);
    struct store_job *chain = take_locked(queue, count_max);
    *closed = chain == NULL && queue->closed != STATUS_OK;
    pthread_mutex_unlock(&queue->mutex);
    return chain;
}

size_t job_queue_count(struct job_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}

struct store_job *job_queue_take_all(struct job_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    struct store_job *chain = take_locked(queue, queue->count);
    pthread_mutex_unlock(&queue->mutex);
    return chain;
}
