/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory that runs out at every point of every operation: it fails, and the group is as before. The
 * linker puts our malloc, calloc and realloc in place of the library's (--wrap). */
#include "protocol/mls/member/group_state.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")

/* ---- an allocator that runs out ---- */

static size_t left_before_failure = SIZE_MAX;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool runs_out(void)
{
    if (left_before_failure == SIZE_MAX)
        return false;
    if (left_before_failure == 0)
        return true;
    left_before_failure--;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return runs_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return runs_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return runs_out() ? NULL : __real_realloc(old, size);
}

/* ---- the operations ---- */

struct scene {
    struct world world;
    struct mls_group *group; /* whose state must not change */
    struct mls_commit_bundle bundle;
    struct mls_sent sent;
    struct buffer info;
    struct buffer tree;
    struct mls_key_package_checked checked;
    struct buffer branch_welcome; /* into a branch, for member 5 */
    struct buffer private_proposal;
};

static enum status run_protect(struct scene *scene)
{
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    return mls_group_protect(scene->group, SPAN_EMPTY, SPAN_LITERAL("text"), 64,
                             &scene->world.random, &sent);
}

static enum status run_hear(struct scene *scene)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    return mls_group_receive(scene->group, buffer_span(&scene->sent.message), &scene->world.options,
                             &received);
}

static enum status run_commit(struct scene *scene)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &scene->checked.package};
    struct mls_commit_request request = {
        .proposals = &add, .proposal_count = 1, .force_path = true};
    return mls_group_commit(scene->group, &request, &scene->world.options, &scene->world.random,
                            &bundle);
}

static enum status run_apply(struct scene *scene)
{
    return mls_group_apply_pending(scene->group);
}

static enum status run_stage(struct scene *scene)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    return mls_group_receive(scene->group, buffer_span(&scene->bundle.commit),
                             &scene->world.options, &received);
}

static enum status run_merge(struct scene *scene)
{
    return mls_group_merge_staged(scene->group);
}

static enum status run_update(struct scene *scene)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    return mls_group_propose_update(scene->group, NULL, SPAN_EMPTY, &scene->world.random, &message);
}

static enum status run_external(struct scene *scene)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    struct mls_external_join_request request = {.group_info = buffer_span(&scene->info),
                                                .ratchet_tree = buffer_span(&scene->tree),
                                                .identity = &scene->world.members[7].identity};
    return mls_group_join_external(&request, &scene->world.options, &scene->world.random, &joined,
                                   &bundle);
}

static enum status run_hear_proposal(struct scene *scene)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    return mls_group_receive(scene->group, buffer_span(&scene->private_proposal),
                             &scene->world.options, &received);
}

static enum status run_propose(struct scene *scene)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    const struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &scene->checked.package};
    return mls_group_propose(scene->group, &add, SPAN_EMPTY, &scene->world.options, &message);
}

static enum status run_new(struct scene *scene)
{
    CLEANUP(mls_group_free) struct mls_group *group = NULL;
    const struct mls_group_config config = {.suite = scene->world.suite,
                                            .group_id = SPAN_LITERAL("another group"),
                                            .identity = &scene->world.members[1].identity};
    return mls_group_new(&config, &scene->world.random, &group);
}

static enum status run_key_package(struct scene *scene)
{
    CLEANUP(buffer_clear) struct buffer package = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(SIZE_MAX);
    return mls_key_package_new(scene->world.suite, &scene->world.members[1].identity, true,
                               &scene->world.random, &package, &private_part);
}

static enum status run_tell(struct scene *scene)
{
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(SIZE_MAX);
    uint8_t exported[32];
    TRY(mls_group_write_group_info(scene->group, true, &out));
    TRY(mls_group_write_tree(scene->group, &out));
    return mls_group_export(scene->group, "label", SPAN_EMPTY, exported, sizeof exported);
}

static bool anybody(void *context, const struct mls_credential *a, const struct mls_credential *b)
{
    (void)context;
    (void)a;
    (void)b;
    return true;
}

/* A branch with member 5, who is not in the old group, but nobody minds here. */
static struct mls_continuation branch_of(const struct mls_group *old)
{
    return (struct mls_continuation){.old = old, .usage = MLS_PSK_BRANCH, .same_client = anybody};
}

static enum status run_continue(struct scene *scene)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_group_free) struct mls_group *fresh = NULL;
    struct mls_continue_request request = {.from = branch_of(scene->group),
                                           .identity = &scene->world.members[1].identity,
                                           .group_id = SPAN_LITERAL("a branch"),
                                           .packages = &scene->checked.package,
                                           .package_count = 1,
                                           .tree_in_welcome = true};
    TRY(mls_group_continue(&request, &scene->world.options, &scene->world.random, &fresh, &bundle));
    scene->branch_welcome = bundle.welcome;
    bundle.welcome = (struct buffer){0};
    return STATUS_OK;
}

static enum status run_join_branch(struct scene *scene)
{
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    const struct member *member = &scene->world.members[5];
    struct mls_continuation from = branch_of(scene->group);
    struct mls_join_request request = {.welcome = buffer_span(&scene->branch_welcome),
                                       .key_package = buffer_span(&member->package),
                                       .private_part = buffer_span(&member->package_private),
                                       .continues = &from};
    return mls_group_join(&request, &scene->world.options, &joined);
}

static enum status run_restore(struct scene *scene)
{
    CLEANUP(mls_group_free) struct mls_group *again = NULL;
    return world_try_restore(&scene->world, 1, &again);
}

