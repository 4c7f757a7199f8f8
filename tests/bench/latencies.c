/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/latencies.h"

#include <stddef.h>

#define STEPS 32
#define COUNTS (sizeof((struct latencies *)0)->counts / sizeof(uint64_t))

void latencies_add(struct latencies *latencies, int64_t ns)
{
    uint64_t value = ns > 0 ? (uint64_t)ns : 0;
    size_t octave = value < STEPS ? 0 : (size_t)(58 - __builtin_clzll(value));
    size_t index = octave * STEPS + (size_t)(value >> octave);
    atomic_fetch_add_explicit(&latencies->counts[index < COUNTS ? index : COUNTS - 1], 1,
                              memory_order_relaxed);
}

double latencies_ms(const struct latencies *latencies, double share)
{
    uint64_t count = 0;
    uint64_t seen = 0;
    for (size_t i = 0; i < COUNTS; i++)
        count += latencies->counts[i];
    for (size_t i = 0; i < COUNTS; i++) {
        seen += latencies->counts[i];
        if ((double)seen > share * (double)count) {
            size_t octave = i < 2 * STEPS ? 0 : i / STEPS - 1;
            return (double)((i - octave * STEPS) << octave) / 1e6;
        }
    }
    return 0;
}
