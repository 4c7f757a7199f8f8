/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/log_heads.h"

#include "server/store/limits.h"
#include "server/store/members.h"
#include "server/store/position.h"
#include "server/store/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Each id has one place, and whoever comes later takes it: ids that somebody chose to meet there
 * cost a look into the database each, as all did without this. */
struct head_slot {
    uint64_t round; /* of another round than the table's: empty */
    struct id channel;
    struct log_head head;
};

struct sender_slot {
    uint64_t round;
    struct id channel;
    struct id device;
    int64_t took_part_at_ms;
};

struct log_heads {
    uint64_t round;
    int64_t changes; /* of the connection, up to which what is here holds */
    struct head_slot heads[STORE_LOG_HEADS];
    struct sender_slot senders[STORE_LOG_SENDERS];
};

enum status log_heads_new(struct log_heads **heads)
{
    *heads = calloc(1, sizeof **heads);
    if (*heads == NULL)
        return STATUS_NO_MEMORY;
    (*heads)->round = 1;
    return STATUS_OK;
}

void log_heads_free(struct log_heads **heads)
{
    free(*heads);
    *heads = NULL;
}

void log_heads_forget(struct store_db *db)
{
    db->log_heads->round++;
}

/* The table, without what may have changed. */
static struct log_heads *up_to_date(struct store_db *db)
{
    struct log_heads *heads = db->log_heads;
    assert(heads != NULL);
    int64_t changes = sqlite3_total_changes64(db->sqlite);
    if (changes != heads->changes)
        log_heads_forget(db);
    heads->changes = changes;
    return heads;
}

static uint64_t number_of(const struct id *id)
{
    uint64_t number;
    memcpy(&number, id->bytes, sizeof number);
    return number;
}

static struct head_slot *head_slot(struct log_heads *heads, const struct id *channel)
{
    return &heads->heads[number_of(channel) % STORE_LOG_HEADS];
}

static struct sender_slot *
sender_slot(struct log_heads *heads, const struct id *channel, const struct id *device)
{
    return &heads->senders[(number_of(channel) ^ number_of(device)) % STORE_LOG_SENDERS];
}

static enum status read_head(struct store_db *db, const struct id *channel, struct log_head *head)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT state, generation, epoch, " STORE_POSITION_LAST_SEQUENCE
                                  " FROM channels c WHERE channel = ?");
    query_bind_id(&q, channel);
    TRY(query_one(&q));
    query_take_int(&q, &head->state);
    query_take_unsigned32(&q, &head->generation);
    query_take_unsigned(&q, &head->epoch);
    query_take_unsigned(&q, &head->last_sequence);
    return q.status;
}

enum status log_heads_get(struct store_db *db, const struct id *channel, struct log_head *head)
{
    struct log_heads *heads = up_to_date(db);
    struct head_slot *slot = head_slot(heads, channel);
    if (slot->round != heads->round || !id_equal(&slot->channel, channel)) {
        struct log_head read;
        TRY(read_head(db, channel, &read));
        *slot = (struct head_slot){heads->round, *channel, read};
    }
    *head = slot->head;
    return STATUS_OK;
}

enum status log_heads_check_sender(struct store_db *db,
                                   const struct id *channel,
                                   const struct id *device,
                                   int64_t *took_part_at_ms)
{
    struct log_heads *heads = up_to_date(db);
    struct sender_slot *slot = sender_slot(heads, channel, device);
    if (slot->round != heads->round || !id_equal(&slot->channel, channel) ||
        !id_equal(&slot->device, device)) {
        int64_t read = 0;
        TRY(store_members_check(db, channel, device, &read));
        *slot = (struct sender_slot){heads->round, *channel, *device, read};
    }
    *took_part_at_ms = slot->took_part_at_ms;
    return STATUS_OK;
}

void log_heads_appended(struct store_db *db,
                        const struct id *channel,
                        const struct id *device,
                        uint64_t sequence,
                        int64_t took_part_at_ms)
{
    struct log_heads *heads = db->log_heads;
    struct head_slot *head = head_slot(heads, channel);
    struct sender_slot *sender = sender_slot(heads, channel, device);
    assert(id_equal(&head->channel, channel) && id_equal(&sender->device, device));
    head->head.last_sequence = sequence;
    sender->took_part_at_ms = took_part_at_ms;
    heads->changes = sqlite3_total_changes64(db->sqlite);
}
