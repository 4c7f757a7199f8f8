/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/limits.h"
#include "server/store/retention.h"
#include "server/store/segments.h"

#include <stdlib.h>

/* Messages of the channel's creator, whose number is the channel's. */
static void say(struct store_db *db, const struct id *channel, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct store_appended appended;
        struct store_message message = message_of(channel, channel, 100 + i, 0);
        ASSERT_OK(store_log_append_message(db, &message, &appended));
    }
}

static struct store_segment_new
segment_of(const struct id *channel, uint32_t number, uint64_t first, uint64_t last)
{
    return (struct store_segment_new){.file = {.file = id_number(1000 + number),
                                               .channel = *channel,
                                               .person = *channel,
                                               .device = *channel,
                                               .size_bytes = 5000,
                                               .created_at_ms = NOW},
                                      .first_sequence = first,
                                      .last_sequence = last,
                                      .seen_sequence = last};
}

static void begin(struct store_db *db, const struct store_segment_new *segment)
{
    bool complete = true;
    ASSERT_OK(store_segments_begin(db, segment, &complete));
    assert_false(complete);
}

static enum status finish(struct store_db *db, const struct id *file)
{
    return store_files_complete(db, file, &(struct store_hash){{0}});
}

static void put(struct store_db *db, const struct store_segment_new *segment)
{
    begin(db, segment);
    ASSERT_OK(finish(db, &segment->file.file));
}

/* A file of the one who made the segment. */
static struct store_file file_beside(const struct store_segment_new *segment)
{
    struct store_file file = segment->file;
    file.file = id_number(7);
    file.message = id_number(8);
    file.size_bytes = 5000;
    return file;
}

static size_t count(struct fixture *f, const struct id *channel)
{
    struct store_segment_list list;
    ASSERT_OK(store_segments_list(f->db, channel, 100, &f->arena, &list));
    return list.count;
}

static void a_newer_segment_takes_the_place_of_its_block(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_file_ids replaced;
    struct store_segment_list list;
    say(f->db, &channel, 5);
    struct store_segment_new first = segment_of(&channel, 1, 1, 3);
    struct store_segment_new second = segment_of(&channel, 2, 1, 5);
    put(f->db, &first);
    assert_int_equal(count(f, &channel), 1);
    begin(f->db, &second);
    assert_int_equal(count(f, &channel), 1); /* one that is not complete is shown to nobody */
    ASSERT_OK(finish(f->db, &second.file.file));
    ASSERT_OK(store_segments_replace(f->db, &second.file.file, &f->arena, &replaced));
    assert_int_equal(replaced.count, 1);
    assert_true(id_equal(&replaced.items[0], &first.file.file));
    ASSERT_OK(store_segments_list(f->db, &channel, 100, &f->arena, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].last_sequence, 5);
}

static void a_file_replaces_no_segment(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_file_ids replaced;
    bool complete = false;
    say(f->db, &channel, 1);
    struct store_segment_new segment = segment_of(&channel, 1, 1, 1);
    struct store_file file = file_beside(&segment);
    put(f->db, &segment);
    ASSERT_OK(store_files_begin(f->db, &file, &complete));
    ASSERT_OK(finish(f->db, &file.file));
    ASSERT_OK(store_segments_replace(f->db, &file.file, &f->arena, &replaced));
    assert_int_equal(replaced.count, 0);
    assert_int_equal(count(f, &channel), 1);
}

static void a_range_that_is_not_there_is_refused(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id other = make_channel(f->db, 2);
    bool complete = false;
    say(f->db, &channel, 2);
    struct store_segment_new segment = segment_of(&channel, 1, 1, 3);
    ASSERT_STATUS(store_segments_begin(f->db, &segment, &complete), STATUS_INVALID);
    segment = segment_of(&channel, 1, 1, 2);
    segment.file.device = other;
    ASSERT_STATUS(store_segments_begin(f->db, &segment, &complete), STATUS_DENIED);
}

static void a_deletion_takes_the_segments_with_it(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_file_ids deleted;
    bool complete = false;
    say(f->db, &channel, 5);
    struct store_segment_new segment = segment_of(&channel, 1, 1, 3);
    struct store_segment_new on_its_way = segment_of(&channel, 2, 1, 4);
    put(f->db, &segment);
    begin(f->db, &on_its_way);
    ASSERT_OK(store_segments_delete(f->db, &channel, 5, 5, &f->arena, &deleted));
    assert_int_equal(deleted.count, 0);
    ASSERT_OK(store_segments_delete(f->db, &channel, 2, 2, &f->arena, &deleted));
    assert_int_equal(deleted.count, 2);
    ASSERT_STATUS(finish(f->db, &on_its_way.file.file), STATUS_NOT_FOUND);
    assert_int_equal(count(f, &channel), 0);
    /* Whoever sealed before they knew of it is told. */
    ASSERT_OK(store_segments_note_deletion(f->db, &channel, 5));
    struct store_segment_new late = segment_of(&channel, 3, 1, 4);
    ASSERT_STATUS(store_segments_begin(f->db, &late, &complete), STATUS_CONFLICT);
    late.seen_sequence = 5;
    begin(f->db, &late);
}

