/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "protocol/base/buffer.h"
#include "protocol/base/limits.h"
#include "server/store/departures.h"
#include "server/store/devices.h"
#include "server/store/knocks.h"
#include "server/store/limits.h"
#include "server/store/removals.h"
#include "server/store/welcomes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A commit of the channel's creator that ends `epoch`, made at `now_ms`. */
static struct store_commit commit_of(const struct id *channel, uint32_t message, uint64_t epoch)
{
    struct store_commit commit = {
        .message = message_of(channel, channel, message, epoch),
        .public_state = SPAN_LITERAL("state n"),
        .group_info = SPAN_LITERAL("info n"),
        .tree = SPAN_LITERAL("tree n"),
    };
    return commit; /* creator, device and channel have the same number */
}

static enum status append_message(struct fixture *f,
                                  const struct id *channel,
                                  uint32_t number,
                                  uint64_t epoch,
                                  struct store_appended *appended)
{
    struct store_message message = message_of(channel, channel, number, epoch);
    return store_log_append_message(f->db, &message, appended);
}

static enum status
append_commit(struct fixture *f, const struct id *channel, uint32_t number, uint64_t epoch)
{
    struct store_commit commit = commit_of(channel, number, epoch);
    struct store_appended appended;
    return store_log_append_commit(f->db, &commit, &appended);
}

/* A device comes in or is taken out. */
static enum status append_change(struct fixture *f,
                                 const struct id *channel,
                                 uint64_t epoch,
                                 const struct store_member_change *change)
{
    struct store_commit commit = commit_of(channel, 5 + (uint32_t)epoch, epoch);
    struct store_appended appended;
    commit.changes = change;
    commit.changes_count = 1;
    return store_log_append_commit(f->db, &commit, &appended);
}

static void numbers_entries_of_each_channel_without_gaps(void **state)
{
    struct fixture *f = *state;
    struct id first = make_channel(f->db, 1);
    struct id second = make_channel(f->db, 2);
    struct store_appended appended;
    for (uint32_t i = 1; i <= 3; i++) {
        ASSERT_OK(append_message(f, &first, i, 0, &appended));
        assert_int_equal(appended.sequence, i);
        assert_false(appended.again);
    }
    ASSERT_OK(append_message(f, &second, 1, 0, &appended));
    assert_int_equal(appended.sequence, 1);
    ASSERT_OK(append_commit(f, &first, 9, 0));
    ASSERT_OK(append_message(f, &first, 10, 1, &appended));
    assert_int_equal(appended.sequence, 5);
}

static void a_retry_gives_the_first_result_whatever_it_now_says(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_appended appended;
    struct store_message message = message_of(&channel, &channel, 5, 0);
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    ASSERT_OK(append_commit(f, &channel, 6, 0));
    message.epoch = 1;
    message.bytes = SPAN_LITERAL("sealed anew");
    message.now_ms += 1000000;
    ASSERT_OK(store_channels_set_state(f->db, &channel, STORE_CHANNEL_FROZEN));
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    assert_true(appended.again);
    assert_int_equal(appended.sequence, 1);
    assert_int_equal(appended.epoch, 0);
    assert_int_equal(appended.at_ms, NOW + 5);
    ASSERT_OK(append_commit(f, &channel, 6, 0));
    struct store_channel found;
    ASSERT_OK(store_channels_get(f->db, &channel, &f->arena, &found));
    assert_int_equal(found.last_sequence, 2);
    assert_int_equal(found.epoch, 1);
    struct id unknown = id_number(77);
    ASSERT_STATUS(store_log_find(f->db, &channel, &channel, &unknown, &appended), STATUS_NOT_FOUND);
}

/* RFC 9420, 14: "Applications MUST have an established way to resolve conflicting Commit messages
 * for the same epoch." */
