/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/known_id.h"

#include "tests/unit/protocol/directory/made_device.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Two people whose ids differ in the fifth byte, the first with two devices. */
struct fixture {
    struct directory *directory;
    struct made_device first;
    struct made_device further;
    struct made_device second;
    char text[ID_TEXT_SIZE]; /* of the first person */
};

static void begin(struct fixture *fixture)
{
    *fixture = (struct fixture){.directory = NULL};
    assert_int_equal(directory_new(&fixture->directory), STATUS_OK);
    made_device_init(&fixture->first, NULL);
    made_device_init(&fixture->further, &fixture->first.person);
    fixture->further.device = fixture->first.device;
    fixture->further.device.bytes[15] ^= 1;
    struct id alike = fixture->first.person;
    alike.bytes[4] ^= 1;
    made_device_init(&fixture->second, &alike);
    made_device_add(&fixture->first, NULL, fixture->directory);
    made_device_add(&fixture->further, &fixture->first, fixture->directory);
    made_device_add(&fixture->second, NULL, fixture->directory);
    id_text(&fixture->first.person, fixture->text);
}

static void end(struct fixture *fixture)
{
    directory_free(&fixture->directory);
}

static size_t count_of(const struct fixture *fixture, enum known_id_of of, const char *text)
{
    struct known_ids found;
    known_id_gather(fixture->directory, of, text, &found);
    return found.count;
}

static void the_beginning_of_one_id_is_enough(void **state)
{
    (void)state;
    struct fixture fixture;
    struct known_ids found;
    begin(&fixture);
    fixture.text[10] = '\0';
    known_id_gather(fixture.directory, KNOWN_ID_PERSON, fixture.text, &found);
    assert_int_equal(found.count, 1); /* who has two devices is one person */
    assert_true(id_equal(&found.ids[0], &fixture.first.person));
    end(&fixture);
}

static void all_that_begin_alike_are_found(void **state)
{
    (void)state;
    struct fixture fixture;
    struct known_ids found;
    begin(&fixture);
    fixture.text[8] = '\0';
    known_id_gather(fixture.directory, KNOWN_ID_PERSON, fixture.text, &found);
    assert_int_equal(found.count, 2);
    assert_true(id_equal(&found.ids[1], &fixture.second.person));
    char device[ID_TEXT_SIZE];
    id_text(&fixture.first.device, device);
    device[31] = '\0';
    known_id_gather(fixture.directory, KNOWN_ID_DEVICE, device, &found);
    assert_int_equal(found.count, 2);
    assert_true(id_equal(&found.people[1], &fixture.first.person));
    end(&fixture);
}

static void less_than_eight_digits_and_words_are_no_ids(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    fixture.text[7] = '\0';
    assert_int_equal(count_of(&fixture, KNOWN_ID_PERSON, fixture.text), 0);
    assert_int_equal(count_of(&fixture, KNOWN_ID_PERSON, ""), 0);
    assert_int_equal(count_of(&fixture, KNOWN_ID_PERSON, "Ann of Ward Seven"), 0);
    assert_int_equal(
        count_of(&fixture, KNOWN_ID_PERSON, "00000000000000000000000000000000000000000"), 0);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_beginning_of_one_id_is_enough),
        cmocka_unit_test(all_that_begin_alike_are_found),
        cmocka_unit_test(less_than_eight_digits_and_words_are_no_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
