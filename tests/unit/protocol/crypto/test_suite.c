/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/suite.h"

#include "protocol/crypto/hpke.h"
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_seven_suites_are_found_and_no_other(void **state)
{
    (void)state;
    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        const struct suite *suite = suite_find((uint16_t)id);
        if (id >= 1 && id <= 7) {
            assert_non_null(suite);
            assert_int_equal(suite->id, id);
            assert_int_equal(strncmp(suite->name, "MLS_", 4), 0);
        } else {
            assert_null(suite);
        }
    }
}

static void keys_have_the_sizes_that_their_suite_says(void **state)
{
    (void)state;
    for (uint16_t id = 1; id <= 7; id++) {
        const struct suite *suite = suite_find(id);
        CLEANUP(secret_clear) struct secret private_key = {0};
        struct hpke_public public_key;
        assert_int_equal(hpke_generate_key_pair(suite, random_system(), &private_key, &public_key),
                         STATUS_OK);
        assert_int_equal(private_key.len, suite->kem_private_size);
        assert_int_equal(public_key.len, suite->kem_public_size);
        assert_true(suite->hash_size <= HASH_SIZE_MAX);
        assert_true(suite->kem_public_size <= KEM_PUBLIC_SIZE_MAX);
        assert_int_equal(suite->aead_nonce_size, AEAD_NONCE_SIZE_MAX);
    }
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seven_suites_are_found_and_no_other),
        cmocka_unit_test(keys_have_the_sizes_that_their_suite_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
