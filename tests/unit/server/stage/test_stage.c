/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The service with a real store, without threads and without a network: what is stored, what a
 * restart finds, and what delivery asks. Answers go nowhere; what they say is seen by its effect.
 */
#include "tests/unit/server/store/fixture.h"

#include "protocol/crypto/random_system.h"
#include "protocol/format/catalogue.h"
#include "server/delivery/internal.h"
#include "server/stage/stage.h"
#include "server/store/sessions.h"
#include "tests/unit/failing_memory.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000)
#define CHANNEL 1
#define SESSION 70
#define FACILITATOR 1 /* the channel's maker */
#define HOST_PERSON 2
#define LEASE_MS 10000

/* A server that can be killed and started again. */
struct server {
    struct fixture *fixture;
    struct store *store;
    struct journal journal;
    FILE *nowhere;
    struct hub hub;
    struct delivery *delivery;
    struct stage *stage;
    struct channel channel;
    struct channel_role_item roles[2];
    struct buffer format;
    int64_t now_ms;
};

static int64_t wall_ms(void *context)
{
    return NOW + ((struct server *)context)->now_ms;
}

static int64_t monotonic_ms(void *context)
{
    return 1000 + ((struct server *)context)->now_ms;
}

static struct clock_source clock_of(struct server *server)
{
    return (struct clock_source){wall_ms, monotonic_ms, server};
}

static enum status make_rows(struct store_db *db, void *context)
{
    (void)context;
    (void)make_channel(db, CHANNEL);
    (void)make_person(db, HOST_PERSON);
    return STATUS_OK;
}

static void start(struct server *server, const struct clock_source *clock)
{
    ASSERT_OK(fixture_open_store(server->fixture, &server->store));
    server->hub = (struct hub){
        .clock = clock,
        .random = random_system(),
        .journal = &server->journal,
        .store = server->store,
    };
    ASSERT_OK(delivery_new(&server->hub, &server->delivery));
    ASSERT_OK(stage_new(server->delivery, &server->stage));
    ASSERT_OK(stage_restore(server->stage));
    server->channel.session = NULL;
    server->delivery->hooks.loaded(server->delivery->hooks.context, &server->channel, NULL);
    ASSERT_OK(id_map_set(&server->delivery->channels, &server->channel.id, &server->channel));
}

static void stop(struct server *server)
{
    store_close(&server->store);
    stage_free(&server->stage);
    id_map_remove(&server->delivery->channels, &server->channel.id);
    delivery_free(&server->delivery);
}

/* For the length of a test: a server with one channel. */
#define WITH_SERVER(server_, state_)                                                               \
    struct server server_ = {.fixture = *(state_)};                                                \
    struct clock_source clock_ = clock_of(&server_);                                               \
    set_up(&server_, &clock_)

static void set_up(struct server *server, const struct clock_source *clock)
{
    struct store *store = NULL;
    ASSERT_OK(fixture_open_store(server->fixture, &store));
    ASSERT_OK(fixture_run(store, make_rows, NULL));
    store_close(&store);
    server->nowhere = fopen("/dev/null", "w");
    assert_non_null(server->nowhere);
    ASSERT_OK(
        journal_init(&server->journal, server->nowhere, JOURNAL_ERROR, clock, random_system()));
    server->channel.id = id_number(CHANNEL);
    server->roles[0] = (struct channel_role_item){id_number(FACILITATOR), CHANNEL_ROLE_FACILITATOR};
    server->roles[1] = (struct channel_role_item){id_number(HOST_PERSON), CHANNEL_ROLE_HOST};
    server->channel.extension.roles = server->roles;
    server->channel.extension.role_count = 2;
    buffer_init(&server->format, 1u << 16);
    const struct format *format = format_catalogue_find(SPAN_LITERAL("peer-assist"));
    assert_non_null(format);
    ASSERT_OK(format_encode(format, &server->format));
    start(server, clock);
}

static void tear_down(struct server *server)
{
    stop(server);
    buffer_clear(&server->format);
    journal_clear(&server->journal);
    fclose(server->nowhere);
}

/* A killed process: nothing is said, and the next one starts. */
static void restart(struct server *server, const struct clock_source *clock)
{
    stop(server);
    start(server, clock);
}

/* A call of which nobody waits for the answer; ended by what it is given to. */
static struct call *call_of(struct server *server, uint32_t person, void *request)
{
    struct call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    call->hub = &server->hub;
    call->request = request;
    call->person = id_number(person);
    arena_init(&call->arena, 1u << 20);
    buffer_init(&call->bytes, 1);
    return call;
}

