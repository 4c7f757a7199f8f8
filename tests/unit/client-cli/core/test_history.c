/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a newcomer takes of a segment from a member who says what they like: the sharer can seal
 * anything, but signs for nobody else.
 */
#include "client-cli/core/entry.h"
#include "client-cli/core/history_count.h"
#include "client-cli/core/history_tries.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/records.h"
#include "tests/unit/client-cli/core/history_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void what_was_said_comes_with_its_author_and_the_sharer(void **state)
{
    struct history_room *room = *state;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, "one", &room->ann), ENTRY_READ);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
    assert_int_equal(history_room_fate_of(room, 3, NULL, NULL), ENTRY_CHANGED);
    assert_int_equal(history_room_fate_of(room, 4, "three", &room->ann), ENTRY_READ);
    assert_int_equal(room->taken.messages, 3);
    for (uint64_t i = 1; i <= 4; i++)
        assert_false(history_room_has_warning(room, i));
}

static void every_changed_byte_of_a_message_is_noticed(void **state)
{
    struct history_room *room = *state;
    size_t length = room->messages[1].len;
    for (size_t i = 0; i < length; i++) {
        room->messages[1].ptr[i] ^= 1;
        assert_int_equal(history_room_take(room), STATUS_OK);
        assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
        room->messages[1].ptr[i] ^= 1;
    }
    assert_int_equal(history_room_take(room),
                     STATUS_OK); /* a true one takes the place of what was refused */
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

static void words_are_nobodys_but_whose_device_signed_them(void **state)
{
    struct history_room *room = *state;
    room->items[0].device = room->ben.account.device;
    room->items[1].device = room->ann.account.device;
    room->items[3].device = room->sharer; /* no device at all */
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(history_room_fate_of(room, 4, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(room->taken.refused, 3);
    assert_int_equal(room->taken.messages, 0);
}

static void a_message_has_the_id_that_its_author_gave_it(void **state)
{
    struct history_room *room = *state;
    room->items[0].message = room->items[1].message;
    room->items[1].message.bytes[3]++;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
}

static void what_is_left_out_shows(void **state)
{
    struct history_room *room = *state;
    room->items[1].kind = SEGMENT_WITHHELD;
    room->items[1].authenticated = SPAN_EMPTY;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_WITHHELD);
    assert_int_equal(room->taken.withheld, 1);
}

static void what_is_said_to_hold_nothing_is_not_called_left_out(void **state)
{
    struct history_room *room = *state;
    room->items[1].kind = SEGMENT_CONTROL;
    room->items[1].authenticated = SPAN_EMPTY;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_CONTROL);
    assert_int_equal(room->taken.withheld, 0);
}

static void fill_in(struct history_room *room, uint8_t kind, enum entry_fate fate)
{
    struct segment_item whole = room->items[1];
    room->items[1].kind = kind;
    room->items[1].authenticated = SPAN_EMPTY;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), fate);
    room->items[1] = whole;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

static void what_one_left_out_another_fills_in(void **state)
{
    fill_in(*state, SEGMENT_WITHHELD, ENTRY_WITHHELD);
}

/* It may have been a message. */
static void what_one_said_to_hold_nothing_another_fills_in(void **state)
{
    fill_in(*state, SEGMENT_CONTROL, ENTRY_CONTROL);
}

static void
give(struct history_room *room, const struct content_history_segment *keys, size_t count)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    struct content_history history = {.segments = (struct content_history_segment *)(uintptr_t)keys,
                                      .segment_count = count};
    assert_int_equal(content_encode_body(CONTENT_HISTORY, &history, &body), STATUS_OK);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content content = {
        .version = CONTENT_VERSION, .kind = CONTENT_HISTORY, .body = buffer_span(&body)};
    struct history_offer offer;
    assert_int_equal(history_keys_read(room->profile.engine, room->channel, &room->sharer, &content,
                                       &arena, &offer),
                     STATUS_OK);
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    for (size_t i = 0; i < offer.count; i++)
        assert_int_equal(history_keys_put(room->profile.engine, room->channel, &offer.keys[i]),
                         STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
}

static bool has_key(struct history_room *room, uint64_t first)
{
    struct history_key key;
    return history_keys_get(room->profile.engine, room->channel, first, &key) == STATUS_OK;
}

