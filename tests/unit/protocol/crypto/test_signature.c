/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/signature.h"

#include "protocol/crypto/labelled.h"
#include "protocol/crypto/random_system.h"
#include "tests/unit/protocol/crypto/hex.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum signature_id schemes[] = {SIGNATURE_ED25519, SIGNATURE_ECDSA_P256,
                                            SIGNATURE_ECDSA_P384, SIGNATURE_ECDSA_P521,
                                            SIGNATURE_ED448};
#define SCHEMES (sizeof schemes / sizeof *schemes)

struct pair {
    struct secret private_key;
    struct signature_public public_key;
};

static struct pair pair_of(enum signature_id scheme)
{
    struct pair pair;
    assert_int_equal(
        signature_generate(scheme, random_system(), &pair.private_key, &pair.public_key),
        STATUS_OK);
    return pair;
}

static struct signature sign(enum signature_id scheme, const struct pair *pair, struct span message)
{
    struct signature signature;
    assert_int_equal(signature_sign(scheme, secret_span(&pair->private_key), message, &signature),
                     STATUS_OK);
    return signature;
}

/* RFC 8032, 7.1: tests 1 to 3. */
static void signs_the_vectors_of_rfc_8032(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } vectors[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701"
         "cf9"
         "b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d"
         "0f1"
         "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f7609"
         "84d"
         "c6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct hex seed = hex_of(vectors[i].seed), message = hex_of(vectors[i].message);
        struct signature_public public_key;
        struct signature signature;
        assert_int_equal(signature_public_of(SIGNATURE_ED25519, hex_span(&seed), &public_key),
                         STATUS_OK);
        hex_assert_equal(signature_public_span(&public_key), vectors[i].public_key);
        assert_int_equal(
            signature_sign(SIGNATURE_ED25519, hex_span(&seed), hex_span(&message), &signature),
            STATUS_OK);
        hex_assert_equal(signature_span(&signature), vectors[i].signature);
        assert_int_equal(signature_verify(SIGNATURE_ED25519, signature_public_span(&public_key),
                                          hex_span(&message), signature_span(&signature)),
                         STATUS_OK);
    }
}

static void verifies_its_own_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEMES; i++) {
        struct pair pair = pair_of(schemes[i]), other = pair_of(schemes[i]);
        struct span key = signature_public_span(&pair.public_key);
        struct signature signature = sign(schemes[i], &pair, SPAN_LITERAL("message"));
        struct span signed_bytes = signature_span(&signature);
        assert_int_equal(signature_verify(schemes[i], key, SPAN_LITERAL("message"), signed_bytes),
                         STATUS_OK);
        assert_int_equal(signature_verify(schemes[i], key, SPAN_LITERAL("massage"), signed_bytes),
                         STATUS_BAD_SIGNATURE);
        assert_int_equal(signature_verify(schemes[i], key, SPAN_EMPTY, signed_bytes),
                         STATUS_BAD_SIGNATURE);
        assert_int_equal(signature_verify(schemes[i], signature_public_span(&other.public_key),
                                          SPAN_LITERAL("message"), signed_bytes),
                         STATUS_BAD_SIGNATURE);
        assert_int_equal(signature_check_public(schemes[i], key), STATUS_OK);
    }
}

static void refuses_every_shorter_signature_and_every_flipped_bit(void **state)
{
    (void)state;
    ERR_clear_error();
    for (size_t i = 0; i < SCHEMES; i++) {
        struct pair pair = pair_of(schemes[i]);
        struct span key = signature_public_span(&pair.public_key), text = SPAN_LITERAL("message");
        struct signature signature = sign(schemes[i], &pair, text);
        for (size_t len = 0; len < signature.len; len++)
            assert_int_equal(signature_verify(schemes[i], key, text, span_of(signature.bytes, len)),
                             STATUS_BAD_SIGNATURE);
        uint8_t longer[SIGNATURE_SIZE_MAX + 1] = {0};
        memcpy(longer, signature.bytes, signature.len);
        assert_int_equal(
            signature_verify(schemes[i], key, text, span_of(longer, (size_t)signature.len + 1)),
            STATUS_BAD_SIGNATURE);
        /* Every bit where that is quick, every fifth elsewhere. */
        for (size_t bit = 0; bit < (size_t)8 * signature.len; bit += i == 0 ? 1 : 5) {
            struct signature flipped = signature;
            flipped.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(signature_verify(schemes[i], key, text, signature_span(&flipped)),
                             STATUS_BAD_SIGNATURE);
        }
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void refuses_keys_of_any_other_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEMES; i++) {
        struct pair pair = pair_of(schemes[i]);
        struct signature signature = sign(schemes[i], &pair, SPAN_EMPTY);
        bool scalar = schemes[i] != SIGNATURE_ED25519 && schemes[i] != SIGNATURE_ED448;
        uint8_t bytes[200] = {4, 1, 2, 3};
        for (size_t len = 0; len < sizeof bytes; len++) {
            struct span other = span_of(bytes, len);
            struct signature_public unused;
            if (len != pair.public_key.len) {
                assert_int_equal(signature_check_public(schemes[i], other), STATUS_BAD_KEY);
                assert_int_equal(
                    signature_verify(schemes[i], other, SPAN_EMPTY, signature_span(&signature)),
                    STATUS_BAD_KEY);
            }
            if (len == pair.private_key.len || (scalar && len > 0 && len < pair.private_key.len))
                continue;
            assert_int_equal(signature_public_of(schemes[i], other, &unused), STATUS_BAD_KEY);
            assert_int_equal(signature_sign(schemes[i], other, SPAN_EMPTY, &signature),
                             STATUS_BAD_KEY);
        }
    }
}

