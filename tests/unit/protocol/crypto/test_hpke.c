/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/hpke.h"

#include "protocol/crypto/random_system.h"
#include "tests/unit/protocol/crypto/hex.h"
#include "tests/unit/protocol/crypto/hpke_vectors.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS (sizeof hpke_vectors / sizeof *hpke_vectors)

/* A source that gives the bytes of a vector, once. */
static enum status fill_from_hex(void *context, uint8_t *out, size_t count)
{
    struct hex *hex = context;
    if (hex->len != count)
        return STATUS_NO_RANDOMNESS;
    memcpy(out, hex->bytes, count);
    hex->len = 0;
    return STATUS_OK;
}

static enum status fill_never(void *context, uint8_t *out, size_t count)
{
    (void)context;
    (void)out;
    (void)count;
    return STATUS_NO_RANDOMNESS;
}

static void seals_and_opens_the_vectors_of_rfc_9180(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        const struct hpke_vector *vector = &hpke_vectors[i];
        const struct suite *suite = suite_find((uint16_t)vector->suite);
        struct hex info = hex_of(vector->info), aad = hex_of(vector->associated_data),
                   plaintext = hex_of(vector->plaintext), ikm = hex_of(vector->recipient_ikm),
                   ephemeral = hex_of(vector->ephemeral_ikm);
        struct secret private_key;
        struct hpke_public public_key, again, encapsulated;
        assert_int_equal(hpke_derive_key_pair(suite, hex_span(&ikm), &private_key, &public_key),
                         STATUS_OK);
        hex_assert_equal(secret_span(&private_key), vector->recipient_private);
        hex_assert_equal(hpke_public_span(&public_key), vector->recipient_public);
        assert_int_equal(hpke_public_of(suite, secret_span(&private_key), &again), STATUS_OK);
        hex_assert_equal(hpke_public_span(&again), vector->recipient_public);
        const struct random_source random = {fill_from_hex, &ephemeral};
        CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(1000);
        CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(1000);
        assert_int_equal(hpke_seal(suite, &random, hpke_public_span(&public_key), hex_span(&info),
                                   hex_span(&aad), hex_span(&plaintext), &encapsulated, &sealed),
                         STATUS_OK);
        hex_assert_equal(hpke_public_span(&encapsulated), vector->ephemeral_public);
        hex_assert_equal(buffer_span(&sealed), vector->ciphertext);
        assert_int_equal(hpke_open(suite, secret_span(&private_key),
                                   hpke_public_span(&encapsulated), hex_span(&info), hex_span(&aad),
                                   buffer_span(&sealed), &opened),
                         STATUS_OK);
        hex_assert_equal(buffer_span(&opened), vector->plaintext);
    }
}

static void exports_the_vectors_of_rfc_9180(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        const struct hpke_vector *vector = &hpke_vectors[i];
        const struct suite *suite = suite_find((uint16_t)vector->suite);
        struct hex info = hex_of(vector->info), context = hex_of(vector->exporter_context),
                   public_key = hex_of(vector->recipient_public),
                   private_key = hex_of(vector->recipient_private),
                   ephemeral = hex_of(vector->ephemeral_ikm);
        const struct random_source random = {fill_from_hex, &ephemeral};
        struct hpke_public encapsulated;
        struct secret sent, received;
        assert_int_equal(hpke_export_send(suite, &random, hex_span(&public_key), hex_span(&info),
                                          hex_span(&context), 32, &encapsulated, &sent),
                         STATUS_OK);
        hex_assert_equal(secret_span(&sent), vector->exported);
        assert_int_equal(hpke_export_receive(suite, hex_span(&private_key),
                                             hpke_public_span(&encapsulated), hex_span(&info),
                                             hex_span(&context), 32, &received),
                         STATUS_OK);
        hex_assert_equal(secret_span(&received), vector->exported);
        assert_int_equal(hpke_export_receive(suite, hex_span(&private_key),
                                             hpke_public_span(&encapsulated), hex_span(&info),
                                             hex_span(&context), SECRET_SIZE_MAX + 1, &received),
                         STATUS_LIMIT);
    }
}

struct box {
    const struct suite *suite;
    struct secret private_key;
    struct hpke_public public_key, encapsulated;
    struct buffer sealed;
};

static struct box box_of(uint16_t id)
{
    struct box box = {.suite = suite_find(id), .sealed = BUFFER_INIT(1000)};
    assert_int_equal(
        hpke_generate_key_pair(box.suite, random_system(), &box.private_key, &box.public_key),
        STATUS_OK);
    assert_int_equal(hpke_seal(box.suite, random_system(), hpke_public_span(&box.public_key),
                               SPAN_LITERAL("info"), SPAN_LITERAL("aad"), SPAN_LITERAL("text"),
                               &box.encapsulated, &box.sealed),
                     STATUS_OK);
    return box;
}

