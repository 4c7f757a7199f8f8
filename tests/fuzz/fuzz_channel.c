/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What names and describes a channel: the weft_channel extension and the invite link. The first
 * byte chooses which.
 */
#include "protocol/channel/extension.h"
#include "protocol/wire/invite_link.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (1u << 22)

static void extension(struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_BYTES);
    struct channel_extension decoded;
    if (channel_extension_decode(bytes, &arena, &decoded) != STATUS_OK)
        return;
    /* An extension without roles may leave the field out, or not: what is written again is read
     * again as the same. */
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(bytes.len + 16);
    CLEANUP(buffer_clear) struct buffer third = BUFFER_INIT(bytes.len + 16);
    fuzz_expect(channel_extension_encode(&decoded, &again) == STATUS_OK);
    fuzz_expect(channel_extension_decode(buffer_span(&again), &arena, &decoded) == STATUS_OK);
    fuzz_expect(channel_extension_encode(&decoded, &third) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), buffer_span(&third)));
}

static void invite(struct span bytes)
{
    struct invite_link parsed;
    if (invite_link_parse(bytes, &parsed) != STATUS_OK)
        return;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1024);
    fuzz_expect(invite_link_format(&parsed, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span bytes = span_of(data + 1, size - 1);
    if (data[0] % 2 == 0)
        extension(bytes);
    else
        invite(bytes);
    return 0;
}
