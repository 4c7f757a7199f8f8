/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"
#include "tests/unit/server/store/loop.h"

#include "server/store/limits.h"
#include "server/store/window.h"

#include <unistd.h>

#define LENGTH_US 4000
#define STEP_US 500

/* So many commits of `taken` jobs with nothing waiting, one after another; returns how many of them
 * waited for more than one job. */
static size_t commit(struct window *window, size_t count, size_t taken, int64_t *now_us)
{
    size_t waits = 0;
    for (size_t i = 0; i < count; i++) {
        *now_us += STEP_US;
        waits += window_begin(window, *now_us) > 1;
        window_end(window, taken, 0, *now_us);
    }
    return waits;
}

static void without_a_length_nothing_is_waited_for(void **state)
{
    (void)state;
    struct window window;
    int64_t now_us = 0;
    window_init(&window, 0);
    assert_int_equal(commit(&window, 1000, 100, &now_us), 0);
}

static void the_first_job_waits_for_nobody(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, LENGTH_US);
    assert_int_equal(window_begin(&window, 0), 1);
}

static void as_many_are_expected_as_the_last_commit_had_and_found_waiting(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, LENGTH_US);
    assert_int_equal(window_begin(&window, 0), 1);
    window_end(&window, 3, 5, STEP_US);
    assert_int_equal(window_begin(&window, 2 * STEP_US), 8);
    window_end(&window, 7, 0, 3 * STEP_US);
    assert_int_equal(window_begin(&window, 4 * STEP_US), 7);
    window_end(&window, STORE_BATCH_JOBS_MAX, STORE_BATCH_JOBS_MAX, 5 * STEP_US);
    assert_int_equal(window_begin(&window, 6 * STEP_US), STORE_BATCH_JOBS_MAX);
}

static void after_a_pause_nobody_is_waited_for(void **state)
{
    (void)state;
    struct window window;
    window_init(&window, LENGTH_US);
    assert_int_equal(window_begin(&window, 0), 1);
    window_end(&window, 8, 0, STEP_US);
    assert_int_equal(window_begin(&window, 2 * STEP_US + STORE_WINDOW_PAUSE_US), 1);
}

static void whoever_sends_alone_waits_ever_more_seldom(void **state)
{
    (void)state;
    struct window window;
    int64_t now_us = 0;
    window_init(&window, LENGTH_US);
    assert_int_equal(window_begin(&window, now_us), 1);
    window_end(&window, 1, 0, now_us);
    size_t waits = commit(&window, 100000, 1, &now_us);
    assert_true(waits > 0);
    assert_true(waits < 100000 / STORE_WINDOW_TRIAL_COMMITS_MAX + 10);
}

static void two_groups_that_take_turns_meet_in_a_trial(void **state)
{
    (void)state;
    struct window window;
    int64_t now_us = 0;
    size_t commits = 0;
    window_init(&window, LENGTH_US);
    assert_int_equal(window_begin(&window, now_us), 1);
    window_end(&window, 4, 0, now_us);
    /* Four are expected and come at once; whoever waits longer finds the other four. */
    for (; window.expected == 4 && commits < 100; commits++) {
        now_us += STEP_US;
        size_t expected = window_begin(&window, now_us);
        window_end(&window, expected > 4 ? 8 : 4, 0, now_us);
    }
    assert_int_equal(commits, STORE_WINDOW_TRIAL_COMMITS_MIN);
    assert_int_equal(window.expected, 8);
    assert_int_equal(window.trial_interval, STORE_WINDOW_TRIAL_COMMITS_MIN);
}

/* ---- with a store ---- */

enum { SENDERS = 8, MESSAGES = 50 };

struct sender {
    struct store_job job;
    struct id channel;
    uint32_t number; /* of its message */
    size_t *done;
};

static enum status run_message(struct store_db *db, struct store_job *job)
{
    struct sender *sender = (struct sender *)job;
    struct store_message message =
        message_of(&sender->channel, &sender->channel, sender->number, 0);
    struct store_appended appended;
    return store_log_append_message(db, &message, &appended);
}

static void count(struct store_job *job, enum status status)
{
    ASSERT_OK(status);
    ++*((struct sender *)job)->done;
}

static enum status setup_channel(struct store_db *db, void *context)
{
    *(struct id *)context = make_channel(db, 1);
    return STATUS_OK;
}

static void those_who_wait_for_their_acknowledgement_share_commits(void **state)
{
    struct fixture *f = *state;
    struct store_options options = {.state_directory = f->directory,
                                    .create = true,
                                    .free_bytes_min = 1,
                                    .commit_window_ms = 200};
    struct loop loop;
    struct id channel;
    struct sender senders[SENDERS];
    struct store_figures before;
    struct store_figures after;
    size_t done = 0;
    ASSERT_OK(store_open(&options, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    ASSERT_OK(loop_start(&loop, f->store));
    store_figures(f->store, &before);
    for (uint32_t i = 0; i < SENDERS * MESSAGES; i++) {
        struct sender *sender = &senders[i % SENDERS];
        *sender = (struct sender){{.run = run_message, .done = count}, channel, i, &done};
        ASSERT_OK(store_write(f->store, &sender->job));
        usleep(1000); /* longer than a commit takes */
        if (i % SENDERS == SENDERS - 1)
            assert_true(loop_run_until(&loop, &done, i + 1));
    }
    store_figures(f->store, &after);
    assert_int_equal(after.jobs_written - before.jobs_written, SENDERS * MESSAGES);
    /* One for each round, or two where the machine was too busy to go on at once; without a window
     * there would be one for each message. */
    assert_true(after.transactions - before.transactions < SENDERS * MESSAGES / 2);
    store_close(&f->store);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, fixture_make_directory, fixture_remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_length_nothing_is_waited_for),
        cmocka_unit_test(the_first_job_waits_for_nobody),
        cmocka_unit_test(as_many_are_expected_as_the_last_commit_had_and_found_waiting),
        cmocka_unit_test(after_a_pause_nobody_is_waited_for),
        cmocka_unit_test(whoever_sends_alone_waits_ever_more_seldom),
        cmocka_unit_test(two_groups_that_take_turns_meet_in_a_trial),
        TEST(those_who_wait_for_their_acknowledgement_share_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
