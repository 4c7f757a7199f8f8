/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/log.h"

#include "server/store/departures.h"
#include "server/store/limits.h"
#include "server/store/log_heads.h"
#include "server/store/log_ids.h"
#include "server/store/members.h"
#include "server/store/query.h"
#include "server/store/removals.h"
#include "server/store/trees.h"

static enum status begin_epoch(struct store_db *db, const struct id *channel, uint64_t epoch)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE channels SET epoch = ? WHERE channel = ?");
    query_bind_unsigned(&q, epoch);
    query_bind_id(&q, channel);
    return query_run(&q);
}

enum status store_log_find(struct store_db *db,
                           const struct id *channel,
                           const struct id *device,
                           const struct id *message,
                           struct store_appended *appended)
{
    const struct log_id id = {*channel, *device, *message};
    int64_t row = 0;
    TRY(log_ids_find(db, &id, &row));
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT generation, sequence, epoch, at_ms, kind FROM log WHERE row = ?");
    struct store_appended taken = {.again = true};
    int kind = 0;
    query_bind_int(&q, row);
    TRY(query_one(&q));
    query_take_unsigned32(&q, &taken.generation);
    query_take_unsigned(&q, &taken.sequence);
    query_take_unsigned(&q, &taken.epoch);
    query_take_int(&q, &taken.at_ms);
    query_take_enum(&q, STORE_ENTRY_APPLICATION, &kind);
    TRY(q.status);
    taken.kind = (enum store_entry_kind)kind;
    *appended = taken;
    return STATUS_OK;
}

static enum status write_entry(struct store_db *db,
                               const struct store_message *message,
                               enum store_entry_kind kind,
                               uint64_t sequence,
                               int64_t *row)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO log (channel, generation, sequence, epoch, at_ms, kind, device,"
                     " message, size_bytes, hash, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_bind_id(&q, &message->channel);
    query_bind_int(&q, message->generation);
    query_bind_unsigned(&q, sequence);
    query_bind_unsigned(&q, message->epoch);
    query_bind_int(&q, message->now_ms);
    query_bind_int(&q, kind);
    query_bind_id(&q, &message->device);
    query_bind_id(&q, &message->message);
    query_bind_unsigned(&q, message->bytes.len);
    query_bind_hash(&q, &message->hash);
    query_bind_bytes(&q, message->bytes);
    return query_run_inserted(&q, row);
}

/* Takes the next sequence; a commit also ends the epoch. The message is not in the log yet. */
static enum status append(struct store_db *db,
                          const struct store_message *message,
                          enum store_entry_kind kind,
                          const struct log_head *before,
                          struct store_appended *appended)
{
    const struct log_id id = {message->channel, message->device, message->message};
    uint64_t sequence = before->last_sequence + 1;
    int64_t row = 0;
    TRY(write_entry(db, message, kind, sequence, &row));
    TRY(log_ids_add(db, &id, row));
    if (kind == STORE_ENTRY_COMMIT)
        TRY(begin_epoch(db, &message->channel, before->epoch + 1));
    *appended = (struct store_appended){
        .generation = message->generation,
        .sequence = sequence,
        .epoch = message->epoch,
        .at_ms = message->now_ms,
        .kind = kind,
    };
    return STATUS_OK;
}

/* When the epoch's commit was accepted; STATUS_NOT_FOUND while it goes on. */
static enum status
epoch_end(struct store_db *db, const struct store_message *message, int64_t *ended_at_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT at_ms FROM log"
                     " WHERE channel = ? AND generation = ? AND epoch = ? AND kind = 1");
    query_bind_id(&q, &message->channel);
    query_bind_int(&q, message->generation);
    query_bind_unsigned(&q, message->epoch);
    TRY(query_one(&q));
    query_take_int(&q, ended_at_ms);
    return q.status;
}

/* A message that was on its way when a commit won is still good for a while. */
static enum status
check_epoch(struct store_db *db, const struct store_message *message, const struct log_head *head)
{
    int64_t ended_at_ms = 0;
    if (message->generation != head->generation || message->epoch > head->epoch)
        return STATUS_WRONG_EPOCH;
    if (message->epoch == head->epoch)
        return STATUS_OK;
    if (head->epoch - message->epoch > STORE_LATE_EPOCHS_MAX)
        return STATUS_WRONG_EPOCH;
    enum status status = epoch_end(db, message, &ended_at_ms);
    if (status == STATUS_NOT_FOUND)
        return STATUS_WRONG_EPOCH;
    TRY(status);
    return message->now_ms - ended_at_ms < STORE_LATE_EPOCH_MS ? STATUS_OK : STATUS_WRONG_EPOCH;
}

static enum status check_open(const struct log_head *head)
{
    return head->state == STORE_CHANNEL_ACTIVE ? STATUS_OK : STATUS_NOT_NOW;
}

