/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/mls/member/world.h"

#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")

/* ---- randomness that can be repeated ---- */

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    struct world *world = context;
    while (count > 0) {
        struct digest digest;
        TRY(hash_bytes(HASH_SHA256, SPAN_OF(world->random_state), &digest));
        world->random_state++;
        size_t part = count < digest.len ? count : digest.len;
        memcpy(bytes, digest.bytes, part);
        bytes += part;
        count -= part;
    }
    return STATUS_OK;
}

/* ---- a member's table ---- */

struct table_row *table_find(const struct table *table, const struct mls_row_key *key)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct mls_row_key *other = &table->rows[i].key;
        if (other->kind == key->kind && other->epoch == key->epoch && other->index == key->index)
            return &table->rows[i];
    }
    return NULL;
}

static enum status put(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct table *table = context;
    struct table_row *row = table_find(table, key);
    if (row == NULL) {
        if (table->count == table->capacity) {
            table->capacity = table->capacity * 2 + 64;
            table->rows = realloc(table->rows, table->capacity * sizeof *table->rows);
            assert_non_null(table->rows);
        }
        row = &table->rows[table->count++];
        *row = (struct table_row){*key, BUFFER_INIT(SIZE_MAX)};
    }
    buffer_truncate(&row->bytes, 0);
    table->bytes_written += bytes.len;
    return buffer_append(&row->bytes, bytes);
}

static enum status drop(void *context, const struct mls_row_key *key)
{
    struct table *table = context;
    struct table_row *row = table_find(table, key);
    if (row != NULL) {
        buffer_clear(&row->bytes);
        *row = table->rows[--table->count];
    }
    return STATUS_OK;
}

static enum status next_row(void *context, struct mls_row_key *key, struct span *bytes)
{
    struct table *table = context;
    if (table->next == table->count)
        return STATUS_NOT_FOUND;
    *key = table->rows[table->next].key;
    *bytes = buffer_span(&table->rows[table->next].bytes);
    table->next++;
    return STATUS_OK;
}

static void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        buffer_clear(&table->rows[i].bytes);
    free(table->rows);
    *table = (struct table){0};
}

bool table_has(const struct table *table, struct span bytes)
{
    for (size_t i = 0; i < table->count; i++) {
        struct span row = buffer_span(&table->rows[i].bytes);
        if (row.len >= bytes.len && memmem(row.ptr, row.len, bytes.ptr, bytes.len) != NULL)
            return true;
    }
    return false;
}

void world_store(struct world *world, size_t who)
{
    struct member *member = &world->members[who];
    struct mls_row_sink sink = {put, drop, &member->table};
    member->table.bytes_written = 0;
    OK(mls_group_changes(member->group, &sink));
    mls_group_changes_done(member->group);
}

enum status world_try_restore(struct world *world, size_t who, struct mls_group **group)
{
    struct mls_row_source source = {next_row, &world->members[who].table};
    world->members[who].table.next = 0;
    return mls_group_restore(&source, &world->options, group);
}

void world_restart(struct world *world, size_t who)
{
    mls_group_free(&world->members[who].group);
    OK(world_try_restore(world, who, &world->members[who].group));
}

void world_forget_rows(struct world *world, size_t who)
{
    table_clear(&world->members[who].table);
}

/* ---- people ---- */

void world_renew_package(struct world *world, size_t who)
{
    struct member *member = &world->members[who];
    buffer_clear(&member->package);
    buffer_clear(&member->package_private);
    OK(mls_key_package_new(world->suite, &member->identity, false, &world->random, &member->package,
                           &member->package_private));
}

static void make_member(struct world *world, size_t who)
{
    struct member *member = &world->members[who];
    memcpy(member->name, "member ", sizeof member->name);
    member->name[7] = (uint8_t)('A' + who);
    buffer_init(&member->package, SIZE_MAX);
    buffer_init(&member->package_private, SIZE_MAX);
    OK(signature_generate(world->suite->signature, &world->random, &member->signature_private,
                          &member->signature_public));
    member->identity = (struct mls_identity){
        .credential = {MLS_CREDENTIAL_BASIC, SPAN_OF(member->name)},
        .signature_public_key = signature_public_span(&member->signature_public),
        .signature_private_key = secret_span(&member->signature_private),
        .not_before = WORLD_NOW - 86400,
        .not_after = WORLD_NOW + 90u * 86400,
        .extension_types = world->extension_types,
        .extension_type_count = 2};
    world_renew_package(world, who);
}

