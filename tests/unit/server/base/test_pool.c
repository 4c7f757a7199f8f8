/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct counted {
    struct pool_job job;
    enum status result;
    enum status status;
    int done;
    bool slow;
};

static atomic_int notified;

static void notify(void *context)
{
    (void)context;
    atomic_fetch_add(&notified, 1);
}

static enum status run(struct pool_job *job)
{
    struct counted *counted = (struct counted *)(void *)job;
    if (counted->slow)
        usleep(100000);
    return counted->result;
}

static void done(struct pool_job *job, enum status status)
{
    struct counted *counted = (struct counted *)(void *)job;
    counted->done++;
    counted->status = status;
}

static void runs_each_job_once_and_hands_back_its_status(void **state)
{
    (void)state;
    struct counted jobs[50] = {0};
    struct pool_options options = {.threads = 3, .notify = notify};
    struct pool *pool = NULL;
    atomic_store(&notified, 0);
    assert_int_equal(pool_new(&options, &pool), STATUS_OK);
    for (int i = 0; i < 50; i++) {
        jobs[i].job = (struct pool_job){.run = run, .done = done};
        jobs[i].result = i % 2 == 0 ? STATUS_OK : STATUS_INVALID;
        assert_int_equal(pool_submit(pool, &jobs[i].job), STATUS_OK);
    }
    for (int tries = 0; atomic_load(&notified) < 50 && tries < 1000; tries++)
        usleep(5000);
    pool_drain_completed(pool);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(jobs[i].status, jobs[i].result);
    }
    pool_free(&pool);
    assert_null(pool);
}

static void without_threads_runs_in_place(void **state)
{
    (void)state;
    struct counted job = {.job = {.run = run, .done = done}, .result = STATUS_DENIED};
    struct pool_options options = {0};
    struct pool *pool = NULL;
    assert_int_equal(pool_new(&options, &pool), STATUS_OK);
    assert_int_equal(pool_submit(pool, &job.job), STATUS_OK);
    assert_int_equal(job.done, 1);
    assert_int_equal(job.status, STATUS_DENIED);
    pool_free(&pool);
}

static void freeing_cancels_what_is_left_but_forgets_nobody(void **state)
{
    (void)state;
    struct counted jobs[20] = {0};
    struct pool_options options = {.threads = 1, .notify = notify};
    struct pool *pool = NULL;
    assert_int_equal(pool_new(&options, &pool), STATUS_OK);
    for (int i = 0; i < 20; i++) {
        jobs[i].job = (struct pool_job){.run = run, .done = done};
        jobs[i].slow = true;
        assert_int_equal(pool_submit(pool, &jobs[i].job), STATUS_OK);
    }
    pool_free(&pool);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(jobs[i].status, STATUS_CANCELLED);
    }
}

struct lender {
    struct counted counted;
    struct pool *pool;
    bool other_was_done; /* before the lender was */
};

static enum status lend(struct pool_job *job)
{
    struct lender *lender = (struct lender *)(void *)job;
    int before = atomic_load(&notified);
    for (int tries = 0; atomic_load(&notified) == before && tries < 20000; tries++) {
        pool_lend(lender->pool);
        usleep(500);
    }
    lender->other_was_done = atomic_load(&notified) == before + 1;
    return STATUS_OK;
}

static void a_long_job_lets_others_go_first(void **state)
{
    (void)state;
    struct counted other = {.job = {.run = run, .done = done}, .result = STATUS_DENIED};
    struct lender lender = {.counted = {.job = {.run = lend, .done = done}}};
    struct pool_options options = {.threads = 1, .notify = notify};
    atomic_store(&notified, 0);
    assert_int_equal(pool_new(&options, &lender.pool), STATUS_OK);
    assert_int_equal(pool_submit(lender.pool, &lender.counted.job), STATUS_OK);
    assert_int_equal(pool_submit(lender.pool, &other.job), STATUS_OK);
    for (int tries = 0; atomic_load(&notified) < 2 && tries < 20000; tries++)
        usleep(500);
    pool_drain_completed(lender.pool);
    assert_true(lender.other_was_done);
    assert_int_equal(other.status, STATUS_DENIED);
    assert_int_equal(other.done + lender.counted.done, 2);
    pool_free(&lender.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_each_job_once_and_hands_back_its_status),
        cmocka_unit_test(without_threads_runs_in_place),
        cmocka_unit_test(freeing_cancels_what_is_left_but_forgets_nobody),
        cmocka_unit_test(a_long_job_lets_others_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
