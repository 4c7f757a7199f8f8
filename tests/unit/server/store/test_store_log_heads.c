/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an append remembers of its channel and sender is what the database says, whatever was
 * written or taken back in between. */
#include "tests/unit/server/store/fixture.h"

#include "server/store/log_heads.h"
#include "server/store/members.h"
#include "server/store/transaction.h"

#include <stdlib.h>

enum { CHANNELS = 3, STEPS = 20000 };

struct world {
    struct fixture *f;
    struct id channels[CHANNELS]; /* each with the device of its own number, and that of 9 */
    struct id guest;
    uint32_t message;
    uint64_t epochs[CHANNELS];
    unsigned seed;
};

static int draw(struct world *world, int below)
{
    return rand_r(&world->seed) % below;
}

struct step {
    struct store_job job;
    struct world *world;
    int what;
    int channel;
    bool fails;
};

static enum status append(struct world *world, const struct id *channel, const struct id *device)
{
    struct store_appended appended;
    struct store_message message = message_of(channel, device, ++world->message, 0);
    struct log_head before;
    TRY(log_heads_get(world->f->db, channel, &before));
    message.epoch = before.epoch;
    TRY(store_log_append_message(world->f->db, &message, &appended));
    assert_int_equal(appended.sequence, before.last_sequence + 1);
    return STATUS_OK;
}

static enum status end_epoch(struct world *world, int number)
{
    const struct id *channel = &world->channels[number];
    struct store_commit commit = {
        .message = message_of(channel, channel, ++world->message, world->epochs[number]),
        .public_state = SPAN_LITERAL("state"),
        .group_info = SPAN_LITERAL("info"),
        .tree = SPAN_LITERAL("tree"),
    };
    struct store_appended appended;
    return store_log_append_commit(world->f->db, &commit, &appended);
}

static enum status run_step(struct store_db *db, struct store_job *job)
{
    struct step *step = (struct step *)job;
    struct world *world = step->world;
    const struct id *channel = &world->channels[step->channel];
    enum status status = STATUS_OK;
    switch (step->what) {
    case 0:
        status = store_channels_set_state(
            db, channel, draw(world, 2) == 0 ? STORE_CHANNEL_FROZEN : STORE_CHANNEL_ACTIVE);
        break;
    case 1:
        status = store_members_remove(db, channel, &world->guest, 1);
        break;
    case 2:
        status = store_members_add(db, channel, &world->guest, &world->guest, 1, NOW);
        break;
    case 3:
        status = store_people_suspend(db, &world->guest, draw(world, 2) == 0);
        break;
    case 4:
        status = end_epoch(world, step->channel);
        break;
    default:
        status = append(world, channel, step->what % 2 == 0 ? channel : &world->guest);
        break;
    }
    return step->fails ? STATUS_DENIED : status;
}

/* The same as is read anew. */
static void holds(struct world *world, const struct id *channel, const struct id *device)
{
    struct store_db *db = world->f->db;
    struct log_head known;
    struct log_head read;
    int64_t known_ms = 0;
    int64_t read_ms = 0;
    ASSERT_OK(log_heads_get(db, channel, &known));
    enum status known_status = log_heads_check_sender(db, channel, device, &known_ms);
    log_heads_forget(db);
    ASSERT_OK(log_heads_get(db, channel, &read));
    assert_int_equal(known_status, log_heads_check_sender(db, channel, device, &read_ms));
    assert_int_equal(known.state, read.state);
    assert_int_equal(known.generation, read.generation);
    assert_int_equal(known.epoch, read.epoch);
    assert_int_equal(known.last_sequence, read.last_sequence);
    assert_int_equal(known_ms, read_ms);
}

/* Of one transaction some steps fail and are taken back, and sometimes all are. */
static void one_transaction(struct world *world)
{
    struct step steps[4];
    bool certain;
    for (size_t i = 0; i < 4; i++)
        steps[i] = (struct step){
            .job = {.run = run_step, .next = i + 1 < 4 ? &steps[i + 1].job : NULL},
            .world = world,
            .what = draw(world, 24),
            .channel = draw(world, CHANNELS),
            .fails = draw(world, 6) == 0,
        };
    ASSERT_OK(store_transaction_write(world->f->db, &steps[0].job, &certain));
    for (size_t i = 0; i < 4; i++)
        if (steps[i].what == 4 && steps[i].job.status == STATUS_OK)
            world->epochs[steps[i].channel]++;
}

static void what_is_remembered_is_what_is_written(void **state)
{
    struct world world = {.f = *state, .seed = 4711};
    struct store_db *db = world.f->db;
    for (uint32_t i = 0; i < CHANNELS; i++)
        world.channels[i] = make_channel(db, i + 1);
    world.guest = make_person(db, 9);
    struct id device = make_device(db, 9, &world.guest);
    assert_true(id_equal(&device, &world.guest));
    for (int i = 0; i < STEPS / 4; i++) {
        one_transaction(&world);
        if (draw(&world, 3) == 0)
            for (size_t channel = 0; channel < CHANNELS; channel++) {
                holds(&world, &world.channels[channel], &world.channels[channel]);
                holds(&world, &world.channels[channel], &world.guest);
            }
    }
    assert_true(world.epochs[0] > 3);
}

