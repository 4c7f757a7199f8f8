/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* For figures: everything else of the machine goes first. */
#define LOW_PRIORITY_NICE 10

struct job_queue {
    struct pool_job *first;
    struct pool_job **last;
    size_t count;
};

struct pool {
    struct pool_options options;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job_queue waiting;
    struct job_queue ready;
    bool stopping;
    pthread_t *threads;
    size_t started;
};

static void queue_init(struct job_queue *queue)
{
    *queue = (struct job_queue){.last = &queue->first};
}

static void queue_push(struct job_queue *queue, struct pool_job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    queue->count++;
}

static struct pool_job *queue_take(struct job_queue *queue)
{
    struct pool_job *job = queue->first;
    if (job == NULL)
        return NULL;
    queue->first = job->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    queue->count--;
    return job;
}

static struct pool_job *next_job(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->waiting.first == NULL && !pool->stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    struct pool_job *job = pool->stopping ? NULL : queue_take(&pool->waiting);
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void run_job(struct pool *pool, struct pool_job *job)
{
    job->status = job->run(job);
    pthread_mutex_lock(&pool->lock);
    queue_push(&pool->ready, job);
    pthread_mutex_unlock(&pool->lock);
    pool->options.notify(pool->options.context);
}

void pool_lend(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct pool_job *job = pool->stopping ? NULL : queue_take(&pool->waiting);
    pthread_mutex_unlock(&pool->lock);
    if (job != NULL)
        run_job(pool, job);
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    if (pool->options.low_priority) {
        id_t thread = (id_t)syscall(SYS_gettid);
        /* Linux keeps a nice value for each thread. A refusal changes only who waits. */
        (void)setpriority(PRIO_PROCESS, thread, LOW_PRIORITY_NICE);
    }
    for (struct pool_job *job = next_job(pool); job != NULL; job = next_job(pool))
        run_job(pool, job);
    return NULL;
}

static enum status start_threads(struct pool *pool)
{
    pool->threads = calloc(pool->options.threads, sizeof *pool->threads);
    if (pool->threads == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < pool->options.threads; i++) {
        if (pthread_create(&pool->threads[i], NULL, work, pool) != 0)
            return STATUS_INTERNAL;
        pool->started++;
    }
    return STATUS_OK;
}

enum status pool_new(const struct pool_options *options, struct pool **pool)
{
    struct pool *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->options = *options;
    queue_init(&fresh->waiting);
    queue_init(&fresh->ready);
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_cond_init(&fresh->wake, NULL);
    enum status status = options->threads == 0 ? STATUS_OK : start_threads(fresh);
    if (status != STATUS_OK) {
        pool_free(&fresh);
        return status;
    }
    *pool = fresh;
    return STATUS_OK;
}

/* The threads have ended: nobody else has the queues. */
static void cancel_all(struct job_queue *queue)
{
    for (struct pool_job *job = queue_take(queue); job != NULL; job = queue_take(queue))
        job->done(job, STATUS_CANCELLED);
}

void pool_free(struct pool **pool)
{
    struct pool *ending = *pool;
    if (ending == NULL)
        return;
    pthread_mutex_lock(&ending->lock);
    ending->stopping = true;
    pthread_cond_broadcast(&ending->wake);
    pthread_mutex_unlock(&ending->lock);
    for (size_t i = 0; i < ending->started; i++)
        pthread_join(ending->threads[i], NULL);
    cancel_all(&ending->ready);
    cancel_all(&ending->waiting);
    pthread_cond_destroy(&ending->wake);
    pthread_mutex_destroy(&ending->lock);
    free(ending->threads);
    free(ending);
    *pool = NULL;
}

enum status pool_submit(struct pool *pool, struct pool_job *job)
{
    if (pool->options.threads == 0) {
        job->done(job, job->run(job));
        return STATUS_OK;
    }
    pthread_mutex_lock(&pool->lock);
    enum status status = pool->stopping                        ? STATUS_CANCELLED
                         : pool->waiting.count < POOL_JOBS_MAX ? STATUS_OK
                                                               : STATUS_RATE_LIMITED;
    if (status == STATUS_OK) {
        queue_push(&pool->waiting, job);
        pthread_cond_signal(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    return status;
}

void pool_drain_completed(struct pool *pool)
{
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        struct pool_job *job = queue_take(&pool->ready);
        pthread_mutex_unlock(&pool->lock);
        if (job == NULL)
            return;
        job->done(job, job->status);
    }
}

size_t pool_waiting(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t count = pool->waiting.count;
    pthread_mutex_unlock(&pool->lock);
    return count;
}
