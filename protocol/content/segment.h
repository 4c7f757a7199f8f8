/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed segment of a channel's history: up to LIMIT_SEGMENT_ENTRIES entries of its log without
 * a gap, for people who join later (PROTOCOL.md, 10.1). What was said is there as its author
 * signed it, with the GroupContext of the epoch that the signature covers; what is not to be
 * shared (it was deleted, or holds keys) leaves its place empty, and says which of the two.
 *
 * Blocks: a generation's log is cut at every LIMIT_SEGMENT_ENTRIES entries, and a segment holds
 * the beginning of one block, or all of it. So everybody agrees where segments begin.
 *
 * Encoded, it is encrypted and stored as a file is (file_chunk.h), under a key of its own.
 * Ownership: decoding lends from the input and the arena. Errors: those of schema.h,
 * STATUS_UNSUPPORTED for another version, STATUS_INVALID for parts that contradict each other.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_SEGMENT_H
#define WEFT_CONTENT_SEGMENT_H

#include "protocol/base/id.h"
#include "protocol/codec/schema.h"

#define SEGMENT_VERSION 1

enum segment_kind {
    SEGMENT_COMMIT = 1,   /* ends an epoch; what it did is not told */
    SEGMENT_MESSAGE = 2,  /* `authenticated` is what its author signed */
    SEGMENT_EDITED = 3,   /* `authenticated` is the author's edit, whose text stands now */
    SEGMENT_WITHHELD = 4, /* deleted, over, or unreadable to the sealer */
    SEGMENT_CONTROL = 5,  /* nothing for people: keys of segments, or an edit that is replaced */
};

struct segment_epoch {
    uint64_t epoch;
    struct span group_context; /* encoded GroupContext (RFC 9420, 8.1) */
};

struct segment_item {
    uint8_t kind;             /* enum segment_kind */
    int64_t time;             /* the server's, by the sealer's word */
    struct id message;        /* none: a commit, or not known to the sealer */
    struct id device;         /* that said it; none likewise */
    uint8_t running_hash[32]; /* after this entry (running_hash.h) */
    uint64_t edited;          /* the edit's sequence; 0 unless SEGMENT_EDITED */
    /* Of what was edited, by the sealer's word; none and 0 otherwise. */
    struct id reply_to;
    uint32_t stage_counter;
    struct span authenticated; /* AuthenticatedContent (RFC 9420, 6); empty: nothing is shared */
};

struct segment {
    uint8_t version;
    struct id channel;
    uint64_t first;               /* sequence of the first item; the others follow without a gap */
    uint64_t epoch;               /* in which the first item stands */
    struct segment_epoch *epochs; /* by rising number: those that signatures need */
    size_t epoch_count;
    struct segment_item *items;
    size_t item_count; /* at least one */
};

extern const struct schema segment_schema;

/* Decodes a segment that fills `bytes`, and checks all that can be checked without keys: order,
 * block, kinds and what each must have, one GroupContext an epoch. */
MUST_CHECK enum status
segment_decode(struct span bytes, struct arena *arena, struct segment *segment);

/* Refuses what decoding would refuse. */
MUST_CHECK enum status segment_encode(const struct segment *segment, struct buffer *bytes);

/* The GroupContext of an epoch; empty when the segment has none. */
struct span segment_context(const struct segment *segment, uint64_t epoch);

/* The sequence at which the block with this entry begins. */
uint64_t segment_block(uint64_t sequence);

/* The generation that an entry with this sequence belongs to. */
uint32_t segment_generation(uint64_t sequence);

#endif
