/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a member says, as the others decode it after decryption: the envelope, then the body of
 * its kind, which may go on with fields of a later version; and the people whom a text mentions.
 * And the same bytes as a chunk of a file.
 */
#include "protocol/content/content.h"
#include "protocol/content/file_chunk.h"
#include "protocol/content/mention.h"
#include "tests/fuzz/round_trip.h"

/* What mentions leave between them is all of the text. */
static void mentions(struct span text)
{
    size_t total = 0;
    size_t count = 0;
    struct span rest = text;
    struct span before;
    struct id person;
    while (mention_next(&rest, &before, &person)) {
        total += before.len;
        count++;
    }
    fuzz_expect(rest.len == 0);
    fuzz_expect(total + before.len + count * MENTION_SIZE == text.len);
}

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

/* Nobody but who has the key makes a chunk that opens; what is sealed opens to what it was. */
static void chunk(struct span input)
{
    static const uint8_t key[FILE_KEY_SIZE] = {1};
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES);
    CLEANUP(buffer_clear) struct buffer plain = BUFFER_INIT(LIMIT_FILE_CHUNK_BYTES);
    fuzz_expect(file_chunk_open(key, input.len, 0, input, &plain) == STATUS_NOT_DECRYPTED);
    fuzz_expect(plain.len == 0);
    enum status status = file_chunk_seal(key, input.len, 0, input, &sealed);
    fuzz_expect((status == STATUS_OK) == (file_chunk_size(input.len, 0) == input.len));
    if (status != STATUS_OK)
        return;
    fuzz_expect(file_chunk_open(key, input.len, 0, buffer_span(&sealed), &plain) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&plain), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct content content;
    chunk(input);
    if (content_decode(input, &content) != STATUS_OK)
        return 0;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(size);
    fuzz_expect(content_encode(&content, &again) == STATUS_OK);
    fuzz_expect(span_starts_with(input, buffer_span(&again)));
    body(&content);
    mentions(content.body);
    return 0;
}
