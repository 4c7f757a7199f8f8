/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/outbox.h"

#include "server/limits.h"

#include <stdlib.h>

void outbox_init(struct outbox *outbox, struct packet *behind_packet)
{
    *outbox = (struct outbox){0};
    if (behind_packet != NULL)
        outbox->behind_packet = packet_share(behind_packet);
}

static size_t cost_of(const struct packet *packet)
{
    return packet->len + LIMIT_OUTBOX_PACKET_BYTES;
}

static struct outbox_item *item_at(const struct outbox *outbox, size_t index)
{
    return &outbox->items[(outbox->head + index) % outbox->capacity];
}

void outbox_clear(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++)
        packet_free(&item_at(outbox, i)->packet);
    free(outbox->items);
    packet_free(&outbox->behind_packet);
    *outbox = (struct outbox){0};
}

static enum status grow(struct outbox *outbox)
{
    size_t capacity = outbox->capacity == 0 ? 8 : 2 * outbox->capacity;
    struct outbox_item *items = calloc(capacity, sizeof *items);
    if (items == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < outbox->count; i++)
        items[i] = *item_at(outbox, i);
    free(outbox->items);
    outbox->items = items;
    outbox->head = 0;
    outbox->capacity = capacity;
    return STATUS_OK;
}

static enum status append(struct outbox *outbox, struct packet *packet, enum outbox_class class)
{
    if (outbox->count == outbox->capacity)
        TRY(grow(outbox));
    outbox->count++;
    *item_at(outbox, outbox->count - 1) =
        (struct outbox_item){.packet = packet_share(packet), .class = class};
    outbox->bytes += cost_of(packet);
    return STATUS_OK;
}

static void drop_events(struct outbox *outbox)
{
    size_t kept = 0;
    for (size_t i = 0; i < outbox->count; i++) {
        struct outbox_item *item = item_at(outbox, i);
        if (item->class == OUTBOX_EVENT) {
            outbox->bytes -= cost_of(item->packet);
            packet_free(&item->packet);
        } else {
            *item_at(outbox, kept++) = *item;
        }
    }
    outbox->count = kept;
}

static bool fits(const struct outbox *outbox, const struct packet *packet)
{
    return outbox->bytes + cost_of(packet) <= LIMIT_OUTBOX_BYTES;
}

static enum status fall_behind(struct outbox *outbox)
{
    drop_events(outbox);
    outbox->behind = true;
    /* Its few bytes may pass the limit: without it the client would never know. */
    return append(outbox, outbox->behind_packet, OUTBOX_ANSWER);
}

enum status outbox_push(struct outbox *outbox, struct packet *packet, enum outbox_class class)
{
    if (class == OUTBOX_EVENT && outbox->behind)
        return STATUS_OK;
    if (fits(outbox, packet))
        return append(outbox, packet, class);
    if (!outbox->behind && outbox->behind_packet != NULL)
        TRY(fall_behind(outbox));
    if (class == OUTBOX_EVENT)
        return STATUS_OK;
    return fits(outbox, packet) ? append(outbox, packet, class) : STATUS_LIMIT;
}

enum status outbox_gather(struct outbox *outbox, size_t size_bytes_max, struct buffer *bytes)
{
    size_t gathered = 0;
    while (outbox->count > 0) {
        struct outbox_item *item = item_at(outbox, 0);
        size_t len = item->packet->len;
        if (gathered > 0 && gathered + len > size_bytes_max)
            break;
        TRY(buffer_append(bytes, packet_span(item->packet)));
        gathered += len;
        outbox->bytes -= cost_of(item->packet);
        packet_free(&item->packet);
        outbox->head = (outbox->head + 1) % outbox->capacity;
        outbox->count--;
    }
    if (outbox->count == 0)
        outbox->behind = false;
    return STATUS_OK;
}