static struct wire_session_create_request creation_of(const struct server *server, uint32_t session)
{
    return (struct wire_session_create_request){
        .session = id_number(session),
        .channel = server->channel.id,
        .format = buffer_span(&server->format),
        .starts = NOW + MINUTE,
    };
}

static void create(struct server *server, uint32_t session)
{
    struct wire_session_create_request request = creation_of(server, session);
    stage_create(server->stage, &server->channel, call_of(server, FACILITATOR, &request));
}

static struct wire_session shown(const struct server *server)
{
    struct wire_session session;
    ASSERT_OK(stage_describe(server->stage, &server->channel.id, &session));
    return session;
}

static bool is_shown(const struct server *server, const struct id *id)
{
    struct wire_session session = shown(server);
    return id_equal(&session.session, id);
}

static void
move_by(struct server *server, uint32_t person, struct wire_session_stage_request *request)
{
    stage_change(server->stage, &server->channel, call_of(server, person, request));
}

static void move(struct server *server, enum wire_stage_action action, uint32_t control)
{
    struct wire_session_stage_request request = {
        .session = id_number(SESSION),
        .action = (uint8_t)action,
        .counter = shown(server).counter,
        .control = id_number(control),
    };
    move_by(server, FACILITATOR, &request);
}

struct reading {
    struct arena *arena;
    struct store_session row;
};

static enum status read_row(struct store_db *db, void *context)
{
    struct reading *reading = context;
    struct id session = id_number(SESSION);
    return store_sessions_get(db, &session, reading->arena, &reading->row);
}

static struct store_session stored(struct server *server)
{
    struct reading reading = {.arena = &server->fixture->arena};
    ASSERT_OK(fixture_run(server->store, read_row, &reading));
    return reading.row;
}

static enum status speak(struct server *server, uint32_t person, uint8_t lane)
{
    const struct delivery_hooks *hooks = &server->delivery->hooks;
    struct message_header header = {.lane = lane};
    struct id speaker = id_number(person);
    const char *detail = NULL;
    if (server->channel.session != NULL)
        header.stage_counter = shown(server).counter;
    return hooks->may_send(hooks->context, &server->channel, &speaker, &header, &detail);
}

/* ---- memory ends ---- */

/* Whether an allocation failed, of which the number is given. */
static bool create_without_memory(struct server *server, long number)
{
    struct wire_session_create_request request = creation_of(server, SESSION);
    struct call *call = call_of(server, FACILITATOR, &request);
    call->kind = wire_request_find(WIRE_SESSION_CREATE);
    failing_memory_begin(number);
    stage_create(server->stage, &server->channel, call);
    return failing_memory_end();
}

static bool is_in_memory(const struct server *server)
{
    struct wire_session session;
    return stage_describe(server->stage, &server->channel.id, &session) == STATUS_OK;
}

static bool is_stored(struct server *server)
{
    struct reading reading = {.arena = &server->fixture->arena};
    return fixture_run(server->store, read_row, &reading) == STATUS_OK;
}

/* Else nobody could move it, and another could not be made, until weftd is started anew. */
static void a_session_is_kept_in_memory_and_store_or_weftd_stops(void **state)
{
    bool failed = true;
    for (long number = 0; failed; number++) {
        WITH_SERVER(server, state);
        failed = create_without_memory(&server, number);
        assert_true(server.hub.silent || is_in_memory(&server) == is_stored(&server));
        assert_true(failed || is_in_memory(&server));
        tear_down(&server);
        fixture_remove_directory(state);
        fixture_make_directory(state);
    }
}

/* ---- tests ---- */

static void keeps_a_session_before_it_is_shown(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    struct wire_session session = shown(&server);
    assert_int_equal(session.state, SESSION_PLANNED);
    assert_int_equal(session.counter, 1);
    assert_int_equal(session.starts, NOW + MINUTE);
    assert_true(span_equal(session.format, buffer_span(&server.format)));
    assert_non_null(server.channel.session);
    assert_int_equal(stored(&server).state, STORE_SESSION_PLANNED);
    create(&server, SESSION); /* sent again */
    assert_int_equal(shown(&server).counter, 1);
    tear_down(&server);
}

static void has_one_session_a_channel_that_is_not_ended(void **state)
{
    WITH_SERVER(server, state);
    struct id second = id_number(SESSION + 1);
    create(&server, SESSION);
    create(&server, SESSION + 1);
    assert_false(is_shown(&server, &second));
    move(&server, STAGE_END, 90);
    assert_null(server.channel.session);
    create(&server, SESSION + 1);
    assert_true(is_shown(&server, &second));
    tear_down(&server);
}

