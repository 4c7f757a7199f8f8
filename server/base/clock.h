/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The two clocks of the server, passed in so that tests can move them: wall time stamps what
 * people see, monotonic time measures how long something took.
 * Thread rule: the system's clock may be read from any thread.
 */
#ifndef WEFT_SERVER_BASE_CLOCK_H
#define WEFT_SERVER_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_DAY_MS (INT64_C(24) * 3600 * 1000)

struct clock_source {
    int64_t (*wall_ms)(void *context);      /* milliseconds since 1970 UTC */
    int64_t (*monotonic_ms)(void *context); /* milliseconds since some start, never backwards */
    void *context;
};

static inline int64_t clock_wall_ms(const struct clock_source *clock)
{
    return clock->wall_ms(clock->context);
}

static inline int64_t clock_monotonic_ms(const struct clock_source *clock)
{
    return clock->monotonic_ms(clock->context);
}

/* The machine's clocks; constant. */
const struct clock_source *clock_system(void);

#endif
