/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of content: number, name, lane and body (PROTOCOL.md, 10.2).
 *
 * A client refuses a kind in a lane that is not its own, so that nobody can speak on the floor
 * out of turn by calling it a note.
 * Thread rule: constant tables.
 */
#ifndef WEFT_CONTENT_KINDS_H
#define WEFT_CONTENT_KINDS_H

#include "protocol/base/id.h"
#include "protocol/codec/schema.h"

/* Lanes as in wire/message_header.h: F floor, S side, C control.
 * KIND(number, NAME, name, lane, body). Numbers are never used again for something else. */
#define CONTENT_KIND_LIST(KIND)                                                                    \
    KIND(1, TEXT, text, 1, content_text)                                                           \
    KIND(2, CONTEXT, context, 1, content_text)   /* what it is about, by those who ask */          \
    KIND(3, QUESTION, question, 1, content_text) /* to understand, not to advise */                \
    KIND(4, ANSWER, answer, 1, content_text)                                                       \
    KIND(5, IDEA, idea, 1, content_idea) /* experience or option, with its reason */               \
    KIND(6, LAST_IDEA, last_idea, 1, content_idea)                                                 \
    KIND(7, SUMMARY, summary, 1, content_text)                                                     \
    KIND(8, COMMITMENT, commitment, 1, content_action) /* what the askers will do */               \
    KIND(9, SEALED, sealed, 1, content_sealed)         /* written, not yet revealed */             \
    KIND(10, FOLLOW_UP, follow_up, 1, content_text)    /* what happened afterwards */              \
    KIND(20, NOTE, note, 2, content_text)                                                          \
    KIND(21, ACTION, action, 2, content_action)                                                    \
    KIND(22, OFFER, offer, 2, content_text)                                                        \
    KIND(23, LESSON, lesson, 2, content_text)                                                      \
    KIND(24, HAND, hand, 2, content_mark) /* raised or lowered */                                  \
    KIND(25, VOTE, vote, 2, content_mark)                                                          \
    KIND(26, REVEAL, reveal, 2, content_reveal)                                                    \
    KIND(27, HARVEST, harvest, 2, content_harvest)                                                 \
    KIND(28, APPROVAL, approval, 2, content_mark) /* of the harvest it replies to */               \
    KIND(29, FILE, file, 2, content_file)         /* a document for all, as a note is */           \
    KIND(30, REACTION, reaction, 2, content_reaction)                                              \
    KIND(31, EDIT, edit, 2, content_edit)                                                          \
    KIND(32, DELETION, deletion, 2, content_deletion)                                              \
    KIND(40, CHANNEL_STATE, channel_state, 3, content_channel_state)                               \
    KIND(41, STAGE, stage, 3, content_stage)                                                       \
    KIND(42, ADMISSION, admission, 3, content_admission) /* who may be let in */                   \
    KIND(43, HISTORY, history, 3, content_history)       /* keys of what was said before */

#define CONTENT_KIND_ENUM(number, NAME, name, lane, body) CONTENT_##NAME = number,
enum content_kind { CONTENT_KIND_LIST(CONTENT_KIND_ENUM) };
#undef CONTENT_KIND_ENUM

struct content_text {
    struct span text;
};

struct content_idea {
    struct span text;
    struct span reason; /* why, or where it worked; may be empty */
};

struct content_action {
    struct span text;
    struct span owner; /* who does it, as people say it; may be empty */
    int64_t due;       /* 0: no date */
};

/* A mark on the message that the content replies to, or on nothing (a raised hand). */
struct content_mark {
    bool on;
};

/* An answer that nobody can read before its key: sealed.h. */
struct content_sealed {
    uint8_t commitment[32]; /* SHA-256 over key, author and text */
    struct span ciphertext;
};

struct content_reveal {
    struct id message; /* the sealed one */
    uint8_t key[32];
};

/* The record that remains. Field names are the format's. */
struct content_harvest_item {
    struct span field;
    struct span text;
};
struct content_harvest {
    struct content_harvest_item *items; /* in the format's order */
    size_t item_count;
    int64_t follow_up; /* 0: none agreed */
};

/* A file that lies encrypted on the server (file_chunk.h): what is needed to get it and to read
 * it. The server knows `file` and the padded size, and none of the rest. */
struct content_file_chunk {
    uint8_t sha256[32]; /* of the encrypted chunk */
};
struct content_file {
    struct id file;
    uint8_t key[32];
    uint64_t size;    /* of the file itself, without padding */
    struct span name; /* what the sender calls it: never a path to write to */
    struct span media_type;
    struct content_file_chunk *chunks; /* all of them, in order */
    size_t chunk_count;
};

/* On the message that the content replies to. */
struct content_reaction {
    struct span text; /* an emoji or a word */
    bool on;          /* false takes it back */
};

/* A new body for a message of the same sender, which the content replies to. */
struct content_edit {
    uint16_t kind; /* of that message */
    struct span body;
};

/* Messages that are to be forgotten: one and its edits. */
struct content_message {
    struct id message;
};
struct content_deletion {
    struct content_message *messages;
    size_t count;
};

/* Title and brief of an unlisted channel, sent again after each Add. */
struct content_channel_state {
    struct span title;
    struct span brief;
};

/* A change of the session's clock, as its facilitator asks weftd for it. */
struct content_stage {
    struct id session;
    uint8_t action;   /* enum wire_stage_action */
    uint16_t minutes; /* of an extension */
    uint32_t counter; /* of the session before the change */
};

/* People whom a facilitator or sponsor lets in: whoever commits their Add checks that this was
 * said, since the server that asks for it could name anybody. */
struct content_person {
    struct id person;
};
struct content_admission {
    struct content_person *people;
    size_t count;
};

/* Keys of sealed segments (segment.h), for those who are members when it is said. */
struct content_history_segment {
    uint64_t first; /* sequences, both included */
    uint64_t last;
    struct id file; /* where it lies on the server (file_chunk.h) */
    uint8_t key[32];
    uint64_t size;      /* of the encoded segment */
    uint8_t sha256[32]; /* likewise */
};
struct content_history {
    struct id asked_by; /* the person whom it is for; none: nobody asked, they were just sealed */
    struct content_history_segment *segments; /* by rising first sequence */
    size_t segment_count;
    uint64_t seen; /* they stand as of this sequence: what was edited later is not in them */
    bool more;     /* another message goes on with the answer */
};

struct content_kind_row {
    uint16_t number;
    const char *name;
    uint8_t lane;
    const struct schema *body;
};

/* All kinds, by rising number. */
extern const struct content_kind_row content_kinds[];
extern const size_t content_kind_count;

/* NULL for an unknown kind. */
const struct content_kind_row *content_kind_find(uint16_t number);
const struct content_kind_row *content_kind_named(struct span name);

extern const struct schema content_text_schema;
extern const struct schema content_idea_schema;
extern const struct schema content_action_schema;
extern const struct schema content_mark_schema;
extern const struct schema content_sealed_schema;
extern const struct schema content_reveal_schema;
extern const struct schema content_harvest_schema;
extern const struct schema content_file_schema;
extern const struct schema content_reaction_schema;
extern const struct schema content_edit_schema;
extern const struct schema content_deletion_schema;
extern const struct schema content_channel_state_schema;
extern const struct schema content_stage_schema;
extern const struct schema content_admission_schema;
extern const struct schema content_history_segment_schema;
extern const struct schema content_history_schema;

#endif
