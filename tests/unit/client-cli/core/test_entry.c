/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/entry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MANY = 40 };

static size_t named(const struct stored_entry *entry)
{
    size_t count = 0;
    for (size_t i = 0; i < entry->change_count; i++)
        count += entry_change_is_named(entry, i);
    return count;
}

static void a_dozen_are_named_and_of_more_the_first_eight(void **state)
{
    struct entry_change changes[MANY];
    struct stored_entry entry = {.changes = changes};
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        changes[i] = (struct entry_change){.kind = ENTRY_ADDED};
    for (entry.change_count = 0; entry.change_count <= ENTRY_CHANGES_ALL_NAMED;
         entry.change_count++)
        assert_int_equal(named(&entry), entry.change_count);
    for (; entry.change_count <= MANY; entry.change_count++)
        assert_int_equal(named(&entry), ENTRY_CHANGES_NAMED);
    entry.change_count = MANY;
    assert_true(entry_change_is_named(&entry, ENTRY_CHANGES_NAMED - 1));
    assert_false(entry_change_is_named(&entry, ENTRY_CHANGES_NAMED));
}

static void each_kind_is_counted_alone_and_an_admins_devices_are_all_named(void **state)
{
    struct entry_change changes[MANY];
    struct stored_entry entry = {.changes = changes, .change_count = MANY};
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        changes[i].kind = i % 2 == 0 ? ENTRY_ADDED_RESET : ENTRY_REMOVED;
    assert_int_equal(named(&entry), MANY / 2 + ENTRY_CHANGES_NAMED);
    changes[MANY - 1].kind = ENTRY_DEVICE_ADDED; /* hidden by none of the others */
    assert_true(entry_change_is_named(&entry, MANY - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dozen_are_named_and_of_more_the_first_eight),
        cmocka_unit_test(each_kind_is_counted_alone_and_an_admins_devices_are_all_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
