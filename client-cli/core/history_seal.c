/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_seal.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/revision.h"
#include "protocol/content/segment.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/generations.h"

#include <string.h>

/* Of what a segment lends. */
#define SEALING_ARENA_MAX (2u * LIMIT_SEGMENT_BYTES)

struct sealing {
    struct engine *engine;
    const struct channel *channel;
    const struct history_range *range;
    struct arena arena;
    struct segment segment;
    uint64_t next; /* the sequence that the walk must come to */
};

static void sealing_clear(struct sealing *sealing)
{
    arena_clear(&sealing->arena);
}

/* ---- epochs ---- */

/* By rising number; the list has room for one for each item. */
static void insert_epoch(struct segment *segment, uint64_t epoch, struct span context)
{
    size_t at = segment->epoch_count;
    for (; at > 0 && segment->epochs[at - 1].epoch > epoch; at--)
        segment->epochs[at] = segment->epochs[at - 1];
    segment->epochs[at] = (struct segment_epoch){epoch, context};
    segment->epoch_count++;
}

/* Whether signatures of the epoch can be checked with what we have of it. */
static enum status need_epoch(struct sealing *sealing, uint64_t epoch, bool *has)
{
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    uint32_t generation = segment_generation(sealing->range->first);
    struct span copy;
    *has = segment_context(&sealing->segment, epoch).len != 0;
    if (*has)
        return STATUS_OK;
    enum status found =
        history_keys_context(sealing->engine, sealing->channel, generation, epoch, &context);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    TRY(arena_copy(&sealing->arena, buffer_span(&context), &copy));
    insert_epoch(&sealing->segment, epoch, copy);
    *has = true;
    return STATUS_OK;
}

/* ---- items ---- */

static struct segment_item *last_item(struct sealing *sealing)
{
    return &sealing->segment.items[sealing->segment.item_count - 1];
}

/* Another edit has taken its place, or what it edited is gone: its text stands nowhere any more. */
static enum status
is_superseded(struct sealing *sealing, const struct stored_entry *edit, bool *superseded)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry target;
    struct id message;
    *superseded = true;
    enum status found = revision_target(edit, &message);
    if (found == STATUS_OK)
        found = entry_get_message(sealing->engine, &sealing->channel->id, &message, &record, &arena,
                                  &target);
    if (found == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(found);
    *superseded = target.edited != edit->sequence;
    return STATUS_OK;
}

/* As what the entry is shared, if others can check it. */
static enum status
find_kind(struct sealing *sealing, const struct stored_entry *entry, uint8_t *kind)
{
    struct content content;
    bool control = false;
    *kind = SEGMENT_WITHHELD;
    if (entry->fate == ENTRY_CONTROL)
        *kind = SEGMENT_CONTROL;
    if (entry_content(entry, &content) != STATUS_OK)
        return STATUS_OK;
    control = content.kind == CONTENT_HISTORY;
    if (content.kind == CONTENT_EDIT)
        TRY(is_superseded(sealing, entry, &control));
    if (control)
        *kind = SEGMENT_CONTROL;
    else if (entry->time >= sealing->range->kept_since)
        *kind = entry->edited == 0 ? SEGMENT_MESSAGE : SEGMENT_EDITED;
    return STATUS_OK;
}

/* Puts what its author signed into the last item, if others can check it. */
static enum status share(struct sealing *sealing, struct span authenticated)
{
    struct reader reader = reader_of(authenticated);
    struct mls_authenticated_content head;
    bool has = false;
    if (authenticated.len == 0 || mls_authenticated_content_read_head(&reader, &head) != STATUS_OK)
        return STATUS_OK;
    TRY(need_epoch(sealing, head.content.epoch, &has));
    return has ? arena_copy(&sealing->arena, authenticated, &last_item(sealing)->authenticated)
               : STATUS_OK;
}

static enum status add_message(struct sealing *sealing, const struct stored_entry *entry)
{
    TRY(share(sealing, entry->authenticated));
    if (last_item(sealing)->authenticated.len != 0)
        last_item(sealing)->kind = SEGMENT_MESSAGE;
    return STATUS_OK;
}

