/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/large.h"

#include "protocol/base/limits.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void keep(struct large *large, uint32_t request, size_t len, uint8_t fill)
{
    struct buffer bytes = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    uint8_t *start = NULL;
    assert_int_equal(buffer_extend(&bytes, len, &start), STATUS_OK);
    memset(start, fill, len);
    large_keep(large, request, &bytes);
    assert_int_equal(bytes.len, 0);
}

static void is_read_in_pieces_the_last_of_which_is_shorter(void **state)
{
    (void)state;
    struct large large = {0};
    struct span piece;
    keep(&large, 9, LIMIT_PART_BYTES + 5, 1);
    assert_int_equal(large_read(&large, 9, 0, &piece), STATUS_OK);
    assert_int_equal(piece.len, LIMIT_PART_BYTES);
    assert_int_equal(large_read(&large, 9, LIMIT_PART_BYTES, &piece), STATUS_OK);
    assert_int_equal(piece.len, 5);
    assert_int_equal(large_read(&large, 9, LIMIT_PART_BYTES + 5, &piece), STATUS_OK);
    assert_int_equal(piece.len, 0);
    assert_int_equal(large_read(&large, 9, LIMIT_PART_BYTES + 6, &piece), STATUS_MALFORMED);
    large_clear(&large);
}

static void the_oldest_gives_way(void **state)
{
    (void)state;
    struct large large = {0};
    struct span piece;
    for (uint32_t i = 1; i <= LARGE_ANSWERS_MAX + 1; i++)
        keep(&large, i, 10, (uint8_t)i);
    assert_int_equal(large_read(&large, 1, 0, &piece), STATUS_NOT_FOUND);
    assert_int_equal(large_read(&large, 2, 0, &piece), STATUS_OK);
    assert_int_equal(piece.ptr[0], 2);
    large_clear(&large);
    assert_int_equal(large_read(&large, 2, 0, &piece), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_in_pieces_the_last_of_which_is_shorter),
        cmocka_unit_test(the_oldest_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