static void a_facilitator_moves_the_clock_and_nobody_else(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    struct wire_session_stage_request request = {.session = id_number(SESSION),
                                                 .action = STAGE_START,
                                                 .counter = 1,
                                                 .control = id_number(9)};
    move_by(&server, HOST_PERSON, &request);
    assert_int_equal(shown(&server).state, SESSION_PLANNED);
    move_by(&server, FACILITATOR, &request);
    assert_int_equal(shown(&server).state, SESSION_RUNNING);
    struct wire_session session = shown(&server);
    assert_true(id_equal(&session.control, &request.control));
    assert_int_equal(stored(&server).started_at_ms, NOW);
    tear_down(&server);
}

static void a_change_sent_again_or_too_late_moves_nothing(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    struct wire_session_stage_request request = {.session = id_number(SESSION),
                                                 .action = STAGE_START,
                                                 .counter = 1,
                                                 .control = id_number(9)};
    move_by(&server, FACILITATOR, &request);
    move_by(&server, FACILITATOR, &request);
    assert_int_equal(shown(&server).counter, 2);
    request.action = STAGE_NEXT;
    request.control = id_number(10);
    move_by(&server, FACILITATOR, &request);
    assert_int_equal(shown(&server).counter, 2);
    assert_int_equal(shown(&server).stage, 0);
    request.counter = 2;
    move_by(&server, FACILITATOR, &request);
    assert_int_equal(shown(&server).stage, 1);
    assert_int_equal(stored(&server).stage_index, 1);
    assert_int_equal(stored(&server).stage_counter, 3);
    tear_down(&server);
}

static void a_killed_server_goes_on_where_it_stood(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    move(&server, STAGE_START, 9);
    int64_t whole = shown(&server).remaining_ms;
    for (int i = 0; i < 20; i++) {
        server.now_ms += 1000;
        stage_tick(server.stage);
        server.now_ms += 300; /* after the last tick: not stored, and given back */
        restart(&server, &clock_);
        server.now_ms += MINUTE; /* without a server */
        restart(&server, &clock_);
        struct wire_session session = shown(&server);
        assert_int_equal(session.state, SESSION_RUNNING);
        assert_int_equal(session.counter, 2);
        assert_int_equal(session.remaining_ms, whole - (i + 1) * 1000);
    }
    assert_non_null(server.channel.session);
    tear_down(&server);
}

static void a_tick_of_a_stage_that_is_over_is_not_stored(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    move(&server, STAGE_START, 9);
    server.now_ms += 1000;
    move(&server, STAGE_PAUSE, 10);
    int64_t left = stored(&server).remaining_ms;
    server.now_ms += MINUTE;
    stage_tick(server.stage);
    assert_int_equal(stored(&server).remaining_ms, left);
    restart(&server, &clock_);
    assert_int_equal(shown(&server).state, SESSION_PAUSED);
    assert_int_equal(shown(&server).remaining_ms, left);
    tear_down(&server);
}

static void a_session_paused_before_a_restart_resumes_at_once(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    move(&server, STAGE_START, 9);
    move(&server, STAGE_PAUSE, 10);
    restart(&server, &clock_);
    move(&server, STAGE_RESUME, 11);
    assert_int_equal(shown(&server).state, SESSION_RUNNING);
    tear_down(&server);
}

/* As large as a frame lets them be: together more than one look at the store may hold. */
#define MANY_SESSIONS 1100
#define MANY_CHANNELS 1000 /* the first of theirs */

static enum status plan_many(struct store_db *db, void *context)
{
    const struct span format = buffer_span(context);
    for (uint32_t i = 0; i < MANY_SESSIONS; i++) {
        struct store_session session = {.session = id_number(100000 + i),
                                        .channel = make_channel(db, MANY_CHANNELS + i),
                                        .format = format,
                                        .created_by = id_number(FACILITATOR),
                                        .state = STORE_SESSION_PLANNED,
                                        .stage_counter = 1,
                                        .remaining_ms = -1};
        bool again = false;
        TRY(store_sessions_add(db, &session, &again));
    }
    return STATUS_OK;
}

/* Whoever plans sessions and never holds them keeps no server from starting again. */
static void takes_up_however_many_sessions_there_are(void **state)
{
    WITH_SERVER(server, state);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 16);
    static uint8_t prompt[4000];
    static const uint8_t names[] = "abcdefghijklmno";
    struct format_stage stages[sizeof names - 1];
    struct format format = *format_catalogue_find(SPAN_LITERAL("peer-assist"));
    memset(prompt, 'x', sizeof prompt);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        stages[i] = format.stages[0];
        stages[i].name = span_of(names + i, 1);
        stages[i].prompt = SPAN_OF(prompt);
    }
    format.stages = stages;
    format.stage_count = sizeof stages / sizeof *stages;
    ASSERT_OK(format_encode(&format, &bytes));
    ASSERT_OK(fixture_run(server.store, plan_many, &bytes));
    restart(&server, &clock_);
    for (uint32_t i = 0; i < MANY_SESSIONS; i++) {
        struct id channel = id_number(MANY_CHANNELS + i);
        struct wire_session session;
        ASSERT_OK(stage_describe(server.stage, &channel, &session));
    }
    tear_down(&server);
}