static void accepts_one_commit_an_epoch(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_group_state group;
    ASSERT_OK(append_commit(f, &channel, 1, 0));
    ASSERT_STATUS(append_commit(f, &channel, 2, 0), STATUS_WRONG_EPOCH);
    ASSERT_STATUS(append_commit(f, &channel, 3, 2), STATUS_WRONG_EPOCH);
    ASSERT_OK(append_commit(f, &channel, 2, 1));
    struct store_commit other_generation = commit_of(&channel, 4, 2);
    struct store_appended appended;
    other_generation.message.generation = 2;
    ASSERT_STATUS(store_log_append_commit(f->db, &other_generation, &appended), STATUS_WRONG_EPOCH);
    ASSERT_OK(store_channels_group(f->db, &channel, &f->arena, &group));
    assert_int_equal(group.epoch, 2);
    assert_true(span_equal(group.public_state, SPAN_LITERAL("state n")));
    assert_true(span_equal(group.tree, SPAN_LITERAL("tree n")));
}

static void accepts_a_late_message_for_five_epochs_and_sixty_seconds(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_appended appended;
    for (uint32_t i = 0; i < 6; i++)
        ASSERT_OK(append_commit(f, &channel, 100 + i, i)); /* epoch i ends at NOW + 100 + i */
    struct store_message message = message_of(&channel, &channel, 1, 0);
    message.now_ms = NOW + 200;
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_WRONG_EPOCH);
    message.epoch = 1;
    message.now_ms = NOW + 101 + STORE_LATE_EPOCH_MS;
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_WRONG_EPOCH);
    message.now_ms--;
    ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    assert_int_equal(appended.epoch, 1);
    message.message = id_number(2);
    message.epoch = 7;
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_WRONG_EPOCH);
}

static void refuses_senders_who_are_not_active_members(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id stranger = make_device(f->db, 2, &person);
    struct id nowhere = id_number(77);
    struct store_appended appended;
    struct store_message message = message_of(&channel, &stranger, 1, 0);
    struct store_commit commit = {.message = message};
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_DENIED);
    ASSERT_STATUS(store_log_append_commit(f->db, &commit, &appended), STATUS_DENIED);
    message.channel = nowhere;
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_NOT_FOUND);
    struct id member = id_number(1);
    ASSERT_OK(store_people_suspend(f->db, &member, true));
    ASSERT_STATUS(append_message(f, &channel, 2, 0, &appended), STATUS_DENIED);
    ASSERT_OK(store_people_suspend(f->db, &member, false));
    ASSERT_OK(store_devices_revoke(f->db, &channel, NOW));
    ASSERT_STATUS(append_message(f, &channel, 2, 0, &appended), STATUS_DENIED);
}

static void a_frozen_channel_takes_nothing(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_appended appended;
    ASSERT_OK(store_channels_set_state(f->db, &channel, STORE_CHANNEL_FROZEN));
    ASSERT_STATUS(append_message(f, &channel, 1, 0, &appended), STATUS_NOT_NOW);
    ASSERT_STATUS(append_commit(f, &channel, 1, 0), STATUS_NOT_NOW);
}

/* RFC 9420, 14: "Similarly, the Welcome message corresponding to a Commit MUST NOT be delivered to
 * a new joiner until it's clear that the Commit has been accepted." */
