/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What holds for every structure that a schema describes: it has one encoding, so what decodes
 * must encode to the same bytes.
 * Thread rule: one thread.
 */
#ifndef WEFT_FUZZ_ROUND_TRIP_H
#define WEFT_FUZZ_ROUND_TRIP_H

#include "protocol/codec/schema.h"
#include "tests/fuzz/fuzz.h"

/* Of the arrays of one structure. A hostile count must end in STATUS_LIMIT, not in memory. */
#define ROUND_TRIP_ARENA_BYTES (4u << 20)

/* Decodes `bytes` and, when that succeeds, encodes and compares; aborts on a difference. */
static inline void round_trip(const struct schema *schema, struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ROUND_TRIP_ARENA_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(bytes.len);
    void *value = calloc(1, schema->size);
    fuzz_expect(value != NULL);
    if (schema_decode(schema, bytes, &arena, value) == STATUS_OK) {
        fuzz_expect(schema_encode(schema, value, &again) == STATUS_OK);
        fuzz_expect(span_equal(buffer_span(&again), bytes));
    }
    free(value);
}

#endif
