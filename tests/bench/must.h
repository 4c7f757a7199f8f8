/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A benchmark's figures are worth nothing when something fails: it says what, and ends.
 * Thread rule: any thread.
 */
#ifndef WEFT_BENCH_MUST_H
#define WEFT_BENCH_MUST_H

#include "protocol/base/status.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(call)                                                                                 \
    do {                                                                                           \
        enum status must_status_ = (call);                                                         \
        if (must_status_ != STATUS_OK)                                                             \
            must_stop(__FILE__, __LINE__, #call, status_text(must_status_));                       \
    } while (0)

/* The same for what is either so or not, as calls of the system are. */
#define MUST_BE(fact)                                                                              \
    do {                                                                                           \
        if (!(fact))                                                                               \
            must_stop(__FILE__, __LINE__, #fact, "is not so");                                     \
    } while (0)

_Noreturn static inline void
must_stop(const char *file, int line, const char *what, const char *why)
{
    (void)fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, why);
    exit(1);
}

#endif