static void a_commit_brings_members_and_their_welcomes(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_member_change change = {true, person, device, 1};
    struct store_welcome_new welcome = {device, SPAN_LITERAL("ref"), SPAN_LITERAL("welcome"),
                                        NOW + DAY};
    struct store_commit commit = commit_of(&channel, 5, 0);
    struct store_appended appended;
    struct store_knock knock;
    struct store_knock_list knocks;
    struct store_welcome_list welcomes;
    struct store_member_list members;
    ASSERT_OK(store_knocks_add(f->db, &channel, &person, NOW, &knock));
    ASSERT_OK(store_knocks_answer(f->db, &channel, &person, true, &channel, NOW));
    commit.changes = &change;
    commit.changes_count = 1;
    commit.welcomes = &welcome;
    commit.welcomes_count = 1;
    commit.tree_hash = SPAN_LITERAL("hash");
    struct store_commit late = commit;
    late.message.epoch = 1;
    ASSERT_STATUS(store_log_append_commit(f->db, &late, &appended), STATUS_WRONG_EPOCH);
    ASSERT_OK(store_welcomes_list(f->db, &device, NOW, &f->arena, &welcomes));
    assert_int_equal(welcomes.count, 0);
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    ASSERT_OK(store_channels_members(f->db, &channel, &f->arena, &members));
    assert_int_equal(members.count, 2);
    assert_true(id_equal(&members.items[1].device, &device));
    ASSERT_OK(store_welcomes_list(f->db, &device, NOW, &f->arena, &welcomes));
    assert_int_equal(welcomes.count, 1);
    assert_true(span_equal(welcomes.items[0].tree_hash, SPAN_LITERAL("hash")));
    assert_int_equal(welcomes.items[0].epoch, 1);
    assert_int_equal(welcomes.items[0].sequence, 1);
    assert_true(span_equal(welcomes.items[0].bytes, SPAN_LITERAL("welcome")));
    ASSERT_OK(store_welcomes_list(f->db, &device, NOW + DAY, &f->arena, &welcomes));
    assert_int_equal(welcomes.count, 0);
    ASSERT_OK(store_knocks_list(f->db, &channel, STORE_KNOCK_ACCEPTED, &f->arena, &knocks));
    assert_int_equal(knocks.count, 0);
}

/* Of the channel's maker, who is leaving it: by whose commit the device came, and how many go. */
static size_t come_while_leaving(struct fixture *f,
                                 const struct id *channel,
                                 const struct id *by,
                                 uint32_t number,
                                 uint64_t epoch)
{
    struct id device = make_device(f->db, number, channel);
    struct store_member_change change = {true, *channel, device, number};
    struct store_commit commit = {
        .message = message_of(channel, by == NULL ? &device : by, 100 + number, epoch),
        .changes = &change,
        .changes_count = 1,
    };
    struct store_appended appended;
    struct store_removal_list removals;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    ASSERT_OK(store_removals_list(f->db, channel, &f->arena, &removals));
    for (size_t i = 0; i < removals.count; i++) {
        assert_int_equal(removals.items[i].reason, STORE_REMOVAL_LEFT);
        assert_true(span_equal(removals.items[i].request, SPAN_LITERAL("signed")));
    }
    return removals.count;
}

/* The commit was made before the member who made it could hear of it. */
static void whoever_leaves_takes_along_what_is_added_of_theirs_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id other = make_person(f->db, 2);
    struct id member = id_number(3);
    struct store_removal removal = {channel, channel, STORE_REMOVAL_LEFT, SPAN_LITERAL("signed"),
                                    NOW};
    struct store_knock knock;
    join_channel(f->db, &channel, &other, 3, 0);
    ASSERT_OK(store_removals_add(f->db, &removal));
    assert_int_equal(come_while_leaving(f, &channel, &member, 4, 1), 2);
    /* Of their own accord, and let in anew. */
    assert_int_equal(come_while_leaving(f, &channel, NULL, 5, 2), 2);
    ASSERT_OK(store_knocks_add(f->db, &channel, &channel, NOW, &knock));
    ASSERT_OK(store_knocks_answer(f->db, &channel, &channel, true, &other, NOW + 1));
    assert_int_equal(come_while_leaving(f, &channel, &member, 6, 3), 2);
}

