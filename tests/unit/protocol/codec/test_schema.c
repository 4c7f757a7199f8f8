/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/codec/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_MAX 100000

struct leaf {
    uint16_t number;
    struct span text;
};

struct branch {
    struct leaf *leaves;
    size_t leaf_count;
    uint8_t kind;
};

struct tree {
    uint8_t u8;
    bool flag;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int64_t time_ms;
    uint8_t id[4];
    struct span bytes;
    struct leaf one;
    struct branch *branches;
    size_t branch_count;
};

static const struct field leaf_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct leaf, number),
    FIELD_SIZED(FIELD_TEXT, struct leaf, text, 8),
};
static const struct schema leaf_schema = SCHEMA("leaf", struct leaf, leaf_fields);

static const struct field branch_fields[] = {
    FIELD_ITEMS(struct branch, leaves, leaf_count, &leaf_schema, 3),
    FIELD_PLAIN(FIELD_U8, struct branch, kind),
};
static const struct schema branch_schema = SCHEMA("branch", struct branch, branch_fields);

static const struct field tree_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct tree, u8),
    FIELD_PLAIN(FIELD_BOOL, struct tree, flag),
    FIELD_PLAIN(FIELD_U16, struct tree, u16),
    FIELD_PLAIN(FIELD_U32, struct tree, u32),
    FIELD_PLAIN(FIELD_U64, struct tree, u64),
    FIELD_PLAIN(FIELD_TIME, struct tree, time_ms),
    FIELD_ID(struct tree, id),
    FIELD_SIZED(FIELD_BYTES, struct tree, bytes, 10),
    FIELD_NESTED(struct tree, one, &leaf_schema),
    FIELD_ITEMS(struct tree, branches, branch_count, &branch_schema, 4),
};
static const struct schema tree_schema = SCHEMA("tree", struct tree, tree_fields);

static struct leaf leaves[] = {{1, {(const uint8_t *)"one", 3}}, {2, {NULL, 0}}};
static struct branch branches[] = {{leaves, 2, 5}, {NULL, 0, 6}, {leaves, 1, 7}};

static struct tree sample(void)
{
    return (struct tree){.u8 = 1,
                         .flag = true,
                         .u16 = 0x0203,
                         .u32 = 0x04050607,
                         .u64 = UINT64_C(0x08090a0b0c0d0e0f),
                         .time_ms = -2,
                         .id = {9, 8, 7, 6},
                         .bytes = SPAN_LITERAL("\0\xff"),
                         .one = {3, SPAN_LITERAL("caf\xc3\xa9")},
                         .branches = branches,
                         .branch_count = 3};
}

static const char encoded[] = "\1\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf"
                              "\xff\xff\xff\xff\xff\xff\xff\xfe\x9\x8\x7\x6"
                              "\2\0\xff\0\3\5caf\xc3\xa9"
                              "\25\11\0\1\3one\0\2\0\5\0\6\6\0\1\3one\7";

static void assert_leaf(struct leaf leaf, uint16_t number, struct span text)
{
    assert_int_equal(leaf.number, number);
    assert_true(span_equal(leaf.text, text));
}

static void writes_the_fields_in_their_order(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(1000);
    struct tree tree = sample();
    assert_int_equal(schema_encode(&tree_schema, &tree, &buffer), STATUS_OK);
    assert_int_equal(buffer.len, sizeof encoded - 1);
    assert_memory_equal(buffer.ptr, encoded, sizeof encoded - 1);
}

