/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a member says, as the others decode it after decryption: the envelope, then the body of
 * its kind, which may go on with fields of a later version.
 */
#include "protocol/content/content.h"
#include "tests/fuzz/round_trip.h"

static void body(const struct content *content)
{
    const struct content_kind_row *row = content_kind_find(content->kind);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ROUND_TRIP_ARENA_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(content->body.len);
    void *value = calloc(1, row == NULL ? 1 : row->body->size);
    fuzz_expect(value != NULL);
    enum status status = content_decode_body(content, &arena, value);
    fuzz_expect((status == STATUS_UNSUPPORTED) == (row == NULL));
    if (status == STATUS_OK) {
        fuzz_expect(content_encode_body(content->kind, value, &again) == STATUS_OK);
        fuzz_expect(span_starts_with(content->body, buffer_span(&again)));
    }
    free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct content content;
    if (content_decode(input, &content) != STATUS_OK)
        return 0;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(size);
    fuzz_expect(content_encode(&content, &again) == STATUS_OK);
    fuzz_expect(span_starts_with(input, buffer_span(&again)));
    body(&content);
    return 0;
}
