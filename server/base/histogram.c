/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/histogram.h"

const uint64_t histogram_bounds_us[HISTOGRAM_STEPS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

void histogram_add(struct histogram *histogram, uint64_t duration_us)
{
    size_t step = 0;
    while (step < HISTOGRAM_STEPS && duration_us > histogram_bounds_us[step])
        step++;
    atomic_fetch_add_explicit(&histogram->steps[step], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, duration_us, memory_order_relaxed);
}

void histogram_read(struct histogram *histogram, struct histogram_figures *figures)
{
    *figures = (struct histogram_figures){.sum_us = atomic_load(&histogram->sum_us)};
    for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
        figures->count += atomic_load(&histogram->steps[i]);
        figures->at_most[i] = figures->count;
    }
    figures->count += atomic_load(&histogram->steps[HISTOGRAM_STEPS]);
}
