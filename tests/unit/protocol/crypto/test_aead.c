/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/aead.h"

#include "protocol/crypto/random_system.h"
#include "tests/unit/protocol/crypto/hex.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum aead_id aeads[] = {AEAD_AES128GCM, AEAD_AES256GCM, AEAD_CHACHA20POLY1305};
static const size_t key_sizes[] = {16, 32, 32};
static const uint8_t bytes[100] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
#define NONCE span_of(bytes + 3, 12)

/* Test case 2 of the GCM specification (McGrew and Viega): zero key and nonce, 16 zero bytes. */
static void seals_like_the_gcm_specification(void **state)
{
    (void)state;
    static const uint8_t zeros[16];
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(100);
    assert_int_equal(aead_seal(AEAD_AES128GCM, SPAN_OF(zeros), span_of(zeros, 12), SPAN_EMPTY,
                               SPAN_OF(zeros), &out),
                     STATUS_OK);
    hex_assert_equal(buffer_span(&out),
                     "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
}

static void opens_what_it_sealed_at_every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (size_t len = 0; len <= sizeof bytes; len++) {
            struct span key = span_of(bytes, key_sizes[i]);
            struct span text = span_of(bytes, len);
            CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(200);
            CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(200);
            assert_int_equal(aead_seal(aeads[i], key, NONCE, text, text, &sealed), STATUS_OK);
            assert_int_equal(sealed.len, len + AEAD_TAG_SIZE);
            assert_int_equal(aead_open(aeads[i], key, NONCE, text, buffer_span(&sealed), &opened),
                             STATUS_OK);
            assert_true(span_equal(buffer_span(&opened), text));
        }
}

static enum status open_copy(enum aead_id aead,
                             struct span key,
                             struct span nonce,
                             struct span aad,
                             const uint8_t *sealed,
                             size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, sealed, len);
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(200);
    assert_int_equal(buffer_append(&out, SPAN_LITERAL("before")), STATUS_OK);
    enum status status = aead_open(aead, key, nonce, aad, span_of(copy, len), &out);
    if (status != STATUS_OK) {
        assert_true(span_equal(buffer_span(&out), SPAN_LITERAL("before")));
        /* No unauthenticated plaintext stays behind the end either. */
        size_t tried = len < AEAD_TAG_SIZE ? 0 : len - AEAD_TAG_SIZE;
        for (size_t i = 0; i < tried && status == STATUS_NOT_DECRYPTED; i++)
            assert_int_equal(out.ptr[out.len + i], 0);
    }
    free(copy);
    return status;
}

static void refuses_every_shorter_tag_and_every_flipped_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct span key = span_of(bytes, key_sizes[i]), aad = span_of(bytes, 5);
        CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(200);
        assert_int_equal(aead_seal(aeads[i], key, NONCE, aad, span_of(bytes, 20), &sealed),
                         STATUS_OK);
        for (size_t len = 0; len < sealed.len; len++)
            assert_int_equal(open_copy(aeads[i], key, NONCE, aad, sealed.ptr, len),
                             STATUS_NOT_DECRYPTED);
        for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
            sealed.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(open_copy(aeads[i], key, NONCE, aad, sealed.ptr, sealed.len),
                             STATUS_NOT_DECRYPTED);
            sealed.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_int_equal(open_copy(aeads[i], key, NONCE, aad, sealed.ptr, sealed.len), STATUS_OK);
    }
}

static void refuses_another_key_nonce_or_associated_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct span key = span_of(bytes, key_sizes[i]), aad = span_of(bytes, 5);
        CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(200);
        assert_int_equal(aead_seal(aeads[i], key, NONCE, aad, span_of(bytes, 20), &sealed),
                         STATUS_OK);
        assert_int_equal(open_copy(aeads[i], span_of(bytes + 1, key_sizes[i]), NONCE, aad,
                                   sealed.ptr, sealed.len),
                         STATUS_NOT_DECRYPTED);
        assert_int_equal(
            open_copy(aeads[i], key, span_of(bytes + 4, 12), aad, sealed.ptr, sealed.len),
            STATUS_NOT_DECRYPTED);
        assert_int_equal(open_copy(aeads[i], key, NONCE, span_of(bytes, 6), sealed.ptr, sealed.len),
                         STATUS_NOT_DECRYPTED);
        assert_int_equal(open_copy(aeads[i], key, NONCE, SPAN_EMPTY, sealed.ptr, sealed.len),
                         STATUS_NOT_DECRYPTED);
    }
}

static void refuses_keys_and_nonces_of_any_other_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (size_t len = 0; len <= 40; len++) {
            CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(200);
            struct span key = span_of(bytes, key_sizes[i]), other = span_of(bytes, len);
            struct span sealed = span_of(bytes, 40);
            if (len != key_sizes[i]) {
                assert_int_equal(aead_seal(aeads[i], other, NONCE, SPAN_EMPTY, sealed, &out),
                                 STATUS_CRYPTO);
                assert_int_equal(aead_open(aeads[i], other, NONCE, SPAN_EMPTY, sealed, &out),
                                 STATUS_CRYPTO);
            }
            if (len != 12) {
                assert_int_equal(aead_seal(aeads[i], key, other, SPAN_EMPTY, sealed, &out),
                                 STATUS_CRYPTO);
                assert_int_equal(aead_open(aeads[i], key, other, SPAN_EMPTY, sealed, &out),
                                 STATUS_CRYPTO);
            }
            assert_int_equal(out.len, 0);
        }
}

static void a_full_buffer_takes_nothing(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(20);
    assert_int_equal(buffer_append(&out, SPAN_LITERAL("x")), STATUS_OK);
    assert_int_equal(
        aead_seal(AEAD_AES128GCM, span_of(bytes, 16), NONCE, SPAN_EMPTY, span_of(bytes, 4), &out),
        STATUS_LIMIT);
    assert_int_equal(out.len, 1);
}

static void failures_leave_no_errors_in_the_queue_of_openssl(void **state)
{
    (void)state;
    ERR_clear_error();
    assert_int_equal(open_copy(AEAD_AES128GCM, span_of(bytes, 16), NONCE, SPAN_EMPTY, bytes, 40),
                     STATUS_NOT_DECRYPTED);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_like_the_gcm_specification),
        cmocka_unit_test(opens_what_it_sealed_at_every_length),
        cmocka_unit_test(refuses_every_shorter_tag_and_every_flipped_bit),
        cmocka_unit_test(refuses_another_key_nonce_or_associated_data),
        cmocka_unit_test(refuses_keys_and_nonces_of_any_other_length),
        cmocka_unit_test(a_full_buffer_takes_nothing),
        cmocka_unit_test(failures_leave_no_errors_in_the_queue_of_openssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