static enum status open_box(const struct box *box,
                            struct span private_key,
                            struct span encapsulated,
                            struct span info,
                            struct span aad,
                            struct span sealed)
{
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(1000);
    enum status status = hpke_open(box->suite, private_key, encapsulated, info, aad, sealed, &out);
    if (status == STATUS_OK)
        assert_true(span_equal(buffer_span(&out), SPAN_LITERAL("text")));
    else
        assert_int_equal(out.len, 0);
    return status;
}

static void every_suite_opens_its_own_and_nothing_else(void **state)
{
    (void)state;
    for (uint16_t id = 1; id <= 7; id++) {
        struct box box = box_of(id), other = box_of(id);
        struct span key = secret_span(&box.private_key), sent = hpke_public_span(&box.encapsulated),
                    info = SPAN_LITERAL("info"), aad = SPAN_LITERAL("aad"),
                    sealed = buffer_span(&box.sealed);
        assert_int_equal(open_box(&box, key, sent, info, aad, sealed), STATUS_OK);
        assert_int_equal(open_box(&box, secret_span(&other.private_key), sent, info, aad, sealed),
                         STATUS_NOT_DECRYPTED);
        assert_int_equal(
            open_box(&box, key, hpke_public_span(&other.encapsulated), info, aad, sealed),
            STATUS_NOT_DECRYPTED);
        assert_int_equal(open_box(&box, key, sent, aad, aad, sealed), STATUS_NOT_DECRYPTED);
        assert_int_equal(open_box(&box, key, sent, info, info, sealed), STATUS_NOT_DECRYPTED);
        for (size_t len = 0; len < sealed.len; len++)
            assert_int_equal(open_box(&box, key, sent, info, aad, span_of(sealed.ptr, len)),
                             STATUS_NOT_DECRYPTED);
        buffer_clear(&box.sealed);
        buffer_clear(&other.sealed);
    }
}

static void refuses_keys_of_any_other_length(void **state)
{
    (void)state;
    for (uint16_t id = 1; id <= 7; id++) {
        struct box box = box_of(id);
        struct span key = secret_span(&box.private_key), sent = hpke_public_span(&box.encapsulated);
        bool scalar = box.suite->kem != KEM_X25519 && box.suite->kem != KEM_X448;
        for (size_t len = 0; len < KEM_PUBLIC_SIZE_MAX; len++) {
            uint8_t bytes[KEM_PUBLIC_SIZE_MAX] = {4, 1, 2, 3};
            struct span other = span_of(bytes, len);
            if (len != sent.len) {
                assert_int_equal(
                    open_box(&box, key, other, SPAN_EMPTY, SPAN_EMPTY, buffer_span(&box.sealed)),
                    STATUS_BAD_KEY);
                assert_int_equal(hpke_check_public(box.suite, other), STATUS_BAD_KEY);
            }
            /* A scalar may be written without its leading zeros. */
            if (len == key.len || (scalar && len > 0 && len < key.len))
                continue;
            struct hpke_public unused;
            assert_int_equal(hpke_public_of(box.suite, other, &unused), STATUS_BAD_KEY);
            assert_int_equal(
                open_box(&box, other, sent, SPAN_EMPTY, SPAN_EMPTY, buffer_span(&box.sealed)),
                STATUS_BAD_KEY);
        }
        assert_int_equal(hpke_check_public(box.suite, sent), STATUS_OK);
        buffer_clear(&box.sealed);
    }
}

/* The points of small order of Curve25519 and its twist, and their encodings that are not
 * reduced: Diffie-Hellman with any of them gives zeros. */
static const char *const small_order_25519[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void assert_gives_nothing(const struct suite *suite, struct span point)
{
    struct box box = box_of(suite->id);
    assert_int_equal(open_box(&box, secret_span(&box.private_key), point, SPAN_EMPTY, SPAN_EMPTY,
                              buffer_span(&box.sealed)),
                     STATUS_BAD_KEY);
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(100);
    struct hpke_public encapsulated = {.len = 0};
    assert_int_equal(hpke_check_public(suite, point), STATUS_BAD_KEY);
    assert_int_equal(hpke_seal(suite, random_system(), point, SPAN_EMPTY, SPAN_EMPTY, SPAN_EMPTY,
                               &encapsulated, &out),
                     STATUS_BAD_KEY);
    assert_int_equal(encapsulated.len, 0);
    assert_int_equal(out.len, 0);
    buffer_clear(&box.sealed);
}

static void refuses_points_that_make_the_shared_secret_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof small_order_25519 / sizeof *small_order_25519; i++) {
        struct hex point = hex_of(small_order_25519[i]);
        assert_gives_nothing(suite_find(1), hex_span(&point));
        assert_gives_nothing(suite_find(3), hex_span(&point));
        point.bytes[31] |= 0x80; /* a bit that does not count */
        assert_gives_nothing(suite_find(1), hex_span(&point));
    }
    uint8_t small[56] = {0};
    assert_gives_nothing(suite_find(4), SPAN_OF(small));
    small[0] = 1;
    assert_gives_nothing(suite_find(6), SPAN_OF(small));
    memset(small, 0xff, sizeof small);
    small[28] = 0xfe; /* p */
    assert_gives_nothing(suite_find(4), SPAN_OF(small));
    small[0] = 0xfe; /* p - 1 */
    assert_gives_nothing(suite_find(4), SPAN_OF(small));
    memset(small, 0, 28);
    small[28] = 0xff; /* p + 1 */
    assert_gives_nothing(suite_find(6), SPAN_OF(small));
}