/* ---- running out at every point ---- */

static enum status put_row(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct writer writer = writer_of(context);
    writer_u8(&writer, (uint8_t)key->kind);
    writer_u64(&writer, key->epoch);
    writer_u32(&writer, key->index);
    writer_vector(&writer, bytes);
    return writer_finish(&writer);
}

static enum status drop_row(void *context, const struct mls_row_key *key)
{
    (void)context;
    (void)key;
    return STATUS_INTERNAL;
}

static void state_of(struct mls_group *group, struct buffer *state)
{
    struct mls_row_sink sink = {put_row, drop_row, state};
    OK(mls_group_rows(group, &sink));
}

/* Ends with the operation done. */
static void run_out_everywhere(struct scene *scene, enum status (*run)(struct scene *))
{
    CLEANUP(buffer_clear) struct buffer before = BUFFER_INIT(SIZE_MAX);
    state_of(scene->group, &before);
    for (size_t count = 0;; count++) {
        CLEANUP(buffer_clear) struct buffer after = BUFFER_INIT(SIZE_MAX);
        left_before_failure = count;
        enum status status = run(scene);
        left_before_failure = SIZE_MAX;
        if (status == STATUS_OK) {
            assert_true(count > 0);
            return;
        }
        assert_string_equal(status_name(status), "NO_MEMORY");
        state_of(scene->group, &after);
        assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
    }
}

static void every_operation_survives_running_out_of_memory(void **state)
{
    (void)state;
    struct scene *scene = calloc(1, sizeof *scene);
    struct mls_commit_request request = {0};
    assert_non_null(scene);
    struct world *world = &scene->world;
    world_init(world, 1);
    world_start_group(world, 4);
    world_check(world);
    scene->group = world->members[1].group;
    buffer_init(&scene->info, SIZE_MAX);
    buffer_init(&scene->tree, SIZE_MAX);
    OK(mls_group_write_group_info(world->members[0].group, false, &scene->info));
    OK(mls_group_write_tree(world->members[0].group, &scene->tree));
    OK(mls_key_package_check(buffer_span(&world->members[5].package), &world->options,
                             &scene->checked));

    world_say(world, 0, "hello", &scene->sent);
    run_out_everywhere(scene, run_hear);
    world_store(world, 1);
    run_out_everywhere(scene, run_new);
    run_out_everywhere(scene, run_key_package);
    run_out_everywhere(scene, run_propose);
    run_out_everywhere(scene, run_tell);
    run_out_everywhere(scene, run_external);
    run_out_everywhere(scene, run_restore);
    run_out_everywhere(scene, run_continue);
    run_out_everywhere(scene, run_join_branch);
    run_out_everywhere(scene, run_update);
    run_out_everywhere(scene, run_commit);
    mls_group_clear_pending(scene->group);
    world_store(world, 1);
    world_commit(world, 0, &request, &scene->bundle);
    run_out_everywhere(scene, run_stage);
    run_out_everywhere(scene, run_merge);
    world_store(world, 1);
    mls_group_free(&world->members[2].group);
    mls_group_free(&world->members[3].group);
    world_accept(world, 0, &scene->bundle);
    world_check(world);
    run_out_everywhere(scene, run_commit);
    run_out_everywhere(scene, run_apply);

    mls_commit_bundle_clear(&scene->bundle);
    mls_sent_clear(&scene->sent);
    buffer_clear(&scene->info);
    buffer_clear(&scene->tree);
    buffer_clear(&scene->branch_welcome);
    world_clear(world);
    free(scene);
}

/* A handshake message that was opened with a key skipped over changes two things, the group and the
 * ratchet: both, or none. */
static void a_private_proposal_is_taken_whole_or_not_at_all(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer skipped = BUFFER_INIT(SIZE_MAX);
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    world_init(&scene->world, 1);
    world_start_group(&scene->world, 3);
    world_check(&scene->world);
    scene->group = scene->world.members[1].group;
    buffer_init(&scene->private_proposal, SIZE_MAX);
    world_propose_privately(&scene->world, 0, &skipped);
    world_propose_privately(&scene->world, 0, &scene->private_proposal);
    run_out_everywhere(scene, run_hear_proposal);
    assert_int_equal(mls_public_group_cached_count(mls_group_public(scene->group)), 1);
    buffer_clear(&scene->private_proposal);
    world_clear(&scene->world);
    free(scene);
}

/* RFC 9420, 9.1: "Each key/nonce pair MUST NOT be used to encrypt more than one message." A key may
 * be used up by a message that was not made: it is never used twice. */
static void a_message_that_fails_never_uses_a_key_twice(void **state)
{
    (void)state;
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    world_init(&scene->world, 1);
    world_start_group(&scene->world, 2);
    scene->group = scene->world.members[0].group;
    size_t count = 0;
    enum status status = STATUS_NO_MEMORY;
    for (; status != STATUS_OK; count++) {
        left_before_failure = count;
        status = run_protect(scene);
        left_before_failure = SIZE_MAX;
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
    }
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    world_say(&scene->world, 0, "after all", &sent);
    assert_in_range(sent.generation, 1, count);
    world_expect(&scene->world, 1, buffer_span(&sent.message), "after all");
    world_clear(&scene->world);
    free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_survives_running_out_of_memory),
        cmocka_unit_test(a_private_proposal_is_taken_whole_or_not_at_all),
        cmocka_unit_test(a_message_that_fails_never_uses_a_key_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
