/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/admission.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct admission_rules rules = {
    .connections_max = 6,
    .connections_per_address_max = 3,
    .rates =
        {
            [ADMISSION_HANDSHAKE] = {.per_hour = 60 * 60, .burst = 4},
            [ADMISSION_REFUSED_LOGIN] = {.per_hour = 60, .burst = 2},
            [ADMISSION_REFUSED_INVITE] = {.per_hour = 60, .burst = 3},
        },
};

static bool last_was_one_too_many;

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&storage;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        storage.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
        storage.ss_family = AF_INET6;
    return storage;
}

static enum status enter(struct admission *admission,
                         const char *text,
                         int64_t now_ms,
                         struct admission_address **address)
{
    struct sockaddr_storage peer = address_of(text);
    return admission_enter(admission, &peer, now_ms, address, &last_was_one_too_many);
}

static void limits_connections_of_one_address_and_in_all(void **state)
{
    (void)state;
    struct admission *admission = NULL;
    struct admission_address *held[8] = {NULL};
    assert_int_equal(admission_new(&rules, &admission), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(enter(admission, "192.0.2.1", 0, &held[i]), STATUS_OK);
    assert_false(last_was_one_too_many);
    assert_int_equal(enter(admission, "192.0.2.1", 0, &held[3]), STATUS_OK);
    assert_true(last_was_one_too_many);
    admission_leave(admission, &held[3]);
    for (int i = 3; i < 6; i++)
        assert_int_equal(enter(admission, "192.0.2.2", 0, &held[i]), STATUS_OK);
    assert_int_equal(enter(admission, "192.0.2.3", 0, &held[6]), STATUS_LIMIT);
    admission_leave(admission, &held[0]);
    assert_null(held[0]);
    assert_int_equal(enter(admission, "192.0.2.1", 1100, &held[0]), STATUS_OK);
    assert_false(last_was_one_too_many);
    admission_free(&admission);
}

static void limits_the_rate_of_handshakes(void **state)
{
    (void)state;
    struct admission *admission = NULL;
    struct admission_address *address = NULL;
    assert_int_equal(admission_new(&rules, &admission), STATUS_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(enter(admission, "192.0.2.1", 0, &address), STATUS_OK);
        admission_leave(admission, &address);
    }
    assert_int_equal(enter(admission, "192.0.2.1", 0, &address), STATUS_RATE_LIMITED);
    assert_int_equal(enter(admission, "192.0.2.1", 1100, &address), STATUS_OK);
    admission_free(&admission);
}

static void counts_refused_logins_and_invites_apart_and_gives_back_what_was_right(void **state)
{
    (void)state;
    struct admission *admission = NULL;
    struct admission_address *address = NULL;
    uint32_t wait_ms = 0;
    assert_int_equal(admission_new(&rules, &admission), STATUS_OK);
    assert_int_equal(enter(admission, "192.0.2.1", 0, &address), STATUS_OK);
    for (int i = 0; i < 10; i++) { /* logins that are right cost nothing */
        assert_true(admission_take(admission, address, ADMISSION_REFUSED_LOGIN, 0, &wait_ms));
        admission_give_back(admission, address, ADMISSION_REFUSED_LOGIN);
    }
    for (int i = 0; i < 2; i++)
        assert_true(admission_take(admission, address, ADMISSION_REFUSED_LOGIN, 0, &wait_ms));
    assert_false(admission_take(admission, address, ADMISSION_REFUSED_LOGIN, 0, &wait_ms));
    assert_in_range(wait_ms, 59000, 60001);
    for (int i = 0; i < 3; i++)
        assert_true(admission_take(admission, address, ADMISSION_REFUSED_INVITE, 0, &wait_ms));
    assert_false(admission_take(admission, address, ADMISSION_REFUSED_INVITE, 0, &wait_ms));
    /* What it has done is remembered when it comes again. */
    admission_leave(admission, &address);
    for (int i = 0; i < 100; i++)
        admission_sweep(admission, 10000);
    assert_int_equal(enter(admission, "192.0.2.1", 10000, &address), STATUS_OK);
    assert_false(admission_take(admission, address, ADMISSION_REFUSED_LOGIN, 10000, &wait_ms));
    admission_free(&admission);
}

static void counts_an_ipv6_network_as_one_and_a_mapped_address_as_ipv4(void **state)
{
    (void)state;
    struct admission *admission = NULL;
    struct admission_address *first = NULL;
    struct admission_address *second = NULL;
    assert_int_equal(admission_new(&rules, &admission), STATUS_OK);
    assert_int_equal(enter(admission, "2001:db8:0:1::1", 0, &first), STATUS_OK);
    assert_int_equal(enter(admission, "2001:db8:0:1:ffff::2", 0, &second), STATUS_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(enter(admission, "2001:db8:0:2::1", 0, &second), STATUS_OK);
    assert_ptr_not_equal(first, second);
    assert_int_equal(enter(admission, "192.0.2.1", 0, &first), STATUS_OK);
    assert_int_equal(enter(admission, "::ffff:192.0.2.1", 0, &second), STATUS_OK);
    assert_ptr_equal(first, second);
    admission_free(&admission);
}

static void forgets_addresses_that_are_idle(void **state)
{
    (void)state;
    struct admission *admission = NULL;
    struct admission_address *address = NULL;
    assert_int_equal(admission_new(&rules, &admission), STATUS_OK);
    assert_int_equal(enter(admission, "192.0.2.1", 0, &address), STATUS_OK);
    admission_leave(admission, &address);
    for (int i = 0; i < 100; i++)
        admission_sweep(admission, 60000);
    assert_int_equal(admission_count(admission), 0);
    assert_int_equal(enter(admission, "192.0.2.1", 60000, &address), STATUS_OK);
    for (int i = 0; i < 100; i++)
        admission_sweep(admission, 200000);
    /* Whoever is connected is not forgotten: leaving must still find the entry. */
    admission_leave(admission, &address);
    admission_free(&admission);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_connections_of_one_address_and_in_all),
        cmocka_unit_test(limits_the_rate_of_handshakes),
        cmocka_unit_test(counts_refused_logins_and_invites_apart_and_gives_back_what_was_right),
        cmocka_unit_test(counts_an_ipv6_network_as_one_and_a_mapped_address_as_ipv4),
        cmocka_unit_test(forgets_addresses_that_are_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