static void a_commit_with_changes_that_do_not_fit_is_refused_whole(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_member_change change = {true, person, device, 0}; /* the creator's leaf */
    struct store_commit commit = commit_of(&channel, 5, 0);
    struct store_appended appended;
    struct store_channel found;
    commit.changes = &change;
    commit.changes_count = 1;
    ASSERT_OK(store_db_execute(f->db, "SAVEPOINT test"));
    ASSERT_STATUS(store_log_append_commit(f->db, &commit, &appended), STATUS_CONFLICT);
    ASSERT_OK(store_db_execute(f->db, "ROLLBACK TO test; RELEASE test"));
    change = (struct store_member_change){false, person, device, 1};
    ASSERT_OK(store_db_execute(f->db, "SAVEPOINT test"));
    ASSERT_STATUS(store_log_append_commit(f->db, &commit, &appended), STATUS_CONFLICT);
    ASSERT_OK(store_db_execute(f->db, "ROLLBACK TO test; RELEASE test"));
    change = (struct store_member_change){true, channel, device, 1}; /* another's device */
    ASSERT_OK(store_db_execute(f->db, "SAVEPOINT test"));
    ASSERT_STATUS(store_log_append_commit(f->db, &commit, &appended), STATUS_DENIED);
    ASSERT_OK(store_db_execute(f->db, "ROLLBACK TO test; RELEASE test"));
    ASSERT_OK(store_channels_get(f->db, &channel, &f->arena, &found));
    assert_int_equal(found.epoch, 0);
    assert_int_equal(found.last_sequence, 0);
}

static void an_external_joiner_commits_and_a_resync_moves_its_leaf(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_member_change changes[] = {{true, person, device, 1}, {true, person, device, 2}};
    struct store_commit commit = {.message = message_of(&channel, &device, 5, 0)};
    struct store_appended appended;
    struct store_member_list members;
    commit.changes = changes;
    commit.changes_count = 1;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    commit.message = message_of(&channel, &device, 6, 1);
    changes[0].added = false;
    commit.changes_count = 2;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    ASSERT_OK(store_channels_members(f->db, &channel, &f->arena, &members));
    assert_int_equal(members.count, 2);
    assert_int_equal(members.items[1].leaf, 2);
    ASSERT_OK(store_devices_revoke(f->db, &device, NOW));
    commit.message = message_of(&channel, &device, 7, 2);
    changes[0].leaf = 2;
    ASSERT_STATUS(store_log_append_commit(f->db, &commit, &appended), STATUS_DENIED);
}

static void a_committed_remove_ends_what_waited(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_member_change change = {true, person, device, 1};
    struct store_appended appended;
    struct store_removal_list removals;
    ASSERT_OK(append_change(f, &channel, 0, &change));
    ASSERT_OK(store_removals_add_everywhere(f->db, &device, STORE_REMOVAL_REVOKED, NOW));
    change.added = false;
    ASSERT_OK(append_change(f, &channel, 1, &change));
    ASSERT_OK(store_removals_list(f->db, &channel, &f->arena, &removals));
    assert_int_equal(removals.count, 0);
    struct store_message message = message_of(&channel, &device, 7, 2);
    ASSERT_STATUS(store_log_append_message(f->db, &message, &appended), STATUS_DENIED);
}

static void whoever_was_taken_out_may_read_up_to_there(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_member_change change = {true, person, device, 1};
    struct store_appended appended;
    struct store_departure departure;
    struct store_log_page page;
    ASSERT_OK(append_change(f, &channel, 0, &change));
    ASSERT_STATUS(store_departures_get(f->db, &channel, &device, &departure), STATUS_NOT_FOUND);
    change.added = false;
    ASSERT_OK(append_change(f, &channel, 1, &change));
    ASSERT_OK(append_message(f, &channel, 20, 2, &appended));
    ASSERT_OK(store_departures_get(f->db, &channel, &device, &departure));
    assert_int_equal(departure.generation, 1);
    assert_int_equal(departure.sequence, 2);
    struct store_log_query query = {channel, 1, 0, departure.sequence, 100, 1 << 20, 1000};
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 2);
    assert_false(page.more);
    assert_int_equal(page.items[1].sequence, 2);
    /* A member again has all of it. */
    change.added = true;
    ASSERT_OK(append_change(f, &channel, 2, &change));
    ASSERT_STATUS(store_departures_get(f->db, &channel, &device, &departure), STATUS_NOT_FOUND);
}

