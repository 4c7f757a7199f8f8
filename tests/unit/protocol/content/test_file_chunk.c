/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/content/file_chunk.h"
#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t key[FILE_KEY_SIZE] = {7};
static const uint64_t sizes[] = {0,       1,       256,      LIMIT_FILE_CHUNK_BYTES - 1,
                                 262144u, 262145u, 1000000u, LIMIT_FILE_BYTES};

static void every_byte_of_a_file_is_in_one_chunk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t total = 0;
        uint32_t count = file_chunk_count(sizes[i]);
        assert_in_range(count, 1, LIMIT_FILE_CHUNKS);
        for (uint32_t at = 0; at < count; at++)
            total += file_chunk_size(sizes[i], at);
        assert_true(total == file_padded_size(sizes[i]) && total >= sizes[i]);
        assert_true(file_sealed_size(sizes[i]) == total + 16 * (uint64_t)count);
        assert_int_equal(file_chunk_size(sizes[i], count), 0);
    }
    assert_true(file_sealed_size(LIMIT_FILE_BYTES) == LIMIT_SEALED_FILE_BYTES);
}

static void seal(uint64_t size, uint32_t index, uint8_t fill, struct buffer *sealed)
{
    CLEANUP(buffer_clear) struct buffer plain = BUFFER_INIT(LIMIT_FILE_CHUNK_BYTES);
    uint8_t *bytes = NULL;
    size_t length = file_chunk_size(size, index);
    assert_int_equal(buffer_extend(&plain, length, &bytes), STATUS_OK);
    memset(bytes, fill, length);
    assert_int_equal(file_chunk_seal(key, size, index, buffer_span(&plain), sealed), STATUS_OK);
    assert_int_equal(sealed->len, length + 16);
}

static enum status open_it(uint64_t size, uint32_t index, struct span sealed)
{
    CLEANUP(buffer_clear) struct buffer plain = BUFFER_INIT(LIMIT_FILE_CHUNK_BYTES);
    enum status status = file_chunk_open(key, size, index, sealed, &plain);
    assert_true(status == STATUS_OK || plain.len == 0);
    return status;
}

static void a_chunk_opens_in_its_place_only(void **state)
{
    (void)state;
    const uint64_t three = 3 * (uint64_t)LIMIT_FILE_CHUNK_BYTES;
    const uint64_t four = 4 * (uint64_t)LIMIT_FILE_CHUNK_BYTES;
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES);
    seal(three, 2, 9, &sealed);
    assert_int_equal(open_it(three, 2, buffer_span(&sealed)), STATUS_OK);
    assert_int_equal(open_it(three, 1, buffer_span(&sealed)), STATUS_NOT_DECRYPTED);
    assert_int_equal(open_it(three, 3, buffer_span(&sealed)), STATUS_NOT_DECRYPTED);
    /* The last of a file is not the last but one of a longer one. */
    assert_int_equal(open_it(four, 2, buffer_span(&sealed)), STATUS_NOT_DECRYPTED);
}

static void a_chunk_that_was_cut_or_changed_does_not_open(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES);
    seal(300, 0, 9, &sealed);
    for (size_t length = 0; length < sealed.len; length++)
        assert_int_equal(open_it(300, 0, span_of(sealed.ptr, length)), STATUS_NOT_DECRYPTED);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        sealed.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(open_it(300, 0, buffer_span(&sealed)), STATUS_NOT_DECRYPTED);
        sealed.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(open_it(300, 0, buffer_span(&sealed)), STATUS_OK);
}

static void what_is_no_chunk_is_not_sealed(void **state)
{
    (void)state;
    static const uint8_t zeros[600];
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES);
    assert_int_equal(file_chunk_seal(key, 300, 0, span_of(zeros, 300), &sealed), STATUS_LIMIT);
    assert_int_equal(file_chunk_seal(key, 300, 1, span_of(zeros, 512), &sealed), STATUS_LIMIT);
    assert_int_equal(file_chunk_seal(key, LIMIT_FILE_BYTES + 1, 0, span_of(zeros, 512), &sealed),
                     STATUS_LIMIT);
    assert_int_equal(sealed.len, 0);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_a_file_is_in_one_chunk),
        cmocka_unit_test(a_chunk_opens_in_its_place_only),
        cmocka_unit_test(a_chunk_that_was_cut_or_changed_does_not_open),
        cmocka_unit_test(what_is_no_chunk_is_not_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
