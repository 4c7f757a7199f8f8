/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where randomness comes from: passed in, so that the library has no globals and a test can be
 * repeated. crypto/ has the system's source.
 * Errors: STATUS_NO_RANDOMNESS; whoever gets it stops what it was doing.
 */
#ifndef WEFT_BASE_RANDOM_H
#define WEFT_BASE_RANDOM_H

#include "protocol/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct random_source {
    enum status (*fill)(void *context, uint8_t *bytes, size_t count);
    void *context;
};

MUST_CHECK static inline enum status
random_fill(const struct random_source *source, uint8_t *bytes, size_t count)
{
    return source->fill(source->context, bytes, count);
}

#endif
