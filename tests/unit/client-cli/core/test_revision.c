/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/revision.h"

#include "protocol/crypto/random_system.h"
#include "protocol/wire/message_header.h"
#include "tests/unit/client-cli/core/profile_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A profile in a folder of its own, with a channel in which nobody facilitates. */
struct room {
    struct profile_room profile;
    struct channel *channel;
    uint64_t last;
    struct id given; /* the id of what is said next; none: a random one */
};

static const struct id ann = {{0xaa}};
static const struct id bea = {{0xbb}};
static const struct id none = {{0}};

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

/* What the log brings: `person` says this. Returns the problem, NULL for none. */
static const char *say(struct room *room,
                       const struct id *person,
                       uint16_t kind,
                       const struct id *reply_to,
                       const void *body,
                       struct id *message)
{
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    const char *problem = NULL;
    assert_int_equal(content_encode_body(kind, body, &encoded), STATUS_OK);
    struct content content = {.version = CONTENT_VERSION,
                              .kind = kind,
                              .reply_to = *reply_to,
                              .body = buffer_span(&encoded)};
    assert_int_equal(content_encode(&content, &bytes), STATUS_OK);
    struct stored_entry entry = {.sequence = ++room->last,
                                 .generation = 1,
                                 .fate = ENTRY_READ,
                                 .person = *person,
                                 .lane = content_kind_find(kind)->lane,
                                 .content = buffer_span(&bytes)};
    entry.message = room->given;
    if (id_is_none(&room->given))
        assert_int_equal(id_random(random_system(), &entry.message), STATUS_OK);
    room->given = none;
    assert_int_equal(vault_begin(room->profile.engine->vault), STATUS_OK);
    assert_int_equal(revision_take(room->profile.engine, room->channel, &entry, &content, &problem),
                     STATUS_OK);
    assert_int_equal(entry_store(room->profile.engine, &room->channel->id, &entry), STATUS_OK);
    assert_int_equal(vault_commit(room->profile.engine->vault), STATUS_OK);
    if (message != NULL)
        *message = entry.message;
    return problem;
}

static const char *edit(struct room *room,
                        const struct id *person,
                        const struct id *message,
                        uint16_t kind,
                        const char *text)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    struct content_text words = {span_from_text(text)};
    assert_int_equal(content_encode_body(kind, &words, &body), STATUS_OK);
    struct content_edit change = {kind, buffer_span(&body)};
    return say(room, person, CONTENT_EDIT, message, &change, NULL);
}

static const char *delete (struct room *room, const struct id *person, const struct id *message)
{
    struct content_message item = {*message};
    struct content_deletion deletion = {&item, 1};
    return say(room, person, CONTENT_DELETION, &none, &deletion, NULL);
}

static struct id say_text(struct room *room, const struct id *person, uint16_t kind)
{
    struct content_text text = {SPAN_LITERAL("mats by the bed")};
    struct id message;
    assert_null(say(room, person, kind, &none, &text, &message));
    return message;
}

/* What is kept of a message now; false when it was deleted. */
static bool reads(struct room *room, const struct id *message, const char *text)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry entry;
    struct content content;
    struct content_text body;
    assert_int_equal(entry_get_message(room->profile.engine, &room->channel->id, message, &record,
                                       &arena, &entry),
                     STATUS_OK);
    if (entry.fate == ENTRY_DELETED) {
        assert_int_equal(entry.content.len + entry.authenticated.len, 0);
        return false;
    }
    assert_int_equal(entry_content(&entry, &content), STATUS_OK);
    assert_int_equal(content_decode_body(&content, &arena, &body), STATUS_OK);
    assert_true(span_equal(body.text, span_from_text(text)));
    return true;
}

static void the_last_edit_of_the_author_counts(void **state)
{
    struct room *room = *state;
    struct id message = say_text(room, &ann, CONTENT_NOTE);
    assert_null(edit(room, &ann, &message, CONTENT_NOTE, "mats"));
    assert_null(edit(room, &ann, &message, CONTENT_NOTE, "mats and light"));
    assert_true(reads(room, &message, "mats and light"));
}