static void reads_back_what_was_written(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct tree tree;
    assert_int_equal(schema_decode(&tree_schema, SPAN_LITERAL(encoded), &arena, &tree), STATUS_OK);
    assert_int_equal(tree.u8, 1);
    assert_true(tree.flag);
    assert_int_equal(tree.u16, 0x0203);
    assert_int_equal(tree.u32, 0x04050607);
    assert_true(tree.u64 == UINT64_C(0x08090a0b0c0d0e0f));
    assert_true(tree.time_ms == -2);
    assert_memory_equal(tree.id, "\x9\x8\x7\x6", 4);
    assert_true(span_equal(tree.bytes, SPAN_LITERAL("\0\xff")));
    assert_leaf(tree.one, 3, SPAN_LITERAL("caf\xc3\xa9"));
    assert_int_equal(tree.branch_count, 3);
    assert_int_equal(tree.branches[0].leaf_count, 2);
    assert_leaf(tree.branches[0].leaves[0], 1, SPAN_LITERAL("one"));
    assert_leaf(tree.branches[0].leaves[1], 2, SPAN_EMPTY);
    assert_int_equal(tree.branches[0].kind, 5);
    assert_int_equal(tree.branches[1].leaf_count, 0);
    assert_null(tree.branches[1].leaves);
    assert_int_equal(tree.branches[2].kind, 7);
}

/* Decodes from an allocation of exactly this length, so that the sanitizer sees a read past it. */
static enum status decode_exact(const uint8_t *bytes, size_t len, struct buffer *again)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct tree tree;
    enum status status = schema_decode(&tree_schema, span_of(copy, len), &arena, &tree);
    if (status == STATUS_OK)
        assert_int_equal(schema_encode(&tree_schema, &tree, again), STATUS_OK);
    free(copy);
    return status;
}

static void rejects_it_cut_at_every_byte(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1000);
    for (size_t len = 0; len < sizeof encoded - 1; len++)
        assert_int_equal(decode_exact((const uint8_t *)encoded, len, &again), STATUS_TRUNCATED);
}

static void rejects_appended_bytes(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1000);
    /* The literal's own end is one byte more. */
    assert_int_equal(decode_exact((const uint8_t *)encoded, sizeof encoded, &again),
                     STATUS_TRAILING);
}

/* A flipped bit may give another value, but then that value's one and only encoding. */
static void every_flipped_bit_is_refused_or_is_another_value(void **state)
{
    (void)state;
    size_t accepted = 0, refused = 0;
    for (size_t bit = 0; bit < 8 * (sizeof encoded - 1); bit++) {
        uint8_t bytes[sizeof encoded - 1];
        memcpy(bytes, encoded, sizeof bytes);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1000);
        if (decode_exact(bytes, sizeof bytes, &again) != STATUS_OK) {
            refused++;
            continue;
        }
        accepted++;
        assert_true(span_equal(buffer_span(&again), SPAN_OF(bytes)));
    }
    assert_true(accepted > 0 && refused > 0);
}

static enum status encode(const struct tree *tree)
{
    CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(1000);
    assert_int_equal(buffer_append(&buffer, SPAN_LITERAL("before")), STATUS_OK);
    enum status status = schema_encode(&tree_schema, tree, &buffer);
    if (status != STATUS_OK)
        assert_true(span_equal(buffer_span(&buffer), SPAN_LITERAL("before")));
    return status;
}

static void refuses_to_write_what_it_would_refuse_to_read(void **state)
{
    (void)state;
    struct tree tree = sample();
    tree.bytes = SPAN_LITERAL("12345678901");
    assert_int_equal(encode(&tree), STATUS_LIMIT);
    tree = sample();
    tree.one.text = SPAN_LITERAL("123456789");
    assert_int_equal(encode(&tree), STATUS_LIMIT);
    tree.one.text = SPAN_LITERAL("\xff");
    assert_int_equal(encode(&tree), STATUS_NOT_UTF8);
    tree.one.text = SPAN_LITERAL("a\0b");
    assert_int_equal(encode(&tree), STATUS_NOT_UTF8);
    tree = sample();
    struct branch many[5] = {{0}};
    tree.branches = many;
    tree.branch_count = 5;
    assert_int_equal(encode(&tree), STATUS_LIMIT);
    tree.branch_count = 4;
    assert_int_equal(encode(&tree), STATUS_OK);
}