/* The neighbours of a refused key, byte by byte, are keys like others. */
static void refuses_no_key_beside_those_of_small_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof small_order_25519 / sizeof *small_order_25519; i++) {
        struct hex point = hex_of(small_order_25519[i]);
        for (size_t at = 0; at < 32; at++) {
            point.bytes[at] ^= 0x10;
            assert_int_equal(hpke_check_public(suite_find(1), hex_span(&point)), STATUS_OK);
            point.bytes[at] ^= 0x10;
        }
    }
    for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
        uint8_t key[56];
        memset(key, (int)fill, sizeof key);
        key[28] = fill == 0 ? 0 : 0xfe;
        for (size_t at = 0; at < sizeof key; at++) {
            key[at] ^= 0x10;
            assert_int_equal(hpke_check_public(suite_find(4), SPAN_OF(key)), STATUS_OK);
            key[at] ^= 0x10;
        }
    }
}

static void refuses_points_off_the_curve_and_other_forms(void **state)
{
    (void)state;
    static const uint16_t ids[] = {2, 5, 7};
    for (size_t i = 0; i < 3; i++) {
        struct box box = box_of(ids[i]);
        struct hpke_public changed = box.encapsulated;
        changed.bytes[changed.len - 1] ^= 1;
        assert_gives_nothing(box.suite, hpke_public_span(&changed));
        assert_int_equal(hpke_check_public(box.suite, hpke_public_span(&changed)), STATUS_BAD_KEY);
        changed = box.encapsulated;
        changed.bytes[0] = (uint8_t)(6 + (changed.bytes[changed.len - 1] & 1)); /* hybrid */
        assert_gives_nothing(box.suite, hpke_public_span(&changed));
        memset(changed.bytes + 1, 0xff, (size_t)changed.len - 1); /* past the field */
        changed.bytes[0] = 4;
        assert_gives_nothing(box.suite, hpke_public_span(&changed));
        buffer_clear(&box.sealed);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

/* The order of P-256, and one less. */
static void refuses_scalars_outside_the_order(void **state)
{
    (void)state;
    const struct suite *suite = suite_find(2);
    struct hex order = hex_of("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    static const uint8_t zero[32], one[] = {1};
    struct hpke_public public_key;
    assert_int_equal(hpke_public_of(suite, hex_span(&order), &public_key), STATUS_BAD_KEY);
    assert_int_equal(hpke_public_of(suite, SPAN_OF(zero), &public_key), STATUS_BAD_KEY);
    assert_int_equal(hpke_public_of(suite, SPAN_OF(one), &public_key), STATUS_OK);
    order.bytes[31]--;
    assert_int_equal(hpke_public_of(suite, hex_span(&order), &public_key), STATUS_OK);
}

static void seals_nothing_without_randomness(void **state)
{
    (void)state;
    const struct random_source never = {fill_never, NULL};
    for (uint16_t id = 1; id <= 7; id++) {
        struct box box = box_of(id);
        CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(100);
        struct hpke_public encapsulated = {.len = 0};
        assert_int_equal(hpke_seal(box.suite, &never, hpke_public_span(&box.public_key), SPAN_EMPTY,
                                   SPAN_EMPTY, SPAN_EMPTY, &encapsulated, &out),
                         STATUS_NO_RANDOMNESS);
        assert_int_equal(out.len, 0);
        assert_int_equal(encapsulated.len, 0);
        buffer_clear(&box.sealed);
    }
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_and_opens_the_vectors_of_rfc_9180),
        cmocka_unit_test(exports_the_vectors_of_rfc_9180),
        cmocka_unit_test(every_suite_opens_its_own_and_nothing_else),
        cmocka_unit_test(refuses_keys_of_any_other_length),
        cmocka_unit_test(refuses_points_that_make_the_shared_secret_zero),
        cmocka_unit_test(refuses_no_key_beside_those_of_small_order),
        cmocka_unit_test(refuses_points_off_the_curve_and_other_forms),
        cmocka_unit_test(refuses_scalars_outside_the_order),
        cmocka_unit_test(seals_nothing_without_randomness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
