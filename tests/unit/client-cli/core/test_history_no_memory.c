/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A newcomer's memory fails at each allocation in turn while a segment is taken: that is an error,
 * of which nothing is recorded, and never a word about whether somebody signed.
 */
#include "client-cli/core/entry.h"
#include "tests/unit/client-cli/core/history_room.h"
#include "tests/unit/failing_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* history_take in a transaction, with the allocation of this number failing, if it comes to it. */
static enum status
take(struct history_room *room, const struct history_key *key, struct span bytes, long failing)
{
    struct vault *vault = room->profile.engine->vault;
    room->taken = (struct history_taken){.messages = 0};
    assert_int_equal(vault_begin(vault), STATUS_OK);
    failing_memory_begin(failing);
    enum status status =
        history_take(room->profile.engine, room->channel, key, bytes, &room->taken, &room->problem);
    bool failed = failing_memory_end();
    assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
    if (failed)
        vault_rollback(vault);
    else
        assert_int_equal(vault_commit(vault), STATUS_OK);
    return status;
}

static void no_memory_is_no_word_about_an_author(void **state)
{
    struct history_room *room = *state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    struct history_key key;
    history_room_edit(room, 1, &room->ben, "two, better");
    assert_int_equal(segment_encode(&room->segment, &bytes), STATUS_OK);
    history_room_key_of(room, buffer_span(&bytes), &key);
    long failing = 0;
    while (take(room, &key, buffer_span(&bytes), failing) != STATUS_OK) {
        assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), 0);
        failing++;
    }
    assert_true(failing > 20);
    assert_int_equal(room->taken.messages, 3);
    assert_int_equal(room->taken.refused, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, history_room_open, history_room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_memory_is_no_word_about_an_author),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
