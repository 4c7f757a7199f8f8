/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/public/fixture.h"

#include "protocol/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define must(call) assert_int_equal((call), STATUS_OK)
#define BYTES CLEANUP(buffer_clear) struct buffer

/* ---- extensions ---- */

static void write_extensions(size_t count, uint16_t last, struct buffer *out)
{
    struct writer writer = writer_of(out);
    size_t begin = writer_vector_begin(&writer);
    for (size_t i = 0; i + 1 < count; i++)
        mls_extension_write(&writer, (uint16_t)(i + 100), SPAN_LITERAL("x"));
    mls_extension_write(&writer, last, SPAN_LITERAL("last"));
    writer_vector_end(&writer, begin);
    must(writer_finish(&writer));
}

static enum status read_extensions(const struct buffer *bytes, struct mls_extensions *list)
{
    struct reader reader = reader_of(buffer_span(bytes));
    return mls_extensions_read(&reader, list);
}

/* RFC 9420, 13.4: "Any field containing a list of extensions MUST NOT have more than one extension
 * of any given type." */
static void refuses_an_extension_type_that_occurs_twice(void **state)
{
    (void)state;
    static const size_t counts[] = {2, 3, 8, 9, 10, 10000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        BYTES same = BUFFER_INIT(FIXTURE_BYTES_MAX);
        BYTES other = BUFFER_INIT(FIXTURE_BYTES_MAX);
        struct mls_extensions list;
        struct span data;
        write_extensions(counts[i], 100, &same);
        write_extensions(counts[i], 99, &other);
        assert_int_equal(read_extensions(&same, &list), STATUS_INVALID);
        must(read_extensions(&other, &list));
        assert_true(mls_extensions_find(list, 99, &data));
        assert_true(span_equal(data, SPAN_LITERAL("last")));
    }
}

/* An extension's data that is itself a list of extensions is bytes and nothing more. */
static void does_not_look_into_nested_extensions(void **state)
{
    (void)state;
    BYTES inner = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES outer = BUFFER_INIT(FIXTURE_BYTES_MAX);
    for (unsigned depth = 0; depth < 2000; depth++) {
        struct writer writer = writer_of(&outer);
        buffer_truncate(&outer, 0);
        size_t begin = writer_vector_begin(&writer);
        mls_extension_write(&writer, MLS_EXTENSION_APPLICATION_ID, buffer_span(&inner));
        writer_vector_end(&writer, begin);
        must(writer_finish(&writer));
        buffer_truncate(&inner, 0);
        must(buffer_append(&inner, buffer_span(&outer)));
    }
    struct mls_extensions list;
    must(read_extensions(&outer, &list));
    must(mls_extensions_check_known(list));
}

static void reads_required_capabilities_and_external_senders(void **state)
{
    (void)state;
    struct mls_required_capabilities required;
    struct mls_external_sender sender;
    must(mls_required_capabilities_decode(SPAN_LITERAL("\x02\xf0\xc1\0\0"), &required));
    assert_true(mls_type_list_contains(required.extensions, 0xf0c1));
    assert_int_equal(mls_required_capabilities_decode(SPAN_LITERAL("\x01\xf0\0\0"), &required),
                     STATUS_MALFORMED);
    assert_int_equal(mls_required_capabilities_decode(SPAN_LITERAL("\0\0\0\0"), &required),
                     STATUS_TRAILING);
    const struct span senders = SPAN_LITERAL("\x0a\x03key\0\1\3bob");
    must(mls_external_senders_at(senders, 0, &sender));
    assert_true(span_equal(sender.credential.content, SPAN_LITERAL("bob")));
    assert_int_equal(mls_external_senders_at(senders, 1, &sender), STATUS_NOT_FOUND);
    const struct span two = SPAN_LITERAL("\x0c\1k\0\1\1a\1l\0\1\1b");
    size_t at = 0;
    assert_true(mls_external_senders_next(two, &at, &sender));
    assert_true(span_equal(sender.signature_key, SPAN_LITERAL("k")));
    assert_true(mls_external_senders_next(two, &at, &sender));
    assert_true(span_equal(sender.credential.content, SPAN_LITERAL("b")));
    assert_false(mls_external_senders_next(two, &at, &sender));
    at = 0;
    assert_false(mls_external_senders_next(SPAN_LITERAL("\0"), &at, &sender));
}

/* Every value of 16 bits but one, from the largest down. */
static void write_all_types_but(uint16_t missing, struct buffer *bytes)
{
    struct writer writer = writer_of(bytes);
    for (uint32_t type = UINT16_MAX + 1; type-- > 0;)
        if (type != missing)
            writer_u16(&writer, (uint16_t)type);
    must(writer_finish(&writer));
}

