/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"
#include "tests/unit/server/store/loop.h"

#include "server/store/invites.h"
#include "server/store/limits.h"
#include "server/store/meta.h"
#include "server/store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

struct counts {
    size_t done;
    size_t ok;
    size_t again;
    size_t refused;
    /* The number of the job that was done last, to see the order. */
    uint32_t last_number;
    bool in_order;
};

/* What every job of these tests carries. */
struct test_job {
    struct store_job job;
    struct counts *counts;
    struct id channel;
    uint32_t number;
    bool fails;
    uint64_t epoch;
    struct store_appended appended;
};

static void done(struct store_job *job, enum status status)
{
    struct test_job *self = (struct test_job *)job;
    struct counts *counts = self->counts;
    counts->in_order = counts->in_order && self->number > counts->last_number;
    counts->last_number = self->number;
    counts->done++;
    counts->ok += status == STATUS_OK;
    counts->refused += status != STATUS_OK;
}

static enum status run_message(struct store_db *db, struct store_job *job)
{
    struct test_job *self = (struct test_job *)job;
    struct store_message message = message_of(&self->channel, &self->channel, self->number, 0);
    TRY(store_log_append_message(db, &message, &self->appended));
    return self->fails ? STATUS_DENIED : STATUS_OK;
}

static enum status run_commit(struct store_db *db, struct store_job *job)
{
    struct test_job *self = (struct test_job *)job;
    struct store_commit commit = {
        .message = message_of(&self->channel, &self->channel, self->number, self->epoch)};
    return store_log_append_commit(db, &commit, &self->appended);
}

static enum status run_redeem(struct store_db *db, struct store_job *job)
{
    struct test_job *self = (struct test_job *)job;
    struct store_hash hash = hash_number(1);
    struct id person = id_number(5000 + self->number);
    struct id device = id_number(9000 + self->number);
    struct store_redemption redemption;
    return store_invites_redeem(db, &hash, &person, &device, NOW, &redemption);
}

static enum status setup_channel(struct store_db *db, void *context)
{
    *(struct id *)context = make_channel(db, 1);
    return STATUS_OK;
}

static enum status setup_invite(struct store_db *db, void *context)
{
    (void)context;
    struct store_invite invite = {
        .invite = id_number(1),
        .secret_hash = hash_number(1),
        .role = STORE_ROLE_STAFF,
        .expires_at_ms = NOW + DAY,
        .uses_max = 1,
    };
    return store_invites_add(db, &invite);
}

struct page_request {
    struct id channel;
    uint64_t after;
    struct arena *arena;
    struct store_log_page page;
};

static enum status run_page(struct store_db *db, void *context)
{
    struct page_request *request = context;
    struct store_log_query query = {request->channel, 1,        request->after, 0,
                                    100000,           1u << 30, 1u << 20};
    return store_log_page(db, &query, request->arena, &request->page);
}

static struct test_job *make_jobs(size_t count,
                                  enum status (*run)(struct store_db *db, struct store_job *job),
                                  const struct id *channel,
                                  struct counts *counts)
{
    struct test_job *jobs = calloc(count, sizeof *jobs);
    assert_non_null(jobs);
    *counts = (struct counts){.in_order = true};
    for (size_t i = 0; i < count; i++) {
        jobs[i].job.run = run;
        jobs[i].job.done = done;
        jobs[i].counts = counts;
        jobs[i].number = (uint32_t)i + 1;
        if (channel != NULL)
            jobs[i].channel = *channel;
    }
    return jobs;
}

static void start(struct fixture *f, struct loop *loop, struct id *channel)
{
    ASSERT_OK(fixture_open_store(f, &f->store));
    if (channel != NULL)
        ASSERT_OK(fixture_run(f->store, setup_channel, channel));
    ASSERT_OK(loop_start(loop, f->store));
}

/* The same, with a channel and a log that is truncated as often as that. */
static void
start_truncating(struct fixture *f, int64_t interval_ms, struct loop *loop, struct id *channel)
{
    struct store_options options = {.state_directory = f->directory,
                                    .create = true,
                                    .free_bytes_min = 1,
                                    .wal_truncate_interval_ms = interval_ms};
    ASSERT_OK(store_open(&options, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, channel));
    ASSERT_OK(loop_start(loop, f->store));
}

