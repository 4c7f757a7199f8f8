/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A channel that this device is or was in: what we keep of it, one record each, and the MLS group,
 * which is taken out of the vault when it is first needed.
 *
 * Memory follows disk: a change is made on the struct and stored in one transaction; after a
 * transaction that failed, channel_reload brings both back to what is on disk.
 * Ownership: channels belong to the engine's list. Errors: those of vault.h and group.h.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_CHANNEL_H
#define WEFT_CORE_CHANNEL_H

#include "client-cli/core/engine.h"
#include "protocol/channel/extension.h"
#include "protocol/content/running_hash.h"
#include "protocol/mls/member/group.h"
#include "protocol/wire/channels.h"
#include "protocol/wire/sessions.h"

enum channel_state {
    CHANNEL_STATE_CREATING = 1, /* ours, the server has not answered yet */
    CHANNEL_STATE_MEMBER = 2,
    CHANNEL_STATE_LEFT = 3,
    CHANNEL_STATE_REMOVED = 4,
    CHANNEL_STATE_STUCK = 5,      /* an accepted commit cannot be applied */
    CHANNEL_STATE_CONTINUING = 6, /* our next generation, the server has not answered yet */
    CHANNEL_STATE_AWAITING = 7,   /* it goes on, and a member is to let us in again */
};

/* What was said before we joined. */
enum channel_history_state {
    CHANNEL_HISTORY_HERE = 0,    /* or there is none for us */
    CHANNEL_HISTORY_WANTED = 1,  /* nobody has answered yet */
    CHANNEL_HISTORY_PART = 2,    /* somebody has, and entries are missing: others are asked */
    CHANNEL_HISTORY_DOUBTED = 3, /* no entry is missing, but some are withheld by the word of one
                                  * member: a second is asked */
};

/* Why a member's commit took us out (channel_out.h). */
enum channel_out_reason {
    CHANNEL_OUT_REMOVED = 1,  /* a facilitator did */
    CHANNEL_OUT_LEFT = 2,     /* another device of ours asked for it */
    CHANNEL_OUT_SHUT_OUT = 3, /* the directory does not let this device in */
    CHANNEL_OUT_ABSENT = 4,   /* it was not seen for long, as the directory says */
    CHANNEL_OUT_COPY = 5,     /* our own keys, elsewhere */
};

/* When a past epoch ended, by the server's clock. */
struct channel_epoch_end {
    uint64_t epoch;
    int64_t ended;
};

struct channel {
    struct channel *next;
    uint64_t number; /* in the vault */
    struct id id;
    uint8_t state; /* enum channel_state */
    uint32_t generation;
    uint64_t cursor; /* the last sequence that was processed */
    uint64_t shown;  /* the last sequence that `read` or `follow` showed */
    uint64_t told;   /* the last sequence that our other devices were told of as shown */
    int64_t told_ms; /* when; 0: never */
    uint64_t joined_epoch;
    uint64_t joined_sequence;
    uint64_t log_size;   /* what the last commit knew of the directory: none may know less */
    uint32_t deleted;    /* messages of the present epoch that nobody will ever give us */
    int64_t removal_due; /* when we remove who was shut out if nobody has; 0: nobody is to go */
    int64_t path_due;    /* when our leaf gets keys that only we made; 0: not looked at yet */
    bool confirmed;  /* false: joined an open channel, and no member has spoken in its epoch yet */
    bool distrusted; /* a copy of this vault was in use: a fresh leaf before anything is sent */
    uint8_t history; /* enum channel_history_state */
    uint64_t history_read; /* as far as the log was searched for keys of what was said before */
    uint8_t running_hash[RUNNING_HASH_SIZE]; /* after the cursor's entry */
    struct channel_epoch_end *ends;          /* of epochs that are kept */
    size_t end_count;
    struct channel_epoch_end end_items[LIMIT_PAST_EPOCHS + 1];
    struct span title; /* lent from `texts` */
    struct span brief;
    struct buffer texts;

    struct mls_group *group; /* NULL until it is needed */

