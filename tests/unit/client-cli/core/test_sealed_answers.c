/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/sealed_answers.h"

#include "client-cli/core/entry.h"
#include "protocol/crypto/random_system.h"
#include "protocol/wire/message_header.h"
#include "tests/unit/client-cli/core/profile_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A profile in a folder of its own, with a channel whose log is made here. */
struct room {
    struct profile_room profile;
    struct channel *channel;
    uint64_t sequence;
};

static int room_open(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    profile_room_open(&room->profile);
    room->channel = profile_room_channel(&room->profile);
    *state = room;
    return 0;
}

static int room_close(void **state)
{
    struct room *room = *state;
    profile_room_close(&room->profile);
    free(room);
    return 0;
}

static struct id person_named(uint8_t letter)
{
    struct id id = {{letter}};
    return id;
}

/* Puts a message into the log; its id is returned. */
static struct id
put(struct room *room, struct id person, enum lane lane, uint16_t kind, const void *body)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct content content = {.version = CONTENT_VERSION, .kind = kind};
    struct stored_entry entry = {.sequence = ++room->sequence,
                                 .generation = 1,
                                 .fate = ENTRY_READ,
                                 .person = person,
                                 .lane = (uint8_t)lane};
    assert_int_equal(content_encode_body(kind, body, &encoded), STATUS_OK);
    content.body = buffer_span(&encoded);
    assert_int_equal(content_encode(&content, &bytes), STATUS_OK);
    entry.content = buffer_span(&bytes);
    assert_int_equal(id_random(random_system(), &entry.message), STATUS_OK);
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    assert_int_equal(entry_store(room->profile.engine, &room->channel->id, &entry), STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
    return entry.message;
}

/* Somebody seals words; `reveal` is what opens them. */
static void
seal(struct room *room, struct id person, const char *words, struct content_reveal *reveal)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEALED_BYTES);
    struct content_sealed sealed;
    assert_int_equal(
        sealed_make(&person, span_from_text(words), random_system(), &bytes, reveal->key, &sealed),
        STATUS_OK);
    reveal->message = put(room, person, LANE_FLOOR, CONTENT_SEALED, &sealed);
}

static void assert_answer(struct room *room, size_t at, enum floor_reveal reveal, const char *words)
{
    struct sealed_answer_list list;
    assert_int_equal(sealed_answers_list(room->profile.engine, room->channel, &list), STATUS_OK);
    assert_true(at < list.count);
    assert_int_equal(list.items[at].reveal, reveal);
    assert_true(span_equal(list.items[at].text, span_from_text(words)));
    sealed_answer_list_clear(&list);
}

static void an_answer_waits_until_its_author_reveals_it(void **state)
{
    struct room *room = *state;
    struct content_reveal reveal;
    seal(room, person_named('a'), "we expected rain", &reveal);
    assert_answer(room, 0, REVEAL_WAITING, "");
    put(room, person_named('a'), LANE_SIDE, CONTENT_REVEAL, &reveal);
    assert_answer(room, 0, REVEAL_OPEN, "we expected rain");
}

static void nobody_else_can_reveal_an_answer(void **state)
{
    struct room *room = *state;
    struct content_reveal reveal;
    seal(room, person_named('a'), "mine", &reveal);
    put(room, person_named('b'), LANE_SIDE, CONTENT_REVEAL, &reveal);
    assert_answer(room, 0, REVEAL_WAITING, "");
}

static void a_key_that_opens_nothing_is_shown_as_false(void **state)
{
    struct room *room = *state;
    struct content_reveal reveal;
    seal(room, person_named('a'), "what I wrote", &reveal);
    reveal.key[0] ^= 1;
    put(room, person_named('a'), LANE_SIDE, CONTENT_REVEAL, &reveal);
    assert_answer(room, 0, REVEAL_FALSE, "");
}

/* Who copies a sealed answer can wait for its key too, but not for a commitment to their own name.
 */