/* Instead of what was said first, the edit that stands. */
static enum status add_edited(struct sealing *sealing, const struct stored_entry *entry)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct segment_item *item = last_item(sealing);
    struct stored_entry edit;
    struct content content;
    enum status found =
        entry_get(sealing->engine, &sealing->channel->id, entry->edited, &record, &arena, &edit);
    if (found != STATUS_OK)
        return found == STATUS_NOT_FOUND ? STATUS_OK : found;
    TRY(entry_content(entry, &content));
    TRY(share(sealing, edit.authenticated));
    if (item->authenticated.len == 0)
        return STATUS_OK;
    item->kind = SEGMENT_EDITED;
    item->edited = entry->edited;
    item->reply_to = content.reply_to;
    item->stage_counter = entry->stage_counter;
    return STATUS_OK;
}

static enum status add_entry(void *context, const struct stored_entry *entry)
{
    struct sealing *sealing = context;
    struct segment *segment = &sealing->segment;
    uint8_t kind = SEGMENT_COMMIT;
    if (entry->sequence != sealing->next || entry->fate == ENTRY_BEFORE)
        return STATUS_CANCELLED;
    sealing->next++;
    struct segment_item *item = &segment->items[segment->item_count++];
    *item = (struct segment_item){
        .kind = SEGMENT_WITHHELD, .time = entry->time, .device = entry->device};
    memcpy(item->running_hash, entry->running_hash, sizeof item->running_hash);
    if (entry->fate == ENTRY_CHANGED) {
        item->kind = SEGMENT_COMMIT;
        return STATUS_OK;
    }
    /* The id of what was not read is nobody's word but the server's. */
    if (entry->fate != ENTRY_UNREADABLE && entry->fate != ENTRY_REPEATED)
        item->message = entry->message;
    TRY(find_kind(sealing, entry, &kind));
    if (kind == SEGMENT_MESSAGE)
        return add_message(sealing, entry);
    if (kind == SEGMENT_EDITED)
        return add_edited(sealing, entry);
    item->kind = kind;
    return STATUS_OK;
}

/* ---- the epoch before ---- */

static enum status find_commit(void *context, const struct stored_entry *entry)
{
    if (entry->fate != ENTRY_CHANGED)
        return STATUS_OK;
    *(uint64_t *)context = entry->epoch + 1;
    return STATUS_CANCELLED;
}

/* In which epoch the first entry stands: after the last commit before it, or the generation's
 * first. */
static enum status find_epoch(struct sealing *sealing)
{
    uint64_t first = sealing->range->first;
    uint64_t base = generation_base(segment_generation(first));
    struct entry_walk walk = {.channel = sealing->channel->id,
                              .from = base + 1,
                              .to = first - 1,
                              .backwards = true,
                              .visit = find_commit,
                              .context = &sealing->segment.epoch};
    return first == base + 1 ? STATUS_OK : entry_walk(sealing->engine, &walk);
}

static enum status gather(struct sealing *sealing)
{
    const struct history_range *range = sealing->range;
    void *items = NULL;
    void *epochs = NULL;
    TRY(arena_take(&sealing->arena, LIMIT_SEGMENT_ENTRIES, sizeof(struct segment_item), &items));
    TRY(arena_take(&sealing->arena, LIMIT_SEGMENT_ENTRIES, sizeof(struct segment_epoch), &epochs));
    sealing->segment = (struct segment){.version = SEGMENT_VERSION,
                                        .channel = sealing->channel->id,
                                        .first = range->first,
                                        .epochs = epochs,
                                        .items = items};
    struct entry_walk walk = {.channel = sealing->channel->id,
                              .from = range->first,
                              .to = range->last,
                              .visit = add_entry,
                              .context = sealing};
    TRY(entry_walk(sealing->engine, &walk));
    TRY(find_epoch(sealing));
    return sealing->next == range->last + 1 ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status history_seal(struct engine *engine,
                         const struct channel *channel,
                         const struct history_range *range,
                         struct buffer *bytes)
{
    CLEANUP(sealing_clear)
    struct sealing sealing = {.engine = engine,
                              .channel = channel,
                              .range = range,
                              .arena = ARENA_INIT(SEALING_ARENA_MAX),
                              .next = range->first};
    TRY(gather(&sealing));
    return segment_encode(&sealing.segment, bytes);
}

enum status history_seal_is_ours(struct engine *engine,
                                 const struct channel *channel,
                                 const struct history_key *key,
                                 int64_t kept_since,
                                 bool *ours)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_SEGMENT_BYTES);
    const struct history_range range = {key->first, key->last, kept_since};
    struct digest digest;
    TRY(history_seal(engine, channel, &range, &bytes));
    TRY(hash_bytes(HASH_SHA256, buffer_span(&bytes), &digest));
    *ours = bytes.len == key->size && span_equal(digest_span(&digest), SPAN_OF(key->sha256));
    return STATUS_OK;
}
