/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A group as rows: it survives a restart anywhere, and used keys are not in them. */
#include "protocol/mls/member/group_state.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

static void everybody_restarts(struct world *world)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (world->members[i].group != NULL && !mls_group_is_removed(world->members[i].group))
            world_restart(world, i);
}

/* RFC 9420, 6.3.1: "Because the key schedule generates nonces deterministically, a client MUST keep
 * persistent state as to where in the key schedule it is; if this persistent state is lost or
 * corrupted, a client might reuse a generation that has already been used, causing reuse of a
 * key/nonce pair." */
static void a_group_goes_on_after_a_restart_at_each_step(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 1);
    everybody_restarts(&world);
    for (size_t i = 1; i < 9; i++) {
        world_add(&world, i / 2, i);
        everybody_restarts(&world);
        world_check(&world);
        everybody_restarts(&world);
        world_commit(&world, i, &request, &bundle);
        everybody_restarts(&world);
        assert_true(mls_group_has_pending(world.members[i].group));
        assert_true(span_equal(mls_group_pending_commit(world.members[i].group),
                               buffer_span(&bundle.commit)));
        world_accept(&world, i, &bundle);
        everybody_restarts(&world);
        world_check(&world);
    }
    world_remove(&world, 8, 0);
    everybody_restarts(&world);
    world_remove(&world, 7, 3);
    everybody_restarts(&world);
    world_check(&world);
    world_clear(&world);
}

static void a_cleared_pending_commit_stays_cleared(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    world_commit(&world, 1, &request, &bundle);
    mls_group_clear_pending(world.members[1].group);
    world_store(&world, 1);
    world_restart(&world, 1);
    assert_false(mls_group_has_pending(world.members[1].group));
    FAILS(mls_group_apply_pending(world.members[1].group), STATUS_NOT_FOUND);
    world_check(&world);
    world_clear(&world);
}

static struct span
ratchet_secret(const struct world *world, size_t who, uint64_t epoch, uint32_t id)
{
    struct mls_row_key key = {MLS_ROW_RATCHET, epoch, id};
    const struct table_row *row = table_find(&world->members[who].table, &key);
    assert_non_null(row);
    assert_true(row->bytes.len > 10 + 32);
    assert_int_equal(row->bytes.ptr[9], 32);
    return span_of(row->bytes.ptr + 10, 32);
}

/* RFC 9420, 9.2: "As soon as a group member consumes a value, they MUST immediately delete (all
 * representations of) that value." "Then, for that member, at least the following values have been
 * consumed and MUST be deleted:" */
static void used_keys_are_gone_from_the_rows(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_sent_clear) struct mls_sent first = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_say(&world, 0, "first", &first);
    world_expect(&world, 1, buffer_span(&first.message), "first");
    uint64_t epoch = mls_group_epoch(world.members[1].group);
    for (uint32_t generation = 1; generation < 20; generation++) {
        CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
        CLEANUP(mls_sent_clear) struct mls_sent skipped = {0};
        struct mls_secret_tree_use use = {0};
        uint8_t receivers[32];
        uint8_t senders[32];
        struct mls_secret_tree *tree = world.members[1].group->epoch->tree;
        if (generation % 3 == 0) {
            world_say(&world, 0, "skipped", &skipped);
            generation++;
        }
        memcpy(receivers, ratchet_secret(&world, 1, epoch, 1).ptr, 32);
        memcpy(senders, ratchet_secret(&world, 0, epoch, 1).ptr, 32);
        assert_true(table_has(&world.members[1].table, SPAN_OF(receivers)));
        OK(mls_secret_tree_find(tree, 0, MLS_RATCHET_APPLICATION, generation, &use));
        world_say(&world, 0, "next", &sent);
        world_expect(&world, 1, buffer_span(&sent.message), "next");
        assert_false(table_has(&world.members[1].table, SPAN_OF(receivers)));
        assert_false(table_has(&world.members[0].table, SPAN_OF(senders)));
        assert_false(table_has(&world.members[1].table, secret_span(&use.message_key.key)));
        assert_false(table_has(&world.members[0].table, secret_span(&use.message_key.key)));
        if (skipped.message.len == 0)
            continue;
        OK(mls_secret_tree_find(tree, 0, MLS_RATCHET_APPLICATION, generation - 1, &use));
        assert_true(table_has(&world.members[1].table, secret_span(&use.message_key.key)));
        world_expect(&world, 1, buffer_span(&skipped.message), "skipped");
        assert_false(table_has(&world.members[1].table, secret_span(&use.message_key.key)));
    }
    world_clear(&world);
}

