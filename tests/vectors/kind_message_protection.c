/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages of the member at leaf 1 of two, public and private, theirs and ours. */
#include "protocol/mls/member/protection.h"
#include "protocol/mls/public/group_context.h"
#include "tests/vectors/harness.h"

#define SENDER 1

struct protection {
    const struct suite *suite;
    struct span group_id;
    uint64_t epoch;
    struct span context;
    struct span signature_private;
    struct span signature_public;
    struct span encryption_secret;
    struct span sender_data_secret;
    struct span membership_key;
    /* a secret tree for each direction */
    struct secret_arena *arena;
    struct mls_row_set changed;
    struct mls_secret_tree *sending;
    struct mls_secret_tree *receiving;
};

static enum vector_result read_case(struct vector_case *test, struct protection *state)
{
    const json_t *json = test->json;
    struct mls_group_context context = {.cipher_suite = state->suite->id};
    CHECK(vector_hex(test, json, "group_id", &context.group_id));
    CHECK(vector_number(json, "epoch", &context.epoch));
    CHECK(vector_hex(test, json, "tree_hash", &context.tree_hash));
    CHECK(vector_hex(test, json, "confirmed_transcript_hash", &context.confirmed_transcript_hash));
    CHECK(vector_hex(test, json, "signature_priv", &state->signature_private));
    CHECK(vector_hex(test, json, "signature_pub", &state->signature_public));
    CHECK(vector_hex(test, json, "encryption_secret", &state->encryption_secret));
    CHECK(vector_hex(test, json, "sender_data_secret", &state->sender_data_secret));
    CHECK(vector_hex(test, json, "membership_key", &state->membership_key));
    state->group_id = context.group_id;
    state->epoch = context.epoch;
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(SIZE_MAX);
    struct writer writer = writer_of(&encoded);
    mls_group_context_write(&writer, &context);
    CHECK_OK(writer_finish(&writer));
    CHECK_OK(arena_copy(&test->arena, buffer_span(&encoded), &state->context));
    return VECTOR_PASSED;
}

/* Two fresh trees, as each kind of content wants. */
static enum vector_result fresh_trees(struct vector_case *test, struct protection *state)
{
    mls_secret_tree_free(&state->sending);
    mls_secret_tree_free(&state->receiving);
    CHECK_OK(
        mls_secret_tree_new(state->suite, state->arena, &state->changed, 0, 2, &state->sending));
    CHECK_OK(
        mls_secret_tree_new(state->suite, state->arena, &state->changed, 0, 2, &state->receiving));
    CHECK_OK(mls_secret_tree_set_root(state->sending, state->encryption_secret));
    CHECK_OK(mls_secret_tree_set_root(state->receiving, state->encryption_secret));
    return VECTOR_PASSED;
}

/* Whether the content is the raw value of the case. */
static enum vector_result
check_content(struct vector_case *test, const struct mls_framed_content *content, struct span raw)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(SIZE_MAX);
    struct writer writer = writer_of(&encoded);
    if (content->type == MLS_CONTENT_APPLICATION)
        writer_bytes(&writer, content->application_data);
    else if (content->type == MLS_CONTENT_PROPOSAL)
        mls_proposal_write(&writer, &content->proposal);
    else
        mls_commit_write(&writer, &content->commit);
    CHECK_OK(writer_finish(&writer));
    CHECK(span_equal(buffer_span(&encoded), raw));
    CHECK(content->sender.type == MLS_SENDER_MEMBER && content->sender.index == SENDER);
    return VECTOR_PASSED;
}

static enum vector_result open_public(struct vector_case *test,
                                      const struct protection *state,
                                      struct span bytes,
                                      struct span raw)
{
    struct mls_message message;
    CHECK_OK(mls_message_decode(bytes, &test->arena, &message));
    CHECK(message.wire_format == MLS_WIRE_PUBLIC_MESSAGE);
    const struct mls_public_message *body = &message.public_message;
    CHECK_OK(
        mls_protection_check_public(state->suite, state->membership_key, body, state->context));
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE, .content = body->content, .auth = body->auth};
    CHECK_OK(mls_authenticated_content_verify(state->suite, &authenticated, state->context,
                                              state->signature_public));
    return check_content(test, &body->content, raw);
}

static enum vector_result open_private(struct vector_case *test,
                                       const struct protection *state,
                                       struct span bytes,
                                       struct span raw)
{
    struct mls_message message;
    struct mls_sender_data sender_data;
    struct mls_secret_tree_use use = {0};
    struct mls_authenticated_content authenticated;
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(SIZE_MAX);
    CHECK_OK(mls_message_decode(bytes, &test->arena, &message));
    CHECK(message.wire_format == MLS_WIRE_PRIVATE_MESSAGE);
    const struct mls_private_message *body = &message.private_message;
    enum mls_ratchet_type type =
        body->type == MLS_CONTENT_APPLICATION ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
    CHECK_OK(
        mls_protection_open_sender(state->suite, state->sender_data_secret, body, &sender_data));
    CHECK_OK(mls_secret_tree_find(state->receiving, sender_data.leaf_index, type,
                                  sender_data.generation, &use));
    CHECK_OK(mls_protection_open_private(state->suite, &use.message_key, &sender_data, body,
                                         &test->arena, &plaintext, &authenticated));
    CHECK_OK(mls_authenticated_content_verify(state->suite, &authenticated, state->context,
                                              state->signature_public));
    return check_content(test, &authenticated.content, raw);
}