static enum status decode_leaf(struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct leaf leaf;
    return schema_decode(&leaf_schema, bytes, &arena, &leaf);
}

static enum status decode_branch(struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct branch branch;
    return schema_decode(&branch_schema, bytes, &arena, &branch);
}

static void keeps_to_the_limits_of_fields_and_lists(void **state)
{
    (void)state;
    assert_int_equal(decode_leaf(SPAN_LITERAL("\0\1\10abcdefgh")), STATUS_OK);
    assert_int_equal(decode_leaf(SPAN_LITERAL("\0\1\11abcdefghi")), STATUS_LIMIT);
    assert_int_equal(decode_leaf(SPAN_LITERAL("\0\1\2\xc3\x28")), STATUS_NOT_UTF8);
    assert_int_equal(decode_branch(SPAN_LITERAL("\11\0\0\0\0\0\0\0\0\0\7")), STATUS_OK);
    assert_int_equal(decode_branch(SPAN_LITERAL("\14\0\0\0\0\0\0\0\0\0\0\0\0\7")), STATUS_LIMIT);
    /* A list's last item ends with the list. */
    assert_int_equal(decode_branch(SPAN_LITERAL("\10\0\0\0\0\0\0\0\0\7")), STATUS_TRUNCATED);
}

static void takes_no_more_memory_than_the_arena_allows(void **state)
{
    (void)state;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(3 * sizeof(struct branch));
    struct tree tree;
    assert_int_equal(schema_decode(&tree_schema, SPAN_LITERAL(encoded), &arena, &tree),
                     STATUS_LIMIT);
}

/* A schema whose items are itself: nesting ends at a fixed depth, and costs no more than its
 * bytes. */
struct nest {
    struct nest *inside;
    size_t count;
};

static const struct schema nest_schema;
static const struct field nest_fields[] = {
    FIELD_ITEMS(struct nest, inside, count, &nest_schema, 1000)};
static const struct schema nest_schema = SCHEMA("nest", struct nest, nest_fields);

static void nesting_has_a_limit_for_reader_and_writer(void **state)
{
    (void)state;
    struct nest levels[20] = {{0}};
    for (size_t depth = 0; depth < 19; depth++)
        levels[depth] = (struct nest){&levels[depth + 1], 1};
    for (size_t first = 0; first < 20; first++) {
        CLEANUP(buffer_clear) struct buffer buffer = BUFFER_INIT(1000);
        enum status status = schema_encode(&nest_schema, &levels[first], &buffer);
        assert_int_equal(status, 19 - first <= 8 ? STATUS_OK : STATUS_INTERNAL);
    }
    uint8_t bytes[20];
    for (uint8_t i = 0; i < 20; i++)
        bytes[i] = (uint8_t)(19 - i);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct nest nest;
    assert_int_equal(schema_decode(&nest_schema, SPAN_OF(bytes), &arena, &nest), STATUS_INTERNAL);
    assert_int_equal(schema_decode(&nest_schema, span_of(bytes + 11, 9), &arena, &nest), STATUS_OK);
    arena_clear(&arena);
    assert_int_equal(schema_decode(&nest_schema, span_of(bytes + 11, 9), &arena, &nest), STATUS_OK);
    assert_true(arena.used <= 8 * 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_fields_in_their_order),
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(rejects_it_cut_at_every_byte),
        cmocka_unit_test(rejects_appended_bytes),
        cmocka_unit_test(every_flipped_bit_is_refused_or_is_another_value),
        cmocka_unit_test(refuses_to_write_what_it_would_refuse_to_read),
        cmocka_unit_test(keeps_to_the_limits_of_fields_and_lists),
        cmocka_unit_test(takes_no_more_memory_than_the_arena_allows),
        cmocka_unit_test(nesting_has_a_limit_for_reader_and_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
