/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void loopback_is_127_and_the_one_address_of_ipv6(void **state)
{
    (void)state;
    assert_true(address_is_loopback("127.0.0.1"));
    assert_true(address_is_loopback("127.255.255.254"));
    assert_true(address_is_loopback("::1"));
    assert_false(address_is_loopback("128.0.0.1"));
    assert_false(address_is_loopback("10.127.0.1"));
    assert_false(address_is_loopback("0.0.0.0"));
    assert_false(address_is_loopback("::"));
    assert_false(address_is_loopback("::ffff:127.0.0.1"));
    assert_false(address_is_loopback(""));
    assert_false(address_is_loopback("localhost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_127_and_the_one_address_of_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