static void segments_outlive_the_week_and_count_for_nobody(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_file_ids expired;
    bool complete = false;
    say(f->db, &channel, 2);
    struct store_segment_new segment = segment_of(&channel, 1, 1, 1);
    struct store_segment_new abandoned = segment_of(&channel, 2, 1, 2);
    segment.file.size_bytes = STORE_FILES_PERSON_BYTES_MAX;
    put(f->db, &segment);
    begin(f->db, &abandoned);
    struct store_file file = file_beside(&segment);
    ASSERT_OK(store_files_begin(f->db, &file, &complete)); /* its person may still send as much */
    ASSERT_OK(store_files_delete(f->db, &file.file));
    ASSERT_OK(store_files_expire(f->db, NOW + STORE_FILE_UNFINISHED_MS + 1, &f->arena, &expired));
    assert_int_equal(expired.count, 1);
    assert_true(id_equal(&expired.items[0], &abandoned.file.file));
    assert_int_equal(count(f, &channel), 1);
}

static void what_is_over_is_in_no_segment(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_retention_files *deleted = NULL;
    bool more = false;
    say(f->db, &channel, 3);
    struct store_segment_new segment = segment_of(&channel, 1, 1, 3);
    put(f->db, &segment);
    ASSERT_OK(store_retention_set(f->db, &channel, 2));
    ASSERT_OK(store_retention_expire(f->db, NOW + DAY, &f->arena, &deleted, &more));
    assert_null(deleted);
    assert_int_equal(count(f, &channel), 1);
    ASSERT_OK(store_retention_expire(f->db, NOW + 3 * DAY, &f->arena, &deleted, &more));
    assert_non_null(deleted);
    assert_int_equal(deleted->ids.count, 1);
    assert_true(id_equal(&deleted->ids.items[0], &segment.file.file));
    assert_int_equal(count(f, &channel), 0);
}

static struct id asker_of(struct fixture *f, const struct id *channel)
{
    struct store_channel row;
    ASSERT_OK(store_channels_get(f->db, channel, &f->arena, &row));
    return row.history_asked_by;
}

static void who_asked_while_another_was_answered_still_waits(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id first = id_number(2);
    struct id second = id_number(3);
    ASSERT_OK(store_segments_set_asker(f->db, &channel, &first));
    ASSERT_OK(store_segments_set_asker(f->db, &channel, &second));
    ASSERT_OK(store_segments_clear_asker(f->db, &channel, &first));
    struct id waits = asker_of(f, &channel);
    assert_true(id_equal(&waits, &second));
    ASSERT_OK(store_segments_clear_asker(f->db, &channel, &second));
    waits = asker_of(f, &channel);
    assert_true(id_is_none(&waits));
}

static void a_closed_history_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id other = make_channel(f->db, 2);
    struct store_file_ids deleted;
    struct store_channel row;
    say(f->db, &channel, 1);
    say(f->db, &other, 1);
    struct store_segment_new segment = segment_of(&channel, 1, 1, 1);
    struct store_segment_new others = segment_of(&other, 2, 1, 1);
    put(f->db, &segment);
    put(f->db, &others);
    ASSERT_OK(store_segments_set_asker(f->db, &channel, &other));
    ASSERT_OK(store_channels_get(f->db, &channel, &f->arena, &row));
    assert_true(id_equal(&row.history_asked_by, &other));
    ASSERT_OK(store_segments_close(f->db, &channel, 1, &f->arena, &deleted));
    assert_int_equal(deleted.count, 1);
    ASSERT_OK(store_channels_get(f->db, &channel, &f->arena, &row));
    assert_true(id_is_none(&row.history_asked_by));
    assert_int_equal(row.history, 1);
    assert_int_equal(count(f, &channel), 0);
    assert_int_equal(count(f, &other), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_newer_segment_takes_the_place_of_its_block),
        TEST(a_file_replaces_no_segment),
        TEST(a_range_that_is_not_there_is_refused),
        TEST(a_deletion_takes_the_segments_with_it),
        TEST(segments_outlive_the_week_and_count_for_nobody),
        TEST(what_is_over_is_in_no_segment),
        TEST(who_asked_while_another_was_answered_still_waits),
        TEST(a_closed_history_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
