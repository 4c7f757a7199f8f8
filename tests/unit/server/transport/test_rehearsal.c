/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/rehearsal.h"

#include "server/transport/certificate.h"

#include <openssl/err.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A server's context with a certificate of its own; the caller frees it. */
static SSL_CTX *certified(void)
{
    static const char *const names[] = {"127.0.0.1"};
    char directory[] = "/tmp/weft-rehearsal-XXXXXX";
    char certificate[64];
    char key[64];
    assert_non_null(mkdtemp(directory));
    snprintf(certificate, sizeof certificate, "%s/c", directory);
    snprintf(key, sizeof key, "%s/k", directory);
    assert_int_equal(certificate_make(certificate, key, names, 1, INT64_C(1760000000000)),
                     STATUS_OK);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate_chain_file(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM), 1);
    unlink(certificate);
    unlink(key);
    rmdir(directory);
    return context;
}

/* How many handshakes of the context came to their end, of each version. */
static int done_1_2;
static int done_1_3;

static void count_handshakes(const SSL *side, int where, int result)
{
    (void)result;
    if ((where & SSL_CB_HANDSHAKE_DONE) == 0)
        return;
    if (SSL_version(side) == TLS1_3_VERSION)
        done_1_3++;
    else
        done_1_2++;
}

static void connects_in_each_version_that_the_server_takes(void **state)
{
    (void)state;
    SSL_CTX *context = certified();
    SSL_CTX_set_info_callback(context, count_handshakes);
    done_1_2 = done_1_3 = 0;
    assert_int_equal(rehearsal_run(context), STATUS_OK);
    assert_true(done_1_2 > 0 && done_1_3 > 0);
    (void)SSL_CTX_set_options(context, SSL_OP_NO_TLSv1_2);
    done_1_2 = done_1_3 = 0;
    assert_int_equal(rehearsal_run(context), STATUS_OK);
    assert_true(done_1_2 == 0 && done_1_3 > 0);
    SSL_CTX_free(context);
}

static void fails_where_nobody_could_connect(void **state)
{
    (void)state;
    SSL_CTX *bare = SSL_CTX_new(TLS_server_method());
    assert_int_equal(rehearsal_run(bare), STATUS_CRYPTO);
    SSL_CTX_free(bare);
    SSL_CTX *context = certified();
    assert_int_equal(SSL_CTX_set_ciphersuites(context, ""), 1);
    assert_int_equal(rehearsal_run(context), STATUS_CRYPTO);
    SSL_CTX_free(context);
}

static void leaves_no_error_for_a_connection_to_find(void **state)
{
    (void)state;
    SSL_CTX *bare = SSL_CTX_new(TLS_server_method());
    assert_int_equal(rehearsal_run(bare), STATUS_CRYPTO);
    assert_true(ERR_peek_error() == 0);
    SSL_CTX_free(bare);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_in_each_version_that_the_server_takes),
        cmocka_unit_test(fails_where_nobody_could_connect),
        cmocka_unit_test(leaves_no_error_for_a_connection_to_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
