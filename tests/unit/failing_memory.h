/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One allocation that fails, of all that is linked statically: the linker puts its functions in
 * place of malloc, calloc and realloc (weft_failing_memory in CMakeLists.txt).
 * Thread rule: one thread.
 */
#ifndef WEFT_TEST_FAILING_MEMORY_H
#define WEFT_TEST_FAILING_MEMORY_H

#include <stdbool.h>

/* The allocation of this number from now on fails; 0 is the next. */
void failing_memory_begin(long number);

/* None fails any more; whether one did. */
bool failing_memory_end(void);

#endif