/* RFC 9420, 7.5: "After processing the update, each recipient MUST delete outdated key material,
 * specifically:" */
static void secrets_of_an_epoch_that_is_over_are_gone_from_the_rows(void **state)
{
    (void)state;
    static const enum mls_epoch_secret gone[] = {MLS_SECRET_EXPORTER,       MLS_SECRET_EXTERNAL,
                                                 MLS_SECRET_CONFIRM,        MLS_SECRET_MEMBERSHIP,
                                                 MLS_SECRET_AUTHENTICATION, MLS_SECRET_INIT};
    struct world world;
    struct secret old[sizeof gone / sizeof *gone] = {0};
    struct secret leaf_key = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_refresh(&world, 1);
    const struct mls_group *group = world.members[1].group;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        OK(secret_set(&old[i], mls_key_schedule_get(&group->epoch->secrets, gone[i])));
        assert_true(table_has(&world.members[1].table, secret_span(&old[i])));
    }
    OK(secret_set(&leaf_key, mls_private_keys_get(&group->keys, 2)));
    assert_true(table_has(&world.members[1].table, secret_span(&leaf_key)));
    world_refresh(&world, 1);
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        assert_false(table_has(&world.members[1].table, secret_span(&old[i])));
    assert_false(table_has(&world.members[1].table, secret_span(&leaf_key)));
    world_clear(&world);
}

static void rows_that_do_not_change_are_not_written(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    world_init(&world, 1);
    world_start_group(&world, 9);
    for (size_t i = 0; i < 50; i++) {
        world_say(&world, 0, "hello", &sent);
        assert_in_range(world.members[0].table.bytes_written, 1, i == 0 ? 1024 : 128);
        world_expect(&world, 5, buffer_span(&sent.message), "hello");
        assert_in_range(world.members[5].table.bytes_written, 1, i == 0 ? 1024 : 128);
        world_store(&world, 5);
        assert_int_equal(world.members[5].table.bytes_written, 0);
    }
    world_clear(&world);
}

/* A message that skips as many as can be kept, in the largest group, of the widest suite. */
static void a_message_writes_at_most_4_kib_in_the_largest_group(void **state)
{
    (void)state;
    const struct suite *suite = suite_find(5);
    struct secret_arena *arena = NULL;
    struct mls_row_set changed = {0};
    struct mls_secret_tree *tree = NULL;
    struct mls_secret_tree_use use = {0};
    struct secret root = {.len = 64};
    size_t total = 0;
    size_t keys = 0;
    if (suite == NULL)
        skip();
    OK(secret_arena_new(&arena));
    OK(mls_secret_tree_new(suite, arena, &changed, 9, LIMIT_GROUP_MEMBERS, &tree));
    OK(mls_secret_tree_set_root(tree, secret_span(&root)));
    OK(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 500, &use));
    OK(mls_secret_tree_consume(tree, &use));
    mls_row_set_sort(&changed);
    for (size_t i = 0; i < changed.count; i++) {
        CLEANUP(buffer_clear) struct buffer row = BUFFER_INIT(SIZE_MAX);
        enum status status =
            mls_secret_tree_encode_row(tree, changed.keys[i].kind, changed.keys[i].index, &row);
        if (status == STATUS_NOT_FOUND)
            continue;
        OK(status);
        total += row.len;
        keys++;
    }
    assert_int_equal(keys, 14 + 2);
    assert_in_range(total, 14 * 64 + 32 * 44, 4096);
    FAILS(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 467, &use), STATUS_REPLAYED);
    OK(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 468, &use));
    FAILS(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 500, &use), STATUS_REPLAYED);
    OK(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 501 + 1000, &use));
    FAILS(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 501 + 1001, &use),
          STATUS_LIMIT);
    mls_secret_tree_allow_steps(tree, 1); /* one of them is lost for good */
    OK(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 501 + 1001, &use));
    FAILS(mls_secret_tree_find(tree, 9999, MLS_RATCHET_APPLICATION, 501 + 1002, &use),
          STATUS_LIMIT);
    FAILS(mls_secret_tree_find(tree, 9999, MLS_RATCHET_HANDSHAKE, 0x80000000u, &use), STATUS_LIMIT);
    FAILS(mls_secret_tree_find(tree, 9999, MLS_RATCHET_HANDSHAKE, UINT32_MAX, &use), STATUS_LIMIT);
    FAILS(mls_secret_tree_find(tree, LIMIT_GROUP_MEMBERS, MLS_RATCHET_HANDSHAKE, 0, &use),
          STATUS_INVALID);
    mls_secret_tree_free(&tree);
    secret_arena_free(&arena);
    mls_row_set_clear(&changed);
}

