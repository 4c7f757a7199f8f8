/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/content/content.h"
#include "protocol/content/mention.h"
#include "protocol/content/padding.h"
#include "protocol/content/running_hash.h"
#include "protocol/content/sealed.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void encode_idea(uint16_t kind, struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    struct content_idea idea = {SPAN_LITERAL("huddles at seven"), SPAN_LITERAL("all are in")};
    assert_int_equal(content_encode_body(CONTENT_IDEA, &idea, &body), STATUS_OK);
    struct content content = {.version = CONTENT_VERSION, .kind = kind, .body = buffer_span(&body)};
    assert_int_equal(content_encode(&content, bytes), STATUS_OK);
}

static void an_idea_survives_a_round_trip(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    encode_idea(CONTENT_IDEA, &bytes);
    struct content content;
    struct content_idea idea;
    assert_int_equal(content_decode(buffer_span(&bytes), &content), STATUS_OK);
    assert_int_equal(content_decode_body(&content, &arena, &idea), STATUS_OK);
    assert_true(span_equal(idea.reason, SPAN_LITERAL("all are in")));
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(content_decode(span_of(bytes.ptr, len), &content), STATUS_OK);
}

static void an_unknown_kind_survives_and_is_not_guessed_at(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    encode_idea(9999, &bytes);
    struct content content;
    struct content_idea idea;
    assert_int_equal(content_decode(buffer_span(&bytes), &content), STATUS_OK);
    assert_int_equal(content_decode_body(&content, &arena, &idea), STATUS_UNSUPPORTED);
    assert_int_equal(content_encode(&content, &again), STATUS_OK);
    assert_true(span_equal(buffer_span(&bytes), buffer_span(&again)));
}

static void fields_of_a_later_version_of_a_kind_are_left_alone(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content_text text = {SPAN_LITERAL("hello")};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &body), STATUS_OK);
    assert_int_equal(buffer_append(&body, SPAN_LITERAL("new field")), STATUS_OK);
    struct content content = {.kind = CONTENT_TEXT, .body = buffer_span(&body)};
    assert_int_equal(content_decode_body(&content, &arena, &text), STATUS_OK);
    assert_true(span_equal(text.text, SPAN_LITERAL("hello")));
}

static void every_kind_has_a_lane_and_a_name_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < content_kind_count; i++) {
        assert_in_range(content_kinds[i].lane, 1, 3);
        assert_ptr_equal(content_kind_find(content_kinds[i].number), &content_kinds[i]);
        assert_ptr_equal(content_kind_named(span_from_text(content_kinds[i].name)),
                         &content_kinds[i]);
    }
    assert_null(content_kind_find(0));
    assert_null(content_kind_named(SPAN_LITERAL("shout")));
}

static void padding_hides_lengths_and_costs_at_most_an_eighth(void **state)
{
    (void)state;
    assert_int_equal(content_padded_size(0), 256);
    assert_int_equal(content_padded_size(1), 256);
    assert_int_equal(content_padded_size(256), 256);
    assert_int_equal(content_padded_size(257), 512);
    size_t sizes = 0;
    for (size_t size = 1, last = 0; size <= 60000; size++) {
        size_t padded = content_padded_size(size);
        assert_true(padded >= size && padded >= last);
        if (size > CONTENT_PADME_FROM)
            assert_true(padded - size <= size / 8 || padded - size < 256);
        assert_int_equal(content_padded_size(padded), padded);
        sizes += padded != last;
        last = padded;
    }
    /* All lengths up to 60,000 look like few. */
    assert_in_range(sizes, 8, 100);
}

