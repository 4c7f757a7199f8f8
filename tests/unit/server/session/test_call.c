/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a client hears when memory ends while it is answered. The linker puts the functions below in
 * place of malloc and realloc, and of what sends and closes (CMakeLists.txt).
 */
#include "server/session/call.h"

#include "protocol/base/limits.h"
#include "protocol/wire/channels.h"
#include "server/session/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. */
void *__real_malloc(size_t size);
void *__real_realloc(void *items, size_t size);
bool __wrap_store_has_failed(const struct store *store);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *items, size_t size);
void __wrap_client_close(struct client *client, uint16_t code);
void __wrap_client_send_answer(struct client *client, struct span frame);
void __wrap_client_send_error(struct client *client,
                              uint32_t number,
                              uint16_t kind,
                              enum status status,
                              const char *detail,
                              uint32_t retry_after_ms);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

static bool memory_ends;

void *__wrap_malloc(size_t size)
{
    return memory_ends ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *items, size_t size)
{
    return memory_ends ? NULL : __real_realloc(items, size);
}

static int closed;
static int answers;
static int errors;

void __wrap_client_close(struct client *client, uint16_t code)
{
    (void)client;
    (void)code;
    closed++;
}

void __wrap_client_send_answer(struct client *client, struct span frame)
{
    (void)client;
    (void)frame;
    answers++;
}

void __wrap_client_send_error(struct client *client,
                              uint32_t number,
                              uint16_t kind,
                              enum status status,
                              const char *detail,
                              uint32_t retry_after_ms)
{
    (void)client;
    (void)number;
    (void)kind;
    (void)status;
    (void)detail;
    (void)retry_after_ms;
    errors++;
}

static int looks_at_store;

bool __wrap_store_has_failed(const struct store *store)
{
    (void)store;
    looks_at_store++;
    return false;
}

static struct call *begin(struct hub *hub, struct client *client)
{
    struct wire_channel_commit_request request = {.epoch = 1};
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_FRAME_BYTES);
    const struct wire_request_kind *kind = wire_request_find(WIRE_CHANNEL_COMMIT);
    struct call *call = NULL;
    assert_int_equal(schema_encode(kind->request, &request, &body), STATUS_OK);
    assert_int_equal(call_new(hub, client, 1, kind, buffer_span(&body), &call), STATUS_OK);
    return call;
}

static void answer(bool without_memory)
{
    struct hub hub = {.clock = clock_system()};
    struct client client = {.hub = &hub};
    struct wire_channel_commit_response response = {.sequence = 1};
    struct call *call = begin(&hub, &client);
    closed = answers = errors = 0;
    memory_ends = without_memory;
    call_answer(call, &response);
    memory_ends = false;
    assert_int_equal(client.call_count, 0);
}

static void what_is_done_is_not_called_failed_for_want_of_memory(void **state)
{
    (void)state;
    answer(false);
    assert_true(answers == 1 && errors == 0 && closed == 0);
    answer(true);
    assert_true(answers == 0 && errors == 0 && closed == 1);
}

static void a_call_that_nobody_waits_for_asks_nothing_of_the_store(void **state)
{
    (void)state;
    char gone;
    struct hub hub = {.clock = clock_system(), .store = (struct store *)(void *)&gone};
    struct client client = {.hub = &hub};
    struct call *waited_for = begin(&hub, &client);
    struct call *forgotten = begin(&hub, &client);
    looks_at_store = 0;
    call_fail(waited_for, STATUS_DENIED, NULL);
    assert_int_equal(looks_at_store, 1);
    client_forget_call(&client, forgotten);
    forgotten->client = NULL;
    call_fail(forgotten, STATUS_DENIED, NULL);
    assert_int_equal(looks_at_store, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_done_is_not_called_failed_for_want_of_memory),
        cmocka_unit_test(a_call_that_nobody_waits_for_asks_nothing_of_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
