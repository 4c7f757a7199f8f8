/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What becomes of a commit that was sent, by what came of sending it. The linker puts a server
 * below in place of engine_call (CMakeLists.txt).
 */
#include "client-cli/core/channel_commit.h"

#include "protocol/base/limits.h"
#include "tests/unit/client-cli/core/channel_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. */
enum status __wrap_engine_call(struct engine *engine,
                               enum wire_request kind,
                               const void *request,
                               struct connection_reply *reply,
                               void *response);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

/* What comes of a commit. */
static enum status outcome;

enum status __wrap_engine_call(struct engine *engine,
                               enum wire_request kind,
                               const void *request,
                               struct connection_reply *reply,
                               void *response)
{
    (void)request;
    (void)reply;
    if (kind == WIRE_CHANNEL_COMMIT)
        return outcome;
    assert_int_equal(kind, WIRE_CHANNEL_PAGE);
    *(struct wire_channel_page_response *)response =
        (struct wire_channel_page_response){.last_sequence = engine->channels->cursor};
    return STATUS_OK;
}

static int room_open(void **state)
{
    struct channel_room *room = channel_room_open();
    channel_room_enter(room, 0);
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    channel_room_close(*state);
    return 0;
}

static enum status store_group(struct engine *engine, struct channel *channel, void *context)
{
    (void)context;
    return channel_store_new_group(engine, channel);
}

static enum status propose_path(struct engine *engine,
                                struct channel *channel,
                                void *context,
                                struct channel_proposals *proposals)
{
    (void)engine;
    (void)channel;
    (void)context;
    proposals->path = true;
    return STATUS_OK;
}

/* It may be in the log: given up, it would look there like that of a copy of this vault. */
static void a_commit_waits_until_the_server_has_refused_it(void **state)
{
    struct channel_room *room = *state;
    struct engine *engine = room->profile.engine;
    const enum status open[] = {STATUS_NO_MEMORY, STATUS_CRYPTO,  STATUS_IO,
                                STATUS_NETWORK,   STATUS_TIMEOUT, STATUS_RATE_LIMITED};
    const struct channel_change change = {.propose = propose_path};
    bool done = false;
    assert_int_equal(channel_transact(engine, room->channel, store_group, NULL), STATUS_OK);
    outcome = open[0];
    assert_int_equal(channel_commit(engine, room->channel, &change, &done), outcome);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        assert_true(mls_group_has_pending(room->channel->group));
        outcome = open[i];
        assert_int_equal(channel_commit_again(engine, room->channel), outcome);
    }
    assert_true(mls_group_has_pending(room->channel->group));
    outcome = STATUS_DENIED;
    assert_int_equal(channel_commit_again(engine, room->channel), STATUS_OK);
    assert_false(mls_group_has_pending(room->channel->group));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_commit_waits_until_the_server_has_refused_it, room_open,
                                        room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
