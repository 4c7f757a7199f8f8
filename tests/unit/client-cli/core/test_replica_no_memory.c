/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A client's memory fails at each allocation in turn while it looks at a head of the directory:
 * that is an error, and never a word about the server.
 */
#include "client-cli/core/replica.h"

#include "protocol/crypto/random_system.h"
#include "tests/unit/client-cli/core/profile_room.h"
#include "tests/unit/failing_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Whether it was looked at, with the allocation of this number failing, if it comes to it. */
static bool hear(struct profile_room *room, struct span head, long failing)
{
    failing_memory_begin(failing);
    enum status status = replica_hear(room->engine, head);
    bool failed = failing_memory_end();
    assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
    return !failed;
}

static void no_memory_is_no_word_about_the_server(void **state)
{
    struct profile_room room;
    CLEANUP(buffer_clear) struct buffer head = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    CLEANUP(secret_clear) struct secret log_private = {0};
    CLEANUP(account_clear) struct account somebody = ACCOUNT_INIT;
    struct signature_public log_key;
    long failing = 0;
    (void)state;
    profile_room_open(&room);
    assert_int_equal(account_make_keys(&somebody, random_system()), STATUS_OK);
    profile_room_enrol(&room, &somebody, NULL);
    assert_int_equal(signature_generate(SIGNATURE_ED25519, random_system(), &log_private, &log_key),
                     STATUS_OK);
    memcpy(room.engine->account.log_key, log_key.bytes, sizeof room.engine->account.log_key);
    assert_int_equal(directory_head_sign(directory_log_of(room.engine->directory), 1,
                                         secret_span(&log_private), &head),
                     STATUS_OK);
    while (!hear(&room, buffer_span(&head), failing))
        failing++;
    assert_true(failing > 1);
    /* Another's head is one about it. */
    room.engine->account.log_key[0] ^= 1;
    assert_int_equal(replica_hear(room.engine, buffer_span(&head)), STATUS_UNTRUSTED);
    profile_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_no_word_about_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
