/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/identity.h"

#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void remove_files(const char *directory)
{
    char path[128];
    snprintf(path, sizeof path, "%s/log.key", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/next-log.key", directory);
    unlink(path);
    rmdir(directory);
}

static void keys_that_were_made_are_the_keys_that_are_opened(void **state)
{
    (void)state;
    char directory[] = "/tmp/weft-identity-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(identity_create(directory, random_system()), STATUS_OK);
    assert_int_equal(identity_create(directory, random_system()), STATUS_EXISTS);
    struct identity *identity = NULL;
    assert_int_equal(identity_open(directory, &identity), STATUS_OK);
    struct signature signature;
    assert_int_equal(signature_sign(SIGNATURE_ED25519, identity_log_private_key(identity),
                                    SPAN_LITERAL("x"), &signature),
                     STATUS_OK);
    assert_int_equal(signature_verify(SIGNATURE_ED25519, span_of(identity_log_key(identity), 32),
                                      SPAN_LITERAL("x"), signature_span(&signature)),
                     STATUS_OK);
    identity_close(&identity);
    assert_null(identity);
    remove_files(directory);
}

static void a_damaged_key_file_is_refused(void **state)
{
    (void)state;
    char directory[] = "/tmp/weft-identity-XXXXXX";
    char path[128];
    assert_non_null(mkdtemp(directory));
    assert_int_equal(identity_create(directory, random_system()), STATUS_OK);
    snprintf(path, sizeof path, "%s/log.key", directory);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fputc('x', file);
    fclose(file);
    struct identity *identity = NULL;
    assert_int_equal(identity_open(directory, &identity), STATUS_MALFORMED);
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(identity_open(directory, &identity), STATUS_IO);
    remove_files(directory);
    assert_int_equal(identity_open("/nonexistent", &identity), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_were_made_are_the_keys_that_are_opened),
        cmocka_unit_test(a_damaged_key_file_is_refused),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
