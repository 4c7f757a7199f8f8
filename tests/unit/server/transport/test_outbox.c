/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/outbox.h"

#include "server/limits.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PAYLOAD 1000

static struct packet *packet_of(uint8_t fill, size_t len)
{
    static uint8_t payload[LIMIT_WRITE_BYTES];
    struct packet *packet = NULL;
    memset(payload, fill, len);
    assert_int_equal(packet_new(span_of(payload, len), &packet), STATUS_OK);
    return packet;
}

static enum status push(struct outbox *outbox, uint8_t fill, enum outbox_class class)
{
    struct packet *packet = packet_of(fill, PAYLOAD);
    enum status status = outbox_push(outbox, packet, class);
    packet_free(&packet);
    return status;
}

static void keeps_the_order_and_whole_packets(void **state)
{
    (void)state;
    struct outbox outbox;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    outbox_init(&outbox, NULL);
    for (uint8_t i = 1; i <= 20; i++)
        assert_int_equal(push(&outbox, i, OUTBOX_ANSWER), STATUS_OK);
    /* A header of 4 bytes for each payload of 1,000: three fit 3,100 bytes. */
    assert_int_equal(outbox_gather(&outbox, 3100, &bytes), STATUS_OK);
    assert_int_equal(bytes.len, 3 * 1004);
    assert_int_equal(bytes.ptr[4], 1);
    assert_int_equal(bytes.ptr[2 * 1004 + 4], 3);
    buffer_truncate(&bytes, 0);
    assert_int_equal(outbox_gather(&outbox, 1u << 20, &bytes), STATUS_OK);
    assert_int_equal(bytes.len, 17 * 1004);
    assert_int_equal(bytes.ptr[4], 4);
    assert_true(outbox_is_empty(&outbox));
    outbox_clear(&outbox);
}

static void gathers_the_first_packet_whatever_its_size(void **state)
{
    (void)state;
    struct outbox outbox;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1u << 20);
    outbox_init(&outbox, NULL);
    assert_int_equal(push(&outbox, 1, OUTBOX_ANSWER), STATUS_OK);
    assert_int_equal(outbox_gather(&outbox, 10, &bytes), STATUS_OK);
    assert_int_equal(bytes.len, 1004);
    outbox_clear(&outbox);
}

static void replaces_events_by_one_behind_when_full(void **state)
{
    (void)state;
    struct outbox outbox;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(4u << 20);
    struct packet *behind = packet_of(0xbb, 3);
    outbox_init(&outbox, behind);
    assert_int_equal(push(&outbox, 1, OUTBOX_ANSWER), STATUS_OK);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(push(&outbox, 2, OUTBOX_EVENT), STATUS_OK);
        assert_true(outbox.bytes <= LIMIT_OUTBOX_BYTES);
    }
    assert_int_equal(outbox_gather(&outbox, 4u << 20, &bytes), STATUS_OK);
    /* The answer, the behind event, and nothing else. */
    assert_int_equal(bytes.len, 1004 + 5);
    assert_int_equal(bytes.ptr[4], 1);
    assert_int_equal(bytes.ptr[1004 + 2], 0xbb);
    /* It has caught up: events come again. */
    assert_int_equal(push(&outbox, 3, OUTBOX_EVENT), STATUS_OK);
    assert_int_equal(outbox.count, 1);
    outbox_clear(&outbox);
    assert_int_equal(behind->references, 1);
    packet_free(&behind);
}

static void never_drops_an_answer_but_refuses_too_many(void **state)
{
    (void)state;
    struct outbox outbox;
    struct packet *behind = packet_of(0xbb, 3);
    outbox_init(&outbox, behind);
    enum status status = STATUS_OK;
    size_t accepted = 0;
    while (status == STATUS_OK && accepted < 5000) {
        status = push(&outbox, 1, OUTBOX_ANSWER);
        accepted += status == STATUS_OK;
    }
    assert_int_equal(status, STATUS_LIMIT);
    size_t most = LIMIT_OUTBOX_BYTES / (1004 + LIMIT_OUTBOX_PACKET_BYTES);
    assert_in_range(accepted, most - 1, most);
    outbox_clear(&outbox);
    packet_free(&behind);
}

/* A client that pings and never reads: each answer is two bytes, and an allocation. */
static void counts_what_an_empty_packet_costs(void **state)
{
    (void)state;
    struct outbox outbox;
    struct packet *pong = NULL;
    size_t most = 0;
    assert_int_equal(packet_new_control(PACKET_PONG, SPAN_EMPTY, &pong), STATUS_OK);
    outbox_init(&outbox, NULL);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(outbox_push(&outbox, pong, OUTBOX_EVENT), STATUS_OK);
        most = outbox.count > most ? outbox.count : most;
    }
    assert_in_range(most, 1, LIMIT_OUTBOX_BYTES / LIMIT_OUTBOX_PACKET_BYTES);
    outbox_clear(&outbox);
    packet_free(&pong);
}

static void shares_one_packet_among_many(void **state)
{
    (void)state;
    struct outbox outboxes[100];
    struct packet *packet = packet_of(7, PAYLOAD);
    for (int i = 0; i < 100; i++) {
        outbox_init(&outboxes[i], NULL);
        assert_int_equal(outbox_push(&outboxes[i], packet, OUTBOX_EVENT), STATUS_OK);
    }
    assert_int_equal(packet->references, 101);
    for (int i = 0; i < 100; i++)
        outbox_clear(&outboxes[i]);
    assert_int_equal(packet->references, 1);
    packet_free(&packet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order_and_whole_packets),
        cmocka_unit_test(gathers_the_first_packet_whatever_its_size),
        cmocka_unit_test(replaces_events_by_one_behind_when_full),
        cmocka_unit_test(never_drops_an_answer_but_refuses_too_many),
        cmocka_unit_test(counts_what_an_empty_packet_costs),
        cmocka_unit_test(shares_one_packet_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