static void one_file_is_no_two_blocks(void **state)
{
    struct history_room *room = *state;
    struct content_history_segment keys[] = {
        {.first = 1, .last = 1000, .file = {{1}}, .size = 10},
        {.first = 1001, .last = 2000, .file = {{2}}, .size = 10},
        {.first = 2001, .last = 3000, .file = {{2}}, .size = 10},
    };
    give(room, keys, 3);
    assert_true(has_key(room, 1));
    assert_false(has_key(room, 1001) || has_key(room, 2001));
}

static void put(struct history_room *room, const struct history_key *key)
{
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    assert_int_equal(history_keys_put(room->profile.engine, room->channel, key), STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
}

static void note_taken(struct history_room *room, const struct history_key *key)
{
    struct engine *engine = room->profile.engine;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(history_keys_note_taken(engine, room->channel, key, false), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

static void note_refused(struct history_room *room, const struct history_key *key)
{
    struct engine *engine = room->profile.engine;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(history_keys_note_refused(engine, room->channel, key), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

static bool was_taken(struct history_room *room, const struct history_key *key)
{
    bool was = false;
    assert_int_equal(history_keys_was_taken(room->profile.engine, room->channel, key, &was),
                     STATUS_OK);
    return was;
}

static void what_is_known_is(struct history_room *room, const struct history_key *key)
{
    struct history_key known;
    assert_int_equal(history_keys_get(room->profile.engine, room->channel, key->first, &known),
                     STATUS_OK);
    assert_int_equal(known.last, key->last);
    assert_true(id_equal(&known.file, &key->file));
    assert_memory_equal(known.key, key->key, sizeof known.key);
    assert_int_equal(known.outdated, key->outdated);
    assert_int_equal(known.taken, key->taken);
    assert_int_equal(known.refused, key->refused);
}

static void a_file_is_no_other_block_than_it_was_taken_for(void **state)
{
    struct history_room *room = *state;
    struct content_history_segment keys[] = {
        {.first = 1001, .last = 1001, .file = {{1}}, .size = 10},
        {.first = 1, .last = 1000, .file = {{1}}, .size = 10, .key = {5}},
        {.first = 2001, .last = 2001, .file = {{1}}, .size = 10},
    };
    /* What is only said of it closes nothing, whether it was tried or not. */
    give(room, &keys[0], 1);
    give(room, &keys[1], 1);
    assert_true(has_key(room, 1001) && has_key(room, 1));
    struct history_key lie;
    assert_int_equal(history_keys_get(room->profile.engine, room->channel, 1001, &lie), STATUS_OK);
    note_refused(room, &lie);
    give(room, &keys[2], 1);
    assert_true(has_key(room, 2001));
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    const struct vault_place place = {
        .kind = RECORD_SEGMENT, .scope = room->channel->id, .major = 2001};
    assert_int_equal(vault_delete(room->profile.engine->vault, &place), STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
    struct history_key honest;
    assert_int_equal(history_keys_get(room->profile.engine, room->channel, 1, &honest), STATUS_OK);
    note_taken(room, &honest);
    give(room, &keys[2], 1);
    assert_false(has_key(room, 2001));
}

static void a_lie_about_a_file_says_nothing_of_another_key(void **state)
{
    struct history_room *room = *state;
    const struct history_key honest = {
        .first = 1, .last = 1000, .file = {{1}}, .key = {5}, .size = 10, .sha256 = {6}};
    struct history_key lies[4] = {honest, honest, honest, honest};
    lies[0].key[0] = 0;
    lies[1].sha256[0] = 0;
    lies[2].last--;
    lies[3].size++;
    for (size_t i = 0; i < 4; i++) {
        put(room, &lies[i]);
        assert_false(was_taken(room, &lies[i]));
        note_refused(room, &honest); /* somebody else's, which is not known */
        what_is_known_is(room, &lies[i]);
        note_refused(room, &lies[i]);
        lies[i].refused = true;
        what_is_known_is(room, &lies[i]);
        assert_false(was_taken(room, &lies[i]) || was_taken(room, &honest));
    }
    note_taken(room, &honest);
    struct history_key taken = honest;
    taken.taken = true;
    what_is_known_is(room, &taken);
    assert_true(was_taken(room, &honest));
    /* Nor is what was taken made a lie. */
    note_refused(room, &lies[0]);
    note_refused(room, &honest);
    what_is_known_is(room, &taken);
}

static void what_was_edited_stays_outdated_when_its_key_comes(void **state)
{
    struct history_room *room = *state;
    struct history_key honest = {.first = 1, .last = 1000, .file = {{1}}, .key = {5}, .size = 10};
    struct history_key lie = honest;
    lie.key[0] = 0;
    put(room, &lie);
    note_refused(room, &lie);
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    assert_int_equal(history_keys_outdate(room->profile.engine, room->channel, 7), STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
    note_taken(room, &honest);
    honest.taken = true;
    honest.outdated = true;
    what_is_known_is(room, &honest);
}

static bool has_tries_left(struct history_room *room, const struct history_key *key)
{
    bool left = false;
    assert_int_equal(history_tries_left(room->profile.engine, room->channel, key, &left),
                     STATUS_OK);
    return left;
}

static void note_try(struct history_room *room, const struct history_key *key)
{
    struct engine *engine = room->profile.engine;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(history_tries_note(engine, room->channel, key), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

static void a_block_is_fetched_so_often_in_a_day_on_ones_word(void **state)
{
    struct history_room *room = *state;
    struct engine *engine = room->profile.engine;
    struct history_key key = {.first = 1, .last = 1000, .shared_by = room->sharer};
    struct history_key of_another = key;
    struct history_key of_another_block = key;
    of_another.shared_by = room->ann.account.person;
    of_another_block.first = 1001;
    for (uint32_t i = 0; i < CORE_HISTORY_TRIES; i++) {
        key.file.bytes[0]++; /* whatever they say */
        assert_true(has_tries_left(room, &key));
        engine->start_ms += 1000;
        note_try(room, &key);
    }
    key.file.bytes[0]++;
    assert_false(has_tries_left(room, &key));
    assert_true(has_tries_left(room, &of_another));
    assert_true(has_tries_left(room, &of_another_block));
    /* A day after the first, and from the first again. */
    engine->start_ms += CORE_HISTORY_ANSWER_MS - 10000;
    assert_false(has_tries_left(room, &key));
    engine->start_ms += 10000;
    assert_true(has_tries_left(room, &key));
    for (uint32_t i = 0; i < CORE_HISTORY_TRIES; i++)
        note_try(room, &key);
    key.file.bytes[0]++;
    assert_false(has_tries_left(room, &key));
    engine->start_ms -= INT64_C(2) * CORE_HISTORY_ANSWER_MS; /* the clock was put back */
    assert_true(has_tries_left(room, &key));
}

/* Who says one thing and another in turn has no more tries by it. */
static void the_same_is_fetched_again_on_anothers_word_or_another_day(void **state)
{
    struct history_room *room = *state;
    struct history_key key = {.first = 1, .last = 1000, .shared_by = room->sharer, .size = 10};
    struct history_key claims[6] = {key, key, key, key, key, key};
    claims[1].key[31]++;
    claims[2].sha256[31]++;
    claims[3].last--;
    claims[4].size++;
    claims[5].file.bytes[15]++;
    note_try(room, &key);
    assert_false(has_tries_left(room, &claims[0]));
    for (size_t i = 1; i < 6; i++)
        assert_true(has_tries_left(room, &claims[i]));
    claims[0].shared_by = room->ann.account.person;
    assert_true(has_tries_left(room, &claims[0]));
    note_try(room, &claims[1]);
    note_try(room, &key);
    note_try(room, &claims[1]);
    assert_false(has_tries_left(room, &key));
    room->profile.engine->start_ms += CORE_HISTORY_ANSWER_MS;
    assert_true(has_tries_left(room, &key));
}

static struct history_figures count(struct history_room *room)
{
    struct history_figures figures;
    assert_int_equal(history_count(room->profile.engine, room->channel, &figures), STATUS_OK);
    return figures;
}

static void a_repeat_is_shown_as_one(void **state)
{
    struct history_room *room = *state;
    struct segment_item two = room->items[1];
    room->items[1] = room->items[0];
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, "one", &room->ann), ENTRY_READ);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_REPEATED);
    assert_int_equal(count(room).refused, 1);
    /* In the place of what was said there, which another fills in. */
    room->items[1] = two;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

static void a_device_speaks_only_while_the_directory_lists_it(void **state)
{
    struct history_room *room = *state;
    history_room_shut_out(room, &room->ben);
    history_room_say(room, 0, &room->ann, 0, "one");
    assert_int_equal(history_room_take(room), STATUS_OK); /* what it said before stands */
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
    room->log_size++;
    room->segment.first = 1001;
    room->channel->cursor = 2000;
    for (size_t i = 0; i < 4; i++)
        if (i != 2)
            history_room_say(room, i, i == 1 ? &room->ben : &room->ann, i / 2, "again");
    for (size_t i = 0; i < 4; i++)
        room->items[i].message.bytes[1] = 0;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1002, NULL, NULL), ENTRY_UNREADABLE);
}

static void an_epoch_has_the_context_that_its_members_signed(void **state)
{
    struct history_room *room = *state;
    size_t at = room->contexts[0].len - 40; /* in the tree's hash or after it */
    room->contexts[0].ptr[at] ^= 1;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
    assert_int_equal(history_room_fate_of(room, 4, "three", &room->ann), ENTRY_READ);
}

static bool has_context(struct history_room *room, uint64_t epoch)
{
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(4096);
    return history_keys_context(room->profile.engine, room->channel, 1, epoch, &context) ==
           STATUS_OK;
}

static void contexts_under_which_nobody_signed_are_not_kept(void **state)
{
    struct history_room *room = *state;
    room->segment.epoch_count = 3;
    room->contexts[0].ptr[room->contexts[0].len - 40] ^= 1;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_false(has_context(room, 0));
    assert_true(has_context(room, 1));
    assert_false(has_context(room, 2));
}

static void nobody_speaks_before_their_epoch_begins(void **state)
{
    struct history_room *room = *state;
    history_room_say(room, 1, &room->ben, 1, "early");
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
}

static void another_log_than_the_authors_shows(void **state)
{
    struct history_room *room = *state;
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    struct content_text text = {SPAN_LITERAL("three")};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &body), STATUS_OK);
    struct history_saying saying = {
        .message = room->items[3].message,
        .epoch = 1,
        .content = {.version = CONTENT_VERSION,
                    .kind = CONTENT_TEXT,
                    .seen = {.epoch = 0, .sequence = 2, .running_hash = {(uint8_t)9}},
                    .body = buffer_span(&body)}};
    buffer_clear(&room->messages[3]);
    history_room_sign(room, &room->ann, &saying, &room->messages[3]);
    room->items[3].authenticated = buffer_span(&room->messages[3]);
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 4, "three", &room->ann), ENTRY_READ);
    assert_true(history_room_has_warning(room, 4));
}

static void an_edit_is_its_authors(void **state)
{
    struct history_room *room = *state;
    history_room_edit(room, 0, &room->ann, "one, better");
    history_room_edit(room, 1, &room->ann, "two, worse");
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, "one, better", &room->ann), ENTRY_READ);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_UNREADABLE);
}