static enum status append_new(struct store_db *db,
                              const struct store_message *message,
                              struct store_appended *appended)
{
    struct log_head head;
    int64_t took_part_at_ms = -1;
    TRY(log_heads_get(db, &message->channel, &head));
    TRY(log_heads_check_sender(db, &message->channel, &message->device, &took_part_at_ms));
    TRY(check_open(&head));
    TRY(check_epoch(db, message, &head));
    TRY(append(db, message, STORE_ENTRY_APPLICATION, &head, appended));
    TRY(store_members_take_part(db, &message->channel, &message->device, message->now_ms,
                                &took_part_at_ms));
    log_heads_appended(db, &message->channel, &message->device, appended->sequence,
                       took_part_at_ms);
    return STATUS_OK;
}

enum status store_log_append_message(struct store_db *db,
                                     const struct store_message *message,
                                     struct store_appended *appended)
{
    /* A repetition is answered whatever has become of the channel since. */
    enum status found =
        store_log_find(db, &message->channel, &message->device, &message->message, appended);
    return found == STATUS_NOT_FOUND ? append_new(db, message, appended) : found;
}

/* The sender is a member, or joins by this very commit. */
static enum status check_committer(struct store_db *db, const struct store_commit *commit)
{
    for (size_t i = 0; i < commit->changes_count; i++) {
        if (commit->changes[i].added &&
            id_equal(&commit->changes[i].device, &commit->message.device))
            return STATUS_OK; /* apply_changes looks at the device */
    }
    return store_members_check(db, &commit->message.channel, &commit->message.device, NULL);
}

static enum status apply_change(struct store_db *db,
                                const struct store_message *message,
                                uint64_t sequence,
                                const struct store_member_change *change)
{
    const struct store_departure departure = {message->generation, sequence};
    if (!change->added) {
        TRY(store_members_remove(db, &message->channel, &change->device, change->leaf));
        return store_departures_note(db, &message->channel, &change->device, &departure);
    }
    TRY(store_members_check_device(db, &change->device, &change->person));
    TRY(store_members_add(db, &message->channel, &change->person, &change->device, change->leaf,
                          message->now_ms));
    if (id_equal(&change->device, &message->device)) /* it comes by itself */
        return STATUS_OK;
    return store_removals_extend_leave(db, &message->channel, &change->person, &change->device);
}

static enum status set_group(struct store_db *db, const struct store_commit *commit)
{
    CLEANUP(query_end)
    struct query q = query_on(
        db, "UPDATE channel_groups SET public_state = ?, group_info = ? WHERE channel = ?");
    query_bind_bytes(&q, commit->public_state);
    query_bind_bytes(&q, commit->group_info);
    query_bind_id(&q, &commit->message.channel);
    return query_run(&q);
}

static enum status write_welcome(struct store_db *db,
                                 const struct store_commit *commit,
                                 const struct store_welcome_new *welcome,
                                 uint64_t sequence)
{
    const struct store_message *message = &commit->message;
    CLEANUP(query_end)
    struct query q = query_on(
        db, "INSERT INTO welcomes (device, channel, generation, epoch, sequence, ref, tree_hash,"
            " bytes, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_bind_id(&q, &welcome->device);
    query_bind_id(&q, &message->channel);
    query_bind_int(&q, message->generation);
    query_bind_unsigned(&q, message->epoch + 1);
    query_bind_unsigned(&q, sequence);
    query_bind_bytes(&q, welcome->key_package_ref);
    query_bind_bytes(&q, commit->tree_hash);
    query_bind_bytes(&q, welcome->bytes);
    query_bind_int(&q, welcome->expires_at_ms);
    return query_run(&q);
}

enum status store_log_append_commit(struct store_db *db,
                                    const struct store_commit *commit,
                                    struct store_appended *appended)
{
    const struct store_message *message = &commit->message;
    struct log_head head;
    struct store_appended made;
    enum status status =
        store_log_find(db, &message->channel, &message->device, &message->message, appended);
    if (status != STATUS_NOT_FOUND)
        return status;
    TRY(log_heads_get(db, &message->channel, &head));
    TRY(check_committer(db, commit));
    TRY(check_open(&head));
    /* RFC 9420, 14: "Applications MUST have an established way to resolve conflicting Commit
     * messages for the same epoch." "Similarly, the Welcome message corresponding to a Commit MUST
     * NOT be delivered to a new joiner until it's clear that the Commit has been accepted." The
     * first commit of an epoch counts, and Welcomes are stored with it or not at all. */
    if (message->generation != head.generation || message->epoch != head.epoch)
        return STATUS_WRONG_EPOCH;
    TRY(append(db, message, STORE_ENTRY_COMMIT, &head, &made));
    for (size_t i = 0; i < commit->changes_count; i++)
        TRY(apply_change(db, message, made.sequence, &commit->changes[i]));
    TRY(set_group(db, commit));
    for (size_t i = 0; i < commit->welcomes_count; i++)
        TRY(write_welcome(db, commit, &commit->welcomes[i], made.sequence));
    TRY(store_trees_add(db, &message->channel, message->generation, message->epoch + 1,
                        commit->tree));
    TRY(store_trees_prune(db, &message->channel));
    *appended = made;
    return STATUS_OK;
}

static enum status kind_of(struct store_db *db,
                           const struct id *channel,
                           uint32_t generation,
                           uint64_t sequence,
                           int *kind)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT kind FROM log WHERE channel = ? AND generation = ? AND sequence = ?");
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, sequence);
    TRY(query_one(&q));
    query_take_enum(&q, STORE_ENTRY_APPLICATION, kind);
    return q.status;
}

