/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Text of somebody else on its way to a terminal: whatever it is, what comes out is UTF-8 without
 * a control character, cleaning it again changes nothing, and no line of it is lost.
 */
#include "client-cli/commands/clean.h"
#include "protocol/codec/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check_shown(struct span shown)
{
    fuzz_expect(utf8_is_valid(shown));
    for (size_t i = 0; i < shown.len; i++) {
        uint8_t byte = shown.ptr[i];
        fuzz_expect(byte >= 0x20 && byte != 0x7f);
        /* C1 in UTF-8 */
        fuzz_expect(byte != 0xc2 || shown.ptr[i + 1] >= 0xa0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);
    CLEANUP(buffer_clear) struct buffer once = BUFFER_INIT(3 * size);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(3 * size);
    fuzz_expect(clean_line(text, &once) == STATUS_OK);
    check_shown(buffer_span(&once));
    fuzz_expect(clean_line(buffer_span(&once), &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&once), buffer_span(&again)));

    struct span line;
    size_t taken = 0;
    while (clean_next_line(&text, &line)) {
        fuzz_expect(line.len <= size && line.ptr + line.len <= data + size);
        taken += line.len;
    }
    fuzz_expect(taken <= size);
    return 0;
}