/* Somebody who is added and never heard of again. */
struct extra {
    struct buffer package;
    struct mls_key_package_checked checked;
};

static void make_extra(struct world *world, uint32_t number, struct extra *extra)
{
    CLEANUP(secret_clear) struct secret private_key = {0};
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(SIZE_MAX);
    struct signature_public public_key;
    struct mls_identity identity = world->members[0].identity;
    OK(signature_generate(world->suite->signature, &world->random, &private_key, &public_key));
    identity.credential.content = SPAN_OF(number);
    identity.signature_public_key = signature_public_span(&public_key);
    identity.signature_private_key = secret_span(&private_key);
    buffer_init(&extra->package, SIZE_MAX);
    OK(mls_key_package_new(world->suite, &identity, false, &world->random, &extra->package,
                           &private_part));
    OK(mls_key_package_check(buffer_span(&extra->package), &world->options, &extra->checked));
}

/* Member 0's group with member 1 and `count` others. */
static void start_large_group(struct world *world, size_t count)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    struct extra *extras = calloc(count, sizeof *extras);
    struct mls_proposal *adds = calloc(count + 1, sizeof *adds);
    assert_non_null(extras);
    assert_non_null(adds);
    world_start_group(world, 1);
    OK(mls_key_package_check(buffer_span(&world->members[1].package), &world->options, &checked));
    adds[0] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    for (size_t i = 0; i < count; i++) {
        make_extra(world, (uint32_t)i, &extras[i]);
        adds[i + 1] =
            (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &extras[i].checked.package};
    }
    const struct mls_commit_request request = {
        .proposals = adds, .proposal_count = count + 1, .adds_max = count + 1};
    world_commit(world, 0, &request, &bundle);
    world_accept(world, 0, &bundle);
    OK(world_join(world, 1, buffer_span(&bundle.welcome), 0));
    for (size_t i = 0; i < count; i++)
        buffer_clear(&extras[i].package);
    free(extras);
    free(adds);
}

static void a_message_in_a_group_of_a_thousand_writes_at_most_4_kib(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 1);
    start_large_group(&world, 1000);
    /* The first expands the secret tree, the second the ratchet, the last comes after 40 that were
     * lost. */
    for (size_t i = 0; i < 43; i++) {
        CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
        world_say(&world, 0, "hello", &sent);
        assert_in_range(world.members[0].table.bytes_written, 1, i == 0 ? 4096 : 128);
        if (i >= 2 && i < 42)
            continue;
        world_expect(&world, 1, buffer_span(&sent.message), "hello");
        assert_in_range(world.members[1].table.bytes_written, 1, i == 1 ? 128 : 4096);
    }
    world_clear(&world);
}

/* A store that fails after some rows; nothing of its transaction is kept. */
struct failing {
    size_t rows_left;
};

static enum status put_or_fail(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct failing *failing = context;
    (void)key;
    (void)bytes;
    if (failing->rows_left == 0)
        return STATUS_INTERNAL;
    failing->rows_left--;
    return STATUS_OK;
}

static enum status drop_or_fail(void *context, const struct mls_row_key *key)
{
    return put_or_fail(context, key, SPAN_EMPTY);
}

/* Whatever row the write stops at: stored again, it is stored whole; restored instead, the group is
 * where the store is. */
static void after_a_write_error_the_group_is_where_its_rows_are(void **state)
{
    (void)state;
    enum status status = STATUS_INTERNAL;
    for (size_t rows = 0; status != STATUS_OK; rows++) {
        struct world world;
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        const struct mls_commit_request request = {0};
        struct failing failing = {rows};
        const struct mls_row_sink sink = {put_or_fail, drop_or_fail, &failing};
        world_init(&world, 1);
        world_start_group(&world, 3);
        world_commit(&world, 0, &request, &bundle);
        struct mls_group **group = &world.members[1].group;
        uint64_t epoch = mls_group_epoch(*group);
        OK(mls_group_receive(*group, buffer_span(&bundle.commit), &world.options, &received));
        OK(mls_group_merge_staged(*group));
        status = mls_group_changes(*group, &sink);
        if (rows % 2 == 0) {
            world_restart(&world, 1);
            assert_int_equal(mls_group_epoch(*group), epoch);
        } else {
            world_store(&world, 1);
            world_restart(&world, 1);
            assert_int_equal(mls_group_epoch(*group), epoch + 1);
        }
        world_accept(&world, 0, &bundle);
        world_check(&world);
        world_clear(&world);
    }
}

