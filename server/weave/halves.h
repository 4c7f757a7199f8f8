/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A pass over the rows of a very large network in two halves, the second on a thread of its own,
 * which has the priority of the caller and ends with the call. Where no thread can be made, the
 * caller does both: the halves are the same, and with them the order in which numbers are added.
 *
 * Thread rule: any thread may call; `work` runs for both halves at the same time.
 */
#ifndef WEFT_WEAVE_HALVES_H
#define WEFT_WEAVE_HALVES_H

#include <stdint.h>

/* Fewer rows are done in one: a network of 100,000 takes seconds on one thread, and leaves the
 * other core to the people. */
#define HALVES_ROWS_MIN 250000

#define HALVES 2

/* Calls `work` with 0 and the first rows, then with 1 and the others; only the former below
 * HALVES_ROWS_MIN. */
void halves_run(uint32_t rows,
                void (*work)(void *context, uint32_t half, uint32_t begin, uint32_t end),
                void *context);

#endif
