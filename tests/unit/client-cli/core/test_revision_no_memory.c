/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A client's memory fails at each allocation in turn while it takes a deletion: that is an error,
 * of which nothing is recorded, and never a deletion that cannot be read.
 */
#include "client-cli/core/entry.h"
#include "client-cli/core/revision.h"
#include "tests/unit/client-cli/core/profile_room.h"
#include "tests/unit/failing_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct id author = {{0xaa}};
static const struct id message = {{1}};

static void store(struct engine *engine, const struct channel *channel, struct span content)
{
    struct stored_entry entry = {.sequence = 1,
                                 .generation = 1,
                                 .fate = ENTRY_READ,
                                 .person = author,
                                 .message = message,
                                 .lane = LANE_SIDE,
                                 .content = content};
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_store(engine, &channel->id, &entry), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

/* Whether it was taken, with the allocation of this number failing, if it comes to it. */
static bool take(struct engine *engine,
                 struct channel *channel,
                 const struct content *content,
                 struct span bytes,
                 long failing)
{
    struct stored_entry deletion = {.sequence = 2,
                                    .generation = 1,
                                    .fate = ENTRY_READ,
                                    .person = author,
                                    .message = {{2}},
                                    .lane = LANE_SIDE,
                                    .content = bytes};
    const char *problem = NULL;
    struct id target;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    failing_memory_begin(failing);
    enum status status = revision_target(&deletion, &target);
    if (status == STATUS_OK)
        status = revision_take(engine, channel, &deletion, content, &problem);
    bool failed = failing_memory_end();
    assert_int_equal(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
    assert_null(problem);
    vault_rollback(engine->vault);
    return !failed;
}

static void no_memory_is_no_deletion_that_cannot_be_read(void **state)
{
    struct profile_room room;
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4096);
    struct content_message item = {message};
    struct content_deletion deletion = {&item, 1};
    long failing = 0;
    (void)state;
    profile_room_open(&room);
    struct channel *channel = profile_room_channel(&room);
    assert_int_equal(content_encode_body(CONTENT_DELETION, &deletion, &body), STATUS_OK);
    struct content content = {
        .version = CONTENT_VERSION, .kind = CONTENT_DELETION, .body = buffer_span(&body)};
    assert_int_equal(content_encode(&content, &bytes), STATUS_OK);
    store(room.engine, channel, buffer_span(&bytes));
    while (!take(room.engine, channel, &content, buffer_span(&bytes), failing))
        failing++;
    assert_true(failing > 3);
    profile_room_close(&room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_is_no_deletion_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
