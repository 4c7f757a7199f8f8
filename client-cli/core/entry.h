/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One entry of a channel's log as the vault keeps it: what was said, by whom, and what is to be
 * said about it.
 *
 * Ownership: a decoded entry lends from its record and the arena. Errors: those of vault.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_ENTRY_H
#define WEFT_CORE_ENTRY_H

#include "client-cli/core/engine.h"
#include "protocol/content/content.h"

enum entry_fate {
    ENTRY_READ = 1,       /* `content` is what was said */
    ENTRY_CHANGED = 2,    /* a commit: `changes` is what it did */
    ENTRY_BEFORE = 3,     /* sent before we joined: nobody can read it here */
    ENTRY_UNREADABLE = 4, /* `warning` says why */
    ENTRY_REPEATED = 5,   /* an id or a key that was used before: not shown as a message */
    ENTRY_DELETED = 6,    /* its text is gone, here and on the server */
    ENTRY_WITHHELD = 7,   /* of before we joined, and `shared_by` did not share it */
    ENTRY_CONTROL = 8,    /* likewise, since it holds nothing for people: by their word */
};

enum entry_change_kind {
    ENTRY_ADDED = 1, /* admitted by `by`, if anybody had to */
    ENTRY_REMOVED = 2,
    ENTRY_JOINED = 3,         /* by itself, into an open channel */
    ENTRY_REJOINED = 4,       /* with a fresh leaf for its old one */
    ENTRY_ROLES = 5,          /* somebody's roles, or the channel's rules: then of nobody */
    ENTRY_DEVICE_ADDED = 6,   /* of somebody who is in the channel */
    ENTRY_DEVICE_REMOVED = 7, /* of somebody who stays, with another */
    ENTRY_ADDED_RESET = 8,    /* somebody, with a device that an admin set up: `by` */
    ENTRY_DORMANT = 9,        /* a device was removed for absence, and may come back */
    ENTRY_RETURNED = 10,      /* and has */
};

struct entry_change {
    uint8_t kind; /* enum entry_change_kind */
    struct id person;
    struct id by; /* none unless the kind names somebody */
};

/* A commit that lets in a table's worth of people names them all. When a summit opens its doors
 * each lets in more than a hundred, and whoever follows would fetch, keep and read a thousand
 * names: of more changes of one kind than a dozen, eight are told by name, and of devices that an
 * admin set up all. */
#define ENTRY_CHANGES_ALL_NAMED 12
#define ENTRY_CHANGES_NAMED 8

struct stored_entry {
    uint64_t sequence;
    uint32_t generation;
    uint64_t epoch;
    int64_t time;
    uint8_t fate; /* enum entry_fate */
    struct id message;
    struct id person; /* who spoke or committed, proven by MLS; none when unreadable */
    struct id device;
    uint8_t lane;
    uint32_t stage_counter;
    struct span content;       /* encoded struct content; empty unless ENTRY_READ */
    struct span authenticated; /* AuthenticatedContent, for history */
    uint8_t running_hash[32];  /* after this entry */
    struct span warning;       /* what people must know about it; empty: nothing */
    struct entry_change *changes;
    size_t change_count;
    uint64_t edited;      /* the last edit that `content` comes from; 0: as it was said */
    uint64_t deleted;     /* who said that it is deleted; 0: only the server did */
    struct id deleted_by; /* the person */
    /* Of before we joined: who gave it to us, and what follows from their word alone: its place and
     * time, and that nothing is left out where it is withheld. None: we were there. */
    struct id shared_by;
};

/* A record: the content, the AuthenticatedContent around it, and a commit's changes, which can be
 * about everybody. */
#define ENTRY_RECORD_BYTES_MAX                                                                     \
    (4u * LIMIT_FRAME_BYTES + 2u * sizeof(struct id) * LIMIT_GROUP_MEMBERS)

/* In the caller's transaction, with the look-up by message id. */
MUST_CHECK enum status
entry_store(struct engine *engine, const struct id *channel, const struct stored_entry *entry);

/* The entry with this sequence. `record` and `arena` hold what it lends from. STATUS_NOT_FOUND. */
MUST_CHECK enum status entry_get(struct engine *engine,
                                 const struct id *channel,
                                 uint64_t sequence,
                                 struct buffer *record,
                                 struct arena *arena,
                                 struct stored_entry *entry);

/* Puts what is known of an entry now in its place, in the caller's transaction. */
MUST_CHECK enum status
entry_replace(struct engine *engine, const struct id *channel, const struct stored_entry *entry);

/* Under which the vault has what is about a message of a channel. An id is its sender's choice: in
 * another channel the same one is another message. */
MUST_CHECK enum status
entry_message_scope(const struct id *channel, const struct id *message, struct id *scope);

/* Where a message of this channel is: its sequence. STATUS_NOT_FOUND. */
MUST_CHECK enum status entry_find_message(struct engine *engine,
                                          const struct id *channel,
                                          const struct id *message,
                                          uint64_t *sequence);

/* The entry of a message of this channel, one that was deleted included. STATUS_NOT_FOUND. */
MUST_CHECK enum status entry_get_message(struct engine *engine,
                                         const struct id *channel,
                                         const struct id *message,
                                         struct buffer *record,
                                         struct arena *arena,
                                         struct stored_entry *entry);

/* The entries of a channel with sequence in [from, to], in order; STATUS_CANCELLED from `visit`
 * ends the walk without an error. The entry is lent for the call. */
struct entry_walk {
    struct id channel;
    uint64_t from;
    uint64_t to;
    bool backwards;
    enum status (*visit)(void *context, const struct stored_entry *entry);
    void *context;
};
MUST_CHECK enum status entry_walk(struct engine *engine, const struct entry_walk *walk);

/* How many changes of the kind of number `at` are among the first `count`. */
size_t entry_changes_alike(const struct stored_entry *entry, size_t at, size_t count);

/* Whether the change is told by name, or counted with others of its kind. */
bool entry_change_is_named(const struct stored_entry *entry, size_t at);

/* Whether nothing of it was shared, by the word of whoever shared the rest. */
bool entry_is_shared_empty(const struct stored_entry *entry);

/* Whether it was left out so, and the server still has it (history_kept.h). */
bool entry_is_kept_back(const struct stored_entry *entry);

/* Whether what was said there may come from somebody who has it. */
bool entry_is_lacking(const struct stored_entry *entry);

/* Whether it is a commit by the word of whoever shared it, who may have left a message out so. */
bool entry_is_shared_commit(const struct stored_entry *entry);

/* The content of an ENTRY_READ entry. */
MUST_CHECK enum status entry_content(const struct stored_entry *entry, struct content *content);

#endif