static void compares_the_longest_lists_in_linear_time(void **state)
{
    (void)state;
    BYTES all = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES some = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES extensions = BUFFER_INIT(FIXTURE_BYTES_MAX);
    write_all_types_but(7, &all);
    write_all_types_but(0x1234, &some);
    struct writer writer = writer_of(&extensions);
    for (uint32_t type = 8; type <= UINT16_MAX; type++)
        mls_extension_write(&writer, (uint16_t)type, SPAN_EMPTY);
    must(writer_finish(&writer));
    struct mls_capabilities capabilities = {.extensions = {buffer_span(&all)}};
    struct mls_required_capabilities required = {.extensions = {buffer_span(&some)}};
    clock_t start = clock();
    assert_true(mls_capabilities_have_extensions(
        &capabilities, (struct mls_extensions){buffer_span(&extensions)}));
    assert_false(mls_capabilities_have_required(&capabilities, &required));
    required.extensions.bytes = buffer_span(&all);
    assert_true(mls_capabilities_have_required(&capabilities, &required));
    capabilities.extensions.bytes = buffer_span(&some);
    assert_false(mls_capabilities_have_extensions(
        &capabilities, (struct mls_extensions){buffer_span(&extensions)}));
    /* Comparing each with each takes 2^32 steps, four times. */
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

static void refuses_a_list_of_more_types_than_there_are(void **state)
{
    (void)state;
    BYTES types = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES list = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_type_list read;
    write_all_types_but(0, &types);
    for (unsigned more = 0; more < 2; more++) {
        struct writer writer = writer_of(&types);
        writer_u16(&writer, 0);
        must(writer_finish(&writer));
        buffer_truncate(&list, 0);
        writer = writer_of(&list);
        writer_vector(&writer, buffer_span(&types));
        must(writer_finish(&writer));
        struct reader reader = reader_of(buffer_span(&list));
        assert_int_equal(mls_type_list_read(&reader, &read), more == 0 ? STATUS_OK : STATUS_LIMIT);
    }
}

/* RFC 9420, 13.4: "For this to work, implementations MUST correctly handle extensible fields:" */
static void refuses_known_extensions_that_are_not_well_formed(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        struct span data;
        enum status status;
    } cases[] = {
        {MLS_EXTENSION_REQUIRED_CAPABILITIES, {(const uint8_t *)"\0\0\0", 3}, STATUS_OK},
        {MLS_EXTENSION_REQUIRED_CAPABILITIES, {(const uint8_t *)"\0\0", 2}, STATUS_TRUNCATED},
        {MLS_EXTENSION_EXTERNAL_PUB, {(const uint8_t *)"\1k", 2}, STATUS_OK},
        {MLS_EXTENSION_EXTERNAL_PUB, {(const uint8_t *)"\1kk", 3}, STATUS_TRAILING},
        {MLS_EXTENSION_EXTERNAL_SENDERS, {(const uint8_t *)"\5\1k\0\1\0", 6}, STATUS_OK},
        {MLS_EXTENSION_EXTERNAL_SENDERS, {(const uint8_t *)"\5\1k\0\1\0x", 7}, STATUS_TRAILING},
        {MLS_EXTENSION_EXTERNAL_SENDERS, {(const uint8_t *)"\4\1k\0\1", 5}, STATUS_TRUNCATED},
        {0xf00f, {(const uint8_t *)"any", 3}, STATUS_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
        struct writer writer = writer_of(&bytes);
        mls_extension_write(&writer, cases[i].type, cases[i].data);
        must(writer_finish(&writer));
        const struct mls_extensions list = {buffer_span(&bytes)};
        assert_int_equal(mls_extensions_check_known(list), cases[i].status);
    }
}

/* RFC 9420, 13.2: "As discussed in Section 12.4, Proposals with a non-default proposal type MUST
 * NOT be included in a commit unless the proposal type is supported by all the members of the group
 * that will process the Commit." */
static void refuses_other_versions_content_types_and_lengths(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1000);
    /* Of member 0 in epoch 0 of group g, without data: the type is the last but one. */
    uint8_t framed[] = {1, 'g', 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0};
    for (uint8_t type = 0; type <= 4; type++) {
        struct mls_framed_content content;
        framed[sizeof framed - 2] = type;
        struct reader reader = reader_of(SPAN_OF(framed));
        enum status status = mls_framed_content_read(&reader, &arena, &content);
        if (type == MLS_CONTENT_APPLICATION)
            assert_int_equal(status, STATUS_OK);
        else if (type == 0 || type > MLS_CONTENT_COMMIT)
            assert_int_equal(status, STATUS_MALFORMED);
        else
            assert_int_equal(status, STATUS_TRUNCATED);
    }
    static const uint8_t sender_data[13] = {0};
    struct mls_sender_data read;
    assert_int_equal(mls_sender_data_decode(span_of(sender_data, 11), &read), STATUS_TRUNCATED);
    assert_int_equal(mls_sender_data_decode(span_of(sender_data, 12), &read), STATUS_OK);
    assert_int_equal(mls_sender_data_decode(span_of(sender_data, 13), &read), STATUS_TRAILING);

    struct mls_proposal_or_ref item;
    for (uint8_t form = 0; form <= 3; form++) {
        const uint8_t reference[] = {form, 1, 'r'};
        struct reader reader = reader_of(SPAN_OF(reference));
        enum status status = mls_proposal_or_ref_read(&reader, &arena, &item);
        if (form == 2)
            assert_int_equal(status, STATUS_OK);
        else if (form != 1)
            assert_int_equal(status, STATUS_MALFORMED);
    }

    /* A type that nobody defined, and one that is GREASE. */
    const uint8_t unknown[][3] = {{1, 0, 8}, {1, 0x0a, 0x0a}};
    for (size_t i = 0; i < 2; i++) {
        struct reader reader = reader_of(SPAN_OF(unknown[i]));
        assert_int_equal(mls_proposal_or_ref_read(&reader, &arena, &item), STATUS_UNSUPPORTED);
    }

    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    const struct mls_group_info info = {.group_context = {.cipher_suite = 1}};
    struct mls_group_info decoded;
    struct writer writer = writer_of(&bytes);
    mls_group_info_write(&writer, &info);
    must(writer_finish(&writer));
    must(mls_group_info_decode(buffer_span(&bytes), &decoded));
    bytes.ptr[1] = 2;
    assert_int_equal(mls_group_info_decode(buffer_span(&bytes), &decoded), STATUS_UNSUPPORTED);
    bytes.ptr[1] = 1;
    writer_u8(&writer, 0);
    must(writer_finish(&writer));
    assert_int_equal(mls_group_info_decode(buffer_span(&bytes), &decoded), STATUS_TRAILING);
}

