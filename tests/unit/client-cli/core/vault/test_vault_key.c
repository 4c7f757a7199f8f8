/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/vault_key.h"

#include "protocol/crypto/random_system.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT "what somebody said"
#define SEALED_SIZE (sizeof TEXT + VAULT_SEAL_OVERHEAD)

struct fixture {
    char directory[64];
    char path[80];
    struct vault_key *key;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->directory, "/tmp/weft-test-key-XXXXXX");
    if (fixture == NULL || crypto_start() != STATUS_OK || mkdtemp(fixture->directory) == NULL)
        return -1;
    snprintf(fixture->path, sizeof fixture->path, "%s/key", fixture->directory);
    if (vault_key_make_file(fixture->path, random_system()) != STATUS_OK ||
        vault_key_from_file(fixture->path, &fixture->key) != STATUS_OK)
        return -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    vault_key_free(&fixture->key);
    unlink(fixture->path);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static void a_sealed_record_opens_with_its_key_and_data(void **state)
{
    struct fixture *fixture = *state;
    uint8_t sealed[SEALED_SIZE];
    uint8_t opened[sizeof TEXT];
    assert_int_equal(vault_key_seal(fixture->key, random_system(), SPAN_LITERAL("place"),
                                    span_of(TEXT, sizeof TEXT), sealed),
                     STATUS_OK);
    assert_null(memmem(sealed, sizeof sealed, "somebody", 8));
    assert_int_equal(vault_key_open(fixture->key, SPAN_LITERAL("place"), SPAN_OF(sealed), opened),
                     STATUS_OK);
    assert_string_equal((char *)opened, TEXT);
}

static void refuses_a_record_with_any_bit_flipped(void **state)
{
    struct fixture *fixture = *state;
    uint8_t sealed[SEALED_SIZE];
    uint8_t opened[sizeof TEXT];
    assert_int_equal(vault_key_seal(fixture->key, random_system(), SPAN_LITERAL("place"),
                                    span_of(TEXT, sizeof TEXT), sealed),
                     STATUS_OK);
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(
            vault_key_open(fixture->key, SPAN_LITERAL("place"), SPAN_OF(sealed), opened),
            STATUS_CORRUPT);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void refuses_a_record_that_was_moved_or_cut(void **state)
{
    struct fixture *fixture = *state;
    uint8_t sealed[SEALED_SIZE];
    uint8_t opened[sizeof TEXT];
    assert_int_equal(vault_key_seal(fixture->key, random_system(), SPAN_LITERAL("place"),
                                    span_of(TEXT, sizeof TEXT), sealed),
                     STATUS_OK);
    assert_int_equal(vault_key_open(fixture->key, SPAN_LITERAL("plate"), SPAN_OF(sealed), opened),
                     STATUS_CORRUPT);
    for (size_t length = 0; length < sizeof sealed; length++)
        assert_int_equal(
            vault_key_open(fixture->key, SPAN_LITERAL("place"), span_of(sealed, length), opened),
            STATUS_CORRUPT);
}

static void a_look_up_name_depends_on_key_kind_and_scope(void **state)
{
    struct fixture *fixture = *state;
    uint8_t first[VAULT_LOOKUP_SIZE];
    uint8_t again[VAULT_LOOKUP_SIZE];
    uint8_t other[VAULT_LOOKUP_SIZE];
    vault_key_lookup(fixture->key, 1, SPAN_LITERAL("0123456789abcdef"), first);
    vault_key_lookup(fixture->key, 1, SPAN_LITERAL("0123456789abcdef"), again);
    assert_memory_equal(first, again, sizeof first);
    vault_key_lookup(fixture->key, 2, SPAN_LITERAL("0123456789abcdef"), other);
    assert_memory_not_equal(first, other, sizeof first);
    vault_key_lookup(fixture->key, 1, SPAN_LITERAL("0123456789abcdeF"), other);
    assert_memory_not_equal(first, other, sizeof first);
    struct vault_key *stranger = NULL;
    uint8_t salt[VAULT_SALT_SIZE] = {1};
    assert_int_equal(vault_key_from_passphrase(SPAN_LITERAL("another"), salt, &stranger),
                     STATUS_OK);
    vault_key_lookup(stranger, 1, SPAN_LITERAL("0123456789abcdef"), other);
    assert_memory_not_equal(first, other, sizeof first);
    vault_key_free(&stranger);
}

static void a_key_file_is_private_made_once_and_of_one_size(void **state)
{
    struct fixture *fixture = *state;
    struct stat found;
    struct vault_key *key = NULL;
    assert_int_equal(stat(fixture->path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(found.st_size, VAULT_KEY_SIZE);
    assert_int_equal(vault_key_make_file(fixture->path, random_system()), STATUS_EXISTS);
    for (off_t size = 0; size <= 2 * VAULT_KEY_SIZE; size++) {
        assert_int_equal(truncate(fixture->path, size), 0);
        enum status status = vault_key_from_file(fixture->path, &key);
        assert_int_equal(status, size == VAULT_KEY_SIZE ? STATUS_OK : STATUS_CORRUPT);
        vault_key_free(&key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sealed_record_opens_with_its_key_and_data, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_record_with_any_bit_flipped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_record_that_was_moved_or_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_look_up_name_depends_on_key_kind_and_scope, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_key_file_is_private_made_once_and_of_one_size, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
