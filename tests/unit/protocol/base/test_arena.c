/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The linker puts the function below in place of free (CMakeLists.txt). */
#include "protocol/base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void __real_free(void *items);
void __wrap_free(void *items);

/* While `watched` is not NULL: whether what is freed has it, and how much of it is not zero. */
static const uint8_t *watched;
static size_t watched_size;
static size_t freed_unwiped;
static size_t freed_watched;

void __wrap_free(void *items)
{
    if (watched != NULL && (uintptr_t)items <= (uintptr_t)watched &&
        (uintptr_t)watched - (uintptr_t)items < 64) {
        freed_watched++;
        for (size_t i = 0; i < watched_size; i++)
            freed_unwiped += watched[i] != 0;
    }
    __real_free(items);
}

static void items_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1 << 20);
    uint8_t *items[100];
    for (size_t i = 0; i < 100; i++) {
        void *item = NULL;
        assert_int_equal(arena_take(&arena, 7, 1 + i, &item), STATUS_OK);
        assert_int_equal((uintptr_t)item % alignof(max_align_t), 0);
        items[i] = item;
        for (size_t k = 0; k < 7 * (1 + i); k++)
            assert_int_equal(items[i][k], 0);
        memset(items[i], (int)i, 7 * (1 + i));
    }
    for (size_t i = 0; i < 100; i++)
        for (size_t k = 0; k < 7 * (1 + i); k++)
            assert_int_equal(items[i][k], i);
}

static void gives_no_more_than_its_maximum(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena;
    arena_init(&arena, 160);
    void *item = NULL;
    assert_int_equal(arena_take(&arena, 161, 1, &item), STATUS_LIMIT);
    assert_int_equal(arena_take(&arena, 10, 16, &item), STATUS_OK);
    void *more = &arena;
    assert_int_equal(arena_take(&arena, 1, 1, &more), STATUS_LIMIT);
    assert_ptr_equal(more, &arena);
    assert_int_equal(arena_take(&arena, 0, 16, &more), STATUS_OK);
    assert_null(more);
    arena_clear(&arena);
    assert_int_equal(arena_take(&arena, 10, 16, &item), STATUS_OK);
}

/* Rounding up to the alignment must not wrap around either. */
static void sizes_that_overflow_are_over_the_limit(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(SIZE_MAX);
    void *item = NULL;
    assert_int_equal(arena_take(&arena, SIZE_MAX / 2, 3, &item), STATUS_LIMIT);
    assert_int_equal(arena_take(&arena, SIZE_MAX, 1, &item), STATUS_LIMIT);
    assert_int_equal(arena_take(&arena, SIZE_MAX - 1, 1, &item), STATUS_LIMIT);
    assert_int_equal(arena_take(&arena, SIZE_MAX - 15, 1, &item), STATUS_NO_MEMORY);
    assert_null(item);
}

static void copies_live_apart_from_the_original(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(100);
    uint8_t original[] = {1, 2, 3};
    struct span copy;
    assert_int_equal(arena_copy(&arena, SPAN_OF(original), &copy), STATUS_OK);
    original[0] = 9;
    assert_memory_equal(copy.ptr, "\1\2\3", 3);
    assert_int_equal(arena_copy(&arena, SPAN_EMPTY, &copy), STATUS_OK);
    assert_int_equal(copy.len, 0);
}

static void what_it_held_is_wiped(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1 << 20);
    for (watched_size = 100; watched_size <= 100000; watched_size *= 1000) {
        void *item = NULL;
        assert_int_equal(arena_take(&arena, 1, watched_size, &item), STATUS_OK);
        memset(item, 0xaa, watched_size);
        freed_watched = 0;
        freed_unwiped = 0;
        watched = item;
        arena_clear(&arena);
        watched = NULL;
        assert_int_equal(freed_watched, 1);
        assert_int_equal(freed_unwiped, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_zeroed_aligned_and_apart),
        cmocka_unit_test(gives_no_more_than_its_maximum),
        cmocka_unit_test(sizes_that_overflow_are_over_the_limit),
        cmocka_unit_test(copies_live_apart_from_the_original),
        cmocka_unit_test(what_it_held_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
