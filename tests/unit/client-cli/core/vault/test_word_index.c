/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/word_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct hits {
    uint64_t numbers[16];
    size_t count;
    size_t stop_at;
};

static enum status keep(void *context, uint64_t number)
{
    struct hits *hits = context;
    if (hits->count == hits->stop_at)
        return STATUS_CANCELLED;
    hits->numbers[hits->count++] = number;
    return STATUS_OK;
}

static int index_open(void **state)
{
    static const char *const texts[] = {
        "Falls at night, in the corridor",
        "Caf\xc3\xa9 round: R\xc3\xa9sum\xc3\xa9 of the na\xc3\xafve plan",
        "fall prevention plan for the night shift",
        "",
        "a \"quoted\" AND an operator OR NOT NEAR(x)",
    };
    struct word_index *index = NULL;
    assert_int_equal(word_index_new(&index), STATUS_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(word_index_add(index, i + 1, span_from_text(texts[i])), STATUS_OK);
    *state = index;
    return 0;
}

static int index_close(void **state)
{
    struct word_index *index = *state;
    word_index_free(&index);
    return 0;
}

static size_t find(void **state, const char *words, struct hits *hits)
{
    *hits = (struct hits){.stop_at = 16};
    assert_int_equal(word_index_find(*state, span_from_text(words), keep, hits), STATUS_OK);
    return hits->count;
}

static void all_words_must_be_there_by_their_beginnings(void **state)
{
    struct hits hits;
    assert_int_equal(find(state, "fall", &hits), 2);
    assert_int_equal(hits.numbers[0], 3); /* the newest first */
    assert_int_equal(find(state, "night fall", &hits), 2);
    assert_int_equal(find(state, "falls night", &hits), 1);
    assert_int_equal(find(state, "night summary", &hits), 0);
}

static void case_and_accents_do_not_count(void **state)
{
    struct hits hits;
    assert_int_equal(find(state, "CAFE resume", &hits), 1);
    assert_int_equal(find(state, "nai\xcc\x88ve", &hits), 1); /* the accent apart */
    assert_int_equal(find(state, "R\xc3\x89SUM\xc3\x89", &hits), 1);
}

static void nothing_that_is_typed_is_an_operator(void **state)
{
    struct hits hits;
    assert_int_equal(find(state, "\"quoted\" AND operator", &hits), 1);
    assert_int_equal(find(state, "falls OR cafe", &hits), 0);
    assert_int_equal(find(state, "NEAR(", &hits), 1);
    assert_int_equal(find(state, "text:falls", &hits), 0);
    assert_int_equal(find(state, "*** \" ' -", &hits), 0);
    assert_int_equal(find(state, "", &hits), 0);
    assert_int_equal(find(state, "\xff\xfe", &hits), 0);
}

static void a_search_may_be_ended_and_more_added_afterwards(void **state)
{
    struct hits hits = {.stop_at = 1};
    assert_int_equal(word_index_find(*state, SPAN_LITERAL("plan"), keep, &hits), STATUS_OK);
    assert_int_equal(hits.count, 1);
    assert_int_equal(word_index_add(*state, 77, SPAN_LITERAL("another plan")), STATUS_OK);
    assert_int_equal(find(state, "plan", &hits), 3);
    assert_int_equal(hits.numbers[0], 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_words_must_be_there_by_their_beginnings, index_open,
                                        index_close),
        cmocka_unit_test_setup_teardown(case_and_accents_do_not_count, index_open, index_close),
        cmocka_unit_test_setup_teardown(nothing_that_is_typed_is_an_operator, index_open,
                                        index_close),
        cmocka_unit_test_setup_teardown(a_search_may_be_ended_and_more_added_afterwards, index_open,
                                        index_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
