/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/content/segment.h"

#include "protocol/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GENERATION_2 (UINT64_C(1) << 32)

static const struct id someone = {{1}};
static const struct id something = {{2}};

static struct segment_item message_of(struct span authenticated)
{
    return (struct segment_item){.kind = SEGMENT_MESSAGE,
                                 .time = 7,
                                 .message = something,
                                 .device = someone,
                                 .authenticated = authenticated};
}

static struct segment segment_of(struct segment_item *items, size_t count)
{
    return (struct segment){.version = SEGMENT_VERSION,
                            .channel = {{9}},
                            .first = 1,
                            .items = items,
                            .item_count = count};
}

static enum status encode(const struct segment *segment)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    return segment_encode(segment, &bytes);
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct segment_item items[] = {{.kind = SEGMENT_COMMIT},
                                   message_of(SPAN_LITERAL("signed")),
                                   {.kind = SEGMENT_EDITED,
                                    .message = something,
                                    .device = someone,
                                    .edited = 8,
                                    .reply_to = someone,
                                    .stage_counter = 3,
                                    .authenticated = SPAN_LITERAL("edit")},
                                   {.kind = SEGMENT_WITHHELD, .message = something},
                                   {.kind = SEGMENT_CONTROL, .message = something}};
    struct segment_epoch epochs[] = {{3, SPAN_LITERAL("three")}, {4, SPAN_LITERAL("four")}};
    struct segment segment = segment_of(items, 5);
    struct segment read;
    segment.epochs = epochs;
    segment.epoch_count = 2;
    segment.epoch = 3;
    assert_int_equal(segment_encode(&segment, &bytes), STATUS_OK);
    assert_int_equal(segment_decode(buffer_span(&bytes), &arena, &read), STATUS_OK);
    assert_int_equal(read.item_count, 5);
    assert_int_equal(read.items[2].edited, 8);
    assert_int_equal(read.items[2].stage_counter, 3);
    assert_true(span_equal(read.items[1].authenticated, SPAN_LITERAL("signed")));
    assert_true(span_equal(segment_context(&read, 3), SPAN_LITERAL("three")));
    assert_true(span_equal(segment_context(&read, 4), SPAN_LITERAL("four")));
    assert_int_equal(segment_context(&read, 2).len, 0);
    assert_int_equal(segment_context(&read, 5).len, 0);
    for (size_t length = 0; length < bytes.len; length++)
        assert_int_not_equal(segment_decode(span_of(bytes.ptr, length), &arena, &read), STATUS_OK);
    assert_int_equal(buffer_append(&bytes, SPAN_LITERAL("x")), STATUS_OK);
    assert_int_equal(segment_decode(buffer_span(&bytes), &arena, &read), STATUS_TRAILING);
}

static void blocks_begin_anew_with_each_generation(void **state)
{
    (void)state;
    assert_int_equal(segment_block(1), 1);
    assert_int_equal(segment_block(1000), 1);
    assert_int_equal(segment_block(1001), 1001);
    assert_int_equal(segment_block(GENERATION_2 + 1), GENERATION_2 + 1);
    assert_int_equal(segment_block(GENERATION_2 + 1000), GENERATION_2 + 1);
    assert_int_equal(segment_block(GENERATION_2), GENERATION_2 - GENERATION_2 % 1000 + 1);
    assert_int_equal(segment_generation(1), 1);
    assert_int_equal(segment_generation(GENERATION_2), 1);
    assert_int_equal(segment_generation(GENERATION_2 + 1), 2);
}

static void refuses_what_is_not_one_block(void **state)
{
    (void)state;
    static struct segment_item many[LIMIT_SEGMENT_ENTRIES + 1];
    for (size_t i = 0; i < LIMIT_SEGMENT_ENTRIES + 1; i++)
        many[i].kind = SEGMENT_COMMIT;
    struct segment segment = segment_of(many, LIMIT_SEGMENT_ENTRIES);
    assert_int_equal(encode(&segment), STATUS_OK);
    segment.item_count++;
    assert_int_equal(encode(&segment), STATUS_INVALID);
    segment.item_count = 0;
    assert_int_equal(encode(&segment), STATUS_INVALID);
    segment.item_count = 1;
    for (uint64_t first = 0; first < 3; first++) {
        segment.first = first;
        assert_int_equal(encode(&segment), first == 1 ? STATUS_OK : STATUS_INVALID);
    }
    segment.first = UINT64_MAX;
    assert_int_equal(encode(&segment), STATUS_INVALID);
    segment = segment_of(many, 1);
    segment.version = 2;
    assert_int_equal(encode(&segment), STATUS_UNSUPPORTED);
}

static void each_kind_has_what_it_needs_and_nothing_else(void **state)
{
    (void)state;
    const struct span some = SPAN_LITERAL("signed");
    const struct segment_item wrong[] = {
        {.kind = 0},
        {.kind = 6},
        {.kind = SEGMENT_CONTROL, .authenticated = some},
        {.kind = SEGMENT_COMMIT, .authenticated = some},
        {.kind = SEGMENT_WITHHELD, .authenticated = some},
        {.kind = SEGMENT_WITHHELD, .edited = 9},
        {.kind = SEGMENT_WITHHELD, .reply_to = someone},
        {.kind = SEGMENT_COMMIT, .stage_counter = 1},
        {.kind = SEGMENT_MESSAGE, .message = something, .device = someone},
        {.kind = SEGMENT_MESSAGE, .device = someone, .authenticated = some},
        {.kind = SEGMENT_MESSAGE, .message = something, .authenticated = some},
        {.kind = SEGMENT_EDITED, .message = something, .device = someone, .authenticated = some},
        {.kind = SEGMENT_EDITED,
         .message = something,
         .device = someone,
         .edited = 1, /* not after itself */
         .authenticated = some},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct segment_item item = wrong[i];
        struct segment segment = segment_of(&item, 1);
        assert_int_equal(encode(&segment), STATUS_INVALID);
    }
}

static void an_epoch_has_one_context(void **state)
{
    (void)state;
    struct segment_item item = {.kind = SEGMENT_COMMIT};
    struct segment_epoch epochs[] = {{3, SPAN_LITERAL("a")}, {3, SPAN_LITERAL("b")}};
    struct segment segment = segment_of(&item, 1);
    segment.epochs = epochs;
    segment.epoch_count = 2;
    assert_int_equal(encode(&segment), STATUS_INVALID);
    epochs[1].epoch = 2;
    assert_int_equal(encode(&segment), STATUS_INVALID);
    epochs[1].epoch = 4;
    assert_int_equal(encode(&segment), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(blocks_begin_anew_with_each_generation),
        cmocka_unit_test(refuses_what_is_not_one_block),
        cmocka_unit_test(each_kind_has_what_it_needs_and_nothing_else),
        cmocka_unit_test(an_epoch_has_one_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
