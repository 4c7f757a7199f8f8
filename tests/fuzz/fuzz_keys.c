/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Keys, signatures and encapsulated keys as strangers send them, of every suite: points, scalars
 * and DER. What is refused as a key neither verifies nor opens anything, and a private key that is
 * taken has a public key that everybody takes, under which its signatures verify.
 *
 * The input: a byte for the suite, a byte for what the rest is. With its upper bit the rest is a
 * mask over a valid public key.
 */
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/signature.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define SUITES 7
#define MASKED 0x80
#define MUST(call) fuzz_expect((call) == STATUS_OK)

/* Keys of a suite, made once. */
struct keys {
    bool made;
    struct secret signature_private;
    struct signature_public signature_public;
    struct secret kem_private;
    struct hpke_public kem_public;
};

static const struct keys *keys_of(const struct suite *suite)
{
    static struct keys all[SUITES];
    struct keys *keys = &all[suite->id - 1];
    if (keys->made)
        return keys;
    /* A scalar that is below every curve's order, and any seed: one that needs no randomness, so
     * that an input means the same in every run. */
    uint8_t seed[SECRET_SIZE_MAX] = {0};
    size_t size = suite->signature == SIGNATURE_ED448 ? 57 : suite->kem_private_size;
    memset(seed + size / 2, 0x55, size - size / 2);
    MUST(secret_set(&keys->signature_private, span_of(seed, size)));
    MUST(signature_public_of(suite->signature, span_of(seed, size), &keys->signature_public));
    MUST(hpke_derive_key_pair(suite, span_of(seed, sizeof seed), &keys->kem_private,
                              &keys->kem_public));
    keys->made = true;
    return keys;
}

/* The rest of the input, or the valid key with it as a mask. */
static struct span
key_of(bool masked, struct span valid, struct span rest, uint8_t bytes[SIGNATURE_PUBLIC_SIZE_MAX])
{
    if (!masked)
        return rest;
    memcpy(bytes, valid.ptr, valid.len);
    for (size_t i = 0; i < valid.len && i < rest.len; i++)
        bytes[i] ^= rest.ptr[i];
    return span_of(bytes, valid.len);
}

static void signature_key(const struct suite *suite, struct span key)
{
    /* The form of a signature, none of anything. */
    static const uint8_t zeros[SIGNATURE_SIZE_MAX];
    bool taken = signature_check_public(suite->signature, key) == STATUS_OK;
    enum status status =
        signature_verify(suite->signature, key, SPAN_LITERAL("text"),
                         span_of(zeros, suite->signature == SIGNATURE_ED448 ? 114 : 64));
    fuzz_expect(status == STATUS_BAD_SIGNATURE || (status == STATUS_BAD_KEY && !taken));
}

static void kem_key(const struct suite *suite, struct span key)
{
    const struct keys *keys = keys_of(suite);
    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(64);
    static const uint8_t ciphertext[32];
    bool taken = hpke_check_public(suite, key) == STATUS_OK;
    enum status status = hpke_open(suite, secret_span(&keys->kem_private), key, SPAN_EMPTY,
                                   SPAN_EMPTY, SPAN_OF(ciphertext), &opened);
    fuzz_expect(status == STATUS_NOT_DECRYPTED || (status == STATUS_BAD_KEY && !taken));
    fuzz_expect(opened.len == 0);
}

static void signature_bytes(const struct suite *suite, struct span bytes)
{
    const struct keys *keys = keys_of(suite);
    struct span key = signature_public_span(&keys->signature_public);
    enum status status =
        signature_verify(suite->signature, key, SPAN_LITERAL("what was signed"), bytes);
    fuzz_expect(status == STATUS_OK || status == STATUS_BAD_SIGNATURE);
    fuzz_expect(signature_verify(suite->signature, key, SPAN_LITERAL("something else"), bytes) ==
                STATUS_BAD_SIGNATURE);
}

static void private_key(const struct suite *suite, struct span bytes)
{
    struct signature_public key;
    struct signature signature;
    struct hpke_public kem_key;
    if (hpke_public_of(suite, bytes, &kem_key) == STATUS_OK)
        MUST(hpke_check_public(suite, hpke_public_span(&kem_key)));
    if (signature_public_of(suite->signature, bytes, &key) != STATUS_OK)
        return;
    MUST(signature_check_public(suite->signature, signature_public_span(&key)));
    MUST(signature_sign(suite->signature, bytes, SPAN_LITERAL("text"), &signature));
    MUST(signature_verify(suite->signature, signature_public_span(&key), SPAN_LITERAL("text"),
                          signature_span(&signature)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct suite *suite = suite_find((uint16_t)(1 + data[0] % SUITES));
    fuzz_expect(suite != NULL);
    const struct keys *keys = keys_of(suite);
    bool masked = (data[1] & MASKED) != 0;
    struct span rest = span_of(data + 2, size - 2);
    uint8_t bytes[SIGNATURE_PUBLIC_SIZE_MAX];
    switch (data[1] % 4) {
    case 0:
        signature_key(suite,
                      key_of(masked, signature_public_span(&keys->signature_public), rest, bytes));
        break;
    case 1:
        kem_key(suite, key_of(masked, hpke_public_span(&keys->kem_public), rest, bytes));
        break;
    case 2:
        signature_bytes(suite, rest);
        break;
    default:
        private_key(suite, rest);
        break;
    }
    return 0;
}
