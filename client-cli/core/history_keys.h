/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the vault keeps so that history can be sealed, given and taken: the GroupContext of each
 * epoch, which signatures cover, and the keys of sealed segments. Of channels whose newcomers may
 * read what was said before; where that ends, all of it is deleted.
 *
 * Ownership: plain values; keys are wiped by whoever copies them. Errors: those of vault.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_KEYS_H
#define WEFT_CORE_HISTORY_KEYS_H

#include "client-cli/core/channel.h"
#include "client-cli/core/entry.h"
#include "protocol/content/content.h"

struct history_key {
    uint64_t first; /* sequences */
    uint64_t last;
    struct id file;
    uint8_t key[32];
    uint64_t size;
    uint8_t sha256[32];
    struct id
        shared_by; /* the person who said the key; we, once we know that it is as we have it */
    bool outdated; /* something in it was edited or deleted: its key is given to nobody */
    bool taken;    /* what it opens is here, or was sealed here */
    bool refused;  /* it did not open what it is said to: given to nobody */
};

/* What a message of the kind `history` gives. */
struct history_offer {
    struct history_key *keys;
    size_t count;
    uint64_t seen; /* as far as whoever said it had read */
    bool complete; /* somebody had asked, and nothing more follows */
};

/* The group has come into a new epoch: keeps its context, in the caller's transaction. */
MUST_CHECK enum status history_keys_note_epoch(struct engine *engine, struct channel *channel);

/* We have joined: what was said before is wanted, where the channel shares it. In the caller's
 * transaction, as the next two. */
MUST_CHECK enum status history_keys_join(struct engine *engine, struct channel *channel);

/* What was said of the kind `history`. Lends from the entry and the arena. STATUS_NOT_FOUND for
 * another kind, or what cannot be read. */
MUST_CHECK enum status history_keys_said(const struct stored_entry *entry,
                                         struct arena *arena,
                                         struct content_history *history);

/* The keys that the content gives which can be: each of a block, and no file under two of them, nor
 * under another than it was taken for: one upload would be fetched for each. What somebody only
 * says of a file keeps nobody from saying something else of it. STATUS_NOT_FOUND for another kind,
 * or what cannot be read. */
MUST_CHECK enum status history_keys_read(struct engine *engine,
                                         const struct channel *channel,
                                         const struct id *person,
                                         const struct content *content,
                                         struct arena *arena,
                                         struct history_offer *offer);

/* Keeps the keys that `entry`, whose content this is, gives, if it is of the kind `history`; other
 * kinds change nothing. */
MUST_CHECK enum status history_keys_take(struct engine *engine,
                                         struct channel *channel,
                                         const struct stored_entry *entry,
                                         const struct content *content);

/* The entry with this sequence does not stand as it was sealed: a segment that holds it is to be
 * sealed anew before it is shared. */
MUST_CHECK enum status
history_keys_outdate(struct engine *engine, const struct channel *channel, uint64_t sequence);

/* Whether what is known of the block is that just this was taken: the same file under the same key,
 * said to hold the same. Another key of the same file is another claim. */
MUST_CHECK enum status history_keys_was_taken(struct engine *engine,
                                              const struct channel *channel,
                                              const struct history_key *key,
                                              bool *was);

/* What the key opens is what it is said to be; `revised`: not as it stands now. It takes the place
 * of whatever else was said of the same file. In the caller's transaction, as the next. */
MUST_CHECK enum status history_keys_note_taken(struct engine *engine,
                                               const struct channel *channel,
                                               const struct history_key *key,
                                               bool revised);

/* It is not, which says nothing about another key of the same file. */
MUST_CHECK enum status history_keys_note_refused(struct engine *engine,
                                                 const struct channel *channel,
                                                 const struct history_key *key);

/* Likewise in the caller's transaction. */
MUST_CHECK enum status history_keys_put(struct engine *engine,
                                        const struct channel *channel,
                                        const struct history_key *key);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status history_keys_get(struct engine *engine,
                                        const struct channel *channel,
                                        uint64_t first,
                                        struct history_key *key);

/* By rising first sequence; STATUS_CANCELLED ends the walk without an error. */
MUST_CHECK enum status history_keys_walk(struct engine *engine,
                                         const struct channel *channel,
                                         enum status (*visit)(void *context,
                                                              const struct history_key *key),
                                         void *context);

/* The encoded GroupContext of an epoch, appended. STATUS_NOT_FOUND. */
MUST_CHECK enum status history_keys_context(struct engine *engine,
                                            const struct channel *channel,
                                            uint32_t generation,
                                            uint64_t epoch,
                                            struct buffer *context);

/* Keeps one that came with a segment, unless there is one; in the caller's transaction. */
MUST_CHECK enum status history_keys_put_context(struct engine *engine,
                                                const struct channel *channel,
                                                uint32_t generation,
                                                uint64_t epoch,
                                                struct span context);

#endif