enum status store_log_delete(struct store_db *db,
                             const struct id *channel,
                             uint32_t generation,
                             uint64_t sequence)
{
    int kind = 0;
    TRY(kind_of(db, channel, generation, sequence, &kind));
    if (kind == STORE_ENTRY_COMMIT)
        return STATUS_DENIED;
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE log SET bytes = NULL"
                                  " WHERE channel = ? AND generation = ? AND sequence = ?");
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, sequence);
    return query_run(&q);
}

#define ENTRY_COLUMNS                                                                              \
    "generation, sequence, epoch, at_ms, kind, device, message, size_bytes, hash,"                 \
    " bytes IS NULL"

/* All columns but the bytes. */
static void take_entry(struct query *q, struct store_entry *entry)
{
    int kind = 0;
    query_take_unsigned32(q, &entry->generation);
    query_take_unsigned(q, &entry->sequence);
    query_take_unsigned(q, &entry->epoch);
    query_take_int(q, &entry->at_ms);
    query_take_enum(q, STORE_ENTRY_APPLICATION, &kind);
    query_take_id(q, &entry->device);
    query_take_id(q, &entry->message);
    query_take_unsigned(q, &entry->size_bytes);
    query_take_hash(q, &entry->hash);
    query_take_bool(q, &entry->deleted);
    entry->kind = (enum store_entry_kind)kind;
}

/* Adds the row that the statement stands on, unless the page is full. */
static enum status add_entry(struct query *q,
                             const struct store_log_query *query,
                             struct arena *arena,
                             struct query_rows *rows,
                             size_t *bytes_left,
                             bool *full)
{
    struct store_entry entry = {0};
    struct span bytes = SPAN_EMPTY;
    void *item;
    take_entry(q, &entry);
    query_borrow_bytes(q, &bytes);
    TRY(q->status);
    *full = rows->count == query->count_max || (rows->count != 0 && bytes.len > *bytes_left);
    if (*full)
        return STATUS_OK;
    TRY(arena_copy(arena, bytes, &entry.bytes));
    TRY(query_rows_add(rows, arena, sizeof entry, &item));
    *(struct store_entry *)item = entry;
    *bytes_left -= bytes.len > *bytes_left ? *bytes_left : bytes.len;
    return STATUS_OK;
}

enum status store_log_page(struct store_db *db,
                           const struct store_log_query *query,
                           struct arena *arena,
                           struct store_log_page *page)
{
    /* Large bytes are not even read from the disk. */
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " ENTRY_COLUMNS ", CASE WHEN size_bytes <= ? THEN bytes END FROM log"
                     " WHERE channel = ? AND generation = ? AND sequence > ? AND sequence <= ?"
                     " ORDER BY sequence LIMIT ?");
    struct query_rows rows = {0};
    size_t bytes_left = query->bytes_max;
    query_bind_unsigned(&q, query->inline_bytes_max);
    query_bind_id(&q, &query->channel);
    query_bind_int(&q, query->generation);
    query_bind_unsigned(&q, query->after_sequence);
    query_bind_unsigned(&q, query->until_sequence == 0 ? INT64_MAX : query->until_sequence);
    query_bind_int(&q, (int64_t)query->count_max + 1);
    for (bool full = false;;) {
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (has_row)
            TRY(add_entry(&q, query, arena, &rows, &bytes_left, &full));
        if (!has_row || full) {
            *page = (struct store_log_page){rows.items, rows.count, full};
            return STATUS_OK;
        }
    }
}

enum status store_log_entry(struct store_db *db,
                            const struct id *channel,
                            uint32_t generation,
                            uint64_t sequence,
                            struct arena *arena,
                            struct store_entry *entry)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " ENTRY_COLUMNS ", bytes FROM log"
                                  " WHERE channel = ? AND generation = ? AND sequence = ?");
    struct store_entry taken = {0};
    query_bind_id(&q, channel);
    query_bind_int(&q, generation);
    query_bind_unsigned(&q, sequence);
    TRY(query_one(&q));
    take_entry(&q, &taken);
    query_take_bytes(&q, arena, &taken.bytes);
    TRY(q.status);
    *entry = taken;
    return STATUS_OK;
}