static void an_edit_of_somebody_else_or_of_another_kind_is_not_followed(void **state)
{
    struct room *room = *state;
    struct id message = say_text(room, &ann, CONTENT_NOTE);
    assert_non_null(edit(room, &bea, &message, CONTENT_NOTE, "no mats"));
    assert_non_null(edit(room, &ann, &message, CONTENT_SUMMARY, "no mats"));
    assert_true(reads(room, &message, "mats by the bed"));
}

static void what_is_not_said_in_words_cannot_be_edited(void **state)
{
    struct room *room = *state;
    struct content_mark vote = {true};
    struct id message;
    assert_null(say(room, &ann, CONTENT_VOTE, &none, &vote, &message));
    struct content_edit change = {CONTENT_VOTE, SPAN_LITERAL("\0")};
    assert_non_null(say(room, &ann, CONTENT_EDIT, &message, &change, NULL));
}

static void a_message_of_another_channel_is_not_found_in_this_one(void **state)
{
    struct room *room = *state;
    struct id message = say_text(room, &ann, CONTENT_NOTE);
    struct channel *here = room->channel;
    struct id other;
    assert_int_equal(id_random(random_system(), &other), STATUS_OK);
    assert_int_equal(channel_new(room->profile.engine, &other, &room->channel), STATUS_OK);
    assert_null(delete (room, &ann, &message)); /* no problem, and no effect */
    room->given = message;                      /* an id is its sender's choice */
    (void)say_text(room, &bea, CONTENT_NOTE);
    assert_null(edit(room, &bea, &message, CONTENT_NOTE, "hers"));
    assert_true(reads(room, &message, "hers"));
    assert_null(delete (room, &bea, &message));
    room->channel = here;
    assert_true(reads(room, &message, "mats by the bed"));
}

static void only_the_author_deletes_where_nobody_facilitates(void **state)
{
    struct room *room = *state;
    struct id message = say_text(room, &ann, CONTENT_NOTE);
    assert_non_null(delete (room, &bea, &message));
    assert_true(reads(room, &message, "mats by the bed"));
    assert_null(delete (room, &ann, &message));
    assert_false(reads(room, &message, ""));
    assert_null(edit(room, &ann, &message, CONTENT_NOTE, "back again"));
    assert_false(reads(room, &message, ""));
}

static void what_changed_the_channel_cannot_be_deleted(void **state)
{
    struct room *room = *state;
    struct content_stage stage = {.action = 1};
    struct id message;
    assert_null(say(room, &ann, CONTENT_STAGE, &none, &stage, &message));
    assert_non_null(delete (room, &ann, &message));
}

static void reactions_are_one_a_person_and_text(void **state)
{
    struct room *room = *state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct id message = say_text(room, &ann, CONTENT_NOTE);
    struct content_reaction thanks = {SPAN_LITERAL("thanks"), true};
    struct content_reaction plus = {SPAN_LITERAL("+1"), true};
    struct revision_reaction *reactions = NULL;
    size_t count = 0;
    assert_null(say(room, &ann, CONTENT_REACTION, &message, &thanks, NULL));
    assert_null(say(room, &bea, CONTENT_REACTION, &message, &thanks, NULL));
    assert_null(say(room, &bea, CONTENT_REACTION, &message, &plus, NULL));
    assert_null(say(room, &bea, CONTENT_REACTION, &message, &thanks, NULL));
    thanks.on = false;
    assert_null(say(room, &ann, CONTENT_REACTION, &message, &thanks, NULL));
    assert_int_equal(revision_reactions(room->profile.engine, &room->channel->id, &message, &arena,
                                        &reactions, &count),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_true(id_equal(&reactions[0].person, &bea));
    assert_true(span_equal(reactions[1].text, SPAN_LITERAL("+1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_edit_of_the_author_counts, room_open, room_close),
        cmocka_unit_test_setup_teardown(an_edit_of_somebody_else_or_of_another_kind_is_not_followed,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(what_is_not_said_in_words_cannot_be_edited, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(a_message_of_another_channel_is_not_found_in_this_one,
                                        room_open, room_close),
        cmocka_unit_test_setup_teardown(only_the_author_deletes_where_nobody_facilitates, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(what_changed_the_channel_cannot_be_deleted, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(reactions_are_one_a_person_and_text, room_open, room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
