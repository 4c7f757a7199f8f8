/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A session's format, as it comes from another member or a file.
 */
#include "protocol/format/format.h"
#include "tests/fuzz/round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ROUND_TRIP_ARENA_BYTES);
    struct format format;
    if (format_decode(input, &arena, &format) != STATUS_OK)
        return 0;
    fuzz_expect(format_check(&format) == STATUS_OK);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(size);
    fuzz_expect(format_encode(&format, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), input));
    return 0;
}