static void the_process_holds_a_lease_while_the_clock_runs(void **state)
{
    WITH_SERVER(server, state);
    create(&server, SESSION);
    struct id nobody = stored(&server).owner;
    assert_true(id_is_none(&nobody));
    move(&server, STAGE_START, 9);
    struct id first = stored(&server).owner;
    assert_false(id_is_none(&first));
    assert_int_equal(stored(&server).lease_until_ms, NOW + LEASE_MS);
    server.now_ms += 4000;
    stage_tick(server.stage);
    assert_int_equal(stored(&server).lease_until_ms, NOW + 4000 + LEASE_MS);
    restart(&server, &clock_);
    struct id second = stored(&server).owner;
    assert_false(id_equal(&first, &second));
    tear_down(&server);
}

static void the_floor_is_gated_and_the_other_lanes_are_not(void **state)
{
    WITH_SERVER(server, state);
    ASSERT_OK(speak(&server, 50, LANE_FLOOR));
    create(&server, SESSION);
    ASSERT_OK(speak(&server, 50, LANE_FLOOR));
    move(&server, STAGE_START, 9);
    move(&server, STAGE_NEXT, 10); /* context: host and facilitator */
    server.now_ms += MINUTE;
    ASSERT_OK(speak(&server, HOST_PERSON, LANE_FLOOR));
    ASSERT_STATUS(speak(&server, 50, LANE_FLOOR), STATUS_NOT_NOW);
    ASSERT_OK(speak(&server, 50, LANE_SIDE));
    ASSERT_OK(speak(&server, 50, LANE_CONTROL));
    move(&server, STAGE_PAUSE, 11);
    server.now_ms += MINUTE;
    ASSERT_STATUS(speak(&server, HOST_PERSON, LANE_FLOOR), STATUS_NOT_NOW);
    ASSERT_OK(speak(&server, HOST_PERSON, LANE_SIDE));
    move(&server, STAGE_END, 12);
    ASSERT_OK(speak(&server, 50, LANE_FLOOR));
    tear_down(&server);
}

static enum status last_ended(struct store_db *db, void *context)
{
    struct server *server = context;
    struct wire_session session;
    TRY(stage_last_ended(db, &server->channel.id, NOW, &server->fixture->arena, &session));
    assert_int_equal(session.state, SESSION_ENDED);
    assert_int_equal(session.counter, 3);
    assert_false(session.timed);
    return STATUS_OK;
}

static void an_ended_session_is_gone_from_memory_and_found_in_the_store(void **state)
{
    WITH_SERVER(server, state);
    struct wire_session session;
    ASSERT_STATUS(fixture_run(server.store, last_ended, &server), STATUS_NOT_FOUND);
    create(&server, SESSION);
    move(&server, STAGE_START, 9);
    move(&server, STAGE_END, 10);
    ASSERT_STATUS(stage_describe(server.stage, &server.channel.id, &session), STATUS_NOT_FOUND);
    ASSERT_OK(fixture_run(server.store, last_ended, &server));
    struct wire_session_stage_request again = {
        .session = id_number(SESSION), .action = STAGE_END, .counter = 2, .control = id_number(10)};
    move_by(&server, FACILITATOR, &again);
    restart(&server, &clock_);
    assert_null(server.channel.session);
    assert_int_equal(stored(&server).ended_at_ms, NOW);
    tear_down(&server);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, fixture_make_directory, fixture_remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_session_before_it_is_shown),
        TEST(has_one_session_a_channel_that_is_not_ended),
        TEST(a_facilitator_moves_the_clock_and_nobody_else),
        TEST(a_change_sent_again_or_too_late_moves_nothing),
        TEST(a_killed_server_goes_on_where_it_stood),
        TEST(a_tick_of_a_stage_that_is_over_is_not_stored),
        TEST(a_session_paused_before_a_restart_resumes_at_once),
        TEST(takes_up_however_many_sessions_there_are),
        TEST(the_process_holds_a_lease_while_the_clock_runs),
        TEST(the_floor_is_gated_and_the_other_lanes_are_not),
        TEST(an_ended_session_is_gone_from_memory_and_found_in_the_store),
        TEST(a_session_is_kept_in_memory_and_store_or_weftd_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
