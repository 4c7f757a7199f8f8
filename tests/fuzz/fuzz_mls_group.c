/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a member takes from others: a message as it comes, and what a malicious member can put
 * behind the group's encryption and signatures. The first byte chooses: 0 the rest is a message 1
 * the rest is the text of an application message 2 the rest is a proposal, signed and tagged by
 * another member 3 the rest is a commit, signed and tagged by another member 4 the rest takes the
 * place of the end of one row, which its first byte names Whatever is refused leaves the group as
 * it was.
 */
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define ROWS_MAX 64
#define MUST(call) fuzz_expect((call) == STATUS_OK)

/* Lifetimes are each leaf's own, credentials all believed. */
static const struct mls_options options;

/* ---- two members, the same in every run ---- */

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    uint64_t *state = context;
    struct digest digest;
    for (size_t i = 0; i < count; i++) {
        if (i % 32 == 0) {
            TRY(hash_bytes(HASH_SHA256, SPAN_OF(*state), &digest));
            ++*state;
        }
        bytes[i] = digest.bytes[i % 32];
    }
    return STATUS_OK;
}

struct rows {
    struct mls_row_key keys[ROWS_MAX];
    struct buffer bytes[ROWS_MAX];
    size_t count;
    size_t next;
};

struct pair {
    uint64_t random_state;
    struct random_source random;
    struct mls_group *ann;
    struct mls_group *ben;
};

static enum status put_row(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct rows *rows = context;
    fuzz_expect(rows->count < ROWS_MAX);
    rows->keys[rows->count] = *key;
    buffer_init(&rows->bytes[rows->count], 1u << 20);
    return buffer_append(&rows->bytes[rows->count++], bytes);
}

static enum status drop_row(void *context, const struct mls_row_key *key)
{
    (void)context;
    (void)key;
    return STATUS_OK;
}

static enum status next_row(void *context, struct mls_row_key *key, struct span *bytes)
{
    struct rows *rows = context;
    if (rows->next == rows->count)
        return STATUS_NOT_FOUND;
    *key = rows->keys[rows->next];
    *bytes = buffer_span(&rows->bytes[rows->next++]);
    return STATUS_OK;
}

static void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        buffer_clear(&rows->bytes[i]);
    rows->count = 0;
    rows->next = 0;
}

static void rows_of(struct mls_group *group, struct rows *rows)
{
    struct mls_row_sink sink = {put_row, drop_row, rows};
    MUST(mls_group_rows(group, &sink));
}

static struct mls_identity
identity_of(const struct secret *key, const struct signature_public *public_key, struct span name)
{
    return (struct mls_identity){.credential = {MLS_CREDENTIAL_BASIC, name},
                                 .signature_public_key = signature_public_span(public_key),
                                 .signature_private_key = secret_span(key),
                                 .not_after = 1000};
}

static void add_ben(struct pair *pair, const struct mls_identity *ben)
{
    CLEANUP(buffer_clear) struct buffer package = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(4096);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    MUST(mls_key_package_new(suite_find(1), ben, false, &pair->random, &package, &private_part));
    MUST(mls_key_package_check(buffer_span(&package), &options, &checked));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {
        .proposals = &add, .proposal_count = 1, .tree_in_welcome = true};
    MUST(mls_group_commit(pair->ann, &request, &options, &pair->random, &bundle));
    MUST(mls_group_apply_pending(pair->ann));
    struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                    .key_package = buffer_span(&package),
                                    .private_part = buffer_span(&private_part)};
    MUST(mls_group_join(&join, &options, &pair->ben));
}

static void pair_init(struct pair *pair)
{
    struct secret keys[2] = {0};
    struct signature_public public_keys[2];
    *pair = (struct pair){.random_state = 1};
    pair->random = (struct random_source){fill, &pair->random_state};
    MUST(crypto_start());
    for (size_t i = 0; i < 2; i++)
        MUST(
            signature_generate(suite_find(1)->signature, &pair->random, &keys[i], &public_keys[i]));
    struct mls_identity ann = identity_of(&keys[0], &public_keys[0], SPAN_LITERAL("Ann"));
    struct mls_identity ben = identity_of(&keys[1], &public_keys[1], SPAN_LITERAL("Ben"));
    struct mls_group_config config = {
        .suite = suite_find(1), .group_id = SPAN_LITERAL("fuzz"), .identity = &ann};
    MUST(mls_group_new(&config, &pair->random, &pair->ann));
    add_ben(pair, &ben);
}

/* ---- what Ann sends ---- */

