/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"
#include "protocol/wire/code.h"
#include "protocol/wire/events.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/hello.h"
#include "protocol/wire/invite_link.h"
#include "protocol/wire/message_header.h"
#include "protocol/wire/requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- every schema, by filling it with something ---- */

static uint8_t filler_bytes[64];

/* Writes a value of `schema` field by field: lists hold two items, vectors some bytes. */
static void fill(const struct schema *schema, uint8_t *value, struct arena *arena)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        uint8_t *at = value + field->offset;
        struct span some = {filler_bytes, field->max < 5 ? field->max : 5};
        void *items = NULL;
        size_t count = field->max < 2 ? field->max : 2;
        switch (field->kind) {
        case FIELD_U8:
            *at = 7;
            break;
        case FIELD_BOOL:
            *(bool *)at = true;
            break;
        case FIELD_U16:
            memset(at, 0x16, 2);
            break;
        case FIELD_U32:
            memset(at, 0x32, 4);
            break;
        case FIELD_U64:
        case FIELD_TIME:
            memset(at, 0x64, 8);
            break;
        case FIELD_FIXED:
            memset(at, 0xf1, field->max);
            break;
        case FIELD_BYTES:
        case FIELD_TEXT:
            memcpy(at, &some, sizeof some);
            break;
        case FIELD_STRUCT:
            fill(field->of, at, arena);
            break;
        case FIELD_LIST:
            assert_int_equal(arena_take(arena, count, field->of->size, &items), STATUS_OK);
            for (size_t k = 0; k < count; k++)
                fill(field->of, (uint8_t *)items + k * field->of->size, arena);
            memcpy(at, &items, sizeof items);
            memcpy(value + field->count_offset, &count, sizeof count);
            break;
        }
    }
}

/* Encodes a filled value, and checks that only the whole of it decodes, to the same bytes. */
static void check_schema(const struct schema *schema)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1u << 24);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1u << 20);
    void *value = NULL;
    assert_int_equal(arena_take(&arena, 1, schema->size, &value), STATUS_OK);
    fill(schema, value, &arena);
    assert_int_equal(schema_encode(schema, value, &bytes), STATUS_OK);
    assert_int_equal(schema_decode(schema, buffer_span(&bytes), &arena, value), STATUS_OK);
    assert_int_equal(schema_encode(schema, value, &again), STATUS_OK);
    assert_true(span_equal(buffer_span(&bytes), buffer_span(&again)));
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(schema_decode(schema, span_of(bytes.ptr, len), &arena, value),
                             STATUS_OK);
    assert_int_equal(buffer_append(&bytes, SPAN_LITERAL("x")), STATUS_OK);
    assert_int_equal(schema_decode(schema, buffer_span(&bytes), &arena, value), STATUS_TRAILING);
}

static void every_request_and_event_body_survives_a_round_trip_and_no_truncation(void **state)
{
    (void)state;
    memset(filler_bytes, 'f', sizeof filler_bytes);
    for (size_t i = 0; i < wire_request_kind_count; i++) {
        check_schema(wire_request_kinds[i].request);
        check_schema(wire_request_kinds[i].response);
    }
    for (size_t i = 0; i < wire_event_kind_count; i++)
        check_schema(wire_event_kinds[i].schema);
    check_schema(&wire_server_hello_schema);
    check_schema(&wire_client_hello_schema);
    check_schema(&wire_error_schema);
    check_schema(&wire_large_schema);
    check_schema(&wire_part_schema);
}

static void request_numbers_rise_and_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < wire_request_kind_count; i++) {
        if (i > 0)
            assert_true(wire_request_kinds[i - 1].number < wire_request_kinds[i].number);
        assert_ptr_equal(wire_request_find(wire_request_kinds[i].number), &wire_request_kinds[i]);
    }
    for (size_t i = 0; i < wire_event_kind_count; i++)
        assert_ptr_equal(wire_event_find(wire_event_kinds[i].number), &wire_event_kinds[i]);
    assert_null(wire_request_find(9999));
    assert_null(wire_event_find(9999));
}

static void a_frame_keeps_its_header_and_body(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct wire_large body = {.size = 99};
    assert_int_equal(frame_encode(FRAME_REQUEST, 77, 12, &wire_large_schema, &body, &bytes),
                     STATUS_OK);
    struct frame frame;
    assert_int_equal(frame_read(buffer_span(&bytes), &frame), STATUS_OK);
    assert_int_equal(frame.type, FRAME_REQUEST);
    assert_int_equal(frame.request, 77);
    assert_int_equal(frame.kind, 12);
    assert_int_equal(frame.body.len, 36);
    for (size_t len = 0; len < WIRE_FRAME_HEADER_SIZE; len++)
        assert_int_equal(frame_read(span_of(bytes.ptr, len), &frame), STATUS_TRUNCATED);
    bytes.ptr[0] = 0;
    assert_int_equal(frame_read(buffer_span(&bytes), &frame), STATUS_UNSUPPORTED);
    bytes.ptr[0] = FRAME_PART + 1;
    assert_int_equal(frame_read(buffer_span(&bytes), &frame), STATUS_UNSUPPORTED);
}

