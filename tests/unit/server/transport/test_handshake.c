/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/handshake.h"

#include "server/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const origins[] = {"https://weft.example.org"};
static const struct handshake_rules rules = {origins, 1};

/* RFC 6455, 1.3: the key and its answer. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define START "GET / HTTP/1.1\r\nHost: x\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define REST                                                                                       \
    "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n"                                  \
    "Sec-WebSocket-Protocol: chat, weft.1\r\n"
#define GOOD START UPGRADE REST "\r\n"

static struct handshake_result read_text(const char *text)
{
    return handshake_read(span_from_text(text), &rules);
}

static int refusal(const char *text)
{
    struct handshake_result result = read_text(text);
    assert_int_equal(result.kind, HANDSHAKE_REFUSED);
    return result.http_status;
}

static void accepts_with_the_answer_of_the_standard(void **state)
{
    (void)state;
    struct handshake_result result = read_text(GOOD);
    assert_int_equal(result.kind, HANDSHAKE_ACCEPTED);
    assert_string_equal(result.accept, ACCEPT);
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(1024);
    assert_int_equal(handshake_answer(&result, &out), STATUS_OK);
    assert_int_equal(buffer_append(&out, SPAN_OF("")), STATUS_OK);
    assert_non_null(strstr((const char *)out.ptr, "HTTP/1.1 101 "));
    assert_non_null(strstr((const char *)out.ptr, "Sec-WebSocket-Accept: " ACCEPT "\r\n"));
    assert_non_null(strstr((const char *)out.ptr, "Sec-WebSocket-Protocol: weft.1\r\n\r\n"));
}

static void waits_for_the_rest_at_every_cut(void **state)
{
    (void)state;
    size_t len = strlen(GOOD);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(handshake_read(span_of(GOOD, cut), &rules).kind, HANDSHAKE_MORE);
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    assert_int_equal(refusal("GET /x HTTP/1.1\r\nHost: x\r\n" UPGRADE REST "\r\n"), 404);
    assert_int_equal(refusal("POST / HTTP/1.1\r\nHost: x\r\n" UPGRADE REST "\r\n"), 405);
    assert_int_equal(refusal("GET / HTTP/1.0\r\nHost: x\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal("GET / HTTP/2.0\r\nHost: x\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START REST "\r\n"), 426);
    assert_int_equal(refusal("GET / HTTP/1.1\r\n" UPGRADE REST "\r\n"), 400);
}

static void refuses_every_other_upgrade(void **state)
{
    (void)state;
    assert_int_equal(refusal(START "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                   "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
                     426);
    assert_int_equal(
        refusal(START "Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n" REST "\r\n"), 426);
    assert_int_equal(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
}

static void requires_version_key_and_subprotocol(void **state)
{
    (void)state;
    assert_int_equal(refusal(START UPGRADE "Sec-WebSocket-Key: " KEY
                                           "\r\nSec-WebSocket-Version: 8\r\n"
                                           "Sec-WebSocket-Protocol: weft.1\r\n\r\n"),
                     426);
    assert_int_equal(
        refusal(START UPGRADE "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n"),
        400);
    assert_int_equal(refusal(START UPGRADE "Sec-WebSocket-Key: c2hvcnQ=\r\n"
                                           "Sec-WebSocket-Version: 13\r\n"
                                           "Sec-WebSocket-Protocol: weft.1\r\n\r\n"),
                     400);
    assert_int_equal(refusal(START UPGRADE "Sec-WebSocket-Key: " KEY
                                           "\r\nSec-WebSocket-Version: 13\r\n"
                                           "Sec-WebSocket-Protocol: weft.10\r\n\r\n"),
                     400);
}

static void allows_only_exact_origins(void **state)
{
    (void)state;
    struct handshake_result allowed =
        read_text(START UPGRADE REST "Origin: https://weft.example.org\r\n\r\n");
    assert_int_equal(allowed.kind, HANDSHAKE_ACCEPTED);
    assert_int_equal(refusal(START UPGRADE REST "Origin: https://weft.example.org.evil\r\n\r\n"),
                     403);
    assert_int_equal(refusal(START UPGRADE REST "Origin: null\r\n\r\n"), 403);
    assert_int_equal(refusal(START UPGRADE REST "Origin:\r\n\r\n"), 403);
}

static void refuses_headers_that_two_readers_could_read_differently(void **state)
{
    (void)state;
    assert_int_equal(refusal(START "Host: y\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START UPGRADE REST "Origin: https://weft.example.org\r\n"
                                                "Origin: https://evil\r\n\r\n"),
                     400);
    assert_int_equal(refusal(START " folded: x\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START "Name : x\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START "bare\nnewline: x\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START "no colon\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START "Content-Length: 5\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(START "Transfer-Encoding: chunked\r\n" UPGRADE REST "\r\n"), 400);
    assert_int_equal(refusal(GOOD "x"), 400);
}

static void refuses_a_header_that_is_too_long(void **state)
{
    (void)state;
    char *text = malloc(LIMIT_HANDSHAKE_BYTES + 1);
    memset(text, 'a', LIMIT_HANDSHAKE_BYTES);
    text[LIMIT_HANDSHAKE_BYTES] = '\0';
    memcpy(text, START "X: ", strlen(START "X: "));
    assert_int_equal(refusal(text), 431);
    free(text);
    char many[64 * (LIMIT_HANDSHAKE_HEADERS + 2)];
    size_t len = (size_t)snprintf(many, sizeof many, START);
    for (int i = 0; i < LIMIT_HANDSHAKE_HEADERS; i++)
        len += (size_t)snprintf(many + len, sizeof many - len, "X-%d: y\r\n", i);
    snprintf(many + len, sizeof many - len, "\r\n");
    assert_int_equal(refusal(many), 431);
}

static void refuses_what_is_not_http_at_its_first_byte(void **state)
{
    (void)state;
    assert_int_equal(refusal("\x16\x03\x01"), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_with_the_answer_of_the_standard),
        cmocka_unit_test(waits_for_the_rest_at_every_cut),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(refuses_every_other_upgrade),
        cmocka_unit_test(requires_version_key_and_subprotocol),
        cmocka_unit_test(allows_only_exact_origins),
        cmocka_unit_test(refuses_headers_that_two_readers_could_read_differently),
        cmocka_unit_test(refuses_a_header_that_is_too_long),
        cmocka_unit_test(refuses_what_is_not_http_at_its_first_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