/* Each row shortened, missing or longer: never a crash, never a group that is not whole. */
static void damaged_rows_are_refused(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {0};
    world_init(&world, 1);
    world_start_group(&world, 5);
    world_check(&world);
    world_refresh(&world, 1);
    world_check(&world);
    world_commit(&world, 1, &request, &bundle);
    struct table *table = &world.members[1].table;
    for (size_t i = 0; i < table->count; i++) {
        struct buffer *row = &table->rows[i].bytes;
        size_t whole = row->len;
        for (size_t len = 0; len < whole; len += whole / 7 + 1) {
            row->len = len;
            struct mls_group *group = NULL;
            /* A tree node without its bytes is a blank one, which the tree hash tells. */
            enum status status = world_try_restore(&world, 1, &group);
            assert_string_equal(status_name(status), "CORRUPT");
            assert_null(group);
        }
        row->len = whole;
        struct mls_group *group = NULL;
        OK(buffer_append(row, SPAN_LITERAL("x")));
        assert_string_equal(status_name(world_try_restore(&world, 1, &group)), "CORRUPT");
        buffer_truncate(row, whole);
    }
    /* A suite that does not exist: after the row's version. */
    struct mls_group *group = NULL;
    struct table_row *row = table_find(table, &(struct mls_row_key){.kind = MLS_ROW_GROUP});
    assert_non_null(row);
    row->bytes.ptr[1] = 0x0a;
    assert_string_equal(status_name(world_try_restore(&world, 1, &group)), "UNSUPPORTED");
    row->bytes.ptr[1] = 0;
    world_restart(&world, 1);
    world_accept(&world, 1, &bundle);
    world_check(&world);
    world_clear(&world);
}

/* All rows of epoch `from` are said to be of epoch `to`. */
static void rename_epoch(struct table *table, uint64_t from, uint64_t to)
{
    size_t renamed = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct mls_row_key *key = &table->rows[i].key;
        bool of_epoch = key->kind == MLS_ROW_EPOCH || key->kind == MLS_ROW_SECRET_NODE ||
                        key->kind == MLS_ROW_RATCHET;
        if (of_epoch && key->epoch == from) {
            key->epoch = to;
            renamed++;
        }
    }
    assert_true(renamed > 0);
}

/* Rows that are whole, of an epoch that has not been. */
static void a_past_epoch_that_is_still_to_come_is_refused(void **state)
{
    (void)state;
    struct world world;
    struct mls_group *group = NULL;
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_refresh(&world, 1);
    uint64_t epoch = mls_group_epoch(world.members[1].group);
    struct table *table = &world.members[1].table;
    rename_epoch(table, epoch - 1, epoch + 1);
    assert_string_equal(status_name(world_try_restore(&world, 1, &group)), "CORRUPT");
    assert_null(group);
    rename_epoch(table, epoch + 1, epoch - 1);
    world_restart(&world, 1);
    world_check(&world);
    world_clear(&world);
}

/* A private key that is one, and not this node's. */
static void a_private_key_of_another_node_is_refused(void **state)
{
    (void)state;
    struct world world;
    struct table_row *keys[8];
    size_t count = 0;
    world_init(&world, 1);
    world_start_group(&world, 5);
    world_refresh(&world, 1);
    struct table *table = &world.members[1].table;
    for (size_t i = 0; i < table->count && count < 8; i++)
        if (table->rows[i].key.kind == MLS_ROW_PRIVATE_KEY)
            keys[count++] = &table->rows[i];
    assert_true(count >= 2);
    for (size_t i = 1; i < count; i++) {
        struct mls_group *group = NULL;
        struct buffer own = keys[0]->bytes;
        keys[0]->bytes = keys[i]->bytes;
        assert_string_equal(status_name(world_try_restore(&world, 1, &group)), "CORRUPT");
        assert_null(group);
        keys[0]->bytes = own;
    }
    world_restart(&world, 1);
    world_check(&world);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_goes_on_after_a_restart_at_each_step),
        cmocka_unit_test(a_cleared_pending_commit_stays_cleared),
        cmocka_unit_test(used_keys_are_gone_from_the_rows),
        cmocka_unit_test(secrets_of_an_epoch_that_is_over_are_gone_from_the_rows),
        cmocka_unit_test(rows_that_do_not_change_are_not_written),
        cmocka_unit_test(a_message_writes_at_most_4_kib_in_the_largest_group),
        cmocka_unit_test(a_message_in_a_group_of_a_thousand_writes_at_most_4_kib),
        cmocka_unit_test(after_a_write_error_the_group_is_where_its_rows_are),
        cmocka_unit_test(damaged_rows_are_refused),
        cmocka_unit_test(a_past_epoch_that_is_still_to_come_is_refused),
        cmocka_unit_test(a_private_key_of_another_node_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
