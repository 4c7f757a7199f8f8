/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/session_turn.h"

#include "protocol/content/kinds.h"
#include "protocol/format/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct format *format_named(const char *name)
{
    const struct format *format = format_catalogue_find(span_from_text(name));
    assert_non_null(format);
    return format;
}

static const struct format_stage *stage_named(const struct format *format, const char *name)
{
    for (size_t i = 0; i < format->stage_count; i++)
        if (span_equal(format->stages[i].name, span_from_text(name)))
            return &format->stages[i];
    fail_msg("no stage %s", name);
    return NULL;
}

/* The refusal in a stage of the peer assist; NULL when there is none. */
static const char *
refusal(const char *stage, bool paused, uint16_t roles, uint16_t kind, char text[400])
{
    const struct format *format = format_named("peer-assist");
    strcpy(text, "untouched");
    bool refused =
        session_turn_refusal(format, stage_named(format, stage), paused, roles, kind, text, 400);
    if (!refused)
        assert_string_equal(text, "untouched");
    return refused ? text : NULL;
}

static void names_who_has_the_floor(void **state)
{
    (void)state;
    const struct format *format = format_named("peer-assist");
    char text[200];
    session_turn_speakers(format, stage_named(format, "welcome"), text, sizeof text);
    assert_string_equal(text, "everybody");
    session_turn_speakers(format, stage_named(format, "commitment"), text, sizeof text);
    assert_string_equal(text, "Assistee");
    session_turn_speakers(format, stage_named(format, "context"), text, sizeof text);
    assert_string_equal(text, "Assistee and Facilitator");
    session_turn_speakers(format, stage_named(format, "questions"), text, sizeof text);
    assert_string_equal(text, "Assistee, Facilitator and Assister");
}

static void a_list_that_is_too_long_is_cut_and_ends(void **state)
{
    (void)state;
    const struct format *format = format_named("peer-assist");
    char text[12];
    session_turn_speakers(format, stage_named(format, "questions"), text, sizeof text);
    assert_string_equal(text, "Assistee, F");
    session_turn_commands(stage_named(format, "ideas"), text, sizeof text);
    assert_string_equal(text, "weft idea, ");
}

static void names_the_commands_of_a_stage(void **state)
{
    (void)state;
    const struct format *format = format_named("peer-assist");
    const struct format *review = format_named("after-action-review");
    char text[200];
    session_turn_commands(stage_named(format, "welcome"), text, sizeof text);
    assert_string_equal(text, "weft say");
    session_turn_commands(stage_named(format, "last-ideas"), text, sizeof text);
    assert_string_equal(text, "weft last-idea");
    session_turn_commands(stage_named(format, "commitment"), text, sizeof text);
    assert_string_equal(text, "weft commit or weft say");
    session_turn_commands(stage_named(review, "expected"), text, sizeof text);
    assert_string_equal(text, "weft review answer");
}

static void lets_those_speak_whose_turn_it_is(void **state)
{
    (void)state;
    char text[400];
    assert_null(refusal("welcome", false, 0, CONTENT_TEXT, text));
    assert_null(refusal("context", false, CHANNEL_ROLE_HOST, CONTENT_CONTEXT, text));
    assert_null(refusal("questions", false, CHANNEL_ROLE_ASSISTER, CONTENT_QUESTION, text));
}

static void a_refusal_names_the_next_step(void **state)
{
    (void)state;
    char text[400];
    const char *turn = refusal("context", false, CHANNEL_ROLE_ASSISTER, CONTENT_CONTEXT, text);
    assert_non_null(turn);
    assert_non_null(strstr(turn, "Assistee and Facilitator"));
    assert_non_null(strstr(turn, "weft note"));
    const char *kind = refusal("questions", false, CHANNEL_ROLE_ASSISTER, CONTENT_IDEA, text);
    assert_non_null(kind);
    assert_non_null(strstr(kind, "Clarifying questions"));
    assert_non_null(strstr(kind, "use weft question or weft answer"));
    const char *pause = refusal("questions", true, CHANNEL_ROLE_ASSISTER, CONTENT_QUESTION, text);
    assert_non_null(pause);
    assert_non_null(strstr(pause, "paused"));
}

static void notes_are_never_out_of_turn(void **state)
{
    (void)state;
    char text[400];
    const uint16_t kinds[] = {CONTENT_NOTE, CONTENT_OFFER, CONTENT_ACTION, CONTENT_HAND,
                              CONTENT_STAGE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_null(refusal("commitment", true, 0, kinds[i], text));
}

static void before_the_start_and_after_the_end_everybody_may_speak(void **state)
{
    (void)state;
    char text[400];
    assert_false(session_turn_refusal(format_named("peer-assist"), NULL, false, 0, CONTENT_TEXT,
                                      text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_who_has_the_floor),
        cmocka_unit_test(a_list_that_is_too_long_is_cut_and_ends),
        cmocka_unit_test(names_the_commands_of_a_stage),
        cmocka_unit_test(lets_those_speak_whose_turn_it_is),
        cmocka_unit_test(a_refusal_names_the_next_step),
        cmocka_unit_test(notes_are_never_out_of_turn),
        cmocka_unit_test(before_the_start_and_after_the_end_everybody_may_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
