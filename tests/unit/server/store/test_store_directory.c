/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/audit.h"
#include "server/store/directory_log.h"
#include "server/store/meta.h"

static struct store_directory_head head_of(uint64_t size)
{
    return (struct store_directory_head){size, hash_number((uint32_t)size),
                                         SPAN_LITERAL("signed head")};
}

static enum status append(struct fixture *f, uint64_t index, const char *entry)
{
    struct store_directory_head head = head_of(index + 1);
    struct store_hash leaf = hash_number((uint32_t)index + 1000);
    return store_directory_log_append(f->db, index, span_from_text(entry), &leaf, &head, NOW);
}

static void takes_only_the_next_entry(void **state)
{
    struct fixture *f = *state;
    struct store_directory_head head;
    ASSERT_STATUS(store_directory_log_head(f->db, &f->arena, &head), STATUS_NOT_FOUND);
    ASSERT_STATUS(append(f, 1, "too early"), STATUS_CONFLICT);
    ASSERT_OK(append(f, 0, "first"));
    ASSERT_STATUS(append(f, 0, "again"), STATUS_CONFLICT);
    ASSERT_OK(append(f, 1, "second"));
    ASSERT_OK(store_directory_log_head(f->db, &f->arena, &head));
    assert_int_equal(head.size, 2);
    assert_true(span_equal(head.signed_head, SPAN_LITERAL("signed head")));
}

static void pages_entries_by_count_and_bytes(void **state)
{
    struct fixture *f = *state;
    struct store_directory_page page;
    for (uint64_t i = 0; i < 5; i++)
        ASSERT_OK(append(f, i, "ten bytes!"));
    ASSERT_OK(store_directory_log_entries(f->db, 0, 2, 1000, &f->arena, &page));
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    ASSERT_OK(store_directory_log_entries(f->db, 1, 10, 35, &f->arena, &page));
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    ASSERT_OK(store_directory_log_entries(f->db, 4, 10, 1, &f->arena, &page));
    assert_int_equal(page.count, 1);
    assert_false(page.more);
    assert_true(span_equal(page.entries[0], SPAN_LITERAL("ten bytes!")));
    ASSERT_OK(store_directory_log_entries(f->db, 5, 10, 1, &f->arena, &page));
    assert_int_equal(page.count, 0);
}

static enum status count_hash(void *context, const struct store_hash *hash)
{
    uint32_t *count = context;
    struct store_hash expected = hash_number(1000 + *count);
    assert_memory_equal(hash->bytes, expected.bytes, sizeof expected.bytes);
    ++*count;
    return *count == 3 ? STATUS_CANCELLED : STATUS_OK;
}

static void walks_leaf_hashes_until_told_to_stop(void **state)
{
    struct fixture *f = *state;
    uint32_t count = 1;
    for (uint64_t i = 0; i < 5; i++)
        ASSERT_OK(append(f, i, "entry"));
    ASSERT_STATUS(store_directory_log_leaf_hashes(f->db, 1, count_hash, &count), STATUS_CANCELLED);
    assert_int_equal(count, 3);
    count = 3;
    ASSERT_OK(store_directory_log_leaf_hashes(f->db, 5, count_hash, &count));
}

static void keeps_values_by_name(void **state)
{
    struct fixture *f = *state;
    struct span value;
    ASSERT_STATUS(store_meta_get(f->db, "name", &f->arena, &value), STATUS_NOT_FOUND);
    ASSERT_OK(store_meta_set(f->db, "name", SPAN_LITERAL("North")));
    ASSERT_OK(store_meta_set(f->db, "name", SPAN_LITERAL("South")));
    ASSERT_OK(store_meta_get(f->db, "name", &f->arena, &value));
    assert_true(span_equal(value, SPAN_LITERAL("South")));
    ASSERT_OK(store_meta_set(f->db, "name", SPAN_EMPTY));
    ASSERT_OK(store_meta_get(f->db, "name", &f->arena, &value));
    assert_int_equal(value.len, 0);
}

static void numbers_audited_acts_without_gaps(void **state)
{
    struct fixture *f = *state;
    struct store_audit_list list;
    struct store_audit_entry entry = {
        .at_ms = NOW, .act = SPAN_LITERAL("person.suspend"), .subject = id_number(5)};
    for (int i = 0; i < 3; i++)
        ASSERT_OK(store_audit_add(f->db, &entry));
    ASSERT_OK(store_audit_list(f->db, 2, &f->arena, &list));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].number, 2);
    assert_int_equal(list.items[1].number, 3);
    assert_true(id_is_none(&list.items[0].actor));
    assert_true(id_equal(&list.items[0].subject, &entry.subject));
    int64_t at_ms;
    entry.at_ms = NOW + 1;
    ASSERT_OK(store_audit_add(f->db, &entry));
    ASSERT_OK(store_audit_last(f->db, "person.suspend", &at_ms));
    assert_int_equal(at_ms, NOW + 1);
    ASSERT_OK(store_audit_last(f->db, "backup", &at_ms));
    assert_int_equal(at_ms, 0);
    char long_act[66] = {0};
    entry.act = span_of(long_act, 65);
    ASSERT_STATUS(store_audit_add(f->db, &entry), STATUS_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open_db, fixture_close_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_only_the_next_entry),
        TEST(pages_entries_by_count_and_bytes),
        TEST(walks_leaf_hashes_until_told_to_stop),
        TEST(keeps_values_by_name),
        TEST(numbers_audited_acts_without_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
