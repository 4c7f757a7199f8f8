/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/community.h"

#include "protocol/base/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Entries replayed in one read: 256 KiB of them. */
#define REPLAY_ENTRIES 512
#define REPLAY_BYTES (256u << 10)

#define HEAD_BYTES_MAX 1024

struct community {
    struct community_options options;
    struct directory *directory;
    pthread_rwlock_t lock; /* of the directory: written by the loop, read by others */
    struct buffer head;
    struct community_change *first;
    struct community_change **last;
    bool busy;
};

struct replay {
    struct store_job job;
    struct directory *directory;
    struct buffer *head;
    enum status status;
};

static enum status
replay_page(struct store_db *db, struct directory *directory, uint64_t from, bool *more)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(2 * REPLAY_BYTES);
    struct store_directory_page page = {0};
    TRY(store_directory_log_entries(db, from, REPLAY_ENTRIES, REPLAY_BYTES, &arena, &page));
    for (size_t i = 0; i < page.count; i++) {
        /* Whether its authority was an admin was checked when it was appended. */
        if (directory_apply(directory, page.entries[i], true) != STATUS_OK)
            return STATUS_CORRUPT;
    }
    *more = page.more;
    return STATUS_OK;
}

static enum status replay_run(struct store_db *db, struct store_job *job)
{
    struct replay *replay = (struct replay *)(void *)job;
    bool more = true;
    while (more) {
        uint64_t from = directory_log_of(replay->directory)->size;
        TRY(replay_page(db, replay->directory, from, &more));
    }
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(HEAD_BYTES_MAX * 4);
    struct store_directory_head head;
    enum status status = store_directory_log_head(db, &arena, &head);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    return buffer_append(replay->head, head.signed_head);
}

static void replay_done(struct store_job *job, enum status status)
{
    struct replay *replay = (struct replay *)(void *)job;
    replay->status = status;
}

/* The head of an empty log is signed anew; a stored one must be ours and match. */
static enum status check_head(struct community *community)
{
    const struct directory_log *log = directory_log_of(community->directory);
    const struct identity *identity = community->options.identity;
    if (community->head.len == 0)
        return log->size > 0
                   ? STATUS_CORRUPT
                   : directory_head_sign(log, clock_wall_ms(community->options.clock),
                                         identity_log_private_key(identity), &community->head);
    struct directory_head head;
    struct span key = span_of(identity_log_key(identity), 32);
    bool matches = directory_head_open(buffer_span(&community->head), key, &head) == STATUS_OK &&
                   directory_head_match(&head, log) == STATUS_OK;
    return matches ? STATUS_OK : STATUS_CORRUPT;
}

static enum status load(struct community *community)
{
    TRY(directory_new(&community->directory));
    struct replay replay = {
        .job = {.run = replay_run, .done = replay_done},
        .directory = community->directory,
        .head = &community->head,
        .status = STATUS_INTERNAL,
    };
    TRY(store_read(community->options.store, &replay.job));
    TRY(replay.status);
    return check_head(community);
}

/* Whoever reads holds it for as long as a commit is checked, and with two who take turns there is
 * always one: the loop, for which all wait, goes before whoever comes to read after it. */
static void init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

enum status community_open(const struct community_options *options, struct community **community)
{
    struct community *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    opened->options = *options;
    opened->last = &opened->first;
    buffer_init(&opened->head, HEAD_BYTES_MAX);
    init_lock(&opened->lock);
    enum status status = load(opened);
    if (status != STATUS_OK) {
        community_close(&opened);
        return status;
    }
    *community = opened;
    return STATUS_OK;
}

void community_close(struct community **community)
{
    if (*community == NULL)
        return;
    directory_free(&(*community)->directory);
    buffer_clear(&(*community)->head);
    pthread_rwlock_destroy(&(*community)->lock);
    free(*community);
    *community = NULL;
}

static enum status change_run(struct store_db *db, struct store_job *job)
{
    struct community_change *change =
        (struct community_change *)(void *)((char *)job - offsetof(struct community_change, job));
    if (change->run != NULL)
        TRY(change->run(db, change));
    int64_t now_ms = clock_wall_ms(change->community->options.clock);
    return store_directory_log_append(db, change->index, change->entry, &change->leaf_hash,
                                      &change->head, now_ms);
}

static void begin_next(struct community *community);

static void finish(struct community *community, struct community_change *change, enum status status)
{
    buffer_clear(&change->head_bytes);
    change->done(change, status);
    community->busy = false;
    begin_next(community);
}

static enum status follow(struct community *community, struct community_change *change)
{
    pthread_rwlock_wrlock(&community->lock);
    enum status status =
        directory_apply(community->directory, change->entry, change->authority_is_admin);
    pthread_rwlock_unlock(&community->lock);
    TRY(status);
    buffer_truncate(&community->head, 0);
    return buffer_append(&community->head, buffer_span(&change->head_bytes));
}

static void change_done(struct store_job *job, enum status status)
{
    struct community_change *change =
        (struct community_change *)(void *)((char *)job - offsetof(struct community_change, job));
    struct community *community = change->community;
    bool durable = status == STATUS_OK;
    if (durable) {
        status = follow(community, change);
        /* The entry is durable and was checked: only memory can fail here, and a server whose
         * directory is behind its log must start again from it. */
        if (status != STATUS_OK && community->options.behind != NULL)
            community->options.behind(community->options.context, status);
    }
    bool grown = durable && status == STATUS_OK;
    finish(community, change, status);
    if (grown && community->options.grown != NULL)
        community->options.grown(community->options.context);
}

/* What the log will be with the entry: index, hash, signed head. */
static enum status prepare(struct community *community, struct community_change *change)
{
    TRY(directory_check(community->directory, change->entry, change->authority_is_admin));
    struct directory_log log = *directory_log_of(community->directory);
    change->index = log.size;
    TRY(directory_leaf_hash(change->entry, change->leaf_hash.bytes));
    TRY(directory_log_append(&log, change->entry));
    change->head.size = log.size;
    TRY(directory_log_root(&log, change->head.root.bytes));
    TRY(directory_head_sign(&log, clock_wall_ms(community->options.clock),
                            identity_log_private_key(community->options.identity),
                            &change->head_bytes));
    change->head.signed_head = buffer_span(&change->head_bytes);
    return STATUS_OK;
}

static void begin_next(struct community *community)
{
    struct community_change *change = community->first;
    if (community->busy || change == NULL)
        return;
    community->busy = true;
    community->first = change->next;
    if (community->first == NULL)
        community->last = &community->first;
    buffer_init(&change->head_bytes, HEAD_BYTES_MAX);
    change->job = (struct store_job){.run = change_run, .done = change_done};
    enum status status = prepare(community, change);
    if (status == STATUS_OK)
        status = store_write(community->options.store, &change->job);
    if (status != STATUS_OK)
        finish(community, change, status);
}

void community_submit(struct community *community, struct community_change *change)
{
    change->community = community;
    change->next = NULL;
    *community->last = change;
    community->last = &change->next;
    begin_next(community);
}

const struct directory *community_directory(const struct community *community)
{
    return community->directory;
}

const struct directory *community_lend(struct community *community)
{
    pthread_rwlock_rdlock(&community->lock);
    return community->directory;
}

void community_give_back(struct community *community)
{
    pthread_rwlock_unlock(&community->lock);
}

struct span community_head(const struct community *community)
{
    return buffer_span(&community->head);
}
