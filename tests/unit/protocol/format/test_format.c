/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/content/kinds.h"
#include "protocol/crypto/random_system.h"
#include "protocol/format/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_format_survives_a_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < format_catalogue_count; i++) {
        CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FORMAT_BYTES);
        CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_FORMAT_BYTES);
        CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
        struct format format;
        assert_int_equal(format_encode(format_catalogue[i], &bytes), STATUS_OK);
        assert_int_equal(format_decode(buffer_span(&bytes), &arena, &format), STATUS_OK);
        assert_int_equal(format_encode(&format, &again), STATUS_OK);
        assert_true(span_equal(buffer_span(&bytes), buffer_span(&again)));
        assert_ptr_equal(format_catalogue_find(format.name), format_catalogue[i]);
    }
}

/* A kind that a stage asks for must be one of the floor, or nobody could ever say it. */
static void stages_and_harvests_name_kinds_that_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < format_catalogue_count; i++) {
        const struct format *format = format_catalogue[i];
        for (size_t s = 0; s < format->stage_count; s++)
            for (size_t k = 0; k < format->stages[s].kind_count; k++) {
                const struct content_kind_row *kind =
                    content_kind_find(format->stages[s].kinds[k].kind);
                assert_non_null(kind);
                assert_int_equal(kind->lane, 1);
            }
        for (size_t h = 0; h < format->harvest_count; h++)
            assert_non_null(content_kind_find(format->harvest[h].kind));
    }
}

static const struct format_stage *stage_named(const struct format *format, const char *name)
{
    for (size_t i = 0; i < format->stage_count; i++)
        if (span_equal(format->stages[i].name, span_from_text(name)))
            return &format->stages[i];
    fail_msg("no stage %s", name);
    return NULL;
}

static void a_peer_assist_keeps_the_hosts_account_to_a_quarter(void **state)
{
    (void)state;
    const struct format *format = format_catalogue_find(SPAN_LITERAL("peer-assist"));
    assert_non_null(format);
    unsigned total = 0;
    for (size_t i = 0; i < format->stage_count; i++)
        total += format->stages[i].minutes;
    assert_int_equal(total, 60);
    assert_true(stage_named(format, "context")->minutes * 4 <= total);
}

static void a_peer_assist_silences_whom_it_should(void **state)
{
    (void)state;
    const struct format *format = format_catalogue_find(SPAN_LITERAL("peer-assist"));
    const struct format_stage *context = stage_named(format, "context");
    assert_true(format_may_speak(context, CHANNEL_ROLE_HOST));
    assert_false(format_may_speak(context, CHANNEL_ROLE_ASSISTER));
    assert_false(format_may_speak(context, 0));
    const struct format_stage *questions = stage_named(format, "questions");
    assert_true(format_allows_kind(questions, CONTENT_QUESTION));
    assert_false(format_allows_kind(questions, CONTENT_IDEA));
    const struct format_stage *last = stage_named(format, "last-ideas");
    assert_false(format_may_speak(last, CHANNEL_ROLE_HOST | CHANNEL_ROLE_FACILITATOR));
    const struct format_stage *welcome = stage_named(format, "welcome");
    assert_true(format_may_speak(welcome, 0));
    assert_true(format_allows_kind(welcome, CONTENT_TEXT));
}

static void a_review_writes_before_it_reveals(void **state)
{
    (void)state;
    const struct format *format = format_catalogue_find(SPAN_LITERAL("after-action-review"));
    assert_non_null(format);
    assert_true(format->harvest_approval);
    size_t reveals = 0;
    for (size_t i = 1; i < format->stage_count; i++) {
        if (!format->stages[i].reveal)
            continue;
        reveals++;
        assert_true(format_allows_kind(&format->stages[i - 1], CONTENT_SEALED));
        assert_false(format_allows_kind(&format->stages[i - 1], CONTENT_TEXT));
    }
    assert_int_equal(reveals, 2);
}

static void a_format_that_cannot_be_run_is_refused(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FORMAT_BYTES);
    struct format_stage stages[2] = {
        {.name = SPAN_LITERAL("a"), .speak = FORMAT_EVERYBODY},
        {.name = SPAN_LITERAL("b"), .speak = FORMAT_EVERYBODY},
    };
    const struct format good = {.version = FORMAT_VERSION,
                                .name = SPAN_LITERAL("x"),
                                .people_min = 1,
                                .people_max = 2,
                                .stages = stages,
                                .stage_count = 2};
    assert_int_equal(format_encode(&good, &bytes), STATUS_OK);
    struct format bad = good;
    bad.stage_count = 0;
    assert_int_equal(format_encode(&bad, &bytes), STATUS_INVALID);
    bad = good;
    bad.people_max = 0;
    assert_int_equal(format_encode(&bad, &bytes), STATUS_INVALID);
    bad = good;
    bad.version = 2;
    assert_int_equal(format_encode(&bad, &bytes), STATUS_UNSUPPORTED);
    stages[1].name = SPAN_LITERAL("a");
    assert_int_equal(format_encode(&good, &bytes), STATUS_INVALID);
    stages[1].name = SPAN_LITERAL("b");
    stages[1].speak = 0; /* no clock and no voice: nothing could ever happen */
    assert_int_equal(format_encode(&good, &bytes), STATUS_INVALID);
    stages[1].minutes = 5;
    stages[1].deadline_days = 5;
    assert_int_equal(format_encode(&good, &bytes), STATUS_INVALID);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_survives_a_round_trip),
        cmocka_unit_test(stages_and_harvests_name_kinds_that_exist),
        cmocka_unit_test(a_peer_assist_keeps_the_hosts_account_to_a_quarter),
        cmocka_unit_test(a_peer_assist_silences_whom_it_should),
        cmocka_unit_test(a_review_writes_before_it_reveals),
        cmocka_unit_test(a_format_that_cannot_be_run_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