static void a_frame_over_the_limit_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer big = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    uint8_t *start = NULL;
    assert_int_equal(buffer_extend(&big, LIMIT_FRAME_BYTES, &start), STATUS_OK);
    struct wire_channel_group_response body = {.group_info = buffer_span(&big)};
    assert_int_equal(
        frame_encode(FRAME_RESPONSE, 1, 1, &wire_channel_group_response_schema, &body, &bytes),
        STATUS_LIMIT);
    assert_int_equal(bytes.len, 0);
}

static void codes_and_statuses_match(void **state)
{
    (void)state;
    assert_int_equal(wire_code_of(STATUS_OK), WIRE_CODE_OK);
    assert_int_equal(wire_code_of(STATUS_WRONG_EPOCH), WIRE_CODE_WRONG_EPOCH);
    assert_int_equal(wire_code_of(STATUS_TRAILING), WIRE_CODE_MALFORMED);
    assert_int_equal(wire_code_of(STATUS_NO_MEMORY), WIRE_CODE_INTERNAL);
    assert_int_equal(wire_code_status(WIRE_CODE_LARGE), STATUS_OK);
    assert_int_equal(wire_code_status(WIRE_CODE_DENIED), STATUS_DENIED);
    assert_int_equal(wire_code_status(60000), STATUS_INTERNAL);
    for (uint16_t code = WIRE_CODE_MALFORMED; code <= WIRE_CODE_INTERNAL; code++)
        assert_int_equal(wire_code_of(wire_code_status(code)), code);
}

/* ---- hellos ---- */

struct server {
    struct secret log_private;
    struct signature_public log_public;
    struct wire_server_hello hello;
    struct buffer signature;
    uint8_t tls_key[32];
};

static void server_begin(struct server *server)
{
    memset(server, 0, sizeof *server);
    buffer_init(&server->signature, SIGNATURE_SIZE_MAX);
    assert_int_equal(signature_generate(SIGNATURE_ED25519, random_system(), &server->log_private,
                                        &server->log_public),
                     STATUS_OK);
    memset(server->tls_key, 0x7a, sizeof server->tls_key);
    struct wire_server_key key = {.server_name = SPAN_LITERAL("weft.example"), .not_after = 1000};
    memcpy(key.tls_key_sha256, server->tls_key, 32);
    assert_int_equal(
        wire_server_key_sign(&key, secret_span(&server->log_private), &server->signature),
        STATUS_OK);
    server->hello = (struct wire_server_hello){.version_min = 1,
                                               .version_max = 1,
                                               .server_name = SPAN_LITERAL("weft.example"),
                                               .not_after = 1000,
                                               .signature = buffer_span(&server->signature)};
    memcpy(server->hello.log_key, server->log_public.bytes, 32);
    memcpy(server->hello.tls_key_sha256, server->tls_key, 32);
}

static enum status verify(const struct server *server, int64_t now)
{
    return wire_server_hello_verify(&server->hello, signature_public_span(&server->log_public),
                                    SPAN_OF(server->tls_key), now);
}

static void a_server_proves_itself_over_its_tls_key(void **state)
{
    (void)state;
    struct server server;
    server_begin(&server);
    assert_int_equal(verify(&server, 999), STATUS_OK);
    assert_int_equal(verify(&server, 1001), STATUS_UNTRUSTED);
    server.hello.not_after = 2000; /* not what was signed */
    assert_int_equal(verify(&server, 999), STATUS_UNTRUSTED);
    server.hello.not_after = 1000;
    server.hello.server_name = SPAN_LITERAL("evil.example");
    assert_int_equal(verify(&server, 999), STATUS_UNTRUSTED);
    server.hello.server_name = SPAN_LITERAL("weft.example");
    server.tls_key[0] ^= 1; /* another TLS connection */
    assert_int_equal(verify(&server, 999), STATUS_UNTRUSTED);
    server.tls_key[0] ^= 1;
    server.hello.version_min = server.hello.version_max = 2;
    assert_int_equal(verify(&server, 999), STATUS_UNSUPPORTED);
    server.hello.version_min = server.hello.version_max = 1;
    server.log_public.bytes[3] ^= 1; /* another pin */
    assert_int_equal(verify(&server, 999), STATUS_UNTRUSTED);
    buffer_clear(&server.signature);
}

static void a_login_serves_one_connection_and_one_device(void **state)
{
    (void)state;
    struct server server;
    server_begin(&server);
    struct secret login_private;
    struct signature_public login_public;
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random_system(), &login_private, &login_public),
        STATUS_OK);
    uint8_t device[16] = {1};
    struct wire_login_proof proof;
    wire_login_proof_init(&proof, &server.hello, device);
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    assert_int_equal(wire_login_sign(&proof, secret_span(&login_private), &signature), STATUS_OK);
    struct span key = signature_public_span(&login_public);
    assert_int_equal(wire_login_verify(&proof, key, buffer_span(&signature)), STATUS_OK);
    uint8_t *const varied[] = {proof.nonce, proof.device, proof.tls_key_sha256, proof.log_key};
    for (size_t i = 0; i < sizeof varied / sizeof *varied; i++) {
        varied[i][5] ^= 1;
        assert_int_equal(wire_login_verify(&proof, key, buffer_span(&signature)),
                         STATUS_BAD_SIGNATURE);
        varied[i][5] ^= 1;
    }
    proof.server_name = SPAN_LITERAL("other");
    assert_int_equal(wire_login_verify(&proof, key, buffer_span(&signature)), STATUS_BAD_SIGNATURE);
    buffer_clear(&server.signature);
}