static void keeps_a_tree_while_a_welcome_needs_it(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_welcome_new welcome = {device, SPAN_LITERAL("r"), SPAN_LITERAL("w"), NOW + DAY};
    struct store_commit commit = commit_of(&channel, 5, 0);
    struct store_appended appended;
    struct span tree;
    ASSERT_OK(append_commit(f, &channel, 4, 0));
    commit = commit_of(&channel, 5, 1);
    commit.tree = SPAN_LITERAL("tree 2");
    commit.welcomes = &welcome;
    commit.welcomes_count = 1;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    for (uint32_t epoch = 2; epoch < 66; epoch++)
        ASSERT_OK(append_commit(f, &channel, 10 + epoch, epoch));
    ASSERT_STATUS(store_channels_tree(f->db, &channel, 1, 1, &f->arena, &tree), STATUS_NOT_FOUND);
    ASSERT_OK(store_channels_tree(f->db, &channel, 1, 2, &f->arena, &tree));
    assert_true(span_equal(tree, SPAN_LITERAL("tree 2")));
    ASSERT_STATUS(store_channels_tree(f->db, &channel, 1, 64, &f->arena, &tree), STATUS_NOT_FOUND);
    ASSERT_OK(store_channels_tree(f->db, &channel, 1, 66, &f->arena, &tree));
    ASSERT_OK(store_welcomes_done(f->db, &device, &channel, 1, 2));
    ASSERT_OK(store_welcomes_done(f->db, &device, &channel, 1, 2));
    ASSERT_STATUS(store_channels_tree(f->db, &channel, 1, 2, &f->arena, &tree), STATUS_NOT_FOUND);
}

static void expired_welcomes_go_with_their_trees(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    struct store_welcome_new welcome = {device, SPAN_LITERAL("r"), SPAN_LITERAL("w"), NOW + DAY};
    struct store_commit commit = commit_of(&channel, 5, 0);
    struct store_appended appended;
    struct store_welcome_list welcomes;
    struct span tree;
    commit.welcomes = &welcome;
    commit.welcomes_count = 1;
    ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    ASSERT_OK(append_commit(f, &channel, 6, 1));
    ASSERT_OK(store_welcomes_expire(f->db, NOW + DAY - 1));
    ASSERT_OK(store_channels_tree(f->db, &channel, 1, 1, &f->arena, &tree));
    ASSERT_OK(store_welcomes_expire(f->db, NOW + DAY));
    ASSERT_OK(store_welcomes_list(f->db, &device, NOW, &f->arena, &welcomes));
    assert_int_equal(welcomes.count, 0);
    ASSERT_STATUS(store_channels_tree(f->db, &channel, 1, 1, &f->arena, &tree), STATUS_NOT_FOUND);
}

/* Else whoever adds somebody to two channels with large rules keeps every other Welcome from them.
 */
static void however_large_what_waits_is_some_of_it_is_given(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buffer_clear) struct buffer large = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    uint8_t *bytes = NULL;
    ASSERT_OK(buffer_extend(&large, LIMIT_OBJECT_BYTES, &bytes));
    struct id person = make_person(f->db, 2);
    struct id device = make_device(f->db, 2, &person);
    for (uint32_t i = 0; i < 6; i++) {
        struct id channel = make_channel(f->db, 10 + i);
        struct span of_welcome = i % 2 == 0 ? buffer_span(&large) : SPAN_LITERAL("small");
        struct store_welcome_new welcome = {device, SPAN_LITERAL("r"), of_welcome, NOW + DAY};
        struct store_commit commit = commit_of(&channel, 5, 0);
        struct store_appended appended;
        commit.welcomes = &welcome;
        commit.welcomes_count = 1;
        commit.tree_hash = SPAN_LITERAL("hash");
        ASSERT_OK(store_log_append_commit(f->db, &commit, &appended));
    }
    for (uint32_t i = 0; i < 6;) {
        CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_OBJECT_BYTES + (1u << 16));
        struct store_welcome_list welcomes;
        ASSERT_OK(store_welcomes_list(f->db, &device, NOW, &arena, &welcomes));
        assert_int_equal(welcomes.count, 1);
        for (size_t k = 0; k < welcomes.count; k++, i++) {
            struct store_welcome found = {.channel = id_number(10 + i),
                                          .tree_hash = SPAN_LITERAL("hash")};
            assert_true(id_equal(&welcomes.items[k].channel, &found.channel));
            assert_true(id_equal(&welcomes.items[k].added_by, &found.channel));
            ASSERT_OK(store_welcomes_find(f->db, &device, NOW, &found));
            assert_int_equal(found.epoch, 1);
            ASSERT_OK(store_welcomes_done(f->db, &device, &found.channel, 1, 1));
            ASSERT_STATUS(store_welcomes_find(f->db, &device, NOW, &found), STATUS_NOT_FOUND);
        }
    }
}

