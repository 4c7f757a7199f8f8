/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct id sample = {
    {0x00, 0x01, 0x9a, 0xff, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
static const char sample_text[] = "00019aff0405060708090a0b0c0d0e0f";

static void text_reads_back_as_the_same_id(void **state)
{
    (void)state;
    char text[ID_TEXT_SIZE];
    struct id parsed;
    id_text(&sample, text);
    assert_string_equal(text, sample_text);
    assert_int_equal(id_parse(span_from_text(text), &parsed), STATUS_OK);
    assert_true(id_equal(&parsed, &sample));
}

static void every_other_text_is_malformed(void **state)
{
    (void)state;
    struct id parsed = sample;
    for (size_t len = 0; len < sizeof sample_text + 1; len++)
        if (len != ID_TEXT_SIZE - 1)
            assert_int_equal(
                id_parse(span_of("000000000000000000000000000000000000", len), &parsed),
                STATUS_MALFORMED);
    for (size_t at = 0; at < ID_TEXT_SIZE - 1; at++)
        for (unsigned byte = 0; byte <= 0xff; byte++) {
            char text[ID_TEXT_SIZE];
            memcpy(text, sample_text, sizeof text);
            text[at] = (char)byte;
            bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
            struct id other;
            assert_int_equal(id_parse(span_of(text, ID_TEXT_SIZE - 1), &other),
                             digit ? STATUS_OK : STATUS_MALFORMED);
        }
    assert_true(id_equal(&parsed, &sample));
}

static void only_zeros_stand_for_none(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * ID_SIZE; bit++) {
        struct id id = {{0}};
        assert_true(id_is_none(&id));
        id.bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        assert_false(id_is_none(&id));
    }
}

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    enum status *status = context;
    memset(bytes, 0x5a, count);
    return *status;
}

static void takes_its_bytes_from_the_source_or_stays_as_it_was(void **state)
{
    (void)state;
    enum status status = STATUS_NO_RANDOMNESS;
    const struct random_source random = {fill, &status};
    struct id id = sample;
    assert_int_equal(id_random(&random, &id), STATUS_NO_RANDOMNESS);
    assert_true(id_equal(&id, &sample));
    status = STATUS_OK;
    assert_int_equal(id_random(&random, &id), STATUS_OK);
    for (size_t i = 0; i < ID_SIZE; i++)
        assert_int_equal(id.bytes[i], 0x5a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_reads_back_as_the_same_id),
        cmocka_unit_test(every_other_text_is_malformed),
        cmocka_unit_test(only_zeros_stand_for_none),
        cmocka_unit_test(takes_its_bytes_from_the_source_or_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
