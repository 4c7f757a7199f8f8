/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * HPKE open under attack: a sealed message, the same in every run, is changed as the input says,
 * and must open exactly when nothing was changed.
 *
 * The input: a byte for the suite, a byte for the length (0 leaves it), and a mask that is XORed
 * over the encapsulated key and the ciphertext.
 */
#include "protocol/crypto/hpke.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char plaintext[] = "what was sealed";

/* Not random at all, so that an input means the same in every run. */
static enum status fill_constant(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(i * 7 + 1);
    return STATUS_OK;
}

struct sealed {
    struct secret private_key;
    uint8_t bytes[KEM_PUBLIC_SIZE_MAX + sizeof plaintext + AEAD_TAG_SIZE];
    size_t encapsulated_size;
    size_t size;
};

static void seal(const struct suite *suite, struct sealed *sealed)
{
    struct random_source random = {fill_constant, NULL};
    struct hpke_public public_key;
    struct hpke_public encapsulated;
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(sizeof sealed->bytes);
    fuzz_expect(hpke_derive_key_pair(suite, SPAN_LITERAL("the same key in every run, always"),
                                     &sealed->private_key, &public_key) == STATUS_OK);
    fuzz_expect(hpke_seal(suite, &random, hpke_public_span(&public_key), SPAN_LITERAL("info"),
                          SPAN_LITERAL("aad"), SPAN_OF(plaintext), &encapsulated,
                          &ciphertext) == STATUS_OK);
    sealed->encapsulated_size = encapsulated.len;
    sealed->size = encapsulated.len + ciphertext.len;
    fuzz_expect(sealed->size <= sizeof sealed->bytes);
    memcpy(sealed->bytes, encapsulated.bytes, encapsulated.len);
    memcpy(sealed->bytes + encapsulated.len, ciphertext.ptr, ciphertext.len);
}

/* Applies the mask; says whether that changed anything. */
static bool change(struct sealed *sealed, uint8_t length, struct span mask)
{
    bool changed = false;
    for (size_t i = 0; i < mask.len && i < sealed->size; i++) {
        sealed->bytes[i] ^= mask.ptr[i];
        changed = changed || mask.ptr[i] != 0;
    }
    if (length != 0 && length < sealed->size) {
        sealed->size = length;
        changed = true;
    }
    return changed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    /* Suites 1 and 3; the others take ten times as long. */
    static const uint16_t suites[] = {SUITE_X25519_AES128GCM_SHA256_ED25519,
                                      SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519};
    static struct sealed once[2];
    const struct suite *suite = suite_find(suites[data[0] % 2]);
    fuzz_expect(suite != NULL);
    if (once[data[0] % 2].size == 0)
        seal(suite, &once[data[0] % 2]);
    struct sealed sealed = once[data[0] % 2];
    bool changed = change(&sealed, data[1], span_of(data + 2, size - 2));

    size_t split = sealed.size < sealed.encapsulated_size ? sealed.size : sealed.encapsulated_size;
    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(sizeof sealed.bytes);
    enum status status = hpke_open(
        suite, secret_span(&sealed.private_key), span_of(sealed.bytes, split), SPAN_LITERAL("info"),
        SPAN_LITERAL("aad"), span_of(sealed.bytes + split, sealed.size - split), &opened);
    fuzz_expect((status == STATUS_OK) == !changed);
    fuzz_expect(span_equal(buffer_span(&opened), changed ? SPAN_EMPTY : SPAN_OF(plaintext)));
    return 0;
}
