/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/work_items.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct id ann = {{1}};
static const struct id ben = {{2}};

static void hold(struct work *work, const struct id *person, uint8_t device)
{
    struct work_add *add = calloc(1, sizeof *add);
    assert_non_null(add);
    add->person = *person;
    add->device = (struct id){{device}};
    buffer_init(&add->key_package, 100);
    assert_int_equal(buffer_append(&add->key_package, SPAN_LITERAL("a KeyPackage")), STATUS_OK);
    add->next = work->adds;
    work->adds = add;
}

static size_t count(const struct work *work)
{
    size_t held = 0;
    for (const struct work_add *add = work->adds; add != NULL; add = add->next)
        held++;
    return held;
}

/* Members who were asked to add a device that has been shut out would take the server for a liar.
 */
static void what_waits_for_somebody_shut_out_is_forgotten(void **state)
{
    (void)state;
    struct work work = {0};
    hold(&work, &ann, 10);
    hold(&work, &ben, 20);
    hold(&work, &ann, 11);
    hold(&work, &ben, 21);
    work_items_forget(&work, &(struct id){{20}});
    assert_int_equal(count(&work), 3);
    work_items_forget_person(&work, &ann);
    assert_int_equal(count(&work), 1);
    assert_true(id_equal(&work.adds->device, &(struct id){{21}}));
    work_items_forget_person(&work, &ann);
    work_items_forget_person(&work, &ben);
    assert_true(work_items_is_empty(&work));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_for_somebody_shut_out_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
