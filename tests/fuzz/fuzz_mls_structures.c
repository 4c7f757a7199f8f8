/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The structures of MLS that never are a message of their own: what is inside an encryption or an
 * extension, what is signed, and what a KeyPackage's owner keeps. The first byte chooses one.
 * What is read is written as the same bytes.
 */
#include "protocol/mls/member/key_package_new.h"
#include "protocol/mls/public/framing.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES_MAX (8u << 20)

/* A structure: reads one and writes it again. */
typedef enum status copier(struct reader *reader, struct arena *arena, struct writer *writer);

static enum status group_secrets(struct reader *reader, struct arena *arena, struct writer *writer)
{
    struct mls_group_secrets secrets;
    TRY(mls_group_secrets_read(reader, arena, &secrets));
    mls_group_secrets_write(writer, &secrets);
    return STATUS_OK;
}

static enum status group_info(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct mls_group_info info;
    TRY(mls_group_info_read(reader, &info));
    mls_group_info_write(writer, &info);
    return STATUS_OK;
}

static enum status group_context(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct mls_group_context context;
    TRY(mls_group_context_read(reader, &context));
    mls_group_context_write(writer, &context);
    return STATUS_OK;
}

static enum status psk_id(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct mls_psk_id id;
    TRY(mls_psk_id_read(reader, &id));
    fuzz_expect(mls_psk_id_equal(&id, &id));
    mls_psk_id_write(writer, &id);
    return STATUS_OK;
}

static enum status leaf_node(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct mls_leaf_node leaf;
    TRY(mls_leaf_node_read(reader, &leaf));
    enum status status = mls_leaf_node_check_extensions(&leaf, leaf.extensions);
    fuzz_expect(status != STATUS_INTERNAL);
    mls_leaf_node_write(writer, &leaf);
    return STATUS_OK;
}

static enum status commit(struct reader *reader, struct arena *arena, struct writer *writer)
{
    struct mls_commit commit;
    TRY(mls_commit_read(reader, arena, &commit));
    mls_commit_write(writer, &commit);
    return STATUS_OK;
}

static enum status proposal(struct reader *reader, struct arena *arena, struct writer *writer)
{
    struct mls_proposal proposal;
    TRY(mls_proposal_read(reader, arena, &proposal));
    mls_proposal_write(writer, &proposal);
    return STATUS_OK;
}

static enum status authenticated(struct reader *reader, struct arena *arena, struct writer *writer)
{
    struct mls_authenticated_content content;
    TRY(mls_authenticated_content_read(reader, arena, &content));
    enum status status = mls_authenticated_content_check_form(&content);
    fuzz_expect(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED);
    content.content.bytes = SPAN_EMPTY; /* encoded from the fields, not copied */
    mls_authenticated_content_write(writer, &content);
    return STATUS_OK;
}

static enum status required(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct span data = {reader->ptr, reader_left(reader)};
    struct mls_required_capabilities required;
    TRY(mls_required_capabilities_decode(data, &required));
    mls_required_capabilities_write(writer, &required);
    return reader_bytes(reader, data.len, &data);
}

static enum status external_pub(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct span data = {reader->ptr, reader_left(reader)};
    struct span key;
    TRY(mls_external_pub_decode(data, &key));
    mls_external_pub_write(writer, key);
    return reader_bytes(reader, data.len, &data);
}

/* A list of extensions whose known types are checked, and its external senders walked. */
static enum status extensions(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct mls_extensions list;
    struct span senders;
    TRY(mls_extensions_read(reader, &list));
    bool known = mls_extensions_check_known(list) == STATUS_OK;
    if (known && mls_extensions_find(list, MLS_EXTENSION_EXTERNAL_SENDERS, &senders)) {
        struct mls_external_sender sender;
        uint32_t count = 0;
        for (size_t at = 0; mls_external_senders_next(senders, &at, &sender);)
            count++;
        for (uint32_t i = 0; i < count && i < 8; i++)
            fuzz_expect(mls_external_senders_at(senders, i, &sender) == STATUS_OK);
        fuzz_expect(mls_external_senders_at(senders, count, &sender) == STATUS_NOT_FOUND);
    }
    mls_extensions_write(writer, &list);
    return STATUS_OK;
}

/* The two plaintexts of a PrivateMessage. */
static enum status sender_data(struct reader *reader, struct arena *arena, struct writer *writer)
{
    (void)arena;
    struct span data = {reader->ptr, reader_left(reader)};
    struct mls_sender_data sender;
    TRY(mls_sender_data_decode(data, &sender));
    mls_sender_data_write(writer, &sender);
    return reader_bytes(reader, data.len, &data);
}

static enum status private_content(enum mls_content_type type,
                                   struct reader *reader,
                                   struct arena *arena,
                                   struct writer *writer)
{
    struct span data = {reader->ptr, reader_left(reader)};
    struct mls_framed_content content = {.type = type};
    struct mls_auth_data auth;
    TRY(mls_private_content_decode(data, type, arena, &content, &auth));
    size_t before = writer->buffer->len;
    mls_private_content_write(writer, &content, &auth, 0);
    fuzz_expect(writer->buffer->len - before <= data.len);
    for (size_t left = data.len - (writer->buffer->len - before); left > 0; left--)
        writer_u8(writer, 0);
    return reader_bytes(reader, data.len, &data);
}

static enum status
private_application(struct reader *reader, struct arena *arena, struct writer *writer)
{
    return private_content(MLS_CONTENT_APPLICATION, reader, arena, writer);
}

static enum status
private_proposal(struct reader *reader, struct arena *arena, struct writer *writer)
{
    return private_content(MLS_CONTENT_PROPOSAL, reader, arena, writer);
}

static enum status private_commit(struct reader *reader, struct arena *arena, struct writer *writer)
{
    return private_content(MLS_CONTENT_COMMIT, reader, arena, writer);
}

static copier *const structures[] = {
    group_secrets, group_info,  group_context,       psk_id,           leaf_node,
    commit,        proposal,    authenticated,       required,         external_pub,
    extensions,    sender_data, private_application, private_proposal, private_commit,
};
#define STRUCTURE_COUNT (sizeof structures / sizeof *structures)

static void package_private(struct span bytes)
{
    struct mls_key_package_private keys;
    if (mls_key_package_private_decode(bytes, &keys) != STATUS_OK)
        return;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(bytes.len);
    fuzz_expect(mls_key_package_private_encode(&keys, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span bytes = span_of(data + 1, size - 1);
    size_t which = data[0] % (STRUCTURE_COUNT + 1);
    if (which == STRUCTURE_COUNT) {
        package_private(bytes);
        return 0;
    }
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer written = BUFFER_INIT(size);
    struct reader start = reader_of(bytes);
    struct reader reader = start;
    struct writer writer = writer_of(&written);
    if (structures[which](&reader, &arena, &writer) != STATUS_OK)
        return 0;
    fuzz_expect(writer_finish(&writer) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&written), reader_since(&reader, &start)));
    return 0;
}
