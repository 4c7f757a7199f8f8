/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The records that travel inside other messages: the header of a message, entries and heads of
 * the directory log. The first byte chooses which.
 */
#include "protocol/directory/entry.h"
#include "protocol/directory/log.h"
#include "protocol/wire/message_header.h"
#include "tests/fuzz/round_trip.h"

static void message_header(struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ROUND_TRIP_ARENA_BYTES);
    struct message_header header;
    if (message_header_decode(bytes, &arena, &header) != STATUS_OK)
        return;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(bytes.len);
    fuzz_expect(message_header_encode(&header, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span bytes = span_of(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        message_header(bytes);
        break;
    case 1:
        round_trip(&directory_entry_schema, bytes);
        break;
    default:
        round_trip(&directory_head_schema, bytes);
        break;
    }
    return 0;
}