void world_init(struct world *world, uint16_t suite)
{
    world_init_with(world, suite, &(struct random_source){fill, world});
}

void world_init_with(struct world *world, uint16_t suite, const struct random_source *random)
{
    OK(crypto_start());
    *world = (struct world){.suite = suite_find(suite), .extension_types = {0xF0C1, 0x000A}};
    assert_non_null(world->suite);
    world->random = *random;
    world->options = (struct mls_options){.now_seconds = WORLD_NOW,
                                          .tolerance_seconds = 86400,
                                          .lifetime_seconds_max = 402u * 86400,
                                          .extension_types = world->extension_types,
                                          .extension_type_count = 1};
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        make_member(world, i);
}

void world_clear(struct world *world)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        struct member *member = &world->members[i];
        mls_group_free(&member->group);
        table_clear(&member->table);
        buffer_clear(&member->package);
        buffer_clear(&member->package_private);
        secret_clear(&member->signature_private);
    }
}

/* ---- the group ---- */

/* required_capabilities that name 0xF0C1, and that extension. */
static void write_extensions(struct buffer *out)
{
    static const uint8_t required[] = {2, 0xF0, 0xC1, 0, 0};
    struct writer writer = writer_of(out);
    mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, SPAN_OF(required));
    mls_extension_write(&writer, 0xF0C1, SPAN_LITERAL("channel"));
    OK(writer_finish(&writer));
}

enum status world_join(struct world *world, size_t newcomer, struct span welcome, size_t from)
{
    struct member *member = &world->members[newcomer];
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    OK(mls_group_write_tree(world->members[from].group, &tree));
    struct mls_join_request request = {.welcome = welcome,
                                       .key_package = buffer_span(&member->package),
                                       .private_part = buffer_span(&member->package_private),
                                       .ratchet_tree = buffer_span(&tree)};
    struct mls_group *joined = NULL;
    TRY(mls_group_join(&request, &world->options, &joined));
    mls_group_free(&member->group);
    table_clear(&member->table);
    member->group = joined;
    world_store(world, newcomer);
    return STATUS_OK;
}

void world_start_group(struct world *world, size_t count)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked[WORLD_MEMBERS_MAX];
    struct mls_proposal adds[WORLD_MEMBERS_MAX];
    write_extensions(&extensions);
    struct mls_group_config config = {.suite = world->suite,
                                      .group_id = SPAN_LITERAL("the group"),
                                      .identity = &world->members[0].identity,
                                      .extensions = {buffer_span(&extensions)}};
    OK(mls_group_new(&config, &world->random, &world->members[0].group));
    world_store(world, 0);
    if (count < 2)
        return;
    for (size_t i = 1; i < count; i++) {
        OK(mls_key_package_check(buffer_span(&world->members[i].package), &world->options,
                                 &checked[i]));
        adds[i - 1] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked[i].package};
    }
    struct mls_commit_request request = {.proposals = adds, .proposal_count = count - 1};
    world_commit(world, 0, &request, &bundle);
    world_accept(world, 0, &bundle);
    for (size_t i = 1; i < count; i++)
        OK(world_join(world, i, buffer_span(&bundle.welcome), 0));
}

void world_commit(struct world *world,
                  size_t who,
                  const struct mls_commit_request *request,
                  struct mls_commit_bundle *bundle)
{
    OK(mls_group_commit(world->members[who].group, request, &world->options, &world->random,
                        bundle));
    world_store(world, who);
}

static void follow(struct world *world, size_t who, struct span commit)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    struct member *member = &world->members[who];
    OK(mls_group_receive(member->group, commit, &world->options, &received));
    assert_int_equal(received.kind, MLS_RECEIVED_COMMIT);
    OK(mls_group_merge_staged(member->group));
    assert_int_equal(mls_group_is_removed(member->group), received.removes_us);
    world_store(world, who);
}

void world_accept(struct world *world, size_t who, const struct mls_commit_bundle *bundle)
{
    uint64_t epoch = mls_group_epoch(world->members[who].group);
    OK(mls_group_apply_pending(world->members[who].group));
    world_store(world, who);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        struct mls_group *group = world->members[i].group;
        if (i != who && group != NULL && !mls_group_is_removed(group) &&
            mls_group_epoch(group) == epoch)
            follow(world, i, buffer_span(&bundle->commit));
    }
}

void world_refresh(struct world *world, size_t who)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {0};
    world_commit(world, who, &request, &bundle);
    world_accept(world, who, &bundle);
}

