/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Application messages: late, out of order, far ahead, and who can read them. */
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

static void messages_arrive_out_of_order_and_once(void **state)
{
    (void)state;
    struct world world;
    struct mls_sent sent[10] = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    for (size_t i = 0; i < 10; i++) {
        char text[] = "message 0";
        text[8] = (char)('0' + i);
        world_say(&world, 0, text, &sent[i]);
        assert_int_equal(sent[i].generation, i);
    }
    static const size_t order[] = {3, 1, 9, 0, 2, 8, 4, 7, 5, 6};
    for (size_t i = 0; i < 10; i++) {
        char text[] = "message 0";
        text[8] = (char)('0' + order[i]);
        world_expect(&world, 1, buffer_span(&sent[order[i]].message), text);
        FAILS(world_hear(&world, 1, buffer_span(&sent[order[i]].message), &received),
              STATUS_REPLAYED);
        world_restart(&world, 1);
        FAILS(world_hear(&world, 1, buffer_span(&sent[order[i]].message), &received),
              STATUS_REPLAYED);
    }
    OK(world_hear(&world, 0, buffer_span(&sent[0].message), &received));
    assert_int_equal(received.kind, MLS_RECEIVED_OWN_MESSAGE);
    for (size_t i = 0; i < 10; i++)
        mls_sent_clear(&sent[i]);
    world_clear(&world);
}

static void a_ratchet_goes_forward_a_thousand_steps_and_no_more(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    for (size_t i = 0; i < 1001; i++)
        OK(mls_group_protect(world.members[0].group, SPAN_LITERAL("lane"), SPAN_LITERAL("far"), 0,
                             &world.random, &sent));
    assert_int_equal(sent.generation, 1000);
    world_expect(&world, 1, buffer_span(&sent.message), "far");
    OK(mls_group_protect(world.members[0].group, SPAN_LITERAL("lane"), SPAN_LITERAL("too far"), 0,
                         &world.random, &sent));
    FAILS(world_hear(&world, 2, buffer_span(&sent.message), &received), STATUS_LIMIT);
    world_expect(&world, 1, buffer_span(&sent.message), "too far");
    world_clear(&world);
}

static void the_latest_skipped_keys_are_kept(void **state)
{
    (void)state;
    struct world world;
    struct mls_sent sent[82] = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 2);
    for (size_t i = 0; i < 82; i++)
        world_say(&world, 0, "skipped", &sent[i]);
    world_expect(&world, 1, buffer_span(&sent[20].message), "skipped");
    world_expect(&world, 1, buffer_span(&sent[19].message), "skipped");
    world_expect(&world, 1, buffer_span(&sent[41].message), "skipped");
    world_restart(&world, 1);
    /* Kept are 32 of 0 to 18 and 21 to 40: the oldest 7 have given way. */
    FAILS(world_hear(&world, 1, buffer_span(&sent[6].message), &received), STATUS_REPLAYED);
    world_expect(&world, 1, buffer_span(&sent[7].message), "skipped");
    world_expect(&world, 1, buffer_span(&sent[40].message), "skipped");
    world_expect(&world, 1, buffer_span(&sent[81].message), "skipped");
    FAILS(world_hear(&world, 1, buffer_span(&sent[30].message), &received), STATUS_REPLAYED);
    FAILS(world_hear(&world, 1, buffer_span(&sent[48].message), &received), STATUS_REPLAYED);
    for (size_t i = 49; i < 81; i++)
        world_expect(&world, 1, buffer_span(&sent[i].message), "skipped");
    for (size_t i = 0; i < 82; i++)
        mls_sent_clear(&sent[i]);
    world_clear(&world);
}

static void late_messages_of_kept_epochs_are_read(void **state)
{
    (void)state;
    struct world world;
    struct mls_sent sent[8] = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    for (size_t i = 0; i < 7; i++) {
        world_say(&world, 1, "late", &sent[i]);
        world_refresh(&world, i % 4);
    }
    world_remove(&world, 0, 1);
    world_restart(&world, 2);
    /* 8 commits later: the last 5 epochs are those of sent[3] to sent[6] and of the removal. */
    FAILS(world_hear(&world, 2, buffer_span(&sent[2].message), &received), STATUS_WRONG_EPOCH);
    world_expect(&world, 2, buffer_span(&sent[3].message), "late");
    OK(world_hear(&world, 2, buffer_span(&sent[4].message), &received));
    assert_true(span_equal(signature_public_span(&received.sender_key),
                           signature_public_span(&world.members[1].signature_public)));
    FAILS(world_hear(&world, 2, buffer_span(&sent[4].message), &received), STATUS_REPLAYED);
    OK(mls_group_drop_epochs_before(world.members[2].group, sent[6].epoch));
    world_store(&world, 2);
    world_restart(&world, 2);
    FAILS(world_hear(&world, 2, buffer_span(&sent[5].message), &received), STATUS_WRONG_EPOCH);
    world_expect(&world, 2, buffer_span(&sent[6].message), "late");
    for (size_t i = 0; i < 8; i++)
        mls_sent_clear(&sent[i]);
    world_clear(&world);
}

