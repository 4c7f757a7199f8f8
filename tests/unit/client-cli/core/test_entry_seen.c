/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/entry_seen.h"

#include "client-cli/core/channel_join.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/limits.h"
#include "protocol/crypto/random_system.h"
#include "tests/unit/client-cli/core/profile_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JOINED_AT 10
#define CURSOR 14

/* A profile in a channel that it joined at entry 10, and whose entries up to 14 it has. */
struct room {
    struct profile_room profile;
    struct channel *channel;
    struct content_seen seen; /* of a sender who saw all that we did */
};

static void store_entry(struct room *room, uint64_t sequence)
{
    struct engine *engine = room->profile.engine;
    struct stored_entry entry = {
        .sequence = sequence, .fate = ENTRY_READ, .time = (int64_t)sequence * 60000};
    memset(entry.running_hash, (int)sequence, sizeof entry.running_hash);
    entry.message.bytes[0] = (uint8_t)sequence;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_store(engine, &room->channel->id, &entry), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

static int room_open(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    profile_room_open(&room->profile);
    struct engine *engine = room->profile.engine;
    room->channel = profile_room_channel(&room->profile);
    room->channel->generation = 1;
    room->channel->joined_sequence = JOINED_AT;
    room->channel->cursor = CURSOR;
    assert_int_equal(account_make_keys(&engine->account, random_system()), STATUS_OK);
    struct channel_role_item role = {engine->account.person, CHANNEL_ROLE_FACILITATOR};
    const struct channel_extension extension = {.visibility = CHANNEL_RESTRICTED,
                                                .history = CHANNEL_HISTORY_FROM_JOINING,
                                                .roles = &role,
                                                .role_count = 1};
    assert_int_equal(channel_join_new_group(engine, room->channel, &extension), STATUS_OK);
    for (uint64_t sequence = JOINED_AT + 1; sequence <= CURSOR; sequence++)
        store_entry(room, sequence);
    room->seen.sequence = CURSOR;
    room->seen.epoch_authenticator = mls_group_epoch_authenticator(room->channel->group);
    memset(room->seen.running_hash, CURSOR, sizeof room->seen.running_hash);
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    struct room *room = *state;
    profile_room_close(&room->profile);
    free(room);
    return 0;
}

/* An entry a minute; this one is as much later. */
static const char *problem_at(struct room *room, uint64_t sequence, int64_t later_ms)
{
    const char *problem = "";
    const struct entry_seen_place place = {sequence, CURSOR * 60000 + later_ms};
    assert_int_equal(
        entry_seen_check(room->profile.engine, room->channel, &place, &room->seen, &problem),
        STATUS_OK);
    return problem;
}

static const char *problem_of(struct room *room, uint64_t sequence)
{
    return problem_at(room, sequence, 1000);
}

static void whoever_saw_what_we_saw_is_not_warned_of(void **state)
{
    struct room *room = *state;
    assert_null(problem_of(room, CURSOR + 1));
    room->seen.sequence = CURSOR - 1;
    memset(room->seen.running_hash, CURSOR - 1, sizeof room->seen.running_hash);
    assert_null(problem_of(room, CURSOR + 1));
}

static void another_hash_at_a_place_that_we_have_is_another_log(void **state)
{
    struct room *room = *state;
    for (uint64_t sequence = JOINED_AT + 1; sequence <= CURSOR; sequence++) {
        room->seen.sequence = sequence;
        memset(room->seen.running_hash, 99, sizeof room->seen.running_hash);
        const char *problem = problem_of(room, CURSOR + 1);
        assert_non_null(problem);
        assert_non_null(strstr(problem, "saw another log"));
    }
}

/* One entry left out, and the rest numbered as if it had never been: the sender's own message comes
 * under the number of what they saw last. */
static void nobody_has_seen_their_own_message_before_they_said_it(void **state)
{
    struct room *room = *state;
    for (uint64_t more = 1; more < 4; more++) {
        room->seen.sequence = CURSOR + more;
        const char *problem = problem_of(room, CURSOR + 1);
        assert_non_null(problem);
        assert_non_null(strstr(problem, "had seen more"));
    }
}

static void what_was_kept_from_the_sender_for_minutes_shows(void **state)
{
    struct room *room = *state;
    room->seen.sequence = CURSOR - 1;
    memset(room->seen.running_hash, CURSOR - 1, sizeof room->seen.running_hash);
    assert_null(problem_at(room, CURSOR + 1, CORE_UNSEEN_MS));
    const char *problem = problem_at(room, CURSOR + 1, CORE_UNSEEN_MS + 1);
    assert_non_null(problem);
    assert_non_null(strstr(problem, "had not been shown"));
    /* Who has seen all may speak after days. */
    room->seen.sequence = CURSOR;
    memset(room->seen.running_hash, CURSOR, sizeof room->seen.running_hash);
    assert_null(problem_at(room, CURSOR + 1, INT64_C(86400000)));
}

static void what_was_before_we_joined_cannot_be_compared(void **state)
{
    struct room *room = *state;
    room->seen.sequence = JOINED_AT;
    memset(room->seen.running_hash, 99, sizeof room->seen.running_hash);
    assert_null(problem_of(room, CURSOR + 1));
}

static void another_group_of_the_same_epoch_shows(void **state)
{
    struct room *room = *state;
    room->seen.epoch_authenticator = SPAN_LITERAL("of another group");
    const char *problem = problem_of(room, CURSOR + 1);
    assert_non_null(problem);
    assert_non_null(strstr(problem, "in another group"));
    room->seen.epoch++;
    assert_null(problem_of(room, CURSOR + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whoever_saw_what_we_saw_is_not_warned_of, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(another_hash_at_a_place_that_we_have_is_another_log,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(nobody_has_seen_their_own_message_before_they_said_it,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(what_was_kept_from_the_sender_for_minutes_shows, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(what_was_before_we_joined_cannot_be_compared, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(another_group_of_the_same_epoch_shows, room_open,
                                        room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
