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

static enum status push_locked(struct job_queue *queue, struct store_job *job, bool *was_empty)
{
    TRY(queue->closed);
    if (queue->count >= queue->count_max)
        return STATUS_RATE_LIMITED;
    *was_empty = queue->first == NULL;
    job->next = NULL;
    if (queue->first == NULL)
        queue->first = job;
    else
        queue->last->next = job;
    queue->last = job;
    queue->count++;
    return STATUS_OK;
}

enum status job_queue_push(struct job_queue *queue, struct store_job *job, bool *was_empty)
{
    pthread_mutex_lock(&queue->mutex);
    enum status status = push_locked(queue, job, was_empty);
    if (status == STATUS_OK)
        pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
    return status;
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

static struct timespec deadline_after(int64_t timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(timeout_ms / 1000);
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

struct store_job *
job_queue_wait(struct job_queue *queue, size_t count_max, int64_t timeout_ms, bool *closed)
{
    struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    int waited = 0;
    pthread_mutex_lock(&queue->mutex);
    while (queue->first == NULL && queue->closed == STATUS_OK && waited == 0) {
        if (timeout_ms < 0)
            waited = pthread_cond_wait(&queue->changed, &queue->mutex);
        else
            waited = pthread_cond_timedwait(&queue->changed, &queue->mutex, &deadline);
    }
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
