/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A segment of history as a newcomer decodes it after decryption, from a member who may say
 * anything: what is accepted has one encoding, its items stand without a gap in one block, and each
 * has what its kind asks for.
 */
#include "protocol/base/limits.h"
#include "protocol/content/segment.h"
#include "tests/fuzz/round_trip.h"

static void check(const struct segment *segment)
{
    uint64_t last = segment->first + segment->item_count - 1;
    fuzz_expect(segment_block(segment->first) == segment->first);
    fuzz_expect(segment_block(last) == segment->first);
    fuzz_expect(segment_generation(last) == segment_generation(segment->first));
    for (size_t i = 0; i < segment->item_count; i++) {
        const struct segment_item *item = &segment->items[i];
        bool said = item->kind == SEGMENT_MESSAGE || item->kind == SEGMENT_EDITED;
        fuzz_expect(said == (item->authenticated.len != 0));
        fuzz_expect((item->kind == SEGMENT_EDITED) == (item->edited != 0));
    }
    for (size_t i = 0; i < segment->epoch_count; i++)
        fuzz_expect(segment_context(segment, segment->epochs[i].epoch).ptr ==
                    segment->epochs[i].group_context.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ROUND_TRIP_ARENA_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(size);
    struct span input = span_of(data, size);
    struct segment segment;
    round_trip(&segment_schema, input);
    if (segment_decode(input, &arena, &segment) != STATUS_OK)
        return 0;
    check(&segment);
    fuzz_expect(segment_encode(&segment, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), input));
    return 0;
}