/* ---- invite links ---- */

static void an_invite_link_survives_a_round_trip(void **state)
{
    (void)state;
    const char *const hosts[] = {"weft.example", "127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct invite_link link = {.port = (uint16_t)(i == 0 ? 65535 : 7)};
        struct invite_link parsed;
        strcpy(link.host, hosts[i]);
        memset(link.secret, 0x5e, sizeof link.secret);
        memset(link.log_key, 0x10, sizeof link.log_key);
        CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1024);
        assert_int_equal(invite_link_format(&link, &text), STATUS_OK);
        assert_int_equal(invite_link_parse(buffer_span(&text), &parsed), STATUS_OK);
        assert_string_equal(parsed.host, link.host);
        assert_int_equal(parsed.port, link.port);
        assert_memory_equal(parsed.secret, link.secret, sizeof link.secret);
        assert_memory_equal(parsed.log_key, link.log_key, 32);
        for (size_t len = 0; len < text.len; len++)
            assert_int_not_equal(invite_link_parse(span_of(text.ptr, len), &parsed), STATUS_OK);
    }
}

static void a_link_that_is_not_one_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "https://weft.example:1/join#AAAA",
        "weft://weft.example/join#AAAA",
        "weft://weft.example:0/join#AAAA",
        "weft://weft.example:70000/join#AAAA",
        "weft://we ft:1/join#AAAA",
        "weft://:1/join#AAAA",
        "weft://a:1/join",
        "weft://a:1/other#AAAA",
        "weft://a:1/join#!!!!",
    };
    struct invite_link link;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(invite_link_parse(span_from_text(bad[i]), &link), STATUS_MALFORMED);
}

/* ---- message headers ---- */

static void a_header_of_another_version_or_lane_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1024);
    struct message_header header = {.version = MESSAGE_HEADER_VERSION, .lane = LANE_SIDE};
    struct message_header decoded;
    assert_int_equal(message_header_encode(&header, &bytes), STATUS_OK);
    assert_int_equal(message_header_decode(buffer_span(&bytes), &arena, &decoded), STATUS_OK);
    assert_int_equal(decoded.lane, LANE_SIDE);
    bytes.ptr[0] = 2;
    assert_int_equal(message_header_decode(buffer_span(&bytes), &arena, &decoded),
                     STATUS_UNSUPPORTED);
    bytes.ptr[0] = MESSAGE_HEADER_VERSION;
    for (unsigned lane = 0; lane < 256; lane++) {
        bytes.ptr[17] = (uint8_t)lane;
        bool known = lane >= LANE_FLOOR && lane <= LANE_CONTROL;
        assert_int_equal(message_header_decode(buffer_span(&bytes), &arena, &decoded),
                         known ? STATUS_OK : STATUS_UNSUPPORTED);
    }
}

static void a_leave_is_signed_by_its_leaf(void **state)
{
    (void)state;
    struct secret leaf_private;
    struct signature_public leaf_public;
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random_system(), &leaf_private, &leaf_public),
        STATUS_OK);
    CLEANUP(buffer_clear) struct buffer signature = BUFFER_INIT(SIGNATURE_SIZE_MAX);
    struct message_leave leave = {.generation = 1, .time = 5};
    assert_int_equal(message_leave_sign(&leave, secret_span(&leaf_private), &signature), STATUS_OK);
    leave.signature = buffer_span(&signature);
    struct span key = signature_public_span(&leaf_public);
    assert_int_equal(message_leave_verify(&leave, key), STATUS_OK);
    leave.generation = 2; /* of an earlier group: does not count in the next */
    assert_int_equal(message_leave_verify(&leave, key), STATUS_BAD_SIGNATURE);
    leave.generation = 1;
    leave.encryption_key = SPAN_LITERAL("of another leaf");
    assert_int_equal(message_leave_verify(&leave, key), STATUS_BAD_SIGNATURE);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_and_event_body_survives_a_round_trip_and_no_truncation),
        cmocka_unit_test(request_numbers_rise_and_are_found),
        cmocka_unit_test(a_frame_keeps_its_header_and_body),
        cmocka_unit_test(a_frame_over_the_limit_is_refused_and_leaves_nothing),
        cmocka_unit_test(codes_and_statuses_match),
        cmocka_unit_test(a_server_proves_itself_over_its_tls_key),
        cmocka_unit_test(a_login_serves_one_connection_and_one_device),
        cmocka_unit_test(an_invite_link_survives_a_round_trip),
        cmocka_unit_test(a_link_that_is_not_one_is_refused),
        cmocka_unit_test(a_header_of_another_version_or_lane_is_refused),
        cmocka_unit_test(a_leave_is_signed_by_its_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