/* Prepared keys sign the same, and only prepared ones do where there is a difference. */
static void a_prepared_key_signs_what_the_private_key_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEMES; i++) {
        struct pair pair = pair_of(schemes[i]);
        struct secret prepared;
        struct signature signature;
        struct span text = SPAN_LITERAL("message");
        assert_int_equal(signature_prepare(schemes[i], secret_span(&pair.private_key), &prepared),
                         STATUS_OK);
        assert_int_equal(signature_sign_prepared(schemes[i], &prepared, text, &signature),
                         STATUS_OK);
        assert_int_equal(signature_verify(schemes[i], signature_public_span(&pair.public_key), text,
                                          signature_span(&signature)),
                         STATUS_OK);
    }
    struct pair pair = pair_of(SIGNATURE_ED25519);
    struct signature signature;
    assert_int_equal(
        signature_sign_prepared(SIGNATURE_ED25519, &pair.private_key, SPAN_EMPTY, &signature),
        STATUS_BAD_KEY);
}

static void refuses_public_keys_of_small_order(void **state)
{
    (void)state;
    static const char *const small[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        struct hex key = hex_of(small[i]);
        assert_int_equal(signature_check_public(SIGNATURE_ED25519, hex_span(&key)), STATUS_BAD_KEY);
        /* Under the neutral element R = 0, S = 0 would fit every message. */
        uint8_t forged[64] = {1};
        assert_int_equal(signature_verify(SIGNATURE_ED25519, hex_span(&key), SPAN_LITERAL("any"),
                                          SPAN_OF(forged)),
                         STATUS_BAD_SIGNATURE);
    }
    uint8_t key448[57] = {1};
    assert_int_equal(signature_check_public(SIGNATURE_ED448, SPAN_OF(key448)), STATUS_BAD_KEY);
    key448[0] = 0;
    assert_int_equal(signature_check_public(SIGNATURE_ED448, SPAN_OF(key448)), STATUS_BAD_KEY);
    key448[56] = 0x40;
    assert_int_equal(signature_check_public(SIGNATURE_ED448, SPAN_OF(key448)), STATUS_BAD_KEY);
    memset(key448, 0xff, 56);
    key448[56] = 0x80;
    assert_int_equal(signature_check_public(SIGNATURE_ED448, SPAN_OF(key448)), STATUS_BAD_KEY);
}

/* A key and its sum with the point of order 2: libsodium verifies under both, but only the first
 * could be honest. */
static void refuses_a_key_with_a_component_of_small_order(void **state)
{
    (void)state;
    struct hex order_two =
        hex_of("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    struct pair pair = pair_of(SIGNATURE_ED25519);
    uint8_t mixed[32];
    assert_int_equal(crypto_core_ed25519_add(mixed, pair.public_key.bytes, order_two.bytes), 0);
    assert_int_equal(signature_check_public(SIGNATURE_ED25519, SPAN_OF(mixed)), STATUS_BAD_KEY);
    assert_int_equal(
        signature_check_public(SIGNATURE_ED25519, signature_public_span(&pair.public_key)),
        STATUS_OK);
}

/* Half of all strings are no point: a check that takes everything, or nothing, shows here. */
static void about_half_of_random_strings_are_keys_of_ed448(void **state)
{
    (void)state;
    size_t points = 0;
    for (size_t i = 0; i < 200; i++) {
        uint8_t key[57];
        assert_int_equal(random_fill(random_system(), key, sizeof key), STATUS_OK);
        key[56] &= 0x80;
        points += signature_check_public(SIGNATURE_ED448, SPAN_OF(key)) == STATUS_OK;
    }
    assert_in_range(points, 50, 150);
}

static void refuses_points_off_the_curve(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 3; i++) {
        struct pair pair = pair_of(schemes[i]);
        pair.public_key.bytes[pair.public_key.len - 1] ^= 1;
        assert_int_equal(
            signature_check_public(schemes[i], signature_public_span(&pair.public_key)),
            STATUS_BAD_KEY);
        struct signature signature = sign(schemes[i], &pair, SPAN_EMPTY);
        assert_int_equal(signature_verify(schemes[i], signature_public_span(&pair.public_key),
                                          SPAN_EMPTY, signature_span(&signature)),
                         STATUS_BAD_KEY);
    }
}

static void a_label_binds_a_signature_to_its_purpose(void **state)
{
    (void)state;
    struct pair pair = pair_of(SIGNATURE_ED25519);
    struct span key = signature_public_span(&pair.public_key), text = SPAN_LITERAL("content");
    struct signature signature;
    assert_int_equal(labelled_sign(secret_span(&pair.private_key), LABEL_LOGIN, text, &signature),
                     STATUS_OK);
    assert_int_equal(labelled_verify(key, LABEL_LOGIN, text, signature_span(&signature)),
                     STATUS_OK);
    assert_int_equal(labelled_verify(key, LABEL_LEAVE, text, signature_span(&signature)),
                     STATUS_BAD_SIGNATURE);
    assert_int_equal(signature_verify(SIGNATURE_ED25519, key, text, signature_span(&signature)),
                     STATUS_BAD_SIGNATURE);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_the_vectors_of_rfc_8032),
        cmocka_unit_test(verifies_its_own_and_nothing_else),
        cmocka_unit_test(refuses_every_shorter_signature_and_every_flipped_bit),
        cmocka_unit_test(refuses_keys_of_any_other_length),
        cmocka_unit_test(a_prepared_key_signs_what_the_private_key_signs),
        cmocka_unit_test(refuses_public_keys_of_small_order),
        cmocka_unit_test(refuses_a_key_with_a_component_of_small_order),
        cmocka_unit_test(about_half_of_random_strings_are_keys_of_ed448),
        cmocka_unit_test(refuses_points_off_the_curve),
        cmocka_unit_test(a_label_binds_a_signature_to_its_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
