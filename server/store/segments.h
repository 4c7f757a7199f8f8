/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Sealed segments of channels' histories: files (files.h) that hold a range of a channel's log and
 * that no message announces. Bytes of what is deleted here are the caller's to remove, once that
 * is durable.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_SEGMENTS_H
#define WEFT_STORE_SEGMENTS_H

#include "server/store/files.h"

struct store_segment {
    uint64_t first_sequence;
    uint64_t last_sequence;
    struct id file;
};

struct store_segment_list {
    struct store_segment *items;
    size_t count;
};

struct store_segment_new {
    struct store_file file; /* without a message */
    uint64_t first_sequence;
    uint64_t last_sequence;
    uint64_t seen_sequence; /* the last entry that whoever sealed it knew */
};

/* Begins the upload of one, or finds it, as store_files_begin. STATUS_INVALID for a range that the
 * log has not reached, STATUS_CONFLICT when something was deleted that the sealer did not know. */
MUST_CHECK enum status
store_segments_begin(struct store_db *db, const struct store_segment_new *segment, bool *complete);

/* The channel's entry with this sequence deletes others. */
MUST_CHECK enum status
store_segments_note_deletion(struct store_db *db, const struct id *channel, uint64_t sequence);

/* When `file`, which is complete now, is a segment, others that begin at the same place go. */
MUST_CHECK enum status store_segments_replace(struct store_db *db,
                                              const struct id *file,
                                              struct arena *arena,
                                              struct store_file_ids *deleted);

/* Complete ones, by rising first sequence. */
MUST_CHECK enum status store_segments_list(struct store_db *db,
                                           const struct id *channel,
                                           uint32_t count_max,
                                           struct arena *arena,
                                           struct store_segment_list *segments);

/* Deletes those that hold one of these entries, uploads that are not complete included. */
MUST_CHECK enum status store_segments_delete(struct store_db *db,
                                             const struct id *channel,
                                             uint64_t from_sequence,
                                             uint64_t to_sequence,
                                             struct arena *arena,
                                             struct store_file_ids *deleted);

/* Who waits for somebody to share a channel's history. */
MUST_CHECK enum status
store_segments_set_asker(struct store_db *db, const struct id *channel, const struct id *person);

/* They wait no more; somebody else who does still does. */
MUST_CHECK enum status
store_segments_clear_asker(struct store_db *db, const struct id *channel, const struct id *person);

/* The channel's history is for newcomers no more: its segments go, and nobody waits for them. */
MUST_CHECK enum status store_segments_close(struct store_db *db,
                                            const struct id *channel,
                                            uint8_t history,
                                            struct arena *arena,
                                            struct store_file_ids *deleted);

#endif
