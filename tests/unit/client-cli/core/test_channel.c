/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel.h"

#include "client-cli/core/entry.h"
#include "protocol/crypto/random_system.h"
#include "tests/unit/client-cli/core/profile_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int room_open(void **state)
{
    struct profile_room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    profile_room_open(room);
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    struct profile_room *room = *state;
    profile_room_close(room);
    free(room);
    return 0;
}

static enum status change_nothing(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    (void)channel;
    (void)context;
    return STATUS_OK;
}

static void the_next_process_knows_that_the_vault_is_an_old_copy(void **state)
{
    struct profile_room *room = *state;
    struct channel *channel = NULL;
    struct id ids[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(id_random(room->options.random, &ids[i]), STATUS_OK);
        assert_int_equal(channel_new(room->engine, &ids[i], &channel), STATUS_OK);
        assert_int_equal(channel_transact(room->engine, channel, change_nothing, NULL), STATUS_OK);
    }
    assert_int_equal(channel_distrust_all(room->engine), STATUS_OK);
    channel_free_all(room->engine); /* all that another process finds is in the vault */
    assert_int_equal(channel_load_all(room->engine), STATUS_OK);
    for (size_t i = 0; i < 2; i++) {
        channel = channel_find(room->engine, &ids[i]);
        assert_non_null(channel);
        assert_true(channel->distrusted);
    }
}

static enum status know_log(struct engine *engine, struct channel *channel, void *context)
{
    (void)engine;
    channel->log_size = *(const uint64_t *)context;
    return STATUS_OK;
}

static void the_next_process_follows_no_commit_that_knows_less(void **state)
{
    struct profile_room *room = *state;
    struct channel *channel = NULL;
    uint64_t log_size = UINT64_C(1) << 40;
    const struct id id = {{5}};
    assert_int_equal(channel_new(room->engine, &id, &channel), STATUS_OK);
    assert_int_equal(channel_transact(room->engine, channel, know_log, &log_size), STATUS_OK);
    channel_free_all(room->engine);
    assert_int_equal(channel_load_all(room->engine), STATUS_OK);
    assert_true(channel_find(room->engine, &id)->log_size == log_size);
}

static void store(struct profile_room *room, uint64_t sequence, uint8_t fate, struct id message)
{
    struct id channel = {{1}};
    struct stored_entry entry = {.sequence = sequence, .fate = fate, .message = message};
    assert_int_equal(vault_begin(room->engine->vault), STATUS_OK);
    assert_int_equal(entry_store(room->engine, &channel, &entry), STATUS_OK);
    assert_int_equal(vault_commit(room->engine->vault), STATUS_OK);
}

static void only_a_message_that_was_read_has_its_id(void **state)
{
    struct profile_room *room = *state;
    const struct id channel = {{1}};
    const struct id message = {{7}};
    uint64_t sequence = 0;
    const uint8_t unread[] = {ENTRY_UNREADABLE, ENTRY_BEFORE, ENTRY_CHANGED, ENTRY_REPEATED};
    for (size_t i = 0; i < sizeof unread; i++) {
        store(room, i + 1, unread[i], message);
        assert_int_equal(entry_find_message(room->engine, &channel, &message, &sequence),
                         STATUS_NOT_FOUND);
    }
    store(room, 5, ENTRY_READ, message);
    for (size_t i = 0; i < sizeof unread; i++) {
        store(room, i + 6, unread[i], message);
        assert_int_equal(entry_find_message(room->engine, &channel, &message, &sequence),
                         STATUS_OK);
        assert_int_equal(sequence, 5);
    }
}

/* Else whoever takes everybody out in one commit has nobody go past it, nor report it. */
static void a_commit_about_a_whole_group_has_room_in_the_vault(void **state)
{
    struct profile_room *room = *state;
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct entry_change *changes = calloc(LIMIT_GROUP_MEMBERS, sizeof *changes);
    const struct id channel = {{1}};
    assert_non_null(changes);
    for (size_t i = 0; i < LIMIT_GROUP_MEMBERS; i++)
        changes[i].kind = ENTRY_REMOVED;
    struct stored_entry entry = {.sequence = 1,
                                 .fate = ENTRY_CHANGED,
                                 .changes = changes,
                                 .change_count = LIMIT_GROUP_MEMBERS};
    assert_int_equal(vault_begin(room->engine->vault), STATUS_OK);
    assert_int_equal(entry_store(room->engine, &channel, &entry), STATUS_OK);
    assert_int_equal(vault_commit(room->engine->vault), STATUS_OK);
    free(changes);
    assert_int_equal(entry_get(room->engine, &channel, 1, &record, &arena, &entry), STATUS_OK);
    assert_int_equal(entry.change_count, LIMIT_GROUP_MEMBERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_a_message_that_was_read_has_its_id, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(a_commit_about_a_whole_group_has_room_in_the_vault,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(the_next_process_follows_no_commit_that_knows_less,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(the_next_process_knows_that_the_vault_is_an_old_copy,
                                        room_open, room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