static void a_running_hash_depends_on_every_entry_and_its_place(void **state)
{
    (void)state;
    uint8_t a[32];
    uint8_t b[32];
    assert_int_equal(running_hash_begin(SPAN_LITERAL("epoch"), a), STATUS_OK);
    memcpy(b, a, sizeof b);
    assert_int_equal(running_hash_add(a, 1, SPAN_LITERAL("x")), STATUS_OK);
    assert_int_equal(running_hash_add(b, 2, SPAN_LITERAL("x")), STATUS_OK);
    assert_memory_not_equal(a, b, sizeof a);
    memcpy(b, a, sizeof b);
    assert_int_equal(running_hash_add(a, 2, SPAN_LITERAL("y")), STATUS_OK);
    assert_int_equal(running_hash_add(b, 2, SPAN_LITERAL("z")), STATUS_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void a_deleted_entry_leaves_the_running_hash_as_it_was(void **state)
{
    (void)state;
    uint8_t a[32];
    uint8_t b[32];
    struct digest digest;
    assert_int_equal(running_hash_begin(SPAN_LITERAL("epoch"), a), STATUS_OK);
    memcpy(b, a, sizeof b);
    assert_int_equal(hash_bytes(HASH_SHA256, SPAN_LITERAL("gone"), &digest), STATUS_OK);
    assert_int_equal(running_hash_add(a, 7, SPAN_LITERAL("gone")), STATUS_OK);
    assert_int_equal(running_hash_add_deleted(b, 7, digest.bytes), STATUS_OK);
    assert_memory_equal(a, b, sizeof a);
}

static void a_mention_is_found_between_other_text(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(256);
    struct id ann = {{0xa1, 1}};
    struct id bea = {{0xb2, 2}};
    struct id found;
    struct span before;
    assert_int_equal(buffer_append(&bytes, SPAN_LITERAL("@{ to ")), STATUS_OK);
    assert_int_equal(mention_append(&bytes, &ann), STATUS_OK);
    assert_int_equal(mention_append(&bytes, &bea), STATUS_OK);
    assert_int_equal(buffer_append(&bytes, SPAN_LITERAL(" @{a1}")), STATUS_OK);
    struct span text = buffer_span(&bytes);
    assert_true(mention_has(text, &bea));
    assert_false(mention_has(SPAN_LITERAL("@{}"), &bea));
    assert_true(mention_next(&text, &before, &found));
    assert_true(span_equal(before, SPAN_LITERAL("@{ to ")) && id_equal(&found, &ann));
    assert_true(mention_next(&text, &before, &found));
    assert_true(before.len == 0 && id_equal(&found, &bea));
    assert_false(mention_next(&text, &before, &found));
    assert_true(span_equal(before, SPAN_LITERAL(" @{a1}")));
    assert_false(mention_next(&text, &before, &found));
    assert_int_equal(before.len, 0);
}

static void a_mention_without_room_leaves_the_text_as_it_was(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(MENTION_SIZE - 1);
    struct id ann = {{1}};
    assert_int_equal(mention_append(&bytes, &ann), STATUS_LIMIT);
    assert_int_equal(bytes.len, 0);
}

static void a_file_of_the_greatest_size_fits_its_message(void **state)
{
    (void)state;
    static struct content_file_chunk chunks[LIMIT_FILE_CHUNKS];
    static const uint8_t name[LIMIT_FILE_NAME_BYTES] = "x-ray";
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content_file file = {.size = LIMIT_FILE_BYTES,
                                .name = span_of(name, 5),
                                .media_type = SPAN_LITERAL("image/png"),
                                .chunks = chunks,
                                .chunk_count = LIMIT_FILE_CHUNKS};
    struct content_file read;
    chunks[LIMIT_FILE_CHUNKS - 1].sha256[31] = 7;
    assert_int_equal(content_encode_body(CONTENT_FILE, &file, &body), STATUS_OK);
    struct content content = {
        .version = CONTENT_VERSION, .kind = CONTENT_FILE, .body = buffer_span(&body)};
    assert_int_equal(content_encode(&content, &bytes), STATUS_OK);
    assert_true(content_padded_size(bytes.len) < LIMIT_ENTRY_BYTES - 2048);
    assert_int_equal(content_decode_body(&content, &arena, &read), STATUS_OK);
    assert_int_equal(read.chunk_count, LIMIT_FILE_CHUNKS);
    assert_int_equal(read.chunks[LIMIT_FILE_CHUNKS - 1].sha256[31], 7);
}

static void a_sealed_answer_opens_with_its_key_only(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(1024);
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1024);
    uint8_t key[SEALED_KEY_SIZE];
    struct content_sealed sealed;
    struct id author = {{1}};
    struct id copier = {{2}};
    assert_int_equal(sealed_make(&author, SPAN_LITERAL("we expected ten"), random_system(),
                                 &ciphertext, key, &sealed),
                     STATUS_OK);
    assert_int_equal(sealed_open(&sealed, &author, key, &text), STATUS_OK);
    assert_true(span_equal(buffer_span(&text), SPAN_LITERAL("we expected ten")));
    assert_int_equal(sealed_open(&sealed, &copier, key, &text), STATUS_NOT_DECRYPTED);
    key[0] ^= 1;
    assert_int_equal(sealed_open(&sealed, &author, key, &text), STATUS_NOT_DECRYPTED);
    key[0] ^= 1;
    sealed.commitment[0] ^= 1;
    assert_int_equal(sealed_open(&sealed, &author, key, &text), STATUS_NOT_DECRYPTED);
    assert_int_equal(text.len, strlen("we expected ten"));
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idea_survives_a_round_trip),
        cmocka_unit_test(an_unknown_kind_survives_and_is_not_guessed_at),
        cmocka_unit_test(fields_of_a_later_version_of_a_kind_are_left_alone),
        cmocka_unit_test(every_kind_has_a_lane_and_a_name_of_its_own),
        cmocka_unit_test(padding_hides_lengths_and_costs_at_most_an_eighth),
        cmocka_unit_test(a_running_hash_depends_on_every_entry_and_its_place),
        cmocka_unit_test(a_deleted_entry_leaves_the_running_hash_as_it_was),
        cmocka_unit_test(a_mention_is_found_between_other_text),
        cmocka_unit_test(a_mention_without_room_leaves_the_text_as_it_was),
        cmocka_unit_test(a_file_of_the_greatest_size_fits_its_message),
        cmocka_unit_test(a_sealed_answer_opens_with_its_key_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
