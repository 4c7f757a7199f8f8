/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/id_map.h"

#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT 2000

static struct id id_of(uint32_t number)
{
    struct id id = {{0}};
    for (size_t i = 0; i < sizeof number; i++)
        id.bytes[i] = (uint8_t)(number >> (8 * i));
    return id;
}

static void finds_what_was_set_and_nothing_else(void **state)
{
    (void)state;
    static int values[COUNT];
    struct id_map map;
    assert_int_equal(id_map_init(&map, random_system()), STATUS_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct id id = id_of(i);
        assert_null(id_map_find(&map, &id));
        assert_int_equal(id_map_set(&map, &id, &values[i]), STATUS_OK);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        struct id id = id_of(i);
        assert_ptr_equal(id_map_find(&map, &id), &values[i]);
    }
    assert_int_equal(map.count, COUNT);
    id_map_clear(&map);
}

/* Removal closes the holes that it makes in runs of other ids. */
static void keeps_the_others_when_some_are_removed(void **state)
{
    (void)state;
    static int values[COUNT];
    struct id_map map;
    assert_int_equal(id_map_init(&map, random_system()), STATUS_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct id id = id_of(i);
        assert_int_equal(id_map_set(&map, &id, &values[i]), STATUS_OK);
    }
    for (uint32_t i = 0; i < COUNT; i += 3) {
        struct id id = id_of(i);
        id_map_remove(&map, &id);
        id_map_remove(&map, &id);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        struct id id = id_of(i);
        assert_ptr_equal(id_map_find(&map, &id), i % 3 == 0 ? NULL : (void *)&values[i]);
    }
    id_map_clear(&map);
}

static void walks_every_value_once(void **state)
{
    (void)state;
    static int seen[COUNT];
    struct id_map map;
    assert_int_equal(id_map_init(&map, random_system()), STATUS_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct id id = id_of(i);
        seen[i] = 0;
        assert_int_equal(id_map_set(&map, &id, &seen[i]), STATUS_OK);
    }
    size_t at = 0;
    for (int *value = id_map_next(&map, &at); value != NULL; value = id_map_next(&map, &at))
        ++*value;
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], 1);
    id_map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_set_and_nothing_else),
        cmocka_unit_test(keeps_the_others_when_some_are_removed),
        cmocka_unit_test(walks_every_value_once),
    };
    return crypto_start() == STATUS_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
