/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/delivery/work_items.h"

#include "protocol/base/limits.h"
#include "protocol/wire/events.h"
#include "protocol/wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- what one member is asked for ---- */

static void hold_adds(struct work *work, size_t add_count, size_t package_bytes)
{
    for (size_t i = 0; i < add_count; i++) {
        uint8_t *bytes = NULL;
        hold(work, &ben, (uint8_t)(i + 1));
        buffer_clear(&work->adds->key_package);
        buffer_init(&work->adds->key_package, package_bytes);
        assert_int_equal(buffer_extend(&work->adds->key_package, package_bytes, &bytes), STATUS_OK);
        memset(bytes, 7, package_bytes);
    }
}

/* Of people who leave, with what they signed, or of devices that were shut out. */
static void hold_removes(struct work *work, size_t remove_count, enum store_removal_reason reason)
{
    static const uint8_t key[32], signature[64];
    const struct message_leave leave = {
        .device = ann, .encryption_key = SPAN_OF(key), .signature = SPAN_OF(signature)};
    for (size_t i = 0; i < remove_count; i++) {
        struct work_remove *remove = calloc(1, sizeof *remove);
        assert_non_null(remove);
        remove->device = (struct id){{(uint8_t)(i + 1)}};
        remove->reason = reason;
        buffer_init(&remove->request, LIMIT_FRAME_BYTES);
        if (reason == STORE_REMOVAL_LEFT)
            assert_int_equal(schema_encode(&message_leave_schema, &leave, &remove->request),
                             STATUS_OK);
        remove->next = work->removes;
        work->removes = remove;
    }
}

/* Lists what waits, makes the event of it, which fits a frame, and drops it. */
static void list(struct channel *channel, size_t *adds, size_t *removes)
{
    struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct buffer frame = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct wire_work_event event = {0};
    assert_int_equal(work_items_list(channel, &ann, &arena, &event.work), STATUS_OK);
    assert_int_equal(
        frame_encode(FRAME_EVENT, 0, WIRE_EVENT_WORK, &wire_work_event_schema, &event, &frame),
        STATUS_OK);
    *adds = event.work.add_count;
    *removes = event.work.remove_count;
    buffer_clear(&frame);
    arena_clear(&arena);
    work_items_drop(channel);
}

static struct work *begin_work(struct channel *channel)
{
    channel->work = calloc(1, sizeof *channel->work);
    assert_non_null(channel->work);
    return channel->work;
}

/* Else the member who is asked is cut off, and the next likewise. */
static void what_is_listed_fits_a_frame_and_removals_come_first(void **state)
{
    (void)state;
    struct channel channel = {.extension.visibility = CHANNEL_OPEN};
    size_t adds = 0;
    size_t removes = 0;
    struct work *work = begin_work(&channel);
    hold_adds(work, LIMIT_ADDS_PER_COMMIT, 384);
    hold_removes(work, LIMIT_ADDS_PER_COMMIT, STORE_REMOVAL_LEFT);
    list(&channel, &adds, &removes);
    assert_int_equal(removes, LIMIT_ADDS_PER_COMMIT);
    assert_in_range(adds, 1, LIMIT_ADDS_PER_COMMIT - 1);

    work = begin_work(&channel);
    hold_adds(work, LIMIT_ADDS_PER_COMMIT, 384);
    hold_removes(work, LIMIT_ADDS_PER_COMMIT, STORE_REMOVAL_REVOKED);
    list(&channel, &adds, &removes);
    assert_int_equal(removes, LIMIT_ADDS_PER_COMMIT);
    assert_in_range(adds, 1, LIMIT_ADDS_PER_COMMIT);
}

static void a_commit_of_ordinary_key_packages_is_listed_whole(void **state)
{
    (void)state;
    struct channel channel = {.extension.visibility = CHANNEL_OPEN};
    size_t adds = 0;
    size_t removes = 0;
    hold_adds(begin_work(&channel), LIMIT_ADDS_PER_COMMIT + 1, 360);
    list(&channel, &adds, &removes);
    assert_int_equal(adds, LIMIT_ADDS_PER_COMMIT);
    assert_int_equal(removes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_for_somebody_shut_out_is_forgotten),
        cmocka_unit_test(what_is_listed_fits_a_frame_and_removals_come_first),
        cmocka_unit_test(a_commit_of_ordinary_key_packages_is_listed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
