/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Retries find the first result wherever it is kept: in memory, in the index, half in each. */
#include "tests/unit/server/store/fixture.h"

#include "server/store/limits.h"
#include "server/store/log_ids.h"
#include "server/store/transaction.h"

#include <stdlib.h>

enum { MESSAGES = 3 * STORE_LOG_IDS_PORTION / 2 };

struct append_job {
    struct store_job job;
    struct id channel;
    uint32_t number;
    bool fails;
    struct store_appended appended;
};

static enum status run_append(struct store_db *db, struct store_job *job)
{
    struct append_job *append = (struct append_job *)job;
    struct store_message message =
        message_of(&append->channel, &append->channel, append->number, 0);
    TRY(store_log_append_message(db, &message, &append->appended));
    return append->fails ? STATUS_DENIED : STATUS_OK;
}

/* In a transaction, as the writer does it. */
static struct store_appended
append(struct fixture *f, const struct id *channel, uint32_t number, bool fails)
{
    struct append_job job = {{.run = run_append}, *channel, number, fails, {0}};
    bool certain;
    ASSERT_OK(store_transaction_write(f->db, &job.job, &certain));
    ASSERT_STATUS(job.job.status, fails ? STATUS_DENIED : STATUS_OK);
    return job.appended;
}

static void append_all(struct fixture *f, const struct id *channel)
{
    ASSERT_OK(store_db_execute(f->db, "BEGIN"));
    for (uint32_t i = 1; i <= MESSAGES; i++) {
        struct store_message message = message_of(channel, channel, i, 0);
        struct store_appended appended;
        ASSERT_OK(store_log_append_message(f->db, &message, &appended));
        assert_false(appended.again);
    }
    ASSERT_OK(store_db_execute(f->db, "COMMIT"));
}

static void all_are_found_again(struct fixture *f, const struct id *channel)
{
    for (uint32_t i = 1; i <= MESSAGES; i++) {
        struct store_message message = message_of(channel, channel, i, 0);
        struct store_appended appended;
        ASSERT_OK(store_log_append_message(f->db, &message, &appended));
        assert_true(appended.again);
        assert_int_equal(appended.sequence, i);
    }
}

static void index_portion(struct fixture *f)
{
    bool certain;
    ASSERT_OK(log_ids_index_portion(f->db, &certain));
}

/* The process ends and begins again. */
static void reopen(struct fixture *f)
{
    store_db_close(&f->db);
    ASSERT_OK(store_db_open_writer(f->database, &f->db));
    ASSERT_OK(store_db_execute(f->db, "PRAGMA synchronous = OFF"));
}

static void a_retry_is_found_before_while_and_after_it_is_indexed(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    append_all(f, &channel);
    all_are_found_again(f, &channel);
    assert_false(log_ids_is_due(f->db));
    index_portion(f);
    assert_true(log_ids_is_indexing(f->db));
    all_are_found_again(f, &channel);
    append(f, &channel, MESSAGES + 1, false); /* comes while the others are indexed */
    index_portion(f);
    assert_false(log_ids_is_indexing(f->db));
    all_are_found_again(f, &channel);
    assert_true(append(f, &channel, MESSAGES + 1, false).again);
}

static void a_retry_is_found_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    append_all(f, &channel);
    reopen(f);
    all_are_found_again(f, &channel);
    index_portion(f);
    reopen(f); /* between two portions */
    all_are_found_again(f, &channel);
    for (int i = 0; i < 2; i++)
        index_portion(f);
    assert_false(log_ids_is_indexing(f->db));
    append(f, &channel, MESSAGES + 1, false);
    reopen(f);
    all_are_found_again(f, &channel);
    assert_true(append(f, &channel, MESSAGES + 1, false).again);
}

static void what_was_rolled_back_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    append(f, &channel, 1, true); /* the first that is asked for: it fills the memory */
    assert_int_equal(append(f, &channel, 2, false).sequence, 1);
    append(f, &channel, 3, true);
    struct store_appended third = append(f, &channel, 3, false);
    assert_false(third.again);
    assert_int_equal(third.sequence, 2);
    assert_false(append(f, &channel, 1, false).again);
    assert_true(append(f, &channel, 2, false).again);
}

static void one_message_id_of_two_channels_is_two_messages(void **state)
{
    struct fixture *f = *state;
    struct id first = make_channel(f->db, 1);
    struct id second = make_channel(f->db, 2);
    for (int round = 0; round < 2; round++) {
        bool again = round == 1;
        assert_int_equal(append(f, &first, 7, false).again, again);
        append(f, &second, 7, true); /* what is taken back leaves the other there */
        assert_int_equal(append(f, &first, 7, false).again, true);
        assert_int_equal(append(f, &second, 8, false).again, again);
        index_portion(f);
    }
    assert_false(append(f, &second, 7, false).again);
    assert_true(append(f, &first, 7, false).again);
}

/* Against a plain table of what was appended. */
static void any_order_of_appends_failures_portions_and_restarts(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    enum { NUMBERS = 2000, STEPS = 12000 };
    uint64_t sequences[NUMBERS] = {0};
    uint64_t last = 0;
    unsigned seed = 7;
    for (int step = 0; step < STEPS; step++) {
        int what = rand_r(&seed) % 1000;
        uint32_t number = (uint32_t)rand_r(&seed) % NUMBERS;
        if (what < 1) {
            reopen(f);
        } else if (what < 10) {
            index_portion(f);
        } else {
            bool fails = what < 200;
            struct store_appended appended = append(f, &channel, number, fails);
            assert_int_equal(appended.again, sequences[number] != 0);
            assert_int_equal(appended.sequence, appended.again ? sequences[number] : last + 1);
            if (!appended.again && !fails)
                sequences[number] = ++last;
        }
    }
    assert_true(last > NUMBERS / 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_retry_is_found_before_while_and_after_it_is_indexed),
        TEST(a_retry_is_found_after_a_restart),
        TEST(what_was_rolled_back_is_not_found),
        TEST(one_message_id_of_two_channels_is_two_messages),
        TEST(any_order_of_appends_failures_portions_and_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