/* Hands them in at once and waits until all are done. */
static void write_all(struct fixture *f, struct loop *loop, struct test_job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ASSERT_OK(store_write(f->store, &jobs[i].job));
    assert_true(loop_run_until(loop, &jobs->counts->done, count));
}

static void many_jobs_share_few_commits(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts counts;
    struct store_figures figures;
    enum { COUNT = 2000 };
    start(f, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &counts);
    write_all(f, &loop, jobs, COUNT);
    assert_int_equal(counts.ok, COUNT);
    assert_true(counts.in_order);
    store_figures(f->store, &figures);
    assert_int_equal(figures.jobs_written, COUNT + 1);
    assert_true(figures.transactions >= 1 + COUNT / STORE_BATCH_JOBS_MAX);
    assert_true(figures.transactions < COUNT / 4);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(jobs[i].appended.sequence, i + 1);
    store_close(&f->store);
    free(jobs);
}

static void a_failing_job_leaves_no_trace_and_harms_no_other(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts counts;
    enum { COUNT = 300 };
    start(f, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &counts);
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i].fails = i % 3 == 0;
        ASSERT_OK(store_write(f->store, &jobs[i].job));
    }
    assert_true(loop_run_until(&loop, &counts.done, COUNT));
    assert_int_equal(counts.ok, 200);
    store_close(&f->store);

    struct page_request request = {.channel = channel, .arena = &f->arena};
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, run_page, &request));
    assert_int_equal(request.page.count, 200);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(request.page.items[i].sequence, i + 1);
    free(jobs);
}

static void one_of_many_commits_to_an_epoch_wins(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts counts;
    enum { RACERS = 20, EPOCHS = 50, COUNT = RACERS * EPOCHS };
    start(f, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_commit, &channel, &counts);
    for (size_t i = 0; i < COUNT; i++) {
        jobs[i].epoch = i / RACERS;
        ASSERT_OK(store_write(f->store, &jobs[i].job));
    }
    assert_true(loop_run_until(&loop, &counts.done, COUNT));
    assert_int_equal(counts.ok, EPOCHS);
    assert_int_equal(counts.refused, COUNT - EPOCHS);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(jobs[i].job.status, i % RACERS == 0 ? STATUS_OK : STATUS_WRONG_EPOCH);
    store_close(&f->store);
    free(jobs);
}

static void an_invite_raced_a_thousand_times_is_redeemed_once(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct counts counts;
    enum { COUNT = 1000 };
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_invite, NULL));
    ASSERT_OK(loop_start(&loop, f->store));
    struct test_job *jobs = make_jobs(COUNT, run_redeem, NULL, &counts);
    write_all(f, &loop, jobs, COUNT);
    assert_int_equal(counts.ok, 1);
    assert_int_equal(counts.refused, COUNT - 1);
    for (size_t i = 1; i < COUNT; i++)
        assert_int_equal(jobs[i].job.status, STATUS_REPLAYED);
    store_close(&f->store);
    free(jobs);
}

struct read_job {
    struct store_job job;
    struct counts *counts;
    struct page_request request;
    struct arena arena;
    uint64_t at_least;
};

static enum status run_read_job(struct store_db *db, struct store_job *job)
{
    struct read_job *self = (struct read_job *)job;
    self->request.arena = &self->arena;
    return run_page(db, &self->request);
}

static void done_read(struct store_job *job, enum status status)
{
    struct read_job *self = (struct read_job *)job;
    self->counts->done++;
    self->counts->ok += status == STATUS_OK && self->request.page.count >= self->at_least;
    arena_clear(&self->arena);
    free(self);
}

