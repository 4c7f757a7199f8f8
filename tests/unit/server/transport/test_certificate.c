/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/certificate.h"

#include "protocol/base/span.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1760000000000)

struct place {
    char directory[64];
    char certificate[128];
    char key[128];
};

static void make_place(struct place *place)
{
    snprintf(place->directory, sizeof place->directory, "/tmp/weft-certificate-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->certificate, sizeof place->certificate, "%s/c", place->directory);
    snprintf(place->key, sizeof place->key, "%s/k", place->directory);
}

static void remove_place(const struct place *place)
{
    unlink(place->certificate);
    unlink(place->key);
    rmdir(place->directory);
}

static void makes_a_certificate_that_fits_its_key(void **state)
{
    (void)state;
    static const char *const names[] = {"weft.example.org", "127.0.0.1", "::1"};
    struct place place;
    struct certificate_facts facts;
    struct stat found;
    make_place(&place);
    assert_int_equal(certificate_make(place.certificate, place.key, names, 3, NOW_MS), STATUS_OK);
    assert_int_equal(certificate_check_key(place.certificate, place.key), STATUS_OK);
    assert_int_equal(certificate_read(place.certificate, &facts), STATUS_OK);
    assert_true(facts.not_after_ms > NOW_MS + INT64_C(3000) * 86400000);
    assert_int_equal(stat(place.key, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_int_equal(certificate_make(place.certificate, place.key, names, 3, NOW_MS),
                     STATUS_EXISTS);
    remove_place(&place);
}

static void tells_a_key_of_another_certificate(void **state)
{
    (void)state;
    static const char *const names[] = {"localhost"};
    struct place one;
    struct place other;
    struct certificate_facts facts_one;
    struct certificate_facts facts_other;
    make_place(&one);
    make_place(&other);
    assert_int_equal(certificate_make(one.certificate, one.key, names, 1, NOW_MS), STATUS_OK);
    assert_int_equal(certificate_make(other.certificate, other.key, names, 1, NOW_MS), STATUS_OK);
    assert_int_equal(certificate_check_key(one.certificate, other.key), STATUS_BAD_KEY);
    assert_int_equal(certificate_read(one.certificate, &facts_one), STATUS_OK);
    assert_int_equal(certificate_read(other.certificate, &facts_other), STATUS_OK);
    assert_false(span_equal(SPAN_OF(facts_one.key_sha256), SPAN_OF(facts_other.key_sha256)));
    remove_place(&one);
    remove_place(&other);
}

static void refuses_names_that_would_add_others(void **state)
{
    (void)state;
    static const char *const names[] = {"a,DNS:evil.example"};
    struct place place;
    make_place(&place);
    assert_int_equal(certificate_make(place.certificate, place.key, names, 1, NOW_MS),
                     STATUS_MALFORMED);
    remove_place(&place);
}

static void tells_a_file_that_is_missing_or_no_certificate(void **state)
{
    (void)state;
    struct certificate_facts facts;
    assert_int_equal(certificate_read("/nonexistent", &facts), STATUS_IO);
    assert_int_equal(certificate_read("/dev/null", &facts), STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_certificate_that_fits_its_key),
        cmocka_unit_test(tells_a_key_of_another_certificate),
        cmocka_unit_test(refuses_names_that_would_add_others),
        cmocka_unit_test(tells_a_file_that_is_missing_or_no_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