    /* Of what shut_out.h looked at last; not kept in the vault. */
    bool looked_at;
    uint64_t looked_size;   /* the log's when somebody was shut out last (directory.h) */
    uint64_t unlooked_size; /* the least that a commit since then knew of the directory */

    bool subscribed; /* on this connection; not kept in the vault */
    bool frozen;     /* as the server said last; not kept in the vault */
    bool overtaken;  /* it says that the log goes on in a later generation; not kept in the
                      * vault */
    bool outrun;     /* the log's next change has our signature, and cannot be followed here:
                      * joined anew first; not kept in the vault */
    uint8_t out;     /* enum channel_out_reason, once a commit took us out; not kept in the vault */
    struct id out_by;  /* whose commit; not kept in the vault */
    int64_t latest_ms; /* of the last entry that this process took; 0: none yet */
    bool history_due;  /* keys of segments came, or we are asked to share; not kept in the vault */
    int64_t history_ask_ms;  /* when we ask for it next; 0: at once; not kept in the vault */
    uint32_t history_asks;   /* how often we have; not kept in the vault */
    size_t history_left_out; /* entries, when the server was last asked for them; not kept in the
                              * vault */
    bool history_awaited;    /* and somebody may answer soon; not kept in the vault */

    /* The session as the server said last; not kept in the vault. */
    bool has_session;
    struct wire_session session;
    struct connection_reply session_reply;
};

/* All of the vault's channels into the engine's list. */
MUST_CHECK enum status channel_load_all(struct engine *engine);
void channel_free_all(struct engine *engine);

/* A new one at the end of the list, not stored yet. */
MUST_CHECK enum status
channel_new(struct engine *engine, const struct id *id, struct channel **channel);

/* Takes it off the list and frees it, without touching the vault. */
void channel_drop(struct engine *engine, struct channel *channel);

struct channel *channel_find(const struct engine *engine, const struct id *id);

/* Copies the texts. */
MUST_CHECK enum status
channel_set_texts(struct channel *channel, struct span title, struct span brief);

/* The record and the changed rows of the group, in the caller's transaction. */
MUST_CHECK enum status channel_store(struct engine *engine, struct channel *channel);

/* Call it when that transaction has committed. */
void channel_stored(struct channel *channel);

/* The record and all rows, for a group that is new here; rows of an older one are deleted. */
MUST_CHECK enum status channel_store_new_group(struct engine *engine, struct channel *channel);

/* Deletes the group's rows: for a channel that is over. The messages stay. */
MUST_CHECK enum status channel_delete_group(struct engine *engine, struct channel *channel);

/* Drops what is in memory and reads the record again. */
MUST_CHECK enum status channel_reload(struct engine *engine, struct channel *channel);

/* Makes sure that the group is in memory. STATUS_NOT_FOUND for a channel without one. */
MUST_CHECK enum status channel_need_group(struct engine *engine, struct channel *channel);

/* In one transaction: `change`, then channel_store. Everything is rolled back when one fails. */
MUST_CHECK enum status channel_transact(struct engine *engine,
                                        struct channel *channel,
                                        enum status (*change)(struct engine *engine,
                                                              struct channel *channel,
                                                              void *context),
                                        void *context);

/* The weft_channel extension of the present epoch; lends from the group and the arena. */
MUST_CHECK enum status channel_extension(struct channel *channel,
                                         struct arena *arena,
                                         struct channel_extension *extension);

/* Whether newcomers may read what was said before they joined: by the group's own word. */
MUST_CHECK enum status
channel_has_history(struct engine *engine, struct channel *channel, bool *has);

/* Our own role bits; 0 without a group. */
uint16_t channel_own_roles(struct engine *engine, struct channel *channel);
uint16_t channel_roles_of(struct channel *channel, const struct id *person);

/* Whether a device of this person is a member. */
bool channel_has_person(struct engine *engine, struct channel *channel, const struct id *person);

/* Begins the running hash of the group's present epoch. */
MUST_CHECK enum status channel_begin_hash(struct channel *channel);

/* Marks every channel for a resync, durably: the server has seen a newer copy of this vault. */
MUST_CHECK enum status channel_distrust_all(struct engine *engine);

#endif