static void a_late_message_is_its_senders_though_the_leaf_has_changed_hands(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_say(&world, 2, "from the old one", &sent);
    world_remove(&world, 0, 2);
    world_add(&world, 0, 5);
    assert_int_equal(mls_group_own_leaf(world.members[5].group), 2);
    OK(world_hear(&world, 1, buffer_span(&sent.message), &received));
    assert_true(span_equal(signature_public_span(&received.sender_key),
                           signature_public_span(&world.members[2].signature_public)));
    FAILS(world_hear(&world, 5, buffer_span(&sent.message), &received), STATUS_WRONG_EPOCH);
    world_clear(&world);
}

static void the_removed_read_nothing_later_and_newcomers_nothing_earlier(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_sent_clear) struct mls_sent before = {0};
    CLEANUP(mls_sent_clear) struct mls_sent after = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_say(&world, 0, "before", &before);

    /* Member 3 ignores its removal and keeps what it has: the new epoch stays closed to it. */
    struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = 3};
    struct mls_commit_request request = {.proposals = &removal, .proposal_count = 1};
    struct mls_group *stubborn = world.members[3].group;
    world.members[3].group = NULL;
    world_commit(&world, 0, &request, &bundle);
    world_accept(&world, 0, &bundle);
    world_say(&world, 0, "after", &after);
    FAILS(mls_group_receive(stubborn, buffer_span(&after.message), &world.options, &received),
          STATUS_WRONG_EPOCH);
    OK(mls_group_receive(stubborn, buffer_span(&bundle.commit), &world.options, &received));
    assert_true(received.removes_us);
    OK(mls_group_merge_staged(stubborn));
    assert_true(mls_group_is_removed(stubborn));
    FAILS(mls_group_receive(stubborn, buffer_span(&before.message), &world.options, &received),
          STATUS_REMOVED);
    FAILS(mls_group_write_tree(stubborn, &tree), STATUS_REMOVED);
    assert_int_equal(mls_group_epoch_authenticator(stubborn).len, 0);
    mls_group_free(&stubborn);

    world_add(&world, 1, 6);
    FAILS(world_hear(&world, 6, buffer_span(&before.message), &received), STATUS_WRONG_EPOCH);
    FAILS(world_hear(&world, 6, buffer_span(&after.message), &received), STATUS_WRONG_EPOCH);
    world_check(&world);
    world_clear(&world);
}

/* RFC 9420, 12.4.2: whoever was removed deletes the group's secrets; no call works without them. */
/* What we proposed is known already; back from the server it is nothing new, and is not told as
 * something that we said. */
static void ones_own_private_handshake_is_a_replay(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer proposal = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    world_init(&world, 1);
    world_start_group(&world, 3);
    world_propose_privately(&world, 0, &proposal);
    assert_string_equal(status_name(world_hear(&world, 0, buffer_span(&proposal), &received)),
                        "REPLAYED");
    assert_int_not_equal(received.kind, MLS_RECEIVED_OWN_MESSAGE);
    world_clear(&world);
}

static void the_removed_are_refused_every_call(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(SIZE_MAX);
    struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = 1};
    struct mls_commit_request request = {0};
    struct mls_group *next = NULL;
    uint8_t exported[16];
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_remove(&world, 0, 3);
    struct mls_group *group = world.members[3].group;
    struct mls_continue_request branch = {.from = {.old = group, .usage = MLS_PSK_BRANCH},
                                          .identity = &world.members[3].identity,
                                          .group_id = SPAN_LITERAL("a branch")};
    assert_true(mls_group_is_removed(group));
    FAILS(mls_group_export(group, "test", SPAN_EMPTY, exported, sizeof exported), STATUS_REMOVED);
    FAILS(mls_group_write_group_info(group, true, &out), STATUS_REMOVED);
    FAILS(mls_group_propose(group, &removal, SPAN_EMPTY, &world.options, &out), STATUS_REMOVED);
    FAILS(mls_group_propose_update(group, NULL, SPAN_EMPTY, &world.random, &out), STATUS_REMOVED);
    FAILS(mls_group_commit(group, &request, &world.options, &world.random, &bundle),
          STATUS_REMOVED);
    FAILS(mls_group_protect(group, SPAN_EMPTY, SPAN_EMPTY, 0, &world.random, &sent),
          STATUS_REMOVED);
    FAILS(mls_group_apply_pending(group), STATUS_REMOVED);
    FAILS(mls_group_merge_staged(group), STATUS_REMOVED);
    FAILS(mls_group_continue(&branch, &world.options, &world.random, &next, &bundle),
          STATUS_REMOVED);
    assert_int_equal(out.len, 0);
    world_clear(&world);
}

static void removal_deletes_all_rows(void **state)
{
    (void)state;
    struct world world;
    world_init(&world, 1);
    world_start_group(&world, 4);
    world_check(&world);
    world_refresh(&world, 3);
    world_check(&world);
    assert_true(world.members[3].table.count > 0);
    world_remove(&world, 0, 3);
    assert_int_equal(world.members[3].table.count, 0);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive_out_of_order_and_once),
        cmocka_unit_test(a_ratchet_goes_forward_a_thousand_steps_and_no_more),
        cmocka_unit_test(the_latest_skipped_keys_are_kept),
        cmocka_unit_test(late_messages_of_kept_epochs_are_read),
        cmocka_unit_test(a_late_message_is_its_senders_though_the_leaf_has_changed_hands),
        cmocka_unit_test(the_removed_read_nothing_later_and_newcomers_nothing_earlier),
        cmocka_unit_test(ones_own_private_handshake_is_a_replay),
        cmocka_unit_test(the_removed_are_refused_every_call),
        cmocka_unit_test(removal_deletes_all_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
