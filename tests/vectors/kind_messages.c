/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/mls/public/framing.h"
#include "protocol/mls/public/tree.h"
#include "tests/vectors/harness.h"

static const char *const fields[] = {"mls_welcome",  "mls_group_info",  "mls_key_package",
                                     "ratchet_tree", "group_secrets",   "add_proposal",
                                     "commit",       "private_message", NULL};

/* Whether what was written is what was read. */
static enum vector_result
check_same(struct vector_case *test, struct writer *writer, struct span expected)
{
    CHECK_OK(writer_finish(writer));
    CHECK(span_equal(buffer_span(writer->buffer), expected));
    return VECTOR_PASSED;
}

static enum vector_result
check_message(struct vector_case *test, const char *name, uint16_t wire_format)
{
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct span bytes;
    struct mls_message message;
    struct writer writer = writer_of(&again);
    CHECK(vector_hex(test, test->json, name, &bytes));
    CHECK_OK(mls_message_decode(bytes, &test->arena, &message));
    CHECK(message.wire_format == wire_format);
    mls_message_write(&writer, &message);
    return check_same(test, &writer, bytes);
}

static enum vector_result
check_content(struct vector_case *test, const char *name, enum mls_content_type type)
{
    struct span bytes;
    struct mls_message message;
    CHECK_PASSED(check_message(test, name, MLS_WIRE_PUBLIC_MESSAGE));
    CHECK(vector_hex(test, test->json, name, &bytes));
    CHECK_OK(mls_message_decode(bytes, &test->arena, &message));
    CHECK(message.public_message.content.type == type);
    return VECTOR_PASSED;
}

/* The vectors hold a proposal's body without its type. */
static enum vector_result check_proposal(struct vector_case *test, const char *name, uint16_t type)
{
    CLEANUP(buffer_clear) struct buffer whole = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct span body;
    struct mls_proposal proposal;
    struct writer writer = writer_of(&whole);
    CHECK(vector_hex(test, test->json, name, &body));
    writer_u16(&writer, type);
    writer_bytes(&writer, body);
    CHECK_OK(writer_finish(&writer));
    struct reader reader = reader_of(buffer_span(&whole));
    CHECK_OK(mls_proposal_read(&reader, &test->arena, &proposal));
    CHECK(reader_at_end(&reader));
    writer = writer_of(&again);
    mls_proposal_write(&writer, &proposal);
    return check_same(test, &writer, buffer_span(&whole));
}

static enum vector_result check_proposals(struct vector_case *test)
{
    CHECK_PASSED(check_proposal(test, "add_proposal", MLS_PROPOSAL_ADD));
    CHECK_PASSED(check_proposal(test, "update_proposal", MLS_PROPOSAL_UPDATE));
    CHECK_PASSED(check_proposal(test, "remove_proposal", MLS_PROPOSAL_REMOVE));
    CHECK_PASSED(check_proposal(test, "pre_shared_key_proposal", MLS_PROPOSAL_PSK));
    CHECK_PASSED(check_proposal(test, "re_init_proposal", MLS_PROPOSAL_REINIT));
    CHECK_PASSED(check_proposal(test, "external_init_proposal", MLS_PROPOSAL_EXTERNAL_INIT));
    return check_proposal(test, "group_context_extensions_proposal",
                          MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
}

/* The tree's suite is that of no field, so any will do: its hashes are not compared. */
static enum vector_result check_tree(struct vector_case *test)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct span bytes;
    struct writer writer = writer_of(&again);
    CHECK(vector_hex(test, test->json, "ratchet_tree", &bytes));
    CHECK_OK(mls_tree_decode(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519), bytes, &tree));
    mls_tree_write(&writer, tree);
    return check_same(test, &writer, bytes);
}

static enum vector_result check_group_secrets(struct vector_case *test)
{
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct span bytes;
    struct mls_group_secrets secrets;
    struct writer writer = writer_of(&again);
    CHECK(vector_hex(test, test->json, "group_secrets", &bytes));
    struct reader reader = reader_of(bytes);
    CHECK_OK(mls_group_secrets_read(&reader, &test->arena, &secrets));
    CHECK(reader_at_end(&reader));
    mls_group_secrets_write(&writer, &secrets);
    return check_same(test, &writer, bytes);
}

static enum vector_result check_commit(struct vector_case *test)
{
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct span bytes;
    struct mls_commit commit;
    struct writer writer = writer_of(&again);
    CHECK(vector_hex(test, test->json, "commit", &bytes));
    struct reader reader = reader_of(bytes);
    CHECK_OK(mls_commit_read(&reader, &test->arena, &commit));
    CHECK(reader_at_end(&reader));
    mls_commit_write(&writer, &commit);
    return check_same(test, &writer, bytes);
}

static enum vector_result run(struct vector_case *test)
{
    CHECK_PASSED(check_message(test, "mls_welcome", MLS_WIRE_WELCOME));
    CHECK_PASSED(check_message(test, "mls_group_info", MLS_WIRE_GROUP_INFO));
    CHECK_PASSED(check_message(test, "mls_key_package", MLS_WIRE_KEY_PACKAGE));
    CHECK_PASSED(check_tree(test));
    CHECK_PASSED(check_group_secrets(test));
    CHECK_PASSED(check_proposals(test));
    CHECK_PASSED(check_commit(test));
    CHECK_PASSED(check_content(test, "public_message_application", MLS_CONTENT_APPLICATION));
    CHECK_PASSED(check_content(test, "public_message_proposal", MLS_CONTENT_PROPOSAL));
    CHECK_PASSED(check_content(test, "public_message_commit", MLS_CONTENT_COMMIT));
    return check_message(test, "private_message", MLS_WIRE_PRIVATE_MESSAGE);
}

const struct vector_kind kind_messages = {"messages", fields, run};
