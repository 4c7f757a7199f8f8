/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who empties the pools of others: the handler with a real store, without threads and network. */
#include "tests/unit/server/store/fixture.h"

#include "protocol/crypto/random_system.h"
#include "protocol/wire/people.h"
#include "server/handler/handler.h"
#include "server/store/key_packages.h"

#include <stdlib.h>

#define ASKER 1 /* made the channel of that number */
#define FIRST 2
#define LAST 4
#define PACKAGES 10 /* of each */
#define FETCHES 6   /* people, before the rate says no */

struct server {
    struct fixture *fixture;
    struct store *store;
    struct hub hub;
    struct services services;
    struct channel channel;
};

static int64_t fixed_ms(void *context)
{
    (void)context;
    return NOW;
}

static const struct clock_source fixed_clock = {.wall_ms = fixed_ms, .monotonic_ms = fixed_ms};

static enum status make_community(struct store_db *db, void *context)
{
    (void)context;
    (void)make_channel(db, ASKER);
    for (uint32_t i = FIRST; i <= LAST; i++) {
        struct id person = make_person(db, i);
        struct id device = make_device(db, i, &person);
        for (uint32_t k = 0; k < PACKAGES; k++) {
            struct id ref = id_number(1000 * i + k);
            struct store_key_package package = {
                .device = device,
                .ref = span_of(ref.bytes, sizeof ref.bytes),
                .bytes = SPAN_LITERAL("a KeyPackage"),
                .expires_at_ms = NOW + DAY,
            };
            TRY(store_key_packages_add(db, &package, NOW));
        }
    }
    return STATUS_OK;
}

static int set_up(void **state)
{
    fixture_make_directory(state);
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->fixture = *state;
    ASSERT_OK(fixture_open_store(server->fixture, &server->store));
    ASSERT_OK(fixture_run(server->store, make_community, NULL));
    server->hub = (struct hub){
        .clock = &fixed_clock,
        .random = random_system(),
        .store = server->store,
        .rates = {[BUDGET_KEY_PACKAGES] = {60 * 60, FETCHES}},
    };
    ASSERT_OK(id_map_init(&server->hub.accounts, random_system()));
    server->services.hub = &server->hub;
    server->channel.id = id_number(ASKER);
    server->channel.extension.visibility = CHANNEL_OPEN;
    *state = server;
    return 0;
}

static int tear_down(void **state)
{
    struct server *server = *state;
    struct id asker = id_number(ASKER);
    *state = server->fixture;
    store_close(&server->store);
    free(id_map_find(&server->hub.accounts, &asker));
    id_map_clear(&server->hub.accounts);
    free(server);
    return fixture_remove_directory(state);
}

static void fetch(struct server *server, uint32_t first, uint32_t second)
{
    struct wire_id_item people[] = {{id_number(first)}, {id_number(second)}};
    struct wire_key_packages_fetch_request request = {
        .channel = server->channel.id, .people = people, .person_count = 2};
    struct call *call = calloc(1, sizeof *call);
    assert_non_null(call);
    call->hub = &server->hub;
    call->request = &request;
    call->person = id_number(ASKER);
    call->device = id_number(ASKER);
    arena_init(&call->arena, 1u << 22);
    buffer_init(&call->bytes, 1);
    key_packages_fetch_handle(&server->services, &server->channel, call);
}

static enum status count_left(struct store_db *db, void *context)
{
    uint32_t *left = context;
    for (uint32_t i = FIRST; i <= LAST; i++) {
        struct id device = id_number(i);
        struct store_key_package_counts counts;
        TRY(store_key_packages_count(db, &device, NOW, &counts));
        *left += counts.one_time;
    }
    return STATUS_OK;
}

static uint32_t taken(struct server *server)
{
    uint32_t left = 0;
    ASSERT_OK(fixture_run(server->store, count_left, &left));
    return (LAST - FIRST + 1) * PACKAGES - left;
}

static void takes_one_of_each_device(void **state)
{
    fetch(*state, FIRST, LAST);
    assert_int_equal(taken(*state), 2);
}

static void a_person_named_twice_gives_nothing(void **state)
{
    fetch(*state, FIRST, FIRST);
    assert_int_equal(taken(*state), 0);
}

static void nobody_empties_the_pools_of_others(void **state)
{
    for (int i = 0; i < PACKAGES; i++)
        fetch(*state, FIRST, LAST);
    assert_int_equal(taken(*state), FETCHES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_one_of_each_device),
        TEST(a_person_named_twice_gives_nothing),
        TEST(nobody_empties_the_pools_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