static void a_read_sees_every_write_that_was_done(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts written;
    struct counts read = {0};
    enum { COUNT = 200 };
    start(f, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &written);
    for (size_t i = 0; i < COUNT; i++) {
        ASSERT_OK(store_write(f->store, &jobs[i].job));
        assert_true(loop_run_until(&loop, &written.done, i + 1));
        struct read_job *job = calloc(1, sizeof *job);
        assert_non_null(job);
        job->job = (struct store_job){.run = run_read_job, .done = done_read};
        job->counts = &read;
        job->request.channel = channel;
        job->arena = ARENA_INIT(16u << 20);
        job->at_least = i + 1;
        ASSERT_OK(store_read(f->store, &job->job));
    }
    assert_true(loop_run_until(&loop, &read.done, COUNT));
    assert_int_equal(read.ok, COUNT);
    store_close(&f->store);
    free(jobs);
}

static enum status run_forbidden_write(struct store_db *db, struct store_job *job)
{
    (void)job;
    return store_meta_set(db, "key", SPAN_LITERAL("value"));
}

static void a_read_job_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct counts counts;
    start(f, &loop, NULL);
    struct test_job *jobs = make_jobs(1, run_forbidden_write, NULL, &counts);
    ASSERT_OK(store_read(f->store, &jobs[0].job));
    assert_true(loop_run_until(&loop, &counts.done, 1));
    assert_int_equal(jobs[0].job.status, STATUS_INTERNAL);
    store_close(&f->store);
    free(jobs);
}

/* For the one long read, which runs on a thread of the store. */
static atomic_bool read_may_end;

static enum status run_long_read(struct store_db *db, struct store_job *job)
{
    struct id nobody = id_number(1);
    bool is_member;
    TRY(store_channels_is_member(db, &((struct test_job *)job)->channel, &nobody, &is_member));
    /* With its snapshot of the log. */
    while (!atomic_load(&read_may_end))
        usleep(1000);
    return STATUS_OK;
}

static void a_long_read_holds_up_no_write(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts read;
    struct counts written;
    enum { COUNT = 20 };
    start_truncating(f, 1, &loop, &channel);
    struct test_job *reader = make_jobs(1, run_long_read, &channel, &read);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &written);
    ASSERT_OK(store_read(f->store, &reader->job));
    usleep(100000);
    time_t start = time(NULL);
    for (size_t i = 0; i < COUNT; i++) {
        ASSERT_OK(store_write(f->store, &jobs[i].job));
        assert_true(loop_run_until(&loop, &written.done, i + 1));
    }
    time_t elapsed_s = time(NULL) - start;
    size_t read_done = read.done;
    atomic_store(&read_may_end, true);
    assert_int_equal(read_done, 0);
    assert_int_equal(written.ok, COUNT);
    /* As long as one wait for the reader would take. */
    assert_true(elapsed_s < STORE_BUSY_TIMEOUT_MS / 1000);
    assert_true(loop_run_until(&loop, &read.done, 1));
    assert_int_equal(read.ok, 1);
    store_close(&f->store);
    free(reader);
    free(jobs);
}

static enum status run_slow(struct store_db *db, struct store_job *job)
{
    (void)db;
    (void)job;
    usleep(200000);
    return STATUS_OK;
}

static void a_full_queue_refuses_and_closing_runs_what_waits(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts counts;
    enum { COUNT = STORE_QUEUE_JOBS_MAX + 1000 };
    start(f, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &counts);
    size_t accepted = 0;
    size_t refused = 0;
    jobs[0].job.run = run_slow;
    for (size_t i = 0; i < COUNT; i++) {
        enum status status = store_write(f->store, &jobs[i].job);
        accepted += status == STATUS_OK;
        refused += status == STATUS_RATE_LIMITED;
    }
    assert_true(refused >= 1000 - STORE_BATCH_JOBS_MAX);
    assert_int_equal(accepted + refused, COUNT);
    store_close(&f->store);
    assert_int_equal(counts.done, accepted);
    assert_int_equal(counts.ok, accepted);
    free(jobs);
}

static long file_size(struct fixture *f, const char *name)
{
    char path[128];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", f->directory, name);
    free(read_file(path, &size));
    return (long)size;
}