static void a_copied_answer_opens_for_nobody_but_its_author(void **state)
{
    struct room *room = *state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEALED_BYTES);
    const struct id author = person_named('a');
    struct content_sealed sealed;
    struct content_reveal reveal;
    assert_int_equal(sealed_make(&author, SPAN_LITERAL("my own words"), random_system(), &bytes,
                                 reveal.key, &sealed),
                     STATUS_OK);
    put(room, author, LANE_FLOOR, CONTENT_SEALED, &sealed);
    reveal.message = put(room, person_named('b'), LANE_FLOOR, CONTENT_SEALED, &sealed);
    put(room, person_named('b'), LANE_SIDE, CONTENT_REVEAL, &reveal);
    assert_answer(room, 1, REVEAL_FALSE, "");
}

static void what_is_open_stays_open(void **state)
{
    struct room *room = *state;
    struct content_reveal reveal;
    seal(room, person_named('a'), "what I wrote", &reveal);
    put(room, person_named('a'), LANE_SIDE, CONTENT_REVEAL, &reveal);
    reveal.key[31] ^= 1;
    put(room, person_named('a'), LANE_SIDE, CONTENT_REVEAL, &reveal);
    assert_answer(room, 0, REVEAL_OPEN, "what I wrote");
}

static void the_key_of_one_answer_opens_no_other(void **state)
{
    struct room *room = *state;
    struct content_reveal first;
    struct content_reveal second;
    seal(room, person_named('a'), "one", &first);
    seal(room, person_named('a'), "two", &second);
    memcpy(second.key, first.key, sizeof second.key);
    put(room, person_named('a'), LANE_SIDE, CONTENT_REVEAL, &second);
    assert_answer(room, 0, REVEAL_WAITING, "");
    assert_answer(room, 1, REVEAL_FALSE, "");
}

static void a_reveal_is_read_where_it_stands(void **state)
{
    struct room *room = *state;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_TEXT_BYTES);
    const struct id author = person_named('a');
    const struct id other = person_named('b');
    struct content_reveal reveal;
    enum floor_reveal result;
    seal(room, author, "read me", &reveal);
    assert_int_equal(
        sealed_answers_open(room->profile.engine, room->channel, &other, &reveal, &result, &text),
        STATUS_OK);
    assert_int_equal(result, REVEAL_WAITING);
    assert_int_equal(
        sealed_answers_open(room->profile.engine, room->channel, &author, &reveal, &result, &text),
        STATUS_OK);
    assert_int_equal(result, REVEAL_OPEN);
    assert_true(span_equal(buffer_span(&text), SPAN_LITERAL("read me")));
}

static void a_reveal_of_what_is_not_there_opens_nothing(void **state)
{
    struct room *room = *state;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_TEXT_BYTES);
    const struct id author = person_named('a');
    const struct content_text words = {SPAN_LITERAL("not sealed")};
    struct content_reveal reveal = {.message = person_named('x')};
    enum floor_reveal result;
    assert_int_equal(
        sealed_answers_open(room->profile.engine, room->channel, &author, &reveal, &result, &text),
        STATUS_OK);
    assert_int_equal(result, REVEAL_WAITING);
    reveal.message = put(room, author, LANE_FLOOR, CONTENT_TEXT, &words);
    assert_int_equal(
        sealed_answers_open(room->profile.engine, room->channel, &author, &reveal, &result, &text),
        STATUS_OK);
    assert_int_equal(result, REVEAL_WAITING);
    assert_int_equal(text.len, 0);
}

int main(void)
{
#define IN_A_ROOM(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)
    const struct CMUnitTest tests[] = {
        IN_A_ROOM(an_answer_waits_until_its_author_reveals_it),
        IN_A_ROOM(nobody_else_can_reveal_an_answer),
        IN_A_ROOM(a_key_that_opens_nothing_is_shown_as_false),
        IN_A_ROOM(a_copied_answer_opens_for_nobody_but_its_author),
        IN_A_ROOM(what_is_open_stays_open),
        IN_A_ROOM(the_key_of_one_answer_opens_no_other),
        IN_A_ROOM(a_reveal_is_read_where_it_stands),
        IN_A_ROOM(a_reveal_of_what_is_not_there_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