static void refuses_psks_of_unknown_types_and_usages(void **state)
{
    (void)state;
    struct mls_psk_id id;
    for (uint8_t type = 0; type <= 3; type++) {
        /* external: id and nonce. resumption: usage, group, epoch and nonce. */
        for (uint8_t usage = 0; usage <= 4; usage++) {
            const uint8_t external[] = {type, 1, 'i', 0};
            const uint8_t resumption[] = {type, usage, 1, 'g', 0, 0, 0, 0, 0, 0, 0, 5, 0};
            struct reader reader = reader_of(type == 1 ? SPAN_OF(external) : SPAN_OF(resumption));
            bool known = type == MLS_PSK_EXTERNAL ||
                         (type == MLS_PSK_RESUMPTION && usage >= 1 && usage <= MLS_PSK_BRANCH);
            assert_int_equal(mls_psk_id_read(&reader, &id), known ? STATUS_OK : STATUS_MALFORMED);
        }
    }
}

static void finds_two_equal_psks_in_a_long_list_in_little_time(void **state)
{
    (void)state;
    enum { COUNT = 60000 };
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT((size_t)64 << 20);
    void *memory;
    must(arena_take(&arena, COUNT, sizeof(struct mls_psk_id), &memory));
    struct mls_psk_id *ids = memory;
    must(arena_take(&arena, COUNT, sizeof(uint32_t), &memory));
    uint32_t *numbers = memory;
    for (uint32_t i = 0; i < COUNT; i++) {
        numbers[i] = i * 7919;
        ids[i] = (struct mls_psk_id){.type = MLS_PSK_EXTERNAL,
                                     .psk_id = span_of(&numbers[i], sizeof numbers[i]),
                                     .nonce = SPAN_LITERAL("the same for all")};
    }
    bool differ = false;
    clock_t start = clock();
    must(mls_psk_ids_differ(ids, COUNT, &arena, &differ));
    assert_true(differ);
    ids[COUNT - 1] = ids[0];
    must(mls_psk_ids_differ(ids, COUNT, &arena, &differ));
    assert_false(differ);
    assert_true(clock() - start < 3 * CLOCKS_PER_SEC);
    /* One part that differs is enough. */
    struct mls_psk_id pair[2] = {{.type = MLS_PSK_RESUMPTION,
                                  .usage = MLS_PSK_APPLICATION,
                                  .group_id = SPAN_LITERAL("g"),
                                  .epoch = 1,
                                  .nonce = SPAN_LITERAL("n")}};
    for (unsigned part = 0; part < 5; part++) {
        pair[1] = pair[0];
        if (part == 0)
            pair[1].usage = MLS_PSK_BRANCH;
        if (part == 1)
            pair[1].group_id = SPAN_LITERAL("h");
        if (part == 2)
            pair[1].epoch = 2;
        if (part == 3)
            pair[1].nonce = SPAN_LITERAL("m");
        must(mls_psk_ids_differ(pair, 2, &arena, &differ));
        assert_int_equal(differ, part < 4);
    }
    must(mls_psk_ids_differ(pair, 1, &arena, &differ));
    assert_true(differ);
    must(mls_psk_ids_differ(NULL, 0, &arena, &differ));
    assert_true(differ);
}

