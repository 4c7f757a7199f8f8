/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The community's directory as the server has it: the replayed log, its signed head, and the line
 * of those who want to append.
 *
 * One entry is appended at a time: the next one's index and root are known only when the one
 * before is durable. The entry, what it changes elsewhere in the store, and the new head go into
 * one job; memory follows when that is durable.
 * Thread rule: loop thread; other threads may read the directory between community_lend and
 * community_give_back.
 */
#ifndef WEFT_SESSION_COMMUNITY_H
#define WEFT_SESSION_COMMUNITY_H

#include "protocol/directory/directory.h"
#include "server/base/clock.h"
#include "server/session/identity.h"
#include "server/store/directory_log.h"
#include "server/store/store.h"

struct community;

/* One entry to append, embedded in the caller's own struct until done() is called. */
struct community_change {
    /* Encoded and signed; stays the caller's. */
    struct span entry;
    bool authority_is_admin;
    /* In the entry's job, before the entry is appended: what else it changes. May be NULL. */
    enum status (*run)(struct store_db *db, struct community_change *change);
    /* On the loop, exactly once. STATUS_OK: the entry is durable and in the directory. Otherwise
     * nothing has changed. */
    void (*done)(struct community_change *change, enum status status);

    /* The community's own. */
    struct community *community;
    struct store_job job;
    struct community_change *next;
    uint64_t index;
    struct store_hash leaf_hash;
    struct store_directory_head head;
    struct buffer head_bytes;
};

struct community_options {
    struct store *store; /* borrowed, as the rest */
    const struct identity *identity;
    const struct clock_source *clock;
    /* After each change, on the loop: the log grew. May be NULL. */
    void (*grown)(void *context);
    /* On the loop, before the change's done(): the log has an entry for which there was no memory.
     * The caller stops and tells nobody how anything ended. May be NULL. */
    void (*behind)(void *context, enum status status);
    void *context;
};

/* Replays the log; the store has not been started yet. STATUS_CORRUPT when the log does not
 * verify. */
MUST_CHECK enum status community_open(const struct community_options *options,
                                      struct community **community);

/* Nobody may wait in line. `*community` becomes NULL; NULL is allowed. */
void community_close(struct community **community);

void community_submit(struct community *community, struct community_change *change);

/* The directory, for the loop's thread. */
const struct directory *community_directory(const struct community *community);

/* For another thread, for as long as it reads: the loop waits with its next change, and whoever
 * comes later waits for that. Not twice in one thread. */
const struct directory *community_lend(struct community *community);
void community_give_back(struct community *community);

/* The signed head, encoded; lent until the next change. */
struct span community_head(const struct community *community);

#endif
