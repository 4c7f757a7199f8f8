/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/hash.h"

#include "protocol/crypto/random_system.h"
#include "tests/unit/protocol/crypto/hex.h"

#include <openssl/hmac.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384, HASH_SHA512};
static const uint8_t sizes[] = {32, 48, 64};

static const EVP_MD *openssl_of(enum hash_id hash)
{
    return hash == HASH_SHA256 ? EVP_sha256() : hash == HASH_SHA384 ? EVP_sha384() : EVP_sha512();
}

/* FIPS 180-4: the hash of "abc". */
static void hashes_what_the_standard_shows(void **state)
{
    (void)state;
    struct digest digest;
    assert_int_equal(hash_bytes(HASH_SHA256, SPAN_LITERAL("abc"), &digest), STATUS_OK);
    hex_assert_equal(digest_span(&digest),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(hash_bytes(HASH_SHA256, SPAN_EMPTY, &digest), STATUS_OK);
    hex_assert_equal(digest_span(&digest),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void parts_hash_like_the_whole(void **state)
{
    (void)state;
    const struct span parts[] = {SPAN_LITERAL("a"), SPAN_EMPTY, SPAN_LITERAL("bc"),
                                 SPAN_LITERAL("d")};
    for (size_t i = 0; i < 3; i++) {
        struct digest whole, pieces, other;
        assert_int_equal(hash_bytes(hashes[i], SPAN_LITERAL("abcd"), &whole), STATUS_OK);
        assert_int_equal(hash_parts(hashes[i], parts, 4, &pieces), STATUS_OK);
        assert_int_equal(whole.len, sizes[i]);
        assert_true(span_equal(digest_span(&whole), digest_span(&pieces)));
        assert_int_equal(hash_parts(hashes[i], parts, 3, &other), STATUS_OK);
        assert_false(span_equal(digest_span(&whole), digest_span(&other)));
    }
}

/* Ours against OpenSSL's, at every key length around the block size. */
static void macs_like_openssl_at_every_key_length(void **state)
{
    (void)state;
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + 1);
    for (size_t i = 0; i < 3; i++)
        for (size_t len = 0; len <= sizeof bytes; len++) {
            struct digest mac;
            uint8_t expected[EVP_MAX_MD_SIZE];
            unsigned expected_len = 0;
            assert_int_equal(hash_mac(hashes[i], span_of(bytes, len), SPAN_OF(bytes), &mac),
                             STATUS_OK);
            assert_non_null(HMAC(openssl_of(hashes[i]), bytes, (int)len, bytes, sizeof bytes,
                                 expected, &expected_len));
            assert_int_equal(mac.len, expected_len);
            assert_memory_equal(mac.bytes, expected, expected_len);
        }
}

static void derives_test_case_1_of_rfc_5869(void **state)
{
    (void)state;
    struct hex ikm = hex_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    struct hex salt = hex_of("000102030405060708090a0b0c");
    struct hex info = hex_of("f0f1f2f3f4f5f6f7f8f9");
    struct secret prk;
    assert_int_equal(hkdf_extract(HASH_SHA256, hex_span(&salt), hex_span(&ikm), &prk), STATUS_OK);
    hex_assert_equal(secret_span(&prk),
                     "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    uint8_t okm[42];
    assert_int_equal(hkdf_expand(HASH_SHA256, secret_span(&prk), hex_span(&info), okm, sizeof okm),
                     STATUS_OK);
    hex_assert_equal(
        SPAN_OF(okm),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

static void no_salt_is_a_salt_of_zeros(void **state)
{
    (void)state;
    static const uint8_t zeros[32];
    struct secret without, with;
    assert_int_equal(hkdf_extract(HASH_SHA256, SPAN_EMPTY, SPAN_LITERAL("x"), &without), STATUS_OK);
    assert_int_equal(hkdf_extract(HASH_SHA256, SPAN_OF(zeros), SPAN_LITERAL("x"), &with),
                     STATUS_OK);
    assert_true(secret_equal(secret_span(&without), secret_span(&with)));
}

static void expands_255_blocks_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t length = (size_t)255 * sizes[i];
        uint8_t *out = malloc(length + 1);
        assert_non_null(out);
        assert_int_equal(hkdf_expand(hashes[i], SPAN_LITERAL("prk"), SPAN_EMPTY, out, length),
                         STATUS_OK);
        uint8_t first[10];
        assert_int_equal(
            hkdf_expand(hashes[i], SPAN_LITERAL("prk"), SPAN_EMPTY, first, sizeof first),
            STATUS_OK);
        assert_memory_equal(out, first, sizeof first);
        assert_int_equal(hkdf_expand(hashes[i], SPAN_LITERAL("prk"), SPAN_EMPTY, out, length + 1),
                         STATUS_LIMIT);
        for (size_t k = 0; k <= length; k++)
            assert_int_equal(out[k], 0); /* nothing half done is left */
        free(out);
    }
}

static void info_in_parts_expands_like_the_whole(void **state)
{
    (void)state;
    const struct span parts[] = {SPAN_LITERAL("in"), SPAN_EMPTY, SPAN_LITERAL("fo")};
    uint8_t whole[100], pieces[100];
    assert_int_equal(
        hkdf_expand(HASH_SHA512, SPAN_LITERAL("k"), SPAN_LITERAL("info"), whole, sizeof whole),
        STATUS_OK);
    assert_int_equal(
        hkdf_expand_parts(HASH_SHA512, SPAN_LITERAL("k"), parts, 3, pieces, sizeof pieces),
        STATUS_OK);
    assert_memory_equal(whole, pieces, sizeof whole);
}

static void *hash_often(void *context)
{
    size_t *wrong = context;
    for (size_t i = 0; i < 200; i++) {
        struct digest digest;
        if (hash_bytes(HASH_SHA256, SPAN_LITERAL("abc"), &digest) != STATUS_OK ||
            digest.bytes[0] != 0xba)
            ++*wrong;
    }
    return NULL;
}

/* Runs first: no thread has filled the table of fetched algorithms yet. */
static void threads_may_begin_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    size_t wrong[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_often, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_may_begin_at_once),
        cmocka_unit_test(hashes_what_the_standard_shows),
        cmocka_unit_test(parts_hash_like_the_whole),
        cmocka_unit_test(macs_like_openssl_at_every_key_length),
        cmocka_unit_test(derives_test_case_1_of_rfc_5869),
        cmocka_unit_test(no_salt_is_a_salt_of_zeros),
        cmocka_unit_test(expands_255_blocks_and_no_more),
        cmocka_unit_test(info_in_parts_expands_like_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
