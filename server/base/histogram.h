/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How long something took, counted in fixed steps from a tenth of a millisecond to ten seconds.
 * Thread rule: any thread; a reader may see a count without its sum.
 */
#ifndef WEFT_SERVER_BASE_HISTOGRAM_H
#define WEFT_SERVER_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_STEPS 16

/* Upper bounds of the steps, in microseconds; what is longer counts in none but the total. */
extern const uint64_t histogram_bounds_us[HISTOGRAM_STEPS];

struct histogram {
    atomic_ullong steps[HISTOGRAM_STEPS + 1];
    atomic_ullong sum_us;
};

/* What was counted, each step with all below it. */
struct histogram_figures {
    uint64_t at_most[HISTOGRAM_STEPS];
    uint64_t count;
    uint64_t sum_us;
};

void histogram_add(struct histogram *histogram, uint64_t duration_us);
void histogram_read(struct histogram *histogram, struct histogram_figures *figures);

#endif
