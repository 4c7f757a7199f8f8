/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/floor.h"
#include "client-cli/core/harvest.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/format/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bodies live until the test ends. */
struct session {
    const struct format *format;
    struct arena arena;
    struct harvest_source sources[16];
    size_t count;
};

static void session_begin(struct session *session, const char *format)
{
    memset(session, 0, sizeof *session);
    session->format = format_catalogue_find(span_from_text(format));
    assert_non_null(session->format);
    arena_init(&session->arena, LIMIT_DECODED_BYTES);
}

static void say(struct session *session, uint16_t kind, const void *body)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_ENTRY_BYTES);
    struct harvest_source *source = &session->sources[session->count++];
    assert_int_equal(content_encode_body(kind, body, &bytes), STATUS_OK);
    source->kind = kind;
    assert_int_equal(arena_copy(&session->arena, buffer_span(&bytes), &source->body), STATUS_OK);
}

static void say_text(struct session *session, uint16_t kind, const char *words)
{
    struct content_text text = {span_from_text(words)};
    say(session, kind, &text);
}

static void a_harvest_sorts_under_headings_and_names_nobody(void **state)
{
    (void)state;
    struct session session;
    session_begin(&session, "peer-assist");
    struct content_action action = {SPAN_LITERAL("try one huddle"), SPAN_LITERAL("night team"),
                                    86400000};
    struct content_idea idea = {SPAN_LITERAL("stand up"), SPAN_LITERAL("it is shorter")};
    say(&session, CONTENT_COMMITMENT, &action);
    say(&session, CONTENT_IDEA, &idea);
    say_text(&session, CONTENT_CONTEXT, "we have no huddle");
    say_text(&session, CONTENT_TEXT, "hello all");
    say_text(&session, CONTENT_OFFER, "visit us");
    struct content_harvest harvest;
    assert_int_equal(
        harvest_collect(session.format, session.sources, session.count, &session.arena, &harvest),
        STATUS_OK);
    assert_int_equal(harvest.item_count, 4); /* a greeting is not kept */
    assert_true(span_equal(harvest.items[0].field, SPAN_LITERAL("context")));
    assert_true(span_equal(harvest.items[1].text, SPAN_LITERAL("stand up (why: it is shorter)")));
    assert_true(span_equal(harvest.items[3].text,
                           SPAN_LITERAL("try one huddle (owner: night team, by 1970-01-02)")));
    assert_int_equal(harvest_action_count(session.format, &harvest), 1);
    arena_clear(&session.arena);
}

static void a_page_escapes_what_people_wrote(void **state)
{
    (void)state;
    struct session session;
    session_begin(&session, "after-action-review");
    say_text(&session, CONTENT_LESSON, "<b>ask</b> [here](http://x)\nsecond line");
    struct content_harvest harvest;
    assert_int_equal(harvest_collect(session.format, session.sources, 1, &session.arena, &harvest),
                     STATUS_OK);
    harvest.follow_up = 86400000;
    CLEANUP(buffer_clear) struct buffer page = BUFFER_INIT(4096);
    struct harvest_page head = {.title = SPAN_LITERAL("Ward #4"), .approved = true};
    assert_int_equal(harvest_write_markdown(session.format, &harvest, &head, &page), STATUS_OK);
    const char *expected = "# Ward \\#4\n\nAfter-action review, 1970-01-01, approved by the group\n"
                           "\n## Lessons\n\n"
                           "- \\<b\\>ask\\</b\\> \\[here\\](http://x)\n  second line\n"
                           "\n## Follow-up\n\n1970-01-02\n";
    assert_int_equal(page.len, strlen(expected));
    assert_memory_equal(page.ptr, expected, page.len);
    arena_clear(&session.arena);
}

static void a_body_that_does_not_decode_is_left_out(void **state)
{
    (void)state;
    struct session session;
    session_begin(&session, "peer-assist");
    session.sources[0] =
        (struct harvest_source){.kind = CONTENT_NOTE, .body = SPAN_LITERAL("\xff")};
    session.sources[1] = (struct harvest_source){.kind = 9999, .body = SPAN_LITERAL("later")};
    struct content_harvest harvest;
    assert_int_equal(harvest_collect(session.format, session.sources, 2, &session.arena, &harvest),
                     STATUS_OK);
    assert_int_equal(harvest.item_count, 0);
    arena_clear(&session.arena);
}

static void a_breach_of_lane_turn_or_kind_is_seen(void **state)
{
    (void)state;
    const struct format *format = format_catalogue_find(SPAN_LITERAL("peer-assist"));
    const struct format_stage *questions = &format->stages[2];
    assert_true(span_equal(questions->name, SPAN_LITERAL("questions")));
    uint16_t assister = CHANNEL_ROLE_ASSISTER;
    assert_null(floor_breach(questions, assister, LANE_FLOOR, CONTENT_QUESTION));
    assert_null(floor_breach(questions, 0, LANE_SIDE, CONTENT_NOTE));
    assert_null(floor_breach(NULL, 0, LANE_FLOOR, CONTENT_TEXT));
    assert_null(floor_breach(questions, 0, LANE_FLOOR, 9999));
    assert_non_null(floor_breach(questions, assister, LANE_SIDE, CONTENT_QUESTION));
    assert_non_null(floor_breach(questions, assister, LANE_FLOOR, CONTENT_IDEA));
    assert_non_null(floor_breach(questions, 0, LANE_FLOOR, CONTENT_QUESTION));
}

static void an_answer_is_waiting_open_or_false(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(1024);
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1024);
    uint8_t key[SEALED_KEY_SIZE];
    struct content_sealed sealed;
    struct id author = {{1}};
    struct id copier = {{2}};
    assert_int_equal(
        sealed_make(&author, SPAN_LITERAL("ten"), random_system(), &ciphertext, key, &sealed),
        STATUS_OK);
    assert_int_equal(floor_open(&sealed, &author, NULL, &text), REVEAL_WAITING);
    assert_int_equal(floor_open(&sealed, &author, key, &text), REVEAL_OPEN);
    assert_true(span_equal(buffer_span(&text), SPAN_LITERAL("ten")));
    assert_int_equal(floor_open(&sealed, &copier, key, &text), REVEAL_FALSE);
    key[1] ^= 1;
    assert_int_equal(floor_open(&sealed, &author, key, &text), REVEAL_FALSE);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_harvest_sorts_under_headings_and_names_nobody),
        cmocka_unit_test(a_page_escapes_what_people_wrote),
        cmocka_unit_test(a_body_that_does_not_decode_is_left_out),
        cmocka_unit_test(a_breach_of_lane_turn_or_kind_is_seen),
        cmocka_unit_test(an_answer_is_waiting_open_or_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