static void an_edit_of_another_message_is_none_of_this(void **state)
{
    struct history_room *room = *state;
    history_room_edit(room, 0, &room->ann, "one, better");
    room->items[0].message.bytes[5]++;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), ENTRY_UNREADABLE);
}

/* Its author signs it, and whoever seals it can do nothing about it: it must keep nobody from the
 * rest. */
static void an_edit_that_has_seen_what_cannot_be_is_taken_with_a_warning(void **state)
{
    struct history_room *room = *state;
    CLEANUP(buffer_clear) struct buffer text_bytes = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(4096);
    struct content_text text = {SPAN_LITERAL("one, better")};
    assert_int_equal(content_encode_body(CONTENT_TEXT, &text, &text_bytes), STATUS_OK);
    struct content_edit change = {CONTENT_TEXT, buffer_span(&text_bytes)};
    assert_int_equal(content_encode_body(CONTENT_EDIT, &change, &body), STATUS_OK);
    struct history_saying saying = {.message = {{77}},
                                    .content = {.version = CONTENT_VERSION,
                                                .kind = CONTENT_EDIT,
                                                .reply_to = room->items[0].message,
                                                .seen = {.sequence = UINT64_MAX},
                                                .body = buffer_span(&body)}};
    history_room_edit(room, 0, &room->ann, "one, better");
    buffer_clear(&room->messages[0]);
    history_room_sign(room, &room->ann, &saying, &room->messages[0]);
    room->items[0].authenticated = buffer_span(&room->messages[0]);
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 1, "one, better", &room->ann), ENTRY_READ);
    assert_true(history_room_has_warning(room, 1));
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