void world_add(struct world *world, size_t who, size_t newcomer)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    OK(mls_key_package_check(buffer_span(&world->members[newcomer].package), &world->options,
                             &checked));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    world_commit(world, who, &request, &bundle);
    world_accept(world, who, &bundle);
    OK(world_join(world, newcomer, buffer_span(&bundle.welcome), who));
}

void world_remove(struct world *world, size_t who, size_t gone)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE,
                                   .removed = mls_group_own_leaf(world->members[gone].group)};
    struct mls_commit_request request = {.proposals = &removal, .proposal_count = 1};
    world_commit(world, who, &request, &bundle);
    world_accept(world, who, &bundle);
}

/* ---- messages ---- */

void world_say(struct world *world, size_t who, const char *text, struct mls_sent *sent)
{
    OK(mls_group_protect(world->members[who].group, SPAN_LITERAL("lane"), span_from_text(text), 256,
                         &world->random, sent));
    world_store(world, who);
}

enum status
world_hear(struct world *world, size_t who, struct span message, struct mls_received *received)
{
    TRY(mls_group_receive(world->members[who].group, message, &world->options, received));
    world_store(world, who);
    return STATUS_OK;
}

void world_propose_privately(struct world *world, size_t who, struct buffer *out)
{
    struct mls_group *group = world->members[who].group;
    struct signature signature;
    uint32_t generation = 0;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = mls_group_id(group),
                    .epoch = mls_group_epoch(group),
                    .sender = {MLS_SENDER_MEMBER, mls_group_own_leaf(group)},
                    .type = MLS_CONTENT_PROPOSAL,
                    .proposal = {.type = MLS_PROPOSAL_REMOVE, .removed = 2}}};
    OK(mls_protection_sign_content(group->suite, secret_span(group->signature_key),
                                   MLS_WIRE_PRIVATE_MESSAGE, &authenticated.content,
                                   mls_group_context_bytes(group), &signature));
    authenticated.auth.signature = signature_span(&signature);
    struct mls_private_seal seal = {
        .suite = group->suite,
        .sender_data_secret = mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_SENDER_DATA),
        .tree = group->epoch->tree,
        .random = &world->random};
    OK(mls_protection_seal_private(&seal, &authenticated, &generation, out));
}

void world_expect(struct world *world, size_t who, struct span message, const char *text)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    OK(world_hear(world, who, message, &received));
    assert_int_equal(received.kind, MLS_RECEIVED_APPLICATION);
    assert_true(span_equal(received.plaintext, span_from_text(text)));
    assert_true(span_equal(received.authenticated_data, SPAN_LITERAL("lane")));
}

static bool is_in(const struct world *world, size_t who)
{
    return world->members[who].group != NULL && !mls_group_is_removed(world->members[who].group);
}

static void check_same(const struct mls_group *a, const struct mls_group *b)
{
    CLEANUP(buffer_clear) struct buffer tree_a = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer tree_b = BUFFER_INIT(SIZE_MAX);
    uint8_t export_a[32];
    uint8_t export_b[32];
    assert_int_equal(mls_group_epoch(a), mls_group_epoch(b));
    assert_true(span_equal(mls_group_epoch_authenticator(a), mls_group_epoch_authenticator(b)));
    OK(mls_group_write_tree(a, &tree_a));
    OK(mls_group_write_tree(b, &tree_b));
    assert_true(span_equal(buffer_span(&tree_a), buffer_span(&tree_b)));
    OK(mls_group_export(a, "test", SPAN_LITERAL("context"), export_a, sizeof export_a));
    OK(mls_group_export(b, "test", SPAN_LITERAL("context"), export_b, sizeof export_b));
    assert_memory_equal(export_a, export_b, sizeof export_a);
}

void world_agree(const struct world *world)
{
    const struct mls_group *first = NULL;
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        if (!is_in(world, i))
            continue;
        if (first != NULL)
            check_same(first, world->members[i].group);
        first = world->members[i].group;
    }
}

void world_check(struct world *world)
{
    world_agree(world);
    for (size_t from = 0; from < WORLD_MEMBERS_MAX; from++) {
        CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
        if (!is_in(world, from))
            continue;
        world_say(world, from, "to everybody", &sent);
        for (size_t to = 0; to < WORLD_MEMBERS_MAX; to++) {
            if (to == from || !is_in(world, to))
                continue;
            world_expect(world, to, buffer_span(&sent.message), "to everybody");
        }
    }
}
