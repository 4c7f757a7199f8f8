/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A segment of history beside what its taker has from the log, or would seal themselves. */
#include "client-cli/core/entry.h"
#include "client-cli/core/history_seal.h"
#include "tests/unit/client-cli/core/history_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Whether a member who has the history vouches for the segment as it stands now. */
static bool is_ours(struct history_room *room)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    struct history_key key;
    bool ours = false;
    assert_int_equal(segment_encode(&room->segment, &bytes), STATUS_OK);
    history_room_key_of(room, buffer_span(&bytes), &key);
    assert_int_equal(history_seal_is_ours(room->profile.engine, room->channel, &key, 0, &ours),
                     STATUS_OK);
    return ours;
}

/* What came with the log after we joined, about item `of` of a segment that comes later. */
static void hear(struct history_room *room,
                 uint64_t sequence,
                 const struct history_author *author,
                 uint16_t kind,
                 size_t of,
                 const void *what)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4096);
    struct engine *engine = room->profile.engine;
    assert_int_equal(content_encode_body(kind, what, &body), STATUS_OK);
    struct content content = {.version = CONTENT_VERSION,
                              .kind = kind,
                              .reply_to = room->items[of].message,
                              .body = buffer_span(&body)};
    if (kind == CONTENT_DELETION)
        content.reply_to = (struct id){{0}};
    assert_int_equal(content_encode(&content, &bytes), STATUS_OK);
    struct stored_entry entry = {.sequence = sequence,
                                 .generation = 1,
                                 .fate = ENTRY_READ,
                                 .message = {{(uint8_t)sequence, 1}},
                                 .person = author->account.person,
                                 .content = buffer_span(&bytes)};
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_store(engine, &room->channel->id, &entry), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
    room->channel->cursor = sequence;
}

static void hear_edit(struct history_room *room,
                      uint64_t sequence,
                      const struct history_author *author,
                      size_t of,
                      const char *words)
{
    CLEANUP(buffer_clear) struct buffer text_bytes = BUFFER_INIT(4096);
    struct content_text text = {span_from_text(words)};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &text_bytes), STATUS_OK);
    struct content_edit change = {CONTENT_TEXT, buffer_span(&text_bytes)};
    hear(room, sequence, author, CONTENT_EDIT, of, &change);
}

static void hear_deletion(struct history_room *room,
                          uint64_t sequence,
                          const struct history_author *author,
                          size_t of)
{
    struct content_message message = {room->items[of].message};
    struct content_deletion deletion = {&message, 1};
    hear(room, sequence, author, CONTENT_DELETION, of, &deletion);
}

static void an_edit_that_came_before_its_message_holds(void **state)
{
    struct history_room *room = *state;
    hear_edit(room, 101, &room->ann, 0, "one, better");
    hear_edit(room, 102, &room->ann, 0, "one, best");
    hear_edit(room, 103, &room->ann, 1, "two, by somebody else");
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, "one, best", &room->ann), ENTRY_READ);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
    assert_true(room->taken.revised >= 2); /* so its key goes to nobody */
}

static void an_edit_that_was_sealed_is_not_taken_back(void **state)
{
    struct history_room *room = *state;
    history_room_edit(room, 0, &room->ann, "one, best");
    room->items[0].edited = 102;
    hear_edit(room, 101, &room->ann, 0, "one, better");
    room->channel->cursor = 102;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, "one, best", &room->ann), ENTRY_READ);
    assert_int_equal(room->taken.revised, 0);
}

static void what_was_deleted_before_it_came_stays_deleted(void **state)
{
    struct history_room *room = *state;
    hear_deletion(room, 101, &room->ann, 0);
    hear_deletion(room, 102, &room->ann, 1); /* not hers, and she facilitates nothing */
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_DELETED);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

/* When it was edited is the sharer's word. */
static void what_was_deleted_stays_so_whenever_it_is_said_to_be_edited(void **state)
{
    struct history_room *room = *state;
    history_room_edit(room, 0, &room->ann, "one, better");
    hear_deletion(room, 101, &room->ann, 0);
    room->channel->cursor = 110;
    room->items[0].edited = 105;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_DELETED);
}

static void each_message_that_a_deletion_names_stays_deleted(void **state)
{
    struct history_room *room = *state;
    struct content_message messages[] = {
        {{{99}}}, {room->items[3].message}, {room->items[0].message}};
    struct content_deletion deletion = {messages, 3};
    hear(room, 101, &room->ann, CONTENT_DELETION, 0, &deletion);
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_DELETED);
    assert_int_equal(history_room_fate_of(room, 4, NULL, NULL), ENTRY_DELETED);
    assert_int_equal(room->taken.revised, 1);
}

static void what_is_still_to_come_is_no_history(void **state)
{
    struct history_room *room = *state;
    room->channel->cursor = 3;
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
    assert_non_null(room->problem);
    assert_int_equal(history_room_fate_of(room, 4, NULL, NULL), 0);
    room->channel->cursor = 4;
    assert_int_equal(history_room_take(room), STATUS_OK);
}

static void nobody_vouches_for_what_another_left_out_or_moved(void **state)
{
    struct history_room *room = *state;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_true(is_ours(room));
    struct segment_item first = room->items[0];
    room->items[0] = room->items[1];
    room->items[1] = first;
    assert_false(is_ours(room));
    room->items[1] = room->items[0];
    room->items[0] = first;
    assert_true(is_ours(room));
    room->items[1].kind = SEGMENT_WITHHELD;
    room->items[1].authenticated = SPAN_EMPTY;
    assert_false(is_ours(room));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, history_room_open, history_room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_edit_that_came_before_its_message_holds),
        TEST(an_edit_that_was_sealed_is_not_taken_back),
        TEST(what_was_deleted_before_it_came_stays_deleted),
        TEST(what_was_deleted_stays_so_whenever_it_is_said_to_be_edited),
        TEST(each_message_that_a_deletion_names_stays_deleted),
        TEST(what_is_still_to_come_is_no_history),
        TEST(nobody_vouches_for_what_another_left_out_or_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