static void an_edit_that_was_not_said_yet_is_refused(void **state)
{
    struct history_room *room = *state;
    history_room_edit(room, 0, &room->ann, "one, better");
    room->items[0].edited = room->channel->cursor + 1;
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
    assert_non_null(room->problem);
    room->items[0].edited = room->channel->cursor;
    assert_int_equal(history_room_take(room), STATUS_OK);
}

static void what_we_were_there_for_is_not_replaced(void **state)
{
    struct history_room *room = *state;
    struct engine *engine = room->profile.engine;
    struct stored_entry own = {.sequence = 2,
                               .generation = 1,
                               .fate = ENTRY_DELETED,
                               .message = room->items[1].message,
                               .running_hash = {1}};
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(entry_store(engine, &room->channel->id, &own), STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
    assert_int_equal(history_room_take(room), STATUS_OK);
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry found;
    assert_int_equal(entry_get(engine, &room->channel->id, 2, &record, &arena, &found), STATUS_OK);
    assert_int_equal(found.fate, ENTRY_DELETED);
    /* And what is said of it must be what we know of it. */
    room->items[1].running_hash[0]++;
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
    assert_non_null(room->problem);
}

static void a_segment_is_what_its_key_says(void **state)
{
    struct history_room *room = *state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    struct history_key key;
    assert_int_equal(segment_encode(&room->segment, &bytes), STATUS_OK);
    struct span whole = buffer_span(&bytes);
    history_room_key_of(room, whole, &key);
    key.sha256[0] ^= 1;
    assert_int_equal(history_room_take_bytes(room, &key, whole), STATUS_UNTRUSTED);
    history_room_key_of(room, whole, &key);
    key.last++;
    assert_int_equal(history_room_take_bytes(room, &key, whole), STATUS_UNTRUSTED);
    history_room_key_of(room, whole, &key);
    key.first = 1001;
    assert_int_equal(history_room_take_bytes(room, &key, whole), STATUS_UNTRUSTED);
    for (size_t length = 0; length < whole.len; length++) {
        history_room_key_of(room, span_of(whole.ptr, length), &key);
        assert_int_equal(history_room_take_bytes(room, &key, span_of(whole.ptr, length)),
                         STATUS_UNTRUSTED);
        assert_non_null(room->problem);
    }
    assert_int_equal(history_room_fate_of(room, 1, NULL, NULL), 0);
}

static void a_segment_of_another_channel_is_refused(void **state)
{
    struct history_room *room = *state;
    room->segment.channel.bytes[0]++;
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
    room->segment.channel = room->channel->id;
    room->segment.first = 1 + (UINT64_C(1) << 32); /* contexts are of the first generation */
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
}

static void a_commit_begins_the_hash_of_its_epoch(void **state)
{
    struct history_room *room = *state;
    room->items[2].running_hash[0] ^= 1;
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
}

static void join_at(struct history_room *room, uint64_t sequence, uint64_t epoch)
{
    struct engine *engine = room->profile.engine;
    room->channel->joined_sequence = sequence;
    room->channel->joined_epoch = epoch;
    assert_int_equal(vault_begin(engine->vault), STATUS_OK);
    assert_int_equal(history_keys_put_context(engine, room->channel, 1, epoch,
                                              buffer_span(&room->contexts[epoch])),
                     STATUS_OK);
    assert_int_equal(vault_commit(engine->vault), STATUS_OK);
}

static void history_leads_to_where_we_joined(void **state)
{
    struct history_room *room = *state;
    join_at(room, 3, 1);
    assert_int_equal(history_room_take(room), STATUS_OK);
}

static void history_with_a_commit_too_many_is_refused(void **state)
{
    struct history_room *room = *state;
    join_at(room, 3, 1);
    /* A message that is left out as if it had been a change. */
    room->items[1] = (struct segment_item){.kind = SEGMENT_COMMIT};
    history_room_hash_of_epoch(room, 1, room->items[1].running_hash);
    room->segment.epoch_count = 3;
    history_room_hash_of_epoch(room, 2, room->items[2].running_hash);
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
}

/* In a segment before that of our joining, of which nothing says how many commits it has. */
static void what_is_left_out_as_a_commit_counts_and_another_fills_it_in(void **state)
{
    struct history_room *room = *state;
    struct segment_item whole = room->items[1];
    struct segment_item commit = room->items[2];
    join_at(room, 50, 1);
    room->items[1] = (struct segment_item){.kind = SEGMENT_COMMIT};
    history_room_hash_of_epoch(room, 1, room->items[1].running_hash);
    room->segment.epoch_count = 3;
    history_room_hash_of_epoch(room, 2, room->items[2].running_hash);
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_CHANGED);
    assert_int_equal(count(room).commits_too_many, 1);
    assert_int_equal(count(room).withheld, 1);
    /* What nobody signed takes no commit's place. */
    room->items[1] = whole;
    room->items[2] = commit;
    room->segment.epoch_count = 2;
    room->messages[1].ptr[room->messages[1].len - 1] ^= 1;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, NULL, NULL), ENTRY_CHANGED);
    room->messages[1].ptr[room->messages[1].len - 1] ^= 1;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
    assert_int_equal(history_room_fate_of(room, 3, NULL, NULL), ENTRY_CHANGED);
    assert_int_equal(count(room).commits_too_many, 0);
    assert_int_equal(count(room).withheld, 0);
    /* Nor does a commit by somebody's word take a message's. */
    room->items[1] = commit;
    room->segment.epoch_count = 1;
    assert_int_equal(history_room_take(room), STATUS_OK);
    assert_int_equal(history_room_fate_of(room, 2, "two", &room->ben), ENTRY_READ);
}