static void walks_the_certificates_of_an_x509_credential(void **state)
{
    (void)state;
    const struct span bytes = SPAN_LITERAL("\0\2\7\3one\2no");
    struct reader reader = reader_of(bytes);
    struct mls_credential credential;
    struct span certificate;
    size_t at = 0;
    must(mls_credential_read(&reader, &credential));
    assert_true(mls_credential_next_certificate(&credential, &at, &certificate));
    assert_true(span_equal(certificate, SPAN_LITERAL("one")));
    assert_true(mls_credential_next_certificate(&credential, &at, &certificate));
    assert_true(span_equal(certificate, SPAN_LITERAL("no")));
    assert_false(mls_credential_next_certificate(&credential, &at, &certificate));
    reader = reader_of(SPAN_LITERAL("\0\2\3\3on"));
    assert_int_equal(mls_credential_read(&reader, &credential), STATUS_TRUNCATED);
    reader = reader_of(SPAN_LITERAL("\0\3\3abc"));
    assert_int_equal(mls_credential_read(&reader, &credential), STATUS_UNSUPPORTED);
}

/* RFC 9420, 6.3.1: "The `padding` field MUST be filled with all zero bytes." "A receiver MUST
 * verify that there are no non-zero bytes in the `padding` field, and if this check fails, the
 * enclosing PrivateMessage MUST be rejected as malformed." */
static void refuses_padding_that_is_not_zero(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_framed_content content = {.type = MLS_CONTENT_APPLICATION,
                                         .application_data = SPAN_LITERAL("hello")};
    struct mls_auth_data auth = {SPAN_LITERAL("signature"), SPAN_EMPTY};
    struct writer writer = writer_of(&bytes);
    mls_private_content_write(&writer, &content, &auth, 600);
    must(writer_finish(&writer));
    assert_int_equal(bytes.len, 6 + 10 + 600);
    must(mls_private_content_decode(buffer_span(&bytes), MLS_CONTENT_APPLICATION, &arena, &content,
                                    &auth));
    assert_true(span_equal(content.application_data, SPAN_LITERAL("hello")));
    bytes.ptr[bytes.len - 1] = 1;
    assert_int_equal(mls_private_content_decode(buffer_span(&bytes), MLS_CONTENT_APPLICATION,
                                                &arena, &content, &auth),
                     STATUS_MALFORMED);
}

/* RFC 9420, 6: "Applications MUST use PrivateMessage to encrypt application messages and SHOULD use
 * PrivateMessage to encode handshake messages, but they MAY transmit handshake messages encoded as
 * PublicMessage objects in cases where it is necessary for the Delivery Service to examine such
 * messages." 6.1: "The `content_type` of the message MUST be `proposal` and the `proposal_type`
 * MUST be a value that is allowed for external senders." "The `content_type` of the message MUST be
 * `commit`." "The `content_type` of the message MUST be `proposal` and the `proposal_type` of the
 * Proposal MUST be `add`." 12.1.8: "An external proposal MUST be sent as a PublicMessage object,
 * since the sender will not have the keys necessary to construct a PrivateMessage object."
 * "Messages from `external` senders containing proposal types other than the above MUST be rejected
 * as malformed." */
