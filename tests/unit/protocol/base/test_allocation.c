/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every allocation of buffers, arenas, secret arenas and schemas is made to fail in turn. */
#include "protocol/base/secret.h"
#include "protocol/codec/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. It sends the malloc and calloc of all that is linked statically here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

/* Allocations that still succeed; negative: all do. */
static long allocations_left = -1;
static long failures;

static bool fails(void)
{
    if (allocations_left < 0)
        return false;
    if (allocations_left-- > 0)
        return false;
    allocations_left = 0;
    failures++;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

static enum status fill_buffer(void)
{
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(10000);
    for (size_t i = 0; i < 100; i++) {
        struct span before = buffer_span(&buffer);
        enum status status = buffer_append(&buffer, SPAN_LITERAL("abcdefghijklmnopqrstuvwxyz"));
        if (status != STATUS_OK) {
            assert_ptr_equal(buffer.ptr, before.ptr);
            assert_int_equal(buffer.len, before.len);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status fill_arena(void)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(100000);
    for (size_t i = 0; i < 20; i++) {
        void *item = NULL;
        size_t before = arena.used;
        enum status status = arena_take(&arena, 1, 1000, &item);
        if (status != STATUS_OK) {
            assert_int_equal(arena.used, before);
            assert_null(item);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status fill_secret_arena(void)
{
    CLEANUP(secret_arena_free) struct secret_arena *arena = NULL;
    TRY(secret_arena_new(&arena));
    for (size_t i = 0; i < 400; i++) {
        struct secret *slot = NULL;
        TRY(secret_arena_take(arena, &slot));
    }
    return STATUS_OK;
}

struct item {
    struct span text;
};

struct list {
    struct item *items;
    size_t count;
};

static const struct field item_fields[] = {FIELD_SIZED(FIELD_TEXT, struct item, text, 1000)};
static const struct schema item_schema = SCHEMA("item", struct item, item_fields);
static const struct field list_fields[] = {
    FIELD_ITEMS(struct list, items, count, &item_schema, 1000)};
static const struct schema list_schema = SCHEMA("list", struct list, list_fields);

static enum status round_trip(void)
{
    struct item items[300];
    for (size_t i = 0; i < 300; i++)
        items[i].text = SPAN_LITERAL("some text");
    struct list list = {items, 300};
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(10000);
    enum status status = schema_encode(&list_schema, &list, &buffer);
    if (status != STATUS_OK) {
        assert_int_equal(buffer.len, 0);
        return status;
    }
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(100000);
    struct list decoded;
    TRY(schema_decode(&list_schema, buffer_span(&buffer), &arena, &decoded));
    assert_int_equal(decoded.count, 300);
    return STATUS_OK;
}

/* Runs with 0, 1, 2, ... allocations until it succeeds: it must fail before, and only for that. */
static void fail_in_turn(enum status (*run)(void), long allocations_min)
{
    for (long allowed = 0;; allowed++) {
        failures = 0;
        allocations_left = allowed;
        enum status status = run();
        allocations_left = -1;
        if (status == STATUS_OK) {
            assert_int_equal(failures, 0);
            assert_true(allowed >= allocations_min);
            return;
        }
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_int_equal(failures, 1);
    }
}

static void a_buffer_is_unchanged_when_memory_runs_out(void **state)
{
    (void)state;
    fail_in_turn(fill_buffer, 4);
}

static void an_arena_is_unchanged_when_memory_runs_out(void **state)
{
    (void)state;
    fail_in_turn(fill_arena, 5);
}

static void a_secret_arena_says_when_memory_runs_out(void **state)
{
    (void)state;
    fail_in_turn(fill_secret_arena, 4);
}

static void a_schema_says_when_memory_runs_out(void **state)
{
    (void)state;
    fail_in_turn(round_trip, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_is_unchanged_when_memory_runs_out),
        cmocka_unit_test(an_arena_is_unchanged_when_memory_runs_out),
        cmocka_unit_test(a_secret_arena_says_when_memory_runs_out),
        cmocka_unit_test(a_schema_says_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
