/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/channel/extension.h"
#include "protocol/channel/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct channel_role_item some_roles[2] = {
    {.person = {{1}}, .roles = CHANNEL_ROLE_FACILITATOR},
    {.person = {{2}}, .roles = CHANNEL_ROLE_HOST | CHANNEL_ROLE_SPONSOR},
};
static struct channel_field later_field = {.type = 77, .value = {(const uint8_t *)"of later", 8}};

static struct channel_extension sample(void)
{
    return (struct channel_extension){
        .visibility = CHANNEL_RESTRICTED,
        .history = CHANNEL_HISTORY_FROM_JOINING,
        .roles = some_roles,
        .role_count = 2,
        .unknown = &later_field,
        .unknown_count = 1,
    };
}

static void fields_of_later_versions_are_kept(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(4096);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension = sample();
    assert_int_equal(channel_extension_encode(&extension, &bytes), STATUS_OK);
    struct channel_extension decoded;
    assert_int_equal(channel_extension_decode(buffer_span(&bytes), &arena, &decoded), STATUS_OK);
    assert_int_equal(decoded.visibility, CHANNEL_RESTRICTED);
    assert_int_equal(decoded.unknown_count, 1);
    assert_int_equal(channel_extension_encode(&decoded, &again), STATUS_OK);
    assert_true(span_equal(buffer_span(&bytes), buffer_span(&again)));
    struct id second = {{2}};
    struct id nobody = {{3}};
    assert_int_equal(channel_extension_roles(&decoded, &second),
                     CHANNEL_ROLE_HOST | CHANNEL_ROLE_SPONSOR);
    assert_int_equal(channel_extension_roles(&decoded, &nobody), 0);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(channel_extension_decode(span_of(bytes.ptr, len), &arena, &decoded),
                             STATUS_OK);
}

static void a_person_listed_twice_is_refused(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4096);
    struct channel_role_item twice[2] = {some_roles[0], some_roles[0]};
    struct channel_extension extension = sample();
    extension.roles = twice;
    assert_int_equal(channel_extension_encode(&extension, &bytes), STATUS_INVALID);
    /* The same as it would stand on the wire: two roles of 18 bytes. */
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension decoded;
    extension = sample();
    extension.unknown_count = 0;
    assert_int_equal(channel_extension_encode(&extension, &bytes), STATUS_OK);
    assert_int_equal(channel_extension_decode(buffer_span(&bytes), &arena, &decoded), STATUS_OK);
    memcpy(bytes.ptr + bytes.len - 18, bytes.ptr + bytes.len - 36, 18);
    assert_int_equal(channel_extension_decode(buffer_span(&bytes), &arena, &decoded),
                     STATUS_INVALID);
}

static void more_fields_than_there_may_be_are_not_written(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4096);
    struct channel_field fields[LIMIT_CHANNEL_FIELDS];
    for (size_t i = 0; i < LIMIT_CHANNEL_FIELDS; i++)
        fields[i] = (struct channel_field){.type = (uint16_t)(100 + i)};
    struct channel_extension extension = sample();
    extension.unknown = fields;
    extension.unknown_count = LIMIT_CHANNEL_FIELDS - 3;
    assert_int_equal(channel_extension_encode(&extension, &bytes), STATUS_OK);
    extension.unknown_count++;
    assert_int_equal(channel_extension_encode(&extension, &bytes), STATUS_LIMIT);
}

static void fields_out_of_order_or_missing_are_refused(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension decoded;
    static const uint8_t out_of_order[] = {1, 8, 0, 2, 1, 1, 0, 1, 1, 1};
    static const uint8_t twice[] = {1, 8, 0, 1, 1, 1, 0, 1, 1, 1};
    static const uint8_t no_history[] = {1, 4, 0, 1, 1, 1};
    static const uint8_t bad_visibility[] = {1, 8, 0, 1, 1, 9, 0, 2, 1, 1};
    static const uint8_t no_visibility[] = {1, 4, 0, 2, 1, 1};
    static const uint8_t zero_visibility[] = {1, 8, 0, 1, 1, 0, 0, 2, 1, 1};
    static const uint8_t two_octets[] = {1, 9, 0, 1, 2, 1, 1, 0, 2, 1, 1};
    static const uint8_t short_digest[] = {1, 13, 0, 1, 1, 1, 0, 2, 1, 1, 0, 3, 2, 7, 7};
    static const uint8_t later_version[] = {2, 8, 0, 1, 1, 1, 0, 2, 1, 1};
    assert_int_equal(channel_extension_decode(SPAN_OF(out_of_order), &arena, &decoded),
                     STATUS_INVALID);
    assert_int_equal(channel_extension_decode(SPAN_OF(twice), &arena, &decoded), STATUS_INVALID);
    assert_int_equal(channel_extension_decode(SPAN_OF(no_history), &arena, &decoded),
                     STATUS_INVALID);
    assert_int_equal(channel_extension_decode(SPAN_OF(no_visibility), &arena, &decoded),
                     STATUS_INVALID);
    assert_int_equal(channel_extension_decode(SPAN_OF(zero_visibility), &arena, &decoded),
                     STATUS_UNSUPPORTED);
    assert_int_equal(channel_extension_decode(SPAN_OF(two_octets), &arena, &decoded),
                     STATUS_MALFORMED);
    assert_int_equal(channel_extension_decode(SPAN_OF(short_digest), &arena, &decoded),
                     STATUS_MALFORMED);
    assert_int_equal(channel_extension_decode(SPAN_OF(bad_visibility), &arena, &decoded),
                     STATUS_UNSUPPORTED);
    assert_int_equal(channel_extension_decode(SPAN_OF(later_version), &arena, &decoded),
                     STATUS_UNSUPPORTED);
}

static void identities_and_group_ids_survive_a_round_trip(void **state)
{
    (void)state;
    struct channel_identity identity = {.person = {{1, 2}}, .device = {{3, 4}}};
    uint8_t bytes[CHANNEL_IDENTITY_SIZE];
    channel_identity_encode(&identity, bytes);
    struct mls_credential credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(bytes)};
    struct channel_identity decoded;
    assert_int_equal(channel_identity_decode(&credential, &decoded), STATUS_OK);
    assert_memory_equal(&decoded, &identity, sizeof identity);
    credential.content.len--;
    assert_int_equal(channel_identity_decode(&credential, &decoded), STATUS_MALFORMED);
    credential.type = MLS_CREDENTIAL_X509;
    assert_int_equal(channel_identity_decode(&credential, &decoded), STATUS_UNSUPPORTED);

    struct id channel = {{9}};
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    channel_group_id_encode(&channel, 0x01020304, group_id);
    struct id read_channel;
    uint32_t generation;
    assert_int_equal(channel_group_id_decode(SPAN_OF(group_id), &read_channel, &generation),
                     STATUS_OK);
    assert_true(id_equal(&channel, &read_channel));
    assert_int_equal(generation, 0x01020304);
    assert_int_equal(channel_group_id_decode(span_of(group_id, 19), &read_channel, &generation),
                     STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_later_versions_are_kept),
        cmocka_unit_test(a_person_listed_twice_is_refused),
        cmocka_unit_test(more_fields_than_there_may_be_are_not_written),
        cmocka_unit_test(fields_out_of_order_or_missing_are_refused),
        cmocka_unit_test(identities_and_group_ids_survive_a_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