static void refuses_senders_that_may_not_send_the_content(void **state)
{
    (void)state;
    static const struct {
        uint16_t wire;
        enum mls_sender_type sender;
        enum mls_content_type content;
        uint16_t proposal;
        enum status status;
    } cases[] = {
        {1, MLS_SENDER_MEMBER, MLS_CONTENT_APPLICATION, 0, STATUS_MALFORMED},
        {2, MLS_SENDER_MEMBER, MLS_CONTENT_APPLICATION, 0, STATUS_OK},
        {3, MLS_SENDER_MEMBER, MLS_CONTENT_APPLICATION, 0, STATUS_UNSUPPORTED},
        {1, MLS_SENDER_MEMBER, MLS_CONTENT_COMMIT, 0, STATUS_OK},
        {1, MLS_SENDER_EXTERNAL, MLS_CONTENT_COMMIT, 0, STATUS_MALFORMED},
        {1, MLS_SENDER_EXTERNAL, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_REMOVE, STATUS_OK},
        {2, MLS_SENDER_EXTERNAL, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_REMOVE, STATUS_MALFORMED},
        {1, MLS_SENDER_EXTERNAL, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_UPDATE, STATUS_MALFORMED},
        {1, MLS_SENDER_EXTERNAL, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_EXTERNAL_INIT,
         STATUS_MALFORMED},
        {1, MLS_SENDER_NEW_MEMBER_PROPOSAL, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_ADD, STATUS_OK},
        {1, MLS_SENDER_NEW_MEMBER_PROPOSAL, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_REMOVE,
         STATUS_MALFORMED},
        {1, MLS_SENDER_NEW_MEMBER_COMMIT, MLS_CONTENT_COMMIT, 0, STATUS_OK},
        {1, MLS_SENDER_NEW_MEMBER_COMMIT, MLS_CONTENT_PROPOSAL, MLS_PROPOSAL_ADD, STATUS_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mls_authenticated_content content = {
            .wire_format = cases[i].wire,
            .content = {.sender = {cases[i].sender, 0}, .type = cases[i].content}};
        if (cases[i].content == MLS_CONTENT_PROPOSAL)
            content.content.proposal.type = cases[i].proposal;
        assert_int_equal(mls_authenticated_content_check_form(&content), cases[i].status);
    }
}

/* A million Removes of seven bytes each: the arena's limit ends it, not the machine's memory. */
static void bounds_the_memory_of_a_commit_of_many_small_proposals(void **state)
{
    (void)state;
    enum { COUNT = 1200000 };
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_commit commit;
    struct writer writer = writer_of(&bytes);
    size_t begin = writer_vector_begin(&writer);
    for (unsigned i = 0; i < COUNT; i++)
        writer_bytes(&writer, SPAN_LITERAL("\1\0\3\0\0\0\0"));
    writer_vector_end(&writer, begin);
    writer_presence(&writer, false);
    must(writer_finish(&writer));
    struct reader reader = reader_of(buffer_span(&bytes));
    assert_int_equal(mls_commit_read(&reader, &arena, &commit), STATUS_LIMIT);
}

static void peeks_at_a_message_without_its_content(void **state)
{
    (void)state;
    struct mls_message_head head;
    const struct span message = SPAN_LITERAL("\0\1\0\1\3abc\0\0\0\0\0\0\0\7\1\0\0\0\2\2ad\3rest");
    must(mls_message_peek(message, &head));
    assert_int_equal(head.epoch, 7);
    assert_int_equal(head.sender.index, 2);
    assert_int_equal(head.type, MLS_CONTENT_COMMIT);
    assert_true(span_equal(head.group_id, SPAN_LITERAL("abc")));
    assert_true(span_equal(head.authenticated_data, SPAN_LITERAL("ad")));
    assert_int_equal(mls_message_peek(SPAN_LITERAL("\0\1\0\3"), &head), STATUS_UNSUPPORTED);
    assert_int_equal(mls_message_peek(SPAN_LITERAL("\0\2\0\1"), &head), STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_an_extension_type_that_occurs_twice),
        cmocka_unit_test(does_not_look_into_nested_extensions),
        cmocka_unit_test(reads_required_capabilities_and_external_senders),
        cmocka_unit_test(compares_the_longest_lists_in_linear_time),
        cmocka_unit_test(refuses_a_list_of_more_types_than_there_are),
        cmocka_unit_test(refuses_known_extensions_that_are_not_well_formed),
        cmocka_unit_test(refuses_other_versions_content_types_and_lengths),
        cmocka_unit_test(refuses_psks_of_unknown_types_and_usages),
        cmocka_unit_test(finds_two_equal_psks_in_a_long_list_in_little_time),
        cmocka_unit_test(walks_the_certificates_of_an_x509_credential),
        cmocka_unit_test(refuses_padding_that_is_not_zero),
        cmocka_unit_test(refuses_senders_that_may_not_send_the_content),
        cmocka_unit_test(bounds_the_memory_of_a_commit_of_many_small_proposals),
        cmocka_unit_test(peeks_at_a_message_without_its_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