static void the_log_stays_inside_what_was_filled(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts counts;
    struct store_figures figures;
    enum { COUNT = 6000 };
    start(f, &loop, &channel);
    long filled = file_size(f, "weftd.db-wal");
    assert_true(filled >= (long)STORE_WAL_PAGES_FILLED * 4096);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &counts);
    /* Few at a time, so that there are many commits. */
    for (size_t i = 0; i < COUNT; i++) {
        ASSERT_OK(store_write(f->store, &jobs[i].job));
        if (i % 10 == 9)
            assert_true(loop_run_until(&loop, &counts.done, i + 1));
    }
    assert_int_equal(counts.ok, COUNT);
    store_figures(f->store, &figures);
    assert_true(figures.checkpoints >= 1);
    assert_int_equal(file_size(f, "weftd.db-wal"), filled);
    store_close(&f->store);
    assert_int_equal(file_size(f, "weftd.db-wal"), 0);
    free(jobs);
}

static enum status run_count_indexed(struct store_db *db, struct store_job *job)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(*) FROM log_messages JOIN log USING (row)");
    TRY(query_one(&q));
    query_take_unsigned(&q, &((struct test_job *)job)->epoch);
    return q.status;
}

/* Until so many are in the index, with so many looks at it. */
static void
wait_until_indexed(struct fixture *f, struct loop *loop, uint64_t count, size_t looks_max)
{
    struct counts looked;
    struct test_job *looks = make_jobs(looks_max, run_count_indexed, NULL, &looked);
    size_t at = 0;
    do {
        usleep(20000);
        ASSERT_OK(store_read(f->store, &looks[at].job));
        assert_true(loop_run_until(loop, &looked.done, at + 1));
    } while (looks[at].epoch < count && ++at < looks_max);
    assert_true(at < looks_max);
    free(looks);
}

static void message_ids_reach_their_index_when_the_log_is_truncated(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts written;
    enum { COUNT = 2 * STORE_LOG_IDS_PORTION + 1 };
    start_truncating(f, 1, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &written);
    write_all(f, &loop, jobs, COUNT);
    wait_until_indexed(f, &loop, COUNT, 200);
    store_close(&f->store);
    free(jobs);
}

/* The store asks this one, in place of the C library's, how much room there is. */
static atomic_bool disk_is_full;
static atomic_uint disk_looks;

int statvfs(const char *path, struct statvfs *disk)
{
    (void)path;
    atomic_fetch_add(&disk_looks, 1);
    *disk =
        (struct statvfs){.f_frsize = 4096, .f_bavail = atomic_load(&disk_is_full) ? 0 : 1000000};
    return 0;
}

static void a_full_disk_is_not_looked_at_without_a_pause(void **state)
{
    struct fixture *f = *state;
    struct loop loop;
    struct id channel;
    struct counts written;
    struct store_figures figures;
    enum { COUNT = 10 };
    start_truncating(f, 500, &loop, &channel);
    struct test_job *jobs = make_jobs(COUNT, run_message, &channel, &written);
    write_all(f, &loop, jobs, COUNT);
    atomic_store(&disk_is_full, true);
    do { /* ids are to go into their index once the log is short */
        usleep(10000);
        store_figures(f->store, &figures);
    } while (figures.truncations == 0);
    unsigned looks = atomic_load(&disk_looks);
    usleep(300000);
    looks = atomic_load(&disk_looks) - looks;
    atomic_store(&disk_is_full, false);
    print_message("%u looks at a full disk in 0.3 s\n", looks);
    assert_true(looks < 20);
    wait_until_indexed(f, &loop, COUNT, 400);
    store_close(&f->store);
    free(jobs);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, fixture_make_directory, fixture_remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(many_jobs_share_few_commits),
        TEST(a_failing_job_leaves_no_trace_and_harms_no_other),
        TEST(one_of_many_commits_to_an_epoch_wins),
        TEST(an_invite_raced_a_thousand_times_is_redeemed_once),
        TEST(a_read_sees_every_write_that_was_done),
        TEST(a_read_job_cannot_write),
        TEST(a_long_read_holds_up_no_write),
        TEST(a_full_queue_refuses_and_closing_runs_what_waits),
        TEST(the_log_stays_inside_what_was_filled),
        TEST(message_ids_reach_their_index_when_the_log_is_truncated),
        TEST(a_full_disk_is_not_looked_at_without_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