static int refuse(void *context)
{
    (void)context;
    return 1;
}

/* SQLite does not count back what it takes back: a head of a transaction that failed as a whole
 * would be one entry ahead of the log. */
static void of_a_transaction_that_failed_nothing_is_believed(void **state)
{
    struct world world = {.f = *state};
    struct store_db *db = world.f->db;
    struct log_head head;
    bool certain;
    world.channels[0] = make_channel(db, 1);
    ASSERT_OK(append(&world, &world.channels[0], &world.channels[0]));
    struct step step = {.job = {.run = run_step}, .world = &world, .what = 6};
    sqlite3_commit_hook(db->sqlite, refuse, NULL);
    assert_int_not_equal(store_transaction_write(db, &step.job, &certain), STATUS_OK);
    sqlite3_commit_hook(db->sqlite, NULL, NULL);
    assert_int_not_equal(step.job.status, STATUS_OK);
    ASSERT_OK(log_heads_get(db, &world.channels[0], &head));
    assert_int_equal(head.last_sequence, 1);
    world.message--; /* the same message again, as its sender would */
    ASSERT_OK(store_transaction_write(db, &step.job, &certain));
    ASSERT_OK(step.job.status);
    holds(&world, &world.channels[0], &world.channels[0]);
    ASSERT_OK(log_heads_get(db, &world.channels[0], &head));
    assert_int_equal(head.last_sequence, 2);
}

/* An append, and then a job of the same commit that needs no savepoint. */
static enum status two_of_a_commit(struct world *world, int what, bool fails, bool *both)
{
    bool certain;
    struct step second = {.job = {.run = run_step, .refuses_first = true},
                          .world = world,
                          .what = what,
                          .fails = fails};
    struct step first = {.job = {.run = run_step, .refuses_first = true, .next = &second.job},
                         .world = world,
                         .what = 6};
    enum status status = store_transaction_write(world->f->db, &first.job, &certain);
    assert_true(certain);
    assert_int_equal(first.job.status, status);
    *both = second.job.status == STATUS_OK;
    return status;
}

static void a_job_without_a_savepoint_fails_alone_or_with_its_commit(void **state)
{
    struct world world = {.f = *state};
    struct store_db *db = world.f->db;
    struct log_head head;
    bool both;
    world.channels[0] = make_channel(db, 1);
    world.guest = make_person(db, 9);
    ASSERT_OK(two_of_a_commit(&world, 8, false, &both));
    assert_true(both);
    ASSERT_OK(two_of_a_commit(&world, 7, false, &both)); /* the guest is no member */
    assert_false(both);
    ASSERT_OK(log_heads_get(db, &world.channels[0], &head));
    assert_int_equal(head.last_sequence, 3);
    ASSERT_STATUS(two_of_a_commit(&world, 8, true, &both), STATUS_DENIED);
    assert_false(both);
    holds(&world, &world.channels[0], &world.channels[0]);
    ASSERT_OK(log_heads_get(db, &world.channels[0], &head));
    assert_int_equal(head.last_sequence, 3);
}

/* The checks are asked for once, not with every message: that is what this is for. */
static void nothing_is_asked_again_while_only_messages_are_written(void **state)
{
    struct world world = {.f = *state};
    struct store_db *db = world.f->db;
    struct log_head head;
    world.channels[0] = make_channel(db, 1);
    ASSERT_OK(append(&world, &world.channels[0], &world.channels[0]));
    /* Unseen by the connection that remembers, as nothing but a test can be. */
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(world.f->database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "UPDATE channels SET epoch = 7", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(other);
    ASSERT_OK(append(&world, &world.channels[0], &world.channels[0]));
    ASSERT_OK(log_heads_get(db, &world.channels[0], &head));
    assert_int_equal(head.epoch, 0);
    log_heads_forget(db);
    ASSERT_OK(log_heads_get(db, &world.channels[0], &head));
    assert_int_equal(head.epoch, 7);
    assert_int_equal(head.last_sequence, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_remembered_is_what_is_written, fixture_open_db,
                                        fixture_close_db),
        cmocka_unit_test_setup_teardown(of_a_transaction_that_failed_nothing_is_believed,
                                        fixture_open_db, fixture_close_db),
        cmocka_unit_test_setup_teardown(a_job_without_a_savepoint_fails_alone_or_with_its_commit,
                                        fixture_open_db, fixture_close_db),
        cmocka_unit_test_setup_teardown(nothing_is_asked_again_while_only_messages_are_written,
                                        fixture_open_db, fixture_close_db),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
