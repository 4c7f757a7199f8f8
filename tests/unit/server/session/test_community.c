/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The directory while others read it. */
#include "tests/unit/server/store/fixture.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "server/session/community.h"
#include "tests/unit/protocol/channel/party.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* How long the readers go on without a change, and until when it must have come. */
#define GIVEN_UP_MS 4000
#define PATIENT_MS 2000

#define OTHER_CANNOT_MS 100

struct turns {
    struct community *community;
    atomic_bool *ended;
    atomic_uint *own; /* how often it has begun to read */
    atomic_uint *others;
};

static int64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

/* Gives back only when the other has begun to read since, or cannot. */
static void *read_in_turns(void *argument)
{
    const struct turns *turns = argument;
    const struct timespec pause = {.tv_nsec = 100000};
    const int64_t end_ms = now_ms() + GIVEN_UP_MS;
    while (!atomic_load(turns->ended) && now_ms() < end_ms) {
        (void)community_lend(turns->community);
        const unsigned before = atomic_load(turns->others);
        const int64_t until_ms = now_ms() + OTHER_CANNOT_MS;
        atomic_fetch_add(turns->own, 1);
        while (atomic_load(turns->others) == before && now_ms() < until_ms)
            nanosleep(&pause, NULL);
        community_give_back(turns->community);
    }
    return NULL;
}

static void entry_done(struct community_change *change, enum status status)
{
    (void)change;
    ASSERT_OK(status);
}

static void add_somebody(struct community *community)
{
    const struct channel_identity identity = {id_number(1), id_number(1)};
    struct party party;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    party_make(&party, &identity, NOW);
    party_sign_entry(&party, &bytes);
    struct community_change change = {.entry = buffer_span(&bytes), .done = entry_done};
    community_submit(community, &change);
}

/* Two validators with a line of commits before them: the loop would stand still until its end. */
static void a_change_waits_for_those_who_read_and_not_for_who_comes_later(void **state)
{
    struct fixture *fixture = *state;
    struct identity *identity = NULL;
    struct community *community = NULL;
    atomic_bool ended = false;
    atomic_uint begun[2] = {0, 0};
    pthread_t threads[2];
    ASSERT_OK(fixture_open_store(fixture, &fixture->store));
    ASSERT_OK(identity_create(fixture->directory, random_system()));
    ASSERT_OK(identity_open(fixture->directory, &identity));
    struct community_options options = {
        .store = fixture->store, .identity = identity, .clock = clock_system()};
    ASSERT_OK(community_open(&options, &community));
    struct turns readers[2] = {{community, &ended, &begun[0], &begun[1]},
                               {community, &ended, &begun[1], &begun[0]}};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_in_turns, &readers[i]), 0);
    int64_t before_ms = now_ms();
    add_somebody(community);
    int64_t took_ms = now_ms() - before_ms;
    atomic_store(&ended, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(took_ms, 0, PATIENT_MS);
    assert_int_equal(directory_log_of(community_directory(community))->size, 1);
    community_close(&community);
    identity_close(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_change_waits_for_those_who_read_and_not_for_who_comes_later, fixture_make_directory,
            fixture_remove_directory),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