static void pages_by_count_by_bytes_and_without_large_entries(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_appended appended;
    struct store_log_page page;
    static uint8_t large[5000];
    for (uint32_t i = 1; i <= 6; i++) {
        struct store_message message = message_of(&channel, &channel, i, 0);
        message.bytes = span_of(large, i == 3 ? 5000 : 100);
        ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    }
    struct store_log_query query = {channel, 1, 0, 0, 100, 1 << 20, 1000};
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 6);
    assert_false(page.more);
    assert_int_equal(page.items[2].size_bytes, 5000);
    assert_int_equal(page.items[2].bytes.len, 0);
    assert_false(page.items[2].deleted);
    assert_int_equal(page.items[3].bytes.len, 100);
    query.bytes_max = 250;
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    query.after_sequence = 3;
    query.count_max = 2;
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0].sequence, 4);
    assert_true(page.more);
    query = (struct store_log_query){channel, 1, 2, 0, 10, 1, 10000};
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].bytes.len, 5000);
    query.after_sequence = 6;
    ASSERT_OK(store_log_page(f->db, &query, &f->arena, &page));
    assert_int_equal(page.count, 0);
    assert_false(page.more);
}

static void a_deleted_entry_leaves_its_place_and_hash(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_appended appended;
    struct store_entry entry;
    ASSERT_OK(append_message(f, &channel, 1, 0, &appended));
    ASSERT_OK(append_commit(f, &channel, 2, 0));
    ASSERT_OK(store_log_delete(f->db, &channel, 1, 1));
    ASSERT_OK(store_log_delete(f->db, &channel, 1, 1));
    ASSERT_OK(store_log_entry(f->db, &channel, 1, 1, &f->arena, &entry));
    assert_true(entry.deleted);
    assert_int_equal(entry.bytes.len, 0);
    assert_int_equal(entry.size_bytes, 6);
    struct store_hash hash = hash_number(1);
    assert_memory_equal(entry.hash.bytes, hash.bytes, sizeof hash.bytes);
    ASSERT_STATUS(store_log_delete(f->db, &channel, 1, 2), STATUS_DENIED);
    ASSERT_STATUS(store_log_delete(f->db, &channel, 1, 3), STATUS_NOT_FOUND);
    ASSERT_OK(append_message(f, &channel, 1, 0, &appended));
    assert_true(appended.again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_entries_of_each_channel_without_gaps),
        TEST(a_retry_gives_the_first_result_whatever_it_now_says),
        TEST(accepts_one_commit_an_epoch),
        TEST(accepts_a_late_message_for_five_epochs_and_sixty_seconds),
        TEST(refuses_senders_who_are_not_active_members),
        TEST(a_frozen_channel_takes_nothing),
        TEST(a_commit_brings_members_and_their_welcomes),
        TEST(whoever_leaves_takes_along_what_is_added_of_theirs_meanwhile),
        TEST(a_commit_with_changes_that_do_not_fit_is_refused_whole),
        TEST(an_external_joiner_commits_and_a_resync_moves_its_leaf),
        TEST(a_committed_remove_ends_what_waited),
        TEST(whoever_was_taken_out_may_read_up_to_there),
        TEST(keeps_a_tree_while_a_welcome_needs_it),
        TEST(expired_welcomes_go_with_their_trees),
        TEST(however_large_what_waits_is_some_of_it_is_given),
        TEST(pages_by_count_by_bytes_and_without_large_entries),
        TEST(a_deleted_entry_leaves_its_place_and_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
