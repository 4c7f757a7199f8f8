/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Labelled hashes, derivations, signatures and encryption. */
#include "protocol/crypto/signature.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/public/label.h"
#include "protocol/mls/public/ref_hash.h"
#include "tests/vectors/harness.h"

static enum vector_result check_ref_hash(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "ref_hash");
    struct span label;
    struct span value;
    struct span out;
    struct digest ref;
    CHECK(vector_text(part, "label", &label));
    CHECK(vector_hex(test, part, "value", &value));
    CHECK(vector_hex(test, part, "out", &out));
    CHECK_OK(mls_ref_hash(suite, label, value, &ref));
    CHECK(span_equal(digest_span(&ref), out));
    return VECTOR_PASSED;
}

static enum vector_result check_expand(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "expand_with_label");
    const char *label = json_string_value(json_object_get(part, "label"));
    struct span secret;
    struct span context;
    struct span out;
    uint64_t length = 0;
    CHECK(label != NULL);
    CHECK(vector_hex(test, part, "secret", &secret));
    CHECK(vector_hex(test, part, "context", &context));
    CHECK(vector_number(part, "length", &length));
    CHECK(vector_hex(test, part, "out", &out));
    uint8_t *derived = vector_take(test, length, 1);
    CHECK_OK(mls_kdf_expand(suite, secret, label, context, derived, length));
    CHECK(span_equal(span_of(derived, length), out));
    return VECTOR_PASSED;
}

static enum vector_result check_derive(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "derive_secret");
    const char *label = json_string_value(json_object_get(part, "label"));
    struct span secret;
    struct span out;
    struct secret derived = {0};
    CHECK(label != NULL);
    CHECK(vector_hex(test, part, "secret", &secret));
    CHECK(vector_hex(test, part, "out", &out));
    CHECK_OK(mls_kdf_derive(suite, secret, label, &derived));
    CHECK(span_equal(secret_span(&derived), out));
    return VECTOR_PASSED;
}

static enum vector_result check_derive_tree(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "derive_tree_secret");
    const char *label = json_string_value(json_object_get(part, "label"));
    struct span secret;
    struct span out;
    uint64_t generation = 0;
    uint64_t length = 0;
    struct secret derived = {0};
    CHECK(label != NULL);
    CHECK(vector_hex(test, part, "secret", &secret));
    CHECK(vector_number(part, "generation", &generation) && generation <= UINT32_MAX);
    CHECK(vector_number(part, "length", &length) && length <= SECRET_SIZE_MAX);
    CHECK(vector_hex(test, part, "out", &out));
    CHECK_OK(mls_kdf_derive_tree(suite, secret, label, (uint32_t)generation, length, &derived));
    CHECK(span_equal(secret_span(&derived), out));
    return VECTOR_PASSED;
}

static enum vector_result check_sign(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "sign_with_label");
    const char *label = json_string_value(json_object_get(part, "label"));
    struct span private_key;
    struct span public_key;
    struct span content;
    struct span given;
    struct signature own;
    CLEANUP(secret_clear) struct secret prepared = {0};
    CHECK(label != NULL);
    CHECK(vector_hex(test, part, "priv", &private_key));
    CHECK(vector_hex(test, part, "pub", &public_key));
    CHECK(vector_hex(test, part, "content", &content));
    CHECK(vector_hex(test, part, "signature", &given));
    CHECK_OK(mls_verify_with_label(suite, public_key, label, content, given));
    CHECK_OK(signature_prepare(suite->signature, private_key, &prepared));
    CHECK_OK(mls_protection_sign_prepared(suite, &prepared, label, content, &own));
    CHECK_OK(mls_verify_with_label(suite, public_key, label, content, signature_span(&own)));
    return VECTOR_PASSED;
}

static enum vector_result check_encrypt(struct vector_case *test, const struct suite *suite)
{
    const json_t *part = json_object_get(test->json, "encrypt_with_label");
    const char *label = json_string_value(json_object_get(part, "label"));
    struct span private_key;
    struct span public_key;
    struct span context;
    struct span plaintext;
    struct span kem_output;
    struct span ciphertext;
    CHECK(label != NULL);
    CHECK(vector_hex(test, part, "priv", &private_key));
    CHECK(vector_hex(test, part, "pub", &public_key));
    CHECK(vector_hex(test, part, "context", &context));
    CHECK(vector_hex(test, part, "plaintext", &plaintext));
    CHECK(vector_hex(test, part, "kem_output", &kem_output));
    CHECK(vector_hex(test, part, "ciphertext", &ciphertext));

    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(SIZE_MAX);
    CHECK_OK(mls_kdf_decrypt(suite, private_key, label, context, kem_output, ciphertext, &opened));
    CHECK(span_equal(buffer_span(&opened), plaintext));

    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(SIZE_MAX);
    struct hpke_public own_output;
    CHECK_OK(mls_kdf_encrypt(suite, vector_random(), public_key, label, context, plaintext,
                             &own_output, &sealed));
    CHECK_OK(mls_kdf_decrypt(suite, private_key, label, context, hpke_public_span(&own_output),
                             buffer_span(&sealed), &again));
    CHECK(span_equal(buffer_span(&again), plaintext));
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    const struct suite *suite = NULL;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    CHECK_PASSED(check_ref_hash(test, suite));
    CHECK_PASSED(check_expand(test, suite));
    CHECK_PASSED(check_derive(test, suite));
    CHECK_PASSED(check_derive_tree(test, suite));
    CHECK_PASSED(check_sign(test, suite));
    return check_encrypt(test, suite);
}

static const char *const fields[] = {"ref_hash", "expand_with_label", NULL};
const struct vector_kind kind_crypto_basics = {"crypto-basics", fields, run};