static void sign(const struct mls_group *group,
                 struct mls_authenticated_content *authenticated,
                 struct signature *signature)
{
    authenticated->content.group_id = mls_group_id(group);
    authenticated->content.epoch = mls_group_epoch(group);
    authenticated->content.sender = (struct mls_sender){MLS_SENDER_MEMBER, 0};
    MUST(mls_protection_sign_content(group->suite, secret_span(group->signature_key),
                                     authenticated->wire_format, &authenticated->content,
                                     mls_group_context_bytes(group), signature));
    authenticated->auth.signature = signature_span(signature);
}

static void seal_application(struct pair *pair, struct span text, struct buffer *out)
{
    struct mls_group *group = pair->ann;
    struct signature signature;
    uint32_t generation = 0;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.type = MLS_CONTENT_APPLICATION, .application_data = text}};
    sign(group, &authenticated, &signature);
    struct mls_private_seal seal = {
        .suite = group->suite,
        .sender_data_secret = mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_SENDER_DATA),
        .tree = group->epoch->tree,
        .padding = text.len % 7,
        .random = &pair->random};
    MUST(mls_protection_seal_private(&seal, &authenticated, &generation, out));
}

/* False when the bytes are no proposal or commit. */
static bool seal_handshake(const struct pair *pair,
                           enum mls_content_type type,
                           struct span bytes,
                           struct arena *arena,
                           struct buffer *out)
{
    static const uint8_t tag[32] = {1};
    const struct mls_group *group = pair->ann;
    struct signature signature;
    struct reader reader = reader_of(bytes);
    struct mls_authenticated_content authenticated = {.wire_format = MLS_WIRE_PUBLIC_MESSAGE,
                                                      .content = {.type = type}};
    enum status status = type == MLS_CONTENT_PROPOSAL
                             ? mls_proposal_read(&reader, arena, &authenticated.content.proposal)
                             : mls_commit_read(&reader, arena, &authenticated.content.commit);
    if (status != STATUS_OK)
        return false;
    if (type == MLS_CONTENT_COMMIT)
        authenticated.auth.confirmation_tag = SPAN_OF(tag);
    sign(group, &authenticated, &signature);
    MUST(mls_protection_seal_public(
        group->suite, mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_MEMBERSHIP),
        &authenticated, mls_group_context_bytes(group), out));
    return true;
}

/* ---- what Ben makes of it ---- */

static bool same_rows(const struct rows *a, const struct rows *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = span_equal(buffer_span(&a->bytes[i]), buffer_span(&b->bytes[i]));
    return same;
}

static void receive(struct pair *pair, struct span message)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(rows_clear) struct rows before = {0};
    CLEANUP(rows_clear) struct rows after = {0};
    rows_of(pair->ben, &before);
    if (mls_group_receive(pair->ben, message, &options, &received) == STATUS_OK)
        return;
    rows_of(pair->ben, &after);
    fuzz_expect(same_rows(&before, &after));
    fuzz_expect(mls_group_staged(pair->ben) == NULL);
}

static void restore(struct pair *pair, struct span bytes)
{
    CLEANUP(rows_clear) struct rows rows = {0};
    CLEANUP(mls_group_free) struct mls_group *restored = NULL;
    if (bytes.len == 0)
        return;
    rows_of(pair->ben, &rows);
    struct buffer *row = &rows.bytes[bytes.ptr[0] % rows.count];
    struct span end = {bytes.ptr + 1, bytes.len - 1};
    buffer_truncate(row, end.len < row->len ? row->len - end.len : 0);
    if (buffer_append(row, end) != STATUS_OK)
        return;
    struct mls_row_source source = {next_row, &rows};
    if (mls_group_restore(&source, &options, &restored) == STATUS_OK)
        (void)mls_group_epoch_authenticator(restored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1u << 24);
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(1u << 22);
    struct pair pair;
    if (size == 0 || size > 1u << 16)
        return 0;
    struct span rest = span_of(data + 1, size - 1);
    pair_init(&pair);
    switch (data[0] % 5) {
    case 0:
        receive(&pair, rest);
        break;
    case 1:
        seal_application(&pair, rest, &message);
        receive(&pair, buffer_span(&message));
        break;
    case 2:
    case 3:
        if (seal_handshake(&pair, data[0] % 5 == 2 ? MLS_CONTENT_PROPOSAL : MLS_CONTENT_COMMIT,
                           rest, &arena, &message))
            receive(&pair, buffer_span(&message));
        break;
    default:
        restore(&pair, rest);
        break;
    }
    mls_group_free(&pair.ann);
    mls_group_free(&pair.ben);
    return 0;
}