/* Our own protection of the raw value, in both forms. */
static enum vector_result seal_and_open(struct vector_case *test,
                                        const struct protection *state,
                                        struct mls_framed_content content,
                                        struct span raw)
{
    static const uint8_t tag[] = {1, 2, 3, 4};
    struct signature signature;
    content.group_id = state->group_id;
    content.epoch = state->epoch;
    content.sender = (struct mls_sender){MLS_SENDER_MEMBER, SENDER};
    content.authenticated_data = SPAN_LITERAL("authenticated");
    struct mls_authenticated_content authenticated = {.content = content};
    if (content.type == MLS_CONTENT_COMMIT)
        authenticated.auth.confirmation_tag = SPAN_OF(tag);
    authenticated.auth.signature = span_of(signature.bytes, 0);

    CLEANUP(buffer_clear) struct buffer public_bytes = BUFFER_INIT(SIZE_MAX);
    authenticated.wire_format = MLS_WIRE_PUBLIC_MESSAGE;
    CHECK_OK(mls_protection_sign_content(state->suite, state->signature_private,
                                         MLS_WIRE_PUBLIC_MESSAGE, &content, state->context,
                                         &signature));
    authenticated.auth.signature = signature_span(&signature);
    enum status status = mls_protection_seal_public(state->suite, state->membership_key,
                                                    &authenticated, state->context, &public_bytes);
    if (content.type == MLS_CONTENT_APPLICATION) {
        CHECK(status == STATUS_INVALID);
    } else {
        CHECK_OK(status);
        CHECK_PASSED(open_public(test, state, buffer_span(&public_bytes), raw));
    }

    CLEANUP(buffer_clear) struct buffer private_bytes = BUFFER_INIT(SIZE_MAX);
    struct mls_private_seal seal = {state->suite, state->sender_data_secret, state->sending, 10,
                                    vector_random()};
    uint32_t generation = 7;
    authenticated.wire_format = MLS_WIRE_PRIVATE_MESSAGE;
    CHECK_OK(mls_protection_sign_content(state->suite, state->signature_private,
                                         MLS_WIRE_PRIVATE_MESSAGE, &content, state->context,
                                         &signature));
    authenticated.auth.signature = signature_span(&signature);
    CHECK_OK(mls_protection_seal_private(&seal, &authenticated, &generation, &private_bytes));
    CHECK(generation == 0);
    return open_private(test, state, buffer_span(&private_bytes), raw);
}

static enum vector_result check_proposal(struct vector_case *test, struct protection *state)
{
    struct span raw;
    struct span bytes;
    struct mls_framed_content content = {.type = MLS_CONTENT_PROPOSAL};
    CHECK_PASSED(fresh_trees(test, state));
    CHECK(vector_hex(test, test->json, "proposal", &raw));
    CHECK(vector_hex(test, test->json, "proposal_pub", &bytes));
    CHECK_PASSED(open_public(test, state, bytes, raw));
    CHECK(vector_hex(test, test->json, "proposal_priv", &bytes));
    CHECK_PASSED(open_private(test, state, bytes, raw));
    struct reader reader = reader_of(raw);
    CHECK_OK(mls_proposal_read(&reader, &test->arena, &content.proposal));
    return seal_and_open(test, state, content, raw);
}

static enum vector_result check_commit(struct vector_case *test, struct protection *state)
{
    struct span raw;
    struct span bytes;
    struct mls_framed_content content = {.type = MLS_CONTENT_COMMIT};
    CHECK_PASSED(fresh_trees(test, state));
    CHECK(vector_hex(test, test->json, "commit", &raw));
    CHECK(vector_hex(test, test->json, "commit_pub", &bytes));
    CHECK_PASSED(open_public(test, state, bytes, raw));
    CHECK(vector_hex(test, test->json, "commit_priv", &bytes));
    CHECK_PASSED(open_private(test, state, bytes, raw));
    struct reader reader = reader_of(raw);
    CHECK_OK(mls_commit_read(&reader, &test->arena, &content.commit));
    return seal_and_open(test, state, content, raw);
}

static enum vector_result check_application(struct vector_case *test, struct protection *state)
{
    struct span bytes;
    struct mls_framed_content content = {.type = MLS_CONTENT_APPLICATION};
    CHECK_PASSED(fresh_trees(test, state));
    CHECK(vector_hex(test, test->json, "application", &content.application_data));
    CHECK(vector_hex(test, test->json, "application_priv", &bytes));
    CHECK_PASSED(open_private(test, state, bytes, content.application_data));
    return seal_and_open(test, state, content, content.application_data);
}

static enum vector_result check_all(struct vector_case *test, struct protection *state)
{
    CHECK_PASSED(read_case(test, state));
    CHECK_PASSED(check_proposal(test, state));
    CHECK_PASSED(check_commit(test, state));
    return check_application(test, state);
}

static enum vector_result run(struct vector_case *test)
{
    struct protection state = {0};
    CHECK(vector_suite(test->json, &state.suite));
    if (state.suite == NULL)
        return VECTOR_SKIPPED;
    CHECK_OK(secret_arena_new(&state.arena));
    enum vector_result result = check_all(test, &state);
    mls_secret_tree_free(&state.sending);
    mls_secret_tree_free(&state.receiving);
    secret_arena_free(&state.arena);
    mls_row_set_clear(&state.changed);
    return result;
}

static const char *const fields[] = {"proposal_pub", "application_priv", NULL};
const struct vector_kind kind_message_protection = {"message-protection", fields, run};
