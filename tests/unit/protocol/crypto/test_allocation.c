/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every allocation that OpenSSL makes for us is made to fail in turn. */
#include "protocol/crypto/hash.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"

#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Allocations until the one that fails; negative: none does. */
static long allocations_left = -1;
static bool failed;

static bool fails(void)
{
    if (allocations_left < 0 || allocations_left-- > 0)
        return false;
    failed = true;
    return true;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(old, size);
}

static void release(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

static enum status use_hash(const struct suite *suite)
{
    struct secret prk;
    uint8_t out[100];
    TRY(hkdf_extract(suite->hash, SPAN_LITERAL("salt"), SPAN_LITERAL("ikm"), &prk));
    return hkdf_expand(suite->hash, secret_span(&prk), SPAN_EMPTY, out, sizeof out);
}

static enum status use_signature(const struct suite *suite)
{
    struct secret private_key;
    struct signature_public public_key;
    struct signature signature;
    TRY(signature_generate(suite->signature, random_system(), &private_key, &public_key));
    TRY(signature_sign(suite->signature, secret_span(&private_key), SPAN_LITERAL("text"),
                       &signature));
    TRY(signature_check_public(suite->signature, signature_public_span(&public_key)));
    return signature_verify(suite->signature, signature_public_span(&public_key),
                            SPAN_LITERAL("text"), signature_span(&signature));
}

static enum status use_hpke(const struct suite *suite)
{
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(100);
    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(100);
    struct secret private_key;
    struct hpke_public public_key, encapsulated;
    TRY(hpke_generate_key_pair(suite, random_system(), &private_key, &public_key));
    enum status status =
        hpke_seal(suite, random_system(), hpke_public_span(&public_key), SPAN_EMPTY, SPAN_EMPTY,
                  SPAN_LITERAL("text"), &encapsulated, &sealed);
    if (status != STATUS_OK)
        assert_int_equal(sealed.len, 0);
    TRY(status);
    status = hpke_open(suite, secret_span(&private_key), hpke_public_span(&encapsulated),
                       SPAN_EMPTY, SPAN_EMPTY, buffer_span(&sealed), &opened);
    if (status != STATUS_OK)
        assert_int_equal(opened.len, 0);
    return status;
}

/* OpenSSL gets over some failures by itself, so success may come before the last allocation; what
 * counts is that nothing crashes or leaks, and that it works once none fails. */
static void fail_in_turn(enum status (*use)(const struct suite *suite), const struct suite *suite)
{
    size_t refused = 0;
    for (long allowed = 0;; allowed++) {
        failed = false;
        allocations_left = allowed;
        enum status status = use(suite);
        allocations_left = -1;
        refused += status != STATUS_OK;
        if (!failed) {
            assert_int_equal(status, STATUS_OK);
            break;
        }
    }
    /* Suites whose signatures are libsodium's alone allocate nothing for them. */
    if (use != use_signature || suite->signature != SIGNATURE_ED25519)
        assert_true(refused > 0);
}

static void every_suite_survives_every_failed_allocation(void **state)
{
    (void)state;
    for (uint16_t id = 1; id <= 7; id++) {
        fail_in_turn(use_hash, suite_find(id));
        fail_in_turn(use_signature, suite_find(id));
        fail_in_turn(use_hpke, suite_find(id));
    }
}

int main(void)
{
    /* Before anything of OpenSSL ran. */
    if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1 || crypto_start() != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
