/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/content/segment.h"

#include "protocol/base/limits.h"

/* PROTOCOL.md, 6.5: generation g is numbered from (g - 1) * 2^32 + 1 on. */
#define GENERATION_SHIFT 32

static const struct field epoch_fields[] = {
    FIELD_PLAIN(FIELD_U64, struct segment_epoch, epoch),
    FIELD_SIZED(FIELD_BYTES, struct segment_epoch, group_context, LIMIT_OBJECT_BYTES),
};
static const struct schema epoch_schema =
    SCHEMA("segment_epoch", struct segment_epoch, epoch_fields);

static const struct field item_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct segment_item, kind),
    FIELD_PLAIN(FIELD_TIME, struct segment_item, time),
    FIELD_ID(struct segment_item, message),
    FIELD_ID(struct segment_item, device),
    FIELD_ID(struct segment_item, running_hash),
    FIELD_PLAIN(FIELD_U64, struct segment_item, edited),
    FIELD_ID(struct segment_item, reply_to),
    FIELD_PLAIN(FIELD_U32, struct segment_item, stage_counter),
    FIELD_SIZED(FIELD_BYTES, struct segment_item, authenticated, LIMIT_FRAME_BYTES),
};
static const struct schema item_schema = SCHEMA("segment_item", struct segment_item, item_fields);

static const struct field segment_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct segment, version),
    FIELD_ID(struct segment, channel),
    FIELD_PLAIN(FIELD_U64, struct segment, first),
    FIELD_PLAIN(FIELD_U64, struct segment, epoch),
    /* At most one for each message. */
    FIELD_ITEMS(struct segment, epochs, epoch_count, &epoch_schema, LIMIT_SEGMENT_ENTRIES),
    FIELD_ITEMS(struct segment, items, item_count, &item_schema, LIMIT_SEGMENT_ENTRIES),
};
const struct schema segment_schema = SCHEMA("segment", struct segment, segment_fields);

uint64_t segment_block(uint64_t sequence)
{
    uint64_t base = ((sequence - 1) >> GENERATION_SHIFT) << GENERATION_SHIFT;
    uint64_t at = sequence - 1 - base;
    return base + at - at % LIMIT_SEGMENT_ENTRIES + 1;
}

uint32_t segment_generation(uint64_t sequence)
{
    return (uint32_t)((sequence - 1) >> GENERATION_SHIFT) + 1;
}

struct span segment_context(const struct segment *segment, uint64_t epoch)
{
    size_t low = 0;
    size_t high = segment->epoch_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segment->epochs[middle].epoch == epoch)
            return segment->epochs[middle].group_context;
        if (segment->epochs[middle].epoch < epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return SPAN_EMPTY;
}

static bool is_item(const struct segment_item *item, uint64_t sequence)
{
    bool named = !id_is_none(&item->message) && !id_is_none(&item->device);
    bool plain = item->edited == 0 && id_is_none(&item->reply_to) && item->stage_counter == 0;
    switch ((enum segment_kind)item->kind) {
    case SEGMENT_COMMIT:
    case SEGMENT_WITHHELD:
    case SEGMENT_CONTROL:
        return plain && item->authenticated.len == 0;
    case SEGMENT_MESSAGE:
        return named && plain && item->authenticated.len != 0;
    case SEGMENT_EDITED:
        return named && item->edited > sequence && item->authenticated.len != 0;
    }
    return false;
}

static enum status check(const struct segment *segment)
{
    if (segment->version != SEGMENT_VERSION)
        return STATUS_UNSUPPORTED;
    if (segment->first == 0 || segment->first > INT64_MAX || segment->item_count == 0 ||
        segment->item_count > LIMIT_SEGMENT_ENTRIES || segment->epoch > INT64_MAX ||
        segment_block(segment->first) != segment->first)
        return STATUS_INVALID;
    for (size_t i = 1; i < segment->epoch_count; i++)
        if (segment->epochs[i].epoch <= segment->epochs[i - 1].epoch)
            return STATUS_INVALID;
    for (size_t i = 0; i < segment->item_count; i++)
        if (!is_item(&segment->items[i], segment->first + i))
            return STATUS_INVALID;
    return STATUS_OK;
}

enum status segment_decode(struct span bytes, struct arena *arena, struct segment *segment)
{
    struct segment decoded;
    if (bytes.len > LIMIT_SEGMENT_BYTES)
        return STATUS_LIMIT;
    TRY(schema_decode(&segment_schema, bytes, arena, &decoded));
    TRY(check(&decoded));
    *segment = decoded;
    return STATUS_OK;
}

enum status segment_encode(const struct segment *segment, struct buffer *bytes)
{
    TRY(check(segment));
    return schema_encode(&segment_schema, segment, bytes);
}