static void history_that_joined_no_such_epoch_is_refused(void **state)
{
    struct history_room *room = *state;
    join_at(room, 3, 2);
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
    room->channel->joined_sequence = 4; /* where the segment has a message */
    assert_int_equal(history_room_take(room), STATUS_UNTRUSTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, history_room_open, history_room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_said_comes_with_its_author_and_the_sharer),
        TEST(every_changed_byte_of_a_message_is_noticed),
        TEST(words_are_nobodys_but_whose_device_signed_them),
        TEST(a_message_has_the_id_that_its_author_gave_it),
        TEST(what_is_left_out_shows),
        TEST(what_is_said_to_hold_nothing_is_not_called_left_out),
        TEST(what_one_left_out_another_fills_in),
        TEST(what_one_said_to_hold_nothing_another_fills_in),
        TEST(one_file_is_no_two_blocks),
        TEST(a_file_is_no_other_block_than_it_was_taken_for),
        TEST(a_lie_about_a_file_says_nothing_of_another_key),
        TEST(what_was_edited_stays_outdated_when_its_key_comes),
        TEST(the_same_is_fetched_again_on_anothers_word_or_another_day),
        TEST(a_block_is_fetched_so_often_in_a_day_on_ones_word),
        TEST(a_repeat_is_shown_as_one),
        TEST(a_device_speaks_only_while_the_directory_lists_it),
        TEST(an_epoch_has_the_context_that_its_members_signed),
        TEST(contexts_under_which_nobody_signed_are_not_kept),
        TEST(nobody_speaks_before_their_epoch_begins),
        TEST(another_log_than_the_authors_shows),
        TEST(an_edit_is_its_authors),
        TEST(an_edit_of_another_message_is_none_of_this),
        TEST(an_edit_that_has_seen_what_cannot_be_is_taken_with_a_warning),
        TEST(an_edit_that_was_not_said_yet_is_refused),
        TEST(what_we_were_there_for_is_not_replaced),
        TEST(a_segment_is_what_its_key_says),
        TEST(a_segment_of_another_channel_is_refused),
        TEST(a_commit_begins_the_hash_of_its_epoch),
        TEST(history_leads_to_where_we_joined),
        TEST(history_with_a_commit_too_many_is_refused),
        TEST(what_is_left_out_as_a_commit_counts_and_another_fills_it_in),
        TEST(history_that_joined_no_such_epoch_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
