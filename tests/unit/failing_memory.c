/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/failing_memory.h"

#include <stddef.h>

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *items, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *items, size_t size);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

/* Allocations until the one that fails; negative: none does. */
static long countdown = -1;

static bool fails_now(void)
{
    return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *items, size_t size)
{
    return fails_now() ? NULL : __real_realloc(items, size);
}

void failing_memory_begin(long number)
{
    countdown = number;
}

bool failing_memory_end(void)
{
    bool failed = countdown < 0;
    countdown = -1;
    return failed;
}
