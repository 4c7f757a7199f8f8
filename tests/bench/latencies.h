/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Latencies by size: 32 steps an octave, so within 3 %. All zeros are none yet.
 * Thread rule: any thread, and any process where it lies in memory that they share.
 */
#ifndef WEFT_BENCH_LATENCIES_H
#define WEFT_BENCH_LATENCIES_H

#include <stdatomic.h>
#include <stdint.h>

struct latencies {
    _Atomic uint64_t counts[40 * 32];
};

void latencies_add(struct latencies *latencies, int64_t ns);

/* What `share` of them are below; 0 where there is none. */
double latencies_ms(const struct latencies *latencies, double share);

#endif
