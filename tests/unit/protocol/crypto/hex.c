/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/crypto/hex.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct hex hex_of(const char *text)
{
    struct hex hex = {.len = 0};
    const char *end = NULL;
    assert_int_equal(
        sodium_hex2bin(hex.bytes, sizeof hex.bytes, text, strlen(text), NULL, &hex.len, &end), 0);
    assert_ptr_equal(end, text + strlen(text));
    return hex;
}

void hex_assert_equal(struct span bytes, const char *text)
{
    struct hex expected = hex_of(text);
    assert_int_equal(bytes.len, expected.len);
    assert_memory_equal(bytes.ptr, expected.bytes, expected.len);
}
